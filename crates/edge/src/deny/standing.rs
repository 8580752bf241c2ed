//! How the edge stands to its feed: what a loss of it means, and since when. Pure.

use std::time::Duration;

use streamgate_contract::feed::CLOCK_OFFSET_MS_MAX;

/// Silence of the feed from which on the edge calls itself degraded.
pub(crate) const DEGRADED_AFTER: Duration = Duration::from_secs(30);
/// Silence from which on, and the interval in which, an error is logged.
pub(crate) const ALARM_EVERY: Duration = Duration::from_mins(5);

/// Who is let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Admission {
    /// Everyone with a right token.
    Everyone,
    /// Only sessions that were served before: somebody who was ejected meanwhile must not come back with a
    /// new session, and those in the room must not suffer.
    SeenSessions,
    /// Nobody: the operator prefers an outage to a missed revocation.
    Nobody,
}

/// What the operator wants when the feed is lost for long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LossPolicy {
    /// Silence from which on the rules get strict.
    pub(crate) strict_after: Duration,
    /// Whether strict means closed for everybody.
    pub(crate) closes: bool,
}

/// Decides who is let in after `silence` of the feed.
pub(crate) fn admission(silence: Duration, policy: LossPolicy) -> Admission {
    if silence < policy.strict_after {
        Admission::Everyone
    } else if policy.closes {
        Admission::Nobody
    } else {
        Admission::SeenSessions
    }
}

/// Returns how many alarms are due after `silence`: the first at five minutes, then one every five.
pub(crate) fn alarms_due(silence: Duration) -> u64 {
    silence.as_secs() / ALARM_EVERY.as_secs()
}

/// Decides whether the edge is degraded.
pub(crate) fn is_degraded(silence: Duration, clock_offset_ms: i64) -> bool {
    silence >= DEGRADED_AFTER || clock_offset_ms.unsigned_abs() > CLOCK_OFFSET_MS_MAX.unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_rules_begin_at_the_very_second() {
        let policy = |closes| LossPolicy {
            strict_after: Duration::from_mins(15),
            closes,
        };
        let before = Duration::from_millis(899_999);
        let at = Duration::from_mins(15);
        assert_eq!(admission(before, policy(true)), Admission::Everyone);
        assert_eq!(admission(at, policy(false)), Admission::SeenSessions);
        assert_eq!(admission(at, policy(true)), Admission::Nobody);
    }

    #[test]
    fn thirty_seconds_of_silence_or_two_seconds_of_clock_offset_degrade() {
        assert!(!is_degraded(Duration::from_millis(29_999), 2_000));
        assert!(is_degraded(Duration::from_secs(30), 0));
        assert!(is_degraded(Duration::ZERO, -2_001));
    }

    #[test]
    fn an_alarm_is_due_every_five_minutes() {
        let due: Vec<u64> = [299, 300, 599, 600]
            .map(|secs| alarms_due(Duration::from_secs(secs)))
            .into();
        assert_eq!(due, [0, 1, 1, 2]);
    }
}
