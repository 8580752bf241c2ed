//! The seven steps of a media request, one function each.

use std::time::{Duration, Instant};

use http::header::HeaderValue;
use http::request::Parts;
use http::{Method, StatusCode};
use streamgate_contract::errors::EdgeRefusal;
use streamgate_contract::media_path::{MediaKind, MediaPath};
use streamgate_contract::time::UnixMillis;

use crate::Edge;
use crate::access_log::{Line, loggable};
use crate::activity::client_fingerprint;
use crate::authorize::bearer;
use crate::authorize::{Permit, authorize};
use crate::cache::{Found, Standing};
use crate::reply::body::Content;
use crate::reply::{Reply, filling, keeping, method_not_allowed, object, refusal, reply};
use crate::source::SourceError;
use crate::source::routing::Route;
use crate::source::upstream::UpstreamError;

pub(crate) const ALLOW: &str = "GET, HEAD, OPTIONS";
/// An answer that took longer was held: meanwhile its permission may have ended.
const HELD_FROM: Duration = Duration::from_secs(1);

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
        let (asked, path) = (Instant::now(), permit.path().clone());
        let answered = match permit.path().kind() {
            MediaKind::Playlist => {
                let answered = self.playlist(request, &permit, (&carried, &route), line).await;
                answered.map(|reply| reply.map(|content| content.watched(permit, &self.deny)))
            }
            MediaKind::Segment | MediaKind::Captions | MediaKind::Key | MediaKind::Image => {
                self.object(request, permit, route, line).await
            }
        };
        if asked.elapsed() >= HELD_FROM
            && let Err(refused) = authorize(path, &carried, &request.method, checks)
        {
            return refusal(refused.refusal);
        }
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
        let now = UnixMillis(self.clock.steady_millis());
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
        let listing = self.listing(permit.path(), &route);
        let cache_control = keeping::of_segment(listing.trust(UnixMillis(self.clock.unix_millis())));
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
        let in_stream = || Standing {
            listed_target: listing.target,
            is_live: listing.target.is_some() && !listing.is_of_ended,
            rendition: listing.rendition,
            grows: listing.grows,
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
                filling::answer(method, headers, (flight, &heading), permit, standing).await?
            }
        })
    }
}
