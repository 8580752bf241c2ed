//! What a playback token says once its signature has proved right, and the figures of the contract.

use crate::ids::{Code, EventId, SessionId};
use crate::time::UnixMillis;

/// Seconds that a playback token lives at most.
pub const PLAYBACK_TOKEN_LIFETIME_SECS: i64 = 3600;
/// Seconds that a probe token lives at most.
pub const PROBE_TOKEN_LIFETIME_SECS: i64 = 10;
/// Seconds by which the clocks of platform and edge may differ.
pub const CLOCK_LEEWAY_SECS: i64 = 5;
/// Seconds that a playback token may outlive its ticket, so that the last seconds of a show are not cut.
pub const GRACE_SECS: i64 = 60;
/// Bytes of a playback token's text at most.
pub const TOKEN_BYTES_MAX: usize = 2048;
/// Seconds between two refreshes of a player, before jitter; a viewer then always holds at least 45 minutes.
pub const PLAYER_REFRESH_SECS: i64 = 900;
/// Seconds between two refreshes at least.
pub const PLAYER_REFRESH_INTERVAL_MIN_SECS: i64 = 60;
/// Seconds between two heartbeats of a player.
pub const HEARTBEAT_INTERVAL_SECS: i64 = 30;
/// Seconds of silence after which a session has lapsed, unless the operator sets another figure.
pub const SESSION_TIMEOUT_SECS_DEFAULT: i64 = 60;
/// The shortest session timeout that may be set, in seconds.
pub const SESSION_TIMEOUT_SECS_MIN: i64 = 1;
/// The longest session timeout that may be set, in seconds.
pub const SESSION_TIMEOUT_SECS_MAX: i64 = 86_400;
/// Characters of a ticket's code: 62^12 values, about 71.45 bits.
pub const CODE_LENGTH: usize = 12;
/// The shortest access window after the event's end, in whole hours.
pub const ACCESS_WINDOW_HOURS_MIN: i64 = 1;
/// The longest access window after the event's end, in whole hours.
pub const ACCESS_WINDOW_HOURS_MAX: i64 = 168;
/// The access window unless the organiser sets another, in whole hours.
pub const ACCESS_WINDOW_HOURS_DEFAULT: i64 = 48;
/// Tickets that one request may generate at most.
pub const TICKETS_PER_GENERATION_MAX: u32 = 500;
/// Seconds that an admin session lives.
pub const ADMIN_SESSION_SECS: i64 = 8 * 3600;

/// The claims of a viewer's token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlaybackClaims {
    /// The ticket's code (`sub`).
    pub code: Code,
    /// The one event that may be watched (`eid`; `sp` is its path prefix).
    pub event_id: EventId,
    /// The session (`sid`).
    pub session_id: SessionId,
    /// Seconds since 1970, by the database's clock (`iat`).
    pub issued_at: i64,
    /// Seconds since 1970, by the database's clock (`exp`).
    pub expires_at: i64,
}

/// The claims of the platform's own token that asks an edge for the state of a stream, by `HEAD` only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProbeClaims {
    /// The event (`eid`).
    pub event_id: EventId,
    /// Seconds since 1970 (`iat`).
    pub issued_at: i64,
    /// Seconds since 1970 (`exp`).
    pub expires_at: i64,
}

/// The claims of either kind of token.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Claims {
    /// A viewer watches.
    Playback(PlaybackClaims),
    /// The platform probes.
    Probe(ProbeClaims),
}

impl Claims {
    /// Returns the event that the token is for.
    pub const fn event_id(&self) -> &EventId {
        match self {
            Self::Playback(claims) => &claims.event_id,
            Self::Probe(claims) => &claims.event_id,
        }
    }

    /// Returns when the token expires, in seconds since 1970.
    pub const fn expires_at(&self) -> i64 {
        match self {
            Self::Playback(claims) => claims.expires_at,
            Self::Probe(claims) => claims.expires_at,
        }
    }

    /// Decides whether the token has expired at `now`: the clock leeway after `exp` it has.
    pub const fn is_expired(&self, now: UnixMillis) -> bool {
        now.0 >= UnixMillis::from_secs(self.expires_at().saturating_add(CLOCK_LEEWAY_SECS)).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probe(expires_at: i64) -> Claims {
        Claims::Probe(ProbeClaims {
            event_id: EventId::parse("e").unwrap(),
            issued_at: 0,
            expires_at,
        })
    }

    // J-13: expiry is exact to the millisecond, with a leeway of 5 s and not the usual 60.
    #[test]
    fn a_token_lives_until_the_very_millisecond_of_its_expiry_plus_leeway() {
        let claims = probe(1000);
        for alive in [0, 999_000, 1_000_000, 1_004_999] {
            assert!(!claims.is_expired(UnixMillis(alive)), "{alive}");
        }
        for expired in [1_005_000, 1_006_000, i64::MAX] {
            assert!(claims.is_expired(UnixMillis(expired)), "{expired}");
        }
    }

    #[test]
    fn extreme_expiries_do_not_overflow() {
        assert!(!probe(i64::MAX).is_expired(UnixMillis(i64::MAX - 1)));
        assert!(probe(i64::MIN).is_expired(UnixMillis(0)));
    }
}
