//! The decision itself, pure: what a verified token may do at a given moment.

use http::Method;
use streamgate_contract::claims::Claims;
use streamgate_contract::deny_state::DenyState;
use streamgate_contract::errors::EdgeRefusal;
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::time::UnixMillis;

use crate::deny::standing::Admission;

/// What the decision depends on besides the token.
pub(super) struct Circumstances<'a> {
    /// What is denied; `None` before the first feed state.
    pub(super) state: Option<&'a DenyState>,
    /// Who is let in while the feed is lost.
    pub(super) admission: Admission,
    /// Whether the session was served before.
    pub(super) seen: bool,
    /// The time by the platform's clock.
    pub(super) now: UnixMillis,
}

/// Decides whether `claims` may `method` the object at `path`; the first rule that fails answers.
pub(super) fn decide(
    path: &MediaPath,
    claims: &Claims,
    method: &Method,
    circumstances: &Circumstances<'_>,
) -> Result<(), EdgeRefusal> {
    let is_probe = matches!(claims, Claims::Probe(_));
    if claims.event_id() != path.event() || (is_probe && *method != Method::HEAD) {
        return Err(EdgeRefusal::AccessDenied);
    }
    let Some(state) = circumstances.state else {
        return Err(EdgeRefusal::Unavailable);
    };
    let admitted = match circumstances.admission {
        Admission::Everyone => true,
        Admission::SeenSessions => circumstances.seen,
        Admission::Nobody => is_probe,
    };
    if !admitted {
        return Err(EdgeRefusal::Unavailable);
    }
    if claims.is_expired(circumstances.now) {
        return Err(EdgeRefusal::TokenExpired);
    }
    match claims {
        Claims::Playback(playback) => state.decide(playback).map_or(Ok(()), |reason| Err(reason.into())),
        Claims::Probe(_) => Ok(()),
    }
}

/// Decides whether a permission that was given still stands: neither expired nor denied since, and the edge not
/// closed.
pub(super) fn is_still_right(
    claims: &Claims,
    state: Option<&DenyState>,
    admission: Admission,
    now: UnixMillis,
) -> bool {
    let denied = match claims {
        Claims::Playback(playback) => {
            admission == Admission::Nobody || state.is_some_and(|state| state.decide(playback).is_some())
        }
        Claims::Probe(_) => false,
    };
    !denied && !claims.is_expired(now)
}
