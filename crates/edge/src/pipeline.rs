//! The seven steps of a media request, one function each.

use std::sync::Arc;

use http::header::HeaderValue;
use http::request::Parts;
use http::{Method, StatusCode};
use streamgate_contract::claims::Claims;
use streamgate_contract::errors::EdgeRefusal;
use streamgate_contract::media_path::{MediaKind, MediaPath};
use streamgate_contract::stream_state::StreamState;
use streamgate_contract::time::UnixMillis;

use crate::Edge;
use crate::access_log::{Line, loggable};
use crate::activity::client_fingerprint;
use crate::authorize::bearer::{self, Carried};
use crate::authorize::{Permit, authorize};
use crate::cache::{Found, Standing};
use crate::playlist::live_state::Condition;
use crate::playlist::version::Version;
use crate::reply::body::Content;
use crate::reply::{
    FINAL_PLAYLIST, FINAL_SEGMENT, LIVE_SEGMENT, NO_CACHE, Reply, filling, method_not_allowed, object,
    playlist, refusal, reply,
};
use crate::source::SourceError;
use crate::source::routing::Route;
use crate::source::upstream::UpstreamError;

pub(crate) const ALLOW: &str = "GET, HEAD, OPTIONS";
/// The names under which encoders write the playlist that viewers begin with, in the order of trust.
const ENTRY_FILES: [&str; 3] = ["stream.m3u8", "master.m3u8", "index.m3u8"];
/// An encoder that comes back within this time continues what looked ended.
const RECENTLY_ENDED_MS: i64 = 60 * 60 * 1000;

impl Edge {
    /// Answers a request below `/streams/` or `/t/`.
    pub(crate) async fn media(&self, request: &Parts, line: &mut Line) -> Reply {
        // 1. The method; the head itself was read under the listener's limits.
        let raw_path = request.uri.path();
        if request.method != Method::GET && request.method != Method::HEAD {
            line.path = loggable(raw_path);
            return match request.method {
                Method::OPTIONS => self.preflight(request),
                _ => method_not_allowed(ALLOW),
            };
        }
        // 2. The path, canonical or nothing.
        let Ok(parsed) = MediaPath::from_request(raw_path) else {
            line.path = loggable(raw_path);
            return refusal(EdgeRefusal::NotFound);
        };
        line.note_path(&parsed.path);
        // 3. The token.
        let carried = bearer::find(&request.headers, parsed.token, request.uri.query());
        // 4. The decision.
        let checks = (&self.verifier, self.deny.as_ref(), self.activity.as_ref());
        let permit = match authorize(parsed.path, &carried, &request.method, checks) {
            Ok(permit) => permit,
            Err(refused) => {
                if let Some(claims) = &refused.claims {
                    line.note_claims(claims);
                }
                return refusal(refused.refusal);
            }
        };
        line.note_claims(permit.claims());
        self.note_activity(&permit, request, line);
        // 5. The object, and 6. the answer. 7., the account, is the caller's.
        let route = self.sources.route(permit.path().event(), &self.deny);
        let answered = match permit.path().kind() {
            MediaKind::Playlist if route.local.is_none() => {
                return refusal(EdgeRefusal::SourceUnavailable);
            }
            MediaKind::Playlist => {
                line.cache = "local";
                let answered = self.playlist(request, &permit, &carried).await;
                answered.map(|reply| reply.map(|content| content.watched(permit, &self.deny)))
            }
            MediaKind::Segment | MediaKind::Captions | MediaKind::Key | MediaKind::Image => {
                self.object(request, permit, route, line).await
            }
        };
        answered.unwrap_or_else(|error| {
            if let SourceError::Unavailable(cause) = &error {
                tracing::error!(error = %cause, path = loggable(raw_path), "cannot read a stream file");
            }
            refusal(EdgeRefusal::from(&error))
        })
    }

    fn preflight(&self, request: &Parts) -> Reply {
        let mut answer = reply(StatusCode::NO_CONTENT, Content::Empty);
        answer
            .headers_mut()
            .insert(http::header::ALLOW, HeaderValue::from_static(ALLOW));
        self.origins
            .apply_preflight(&request.headers, answer.headers_mut());
        answer
    }

    /// Only a permitted GET is watching; a HEAD check merely shows that the session is known.
    fn note_activity(&self, permit: &Permit, request: &Parts, line: &Line) {
        let Some(sid) = permit.session() else { return };
        let now = UnixMillis(self.clock.unix_millis());
        if request.method == Method::GET {
            let agent = request.headers.get(http::header::USER_AGENT);
            let client = client_fingerprint(line.client_ip, agent.map_or(b"", HeaderValue::as_bytes));
            self.activity.note_get(sid, client, now);
        } else {
            self.activity.note_seen(sid, now);
        }
    }

    /// Answers with an object: from local files, then from the cache and its upstream.
    async fn object(
        &self,
        request: &Parts,
        permit: Permit,
        route: Route,
        line: &mut Line,
    ) -> Result<Reply, SourceError> {
        let is_final = self.playlists.is_of_ended_stream(permit.path());
        let cache_control = if is_final { FINAL_SEGMENT } else { LIVE_SEGMENT };
        let (method, headers) = (&request.method, &request.headers);
        let standing = (&self.deny, cache_control);
        if let Some(local) = &route.local {
            let path = permit.path();
            let opened = match path.kind() {
                MediaKind::Segment | MediaKind::Captions => self.playlists.open_settled(&permit, path).await,
                MediaKind::Playlist | MediaKind::Key | MediaKind::Image => local.open(&permit, path).await,
            };
            match opened {
                Err(SourceError::NotFound) if route.upstream.is_some() => {}
                opened => {
                    line.cache = "local";
                    return Ok(object::answer(method, headers, opened?.into(), permit, standing));
                }
            }
        }
        let origin = route
            .upstream
            .ok_or(UpstreamError::Unreachable("the source is no URL".to_owned()))?;
        let path = permit.cover(permit.path()).ok_or(SourceError::NotFound)?;
        if *method == Method::HEAD {
            let heading = self.cache.head(&path, &origin).await?;
            let of = (heading.length, &heading.validators);
            return Ok(object::prepare(method, headers, of, (permit.path().content_type(), standing.1)).0);
        }
        let in_stream = || {
            let listed_target = self.playlists.target_of_listed(path.path());
            Standing {
                listed_target,
                is_live: listed_target.is_some() && !is_final,
            }
        };
        Ok(match self.cache.open(&path, &origin, in_stream).await? {
            Found::Stored(stored) => {
                line.cache = "hit";
                object::answer(method, headers, stored, permit, standing)
            }
            Found::Filling {
                flight,
                heading,
                is_first,
            } => {
                line.cache = if is_first { "fill" } else { "wait" };
                filling::answer(method, headers, (flight, &heading), permit, standing)
            }
        })
    }

    async fn playlist(
        &self,
        request: &Parts,
        permit: &Permit,
        carried: &Carried<'_>,
    ) -> Result<Reply, SourceError> {
        let version = self.entry(permit).await?;
        if matches!(permit.claims(), Claims::Probe(_)) {
            let condition = self.condition(permit, &version).await;
            return Ok(playlist::answer_probe(&version, condition));
        }
        if let Carried::Query(token) = carried {
            return playlist::answer_personal(&request.method, &request.headers, &version, token).await;
        }
        let condition = self.condition(permit, &version).await;
        let age_ms = UnixMillis(self.clock.unix_millis()).millis_since(condition.changed);
        let is_final = condition.state == StreamState::Ended && age_ms >= RECENTLY_ENDED_MS;
        let cache_control = if is_final { FINAL_PLAYLIST } else { NO_CACHE };
        playlist::answer_shared(&request.method, &request.headers, &version, cache_control).await
    }

    async fn condition(&self, permit: &Permit, version: &Version) -> Condition {
        self.states.condition(permit, &self.playlists, version).await
    }

    /// Reads the playlist; the event's entry file under whichever name the encoder gave it.
    async fn entry(&self, permit: &Permit) -> Result<Arc<Version>, SourceError> {
        let path = permit.path();
        let names: &[&str] = if path.relative() == ENTRY_FILES[0] {
            &ENTRY_FILES
        } else {
            &[]
        };
        let mut found = self.playlists.newest(permit, path).await;
        for name in names.iter().skip(1) {
            if !matches!(found, Err(SourceError::NotFound)) {
                break;
            }
            if let Ok(alternative) = MediaPath::parse(path.event().clone(), name) {
                found = self.playlists.newest(permit, &alternative).await;
            }
        }
        found
    }
}
