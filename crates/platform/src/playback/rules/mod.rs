//! Who may watch, who holds a ticket, and how long a token lives: pure decisions on rows and a time.

use streamgate_contract::claims::{CLOCK_LEEWAY_SECS, Claims};
use streamgate_contract::claims::{GRACE_SECS, PLAYBACK_TOKEN_LIFETIME_SECS, PlaybackClaims};
use streamgate_contract::ids::{Code, DeviceId};
use streamgate_contract::time::UnixMillis;

use super::{EndReason, Session};
use crate::error::ApiError;
use crate::events::DevicePolicy;

const MILLIS_PER_SEC: i64 = 1_000;
/// How long after its expiry a token still refreshes, beats and releases: a laptop may have slept.
const EXPIRED_TOKEN_ACCEPTED_SECS: i64 = 24 * 3_600;

/// When a silent session has lapsed: after the session timeout, and never within one timeout of this process's start,
/// because a silence that our own outage caused must eject nobody.
#[derive(Clone, Copy, Debug)]
pub struct LapseRule {
    /// The session timeout.
    pub timeout_ms: i64,
    /// When this process started, by the database's clock.
    pub started_at: UnixMillis,
}

impl LapseRule {
    /// Returns the time before which a session's last sign of life makes it lapsed at `now`; `None` while nothing
    /// lapses.
    pub fn limit(self, now: UnixMillis) -> Option<UnixMillis> {
        (now.millis_since(self.started_at) >= self.timeout_ms).then(|| now.plus_millis(-self.timeout_ms))
    }
}

/// What admission depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The ticket is revoked.
    pub is_revoked: bool,
    /// The event is switched on.
    pub event_is_active: bool,
    /// When the ticket stops admitting.
    pub expires_at: UnixMillis,
}

/// Why a ticket does not admit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// It was revoked.
    Revoked,
    /// Its event is switched off.
    EventUnavailable,
    /// Its access window is over.
    Expired {
        /// When it ended.
        expired_at: UnixMillis,
    },
}

impl From<Denial> for ApiError {
    fn from(denial: Denial) -> Self {
        match denial {
            Denial::Revoked => Self::TicketRevoked,
            Denial::EventUnavailable => Self::EventUnavailable,
            Denial::Expired { expired_at } => Self::TicketExpired { expired_at },
        }
    }
}

/// Decides whether a ticket admits at `now`; of several reasons against it the first of the contract's order.
pub const fn admit(admission: Admission, now: UnixMillis) -> Result<(), Denial> {
    deny_from(admission, admission.expires_at, now)
}

/// Decides whether somebody who is watching may go on: as [`admit`], with a grace after the expiry.
pub const fn admit_with_grace(admission: Admission, now: UnixMillis) -> Result<(), Denial> {
    deny_from(admission, grace_end(admission.expires_at), now)
}

const fn deny_from(admission: Admission, end: UnixMillis, now: UnixMillis) -> Result<(), Denial> {
    if admission.is_revoked {
        return Err(Denial::Revoked);
    }
    if !admission.event_is_active {
        return Err(Denial::EventUnavailable);
    }
    if end.0 <= now.0 {
        return Err(Denial::Expired {
            expired_at: admission.expires_at,
        });
    }
    Ok(())
}

/// Returns when the last token of a ticket ends, and with it its session.
pub const fn grace_end(expires_at: UnixMillis) -> UnixMillis {
    expires_at.plus_millis(GRACE_SECS * MILLIS_PER_SEC)
}

/// What a claim of a ticket meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Nobody holds the ticket.
    Free,
    /// The session that holds it gives way: it is the same device's, or has lapsed, or the event lets the
    /// newest device win.
    Supersedes,
    /// Another device is watching.
    InUse,
}

/// Decides a claim of a ticket that `holder` holds.
///
/// Without a device id every request is another device. Sessions without a sign of life since `lapse_limit` have
/// lapsed; `None` means that nothing lapses at the moment.
pub fn decide_claim(
    holder: Option<&Session>,
    device: Option<&DeviceId>,
    policy: DevicePolicy,
    lapse_limit: Option<UnixMillis>,
) -> Claim {
    let Some(holder) = holder else { return Claim::Free };
    let own = device.is_some_and(|device| holder.device_id.as_deref() == Some(device.as_str()));
    if own || has_lapsed(holder.last_seen_at, lapse_limit) || policy == DevicePolicy::Takeover {
        Claim::Supersedes
    } else {
        Claim::InUse
    }
}

/// Tells whether a session was last seen before the limit.
pub fn has_lapsed(last_seen_at: UnixMillis, lapse_limit: Option<UnixMillis>) -> bool {
    lapse_limit.is_some_and(|limit| last_seen_at < limit)
}

/// Whether a session still holds its ticket, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Live,
    /// It fell silent, and nobody has claimed the ticket since.
    Lapsed,
    /// It ended by itself: 60 s after the ticket's expiry.
    Expired,
    /// It ended for good.
    Ended {
        /// Why, in the words of "Session life" in the contract.
        reason: &'static str,
    },
}

impl Standing {
    /// Returns why the session no longer holds its ticket; `None` while it does.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Live => None,
            Self::Lapsed => Some("lapsed"),
            Self::Expired => Some(EndReason::Expired.as_str()),
            Self::Ended { reason } => Some(reason),
        }
    }
}

/// Decides how a session stands. One that is not stored any more counts as lapsed: its row is removed a day after
/// its end, and a restored database may never have had it.
pub fn standing(session: Option<&Session>, lapse_limit: Option<UnixMillis>) -> Standing {
    let Some(session) = session else {
        return Standing::Lapsed;
    };
    let Some(end) = session.ended else {
        return if has_lapsed(session.last_seen_at, lapse_limit) {
            Standing::Lapsed
        } else {
            Standing::Live
        };
    };
    match end {
        EndReason::Expired => Standing::Expired,
        EndReason::Superseded
            if session.device_id.is_some() && session.device_id == session.ended_by_device_id =>
        {
            Standing::Ended {
                reason: "superseded_same_device",
            }
        }
        EndReason::Superseded | EndReason::Released | EndReason::Kicked => {
            Standing::Ended { reason: end.as_str() }
        }
    }
}

/// When a token is issued and when it expires, both in whole seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenLife {
    /// `iat`.
    pub issued_at: i64,
    /// `exp`.
    pub expires_at: i64,
}

impl TokenLife {
    /// Returns the seconds that the token lives.
    pub const fn secs(self) -> i64 {
        self.expires_at - self.issued_at
    }
}

/// Decides the life of a token that is minted at `now`: an hour, never beyond the ticket's expiry and its grace.
pub fn token_life(now: UnixMillis, ticket_expires_at: UnixMillis) -> TokenLife {
    let issued_at = now.as_secs();
    let expires_at = (issued_at + PLAYBACK_TOKEN_LIFETIME_SECS).min(grace_end(ticket_expires_at).as_secs());
    TokenLife {
        issued_at,
        expires_at,
    }
}

/// Returns a token's claims if it may refresh, beat or release at `now`, the database's time.
///
/// Probe tokens and previews have no session. Expired tokens count for a day.
pub fn session_claims(claims: Claims, now: UnixMillis) -> Option<PlaybackClaims> {
    let Claims::Playback(claims) = claims else {
        return None;
    };
    let from_the_future = claims.issued_at > now.as_secs() + CLOCK_LEEWAY_SECS;
    let too_old = now >= UnixMillis::from_secs(claims.expires_at.saturating_add(EXPIRED_TOKEN_ACCEPTED_SECS));
    (!from_the_future && !too_old && claims.code != Code::preview()).then_some(claims)
}

#[cfg(test)]
mod tests;
