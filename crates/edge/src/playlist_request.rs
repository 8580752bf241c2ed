//! Answering with a playlist, wherever its event's come from.

use std::sync::Arc;

use http::header;
use http::request::Parts;
use streamgate_contract::claims::Claims;
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::stream_state::StreamState;

use crate::Edge;
use crate::access_log::Line;
use crate::authorize::Permit;
use crate::authorize::bearer::Carried;
use crate::playlist::shelf::{Listing, Shelf};
use crate::playlist::upstream::{Found, RECENTLY_ENDED};
use crate::playlist::version::Version;
use crate::reply::{FINAL_PLAYLIST, NO_CACHE, Reply, playlist, set};
use crate::source::SourceError;
use crate::source::routing::Route;
use crate::source::upstream::Directives;

impl Edge {
    /// Answers with the playlist that `permit` is for.
    pub(crate) async fn playlist(
        &self,
        request: &Parts,
        permit: &Permit,
        (carried, route): (&Carried<'_>, &Route),
        line: &mut Line,
    ) -> Result<Reply, SourceError> {
        let shelf = Shelf {
            permit,
            route,
            local: &self.playlists,
            upstream: &self.upstream_playlists,
        };
        let directives = request.uri.query().and_then(Directives::from_query);
        let Found { version, age, how } = shelf.entry(directives.as_ref()).await?;
        line.cache = how;
        if matches!(permit.claims(), Claims::Probe(_)) {
            let condition = self.states.condition(&shelf, &version).await;
            return Ok(playlist::answer_probe(&version, condition));
        }
        let mut answer = if let Carried::Query(token) = carried {
            playlist::answer_personal(&request.method, &request.headers, &version, token).await?
        } else {
            let is_final = self.is_final(&shelf, &version, age.is_some()).await;
            let cache_control = if is_final { FINAL_PLAYLIST } else { NO_CACHE };
            playlist::answer_shared(&request.method, &request.headers, &version, cache_control).await?
        };
        if let Some(age) = age {
            set(&mut answer, header::AGE, age.as_secs().into());
        }
        Ok(answer)
    }

    /// Decides whether nobody will continue a playlist's stream any more. Of a fetched master's renditions only those
    /// that viewers have asked for count: no viewer waits for the others.
    async fn is_final(&self, shelf: &Shelf<'_>, version: &Version, is_fetched: bool) -> bool {
        let ended = if is_fetched {
            self.upstream_playlists.ended_since(version)
        } else {
            let condition = self.states.condition(shelf, version).await;
            (condition.state == StreamState::Ended).then_some(condition.changed)
        };
        ended.is_some_and(|ended| {
            u128::try_from(shelf.now().millis_since(ended)).unwrap_or(0) >= RECENTLY_ENDED.as_millis()
        })
    }

    /// Returns what the playlists that were read last say of an object.
    pub(crate) fn listing(&self, path: &MediaPath, route: &Route) -> Listing {
        let mut known: Vec<Arc<Version>> = Vec::new();
        if route.local.is_some() {
            known.extend(self.playlists.known(path.event()));
        }
        if route.upstream.is_some() {
            known.extend(self.upstream_playlists.known(path.event()));
        }
        Listing::of(path, &known)
    }
}
