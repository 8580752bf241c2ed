//! What operators and the platform ask of an edge: is it well, may it get traffic, empty its cache.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use streamgate_contract::deny_state::DenyState;
use streamgate_contract::errors::EdgeRefusal;
use streamgate_contract::ids::EventId;
use streamgate_serving::api_key::ApiKey;

use crate::cache::CacheFigures;
use crate::deny::Deny;
use crate::deny::standing::is_degraded;
use crate::reply::body::Content;
use crate::reply::{NO_STORE, Reply, json, refusal, reply, set};
use crate::source::routing::Mode;

pub(crate) const CACHE_PREFIX: &str = "/admin/cache/";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    status: &'static str,
    mode: &'static str,
    revocation_cache_size: usize,
    last_sync_ago: String,
    feed_seq: Option<u64>,
    segment_cache_events: u64,
    #[serde(rename = "segmentCacheSizeMB")]
    segment_cache_size_mb: u64,
}

/// Answers `GET /health`: always 200, so that a load balancer that only sees statuses keeps a degraded edge.
pub(crate) fn health(deny: &Deny, mode: Mode, cache: &CacheFigures) -> Reply {
    let status = if !deny.is_ready() {
        "starting"
    } else if is_degraded(deny.silence(), deny.clock_offset_ms()) {
        "degraded"
    } else {
        "ok"
    };
    let (revocation_cache_size, feed_seq) =
        deny.read(|state| (state.map_or(0, DenyState::len), state.map(DenyState::seq)));
    let health = Health {
        status,
        mode: mode.as_str(),
        revocation_cache_size,
        last_sync_ago: deny
            .last_contact_ago()
            .map_or("never".to_owned(), |ago| format!("{}s", ago.as_secs())),
        feed_seq,
        segment_cache_events: cache.events,
        segment_cache_size_mb: cache.bytes / 1_000_000,
    };
    // Numbers and texts of our own always serialise.
    json(
        StatusCode::OK,
        serde_json::to_vec(&health).unwrap_or_default().into(),
    )
}

/// Answers `GET /ready`: whether this edge can decide at all.
pub(crate) fn ready(deny: &Deny) -> Reply {
    if deny.is_ready() {
        json(StatusCode::OK, Bytes::from_static(br#"{"status":"ready"}"#))
    } else {
        refusal(EdgeRefusal::Unavailable)
    }
}

/// Reads which event `DELETE /admin/cache/{eventId}` is to empty.
pub(crate) fn event_to_purge(headers: &HeaderMap, path: &str, key: &ApiKey) -> Result<EventId, EdgeRefusal> {
    let mut shown = headers.get_all("x-internal-api-key").iter();
    let is_known = match (shown.next(), shown.next()) {
        (Some(shown), None) => key.matches(shown.as_bytes()),
        _ => false,
    };
    if !is_known {
        return Err(EdgeRefusal::Unauthorized);
    }
    let event = path.strip_prefix(CACHE_PREFIX).map(EventId::parse);
    event.and_then(Result::ok).ok_or(EdgeRefusal::NotFound)
}

/// Answers that nothing of the event is cached any more; local files are originals and stay.
pub(crate) fn purged() -> Reply {
    let mut answer = reply(StatusCode::NO_CONTENT, Content::Empty);
    set(&mut answer, http::header::CACHE_CONTROL, NO_STORE);
    answer
}
