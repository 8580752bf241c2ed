//! For how long a playlist that was fetched may be served, and when it is asked for again. Pure.

use std::time::Duration;

use streamgate_contract::time::UnixMillis;

use crate::playlist::classify::PlaylistFacts;
use crate::source::upstream::UpstreamError;

/// How often a playlist is asked for while viewers want it and nothing says that it could wait.
pub(super) const LIVE_EVERY: Duration = Duration::from_secs(1);
/// An encoder that comes back within this time continues what looked ended.
pub(crate) const RECENTLY_ENDED: Duration = Duration::from_hours(1);
/// How often an ended playlist is asked for at least while viewers want it.
const ENDED_EVERY_MAX: Duration = Duration::from_mins(1);
const ENDED_KEPT: Duration = Duration::from_hours(24);
/// Viewers who come while the origin is away get on as long as its media playlists last.
const MASTER_KEPT: Duration = Duration::from_mins(1);
/// When a playlist does not say: a common segment length.
pub(super) const TARGET_DURATION_DEFAULT: Duration = Duration::from_secs(6);

/// How a copy of a playlist is treated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rules {
    /// From the start of one refresh to the start of the next, while there is demand.
    pub(super) every: Duration,
    /// Whether it is refreshed before anybody has to wait for it.
    pub(super) is_ahead: bool,
    /// For how long after the last good fetch it may be served.
    pub(super) kept: Duration,
    /// The same while the upstream says that there is no such playlist: an encoder that restarts removes it for a
    /// moment.
    pub(super) kept_absent: Duration,
}

/// Decides about a copy. `ended` is when its stream ended, for a master its renditions'.
pub(super) fn rules(facts: &PlaylistFacts, ended: Option<UnixMillis>, now: UnixMillis) -> Rules {
    let target = facts.target_duration.unwrap_or(TARGET_DURATION_DEFAULT);
    if let Some(ended) = ended {
        let since = Duration::from_millis(u64::try_from(now.millis_since(ended)).unwrap_or(0));
        let every = if since < RECENTLY_ENDED {
            (since / 10).clamp(target.min(ENDED_EVERY_MAX), ENDED_EVERY_MAX)
        } else {
            ENDED_EVERY_MAX
        };
        return Rules {
            every: every.max(LIVE_EVERY),
            is_ahead: false,
            kept: ENDED_KEPT,
            kept_absent: Duration::ZERO,
        };
    }
    Rules {
        every: LIVE_EVERY,
        is_ahead: true,
        kept: if facts.multivariant {
            MASTER_KEPT
        } else {
            target * 3
        },
        kept_absent: target * 3,
    }
}

/// For how long what was fetched tells where its stream is: while viewers want a playlist it is asked for more often.
pub(super) fn up_to_date_for(facts: &PlaylistFacts) -> Duration {
    let target = facts.target_duration.unwrap_or(TARGET_DURATION_DEFAULT);
    if facts.ended {
        ENDED_EVERY_MAX.max(target * 3)
    } else {
        target * 3
    }
}

impl Rules {
    /// Decides whether a copy of that age may stand in for the answer that failed.
    pub(super) fn bears(&self, failure: &UpstreamError, age: Duration) -> bool {
        let kept = match failure {
            UpstreamError::NotFound => self.kept_absent,
            _ => self.kept,
        };
        age <= kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(multivariant: bool, target_secs: u64) -> PlaylistFacts {
        PlaylistFacts {
            multivariant,
            target_duration: Some(Duration::from_secs(target_secs)),
            ..PlaylistFacts::default()
        }
    }

    fn every(ended_ago_secs: i64, target_secs: u64) -> u64 {
        let ended = UnixMillis(0);
        let rules = rules(
            &facts(false, target_secs),
            Some(ended),
            ended.plus_millis(ended_ago_secs * 1000),
        );
        rules.every.as_secs()
    }

    #[test]
    fn what_has_just_ended_is_asked_for_often_and_what_ended_long_ago_once_a_minute() {
        for (ended_ago_secs, expected) in [
            (-5, 4),
            (0, 4),
            (40, 4),
            (100, 10),
            (600, 60),
            (3_599, 60),
            (3_600, 60),
            (1_000_000, 60),
        ] {
            assert_eq!(every(ended_ago_secs, 4), expected, "{ended_ago_secs}");
        }
        assert_eq!(every(0, 60), 60);
    }

    #[test]
    fn a_live_playlist_is_refreshed_every_second_and_outlives_its_origin_by_three_target_durations() {
        let live = rules(&facts(false, 4), None, UnixMillis(0));
        assert_eq!((live.every, live.is_ahead), (LIVE_EVERY, true));
        for (failure, age_ms, bears) in [
            (UpstreamError::Status(500), 12_000, true),
            (UpstreamError::Status(500), 12_001, false),
            (UpstreamError::NotFound, 12_000, true),
            (UpstreamError::NotFound, 12_001, false),
        ] {
            assert_eq!(live.bears(&failure, Duration::from_millis(age_ms)), bears);
        }
    }

    #[test]
    fn a_recording_outlives_its_origin_by_a_day_but_not_its_removal() {
        let ended = rules(&facts(false, 4), Some(UnixMillis(0)), UnixMillis(0));
        let day = Duration::from_hours(24);
        assert!(ended.bears(&UpstreamError::TimedOut("answer"), day));
        assert!(!ended.bears(&UpstreamError::TimedOut("answer"), day + LIVE_EVERY));
        assert!(!ended.bears(&UpstreamError::NotFound, Duration::from_millis(1)));
        assert!(!ended.is_ahead);
    }
}
