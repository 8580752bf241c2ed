//! Whether the picture goes on: what is loaded against what is seen.

use std::time::{Duration, Instant};

/// The clock of one viewer's picture.
#[derive(Debug, Default)]
pub(super) struct Playhead {
    /// When the picture stops for want of more; `None` before the first segment.
    ends: Option<Instant>,
}

impl Playhead {
    /// Notes a segment of `duration` that was asked for at `asked` and is whole at `now`; true if it came late.
    ///
    /// It is late if the picture had stopped for it, or if it took longer to load than it plays: with that the
    /// picture would stop soon, whatever is still ahead.
    pub(super) fn loaded(&mut self, asked: Instant, now: Instant, duration: Duration) -> bool {
        let has_stopped = self.ends.is_some_and(|ends| ends < now);
        let began = self.ends.unwrap_or(now).max(now);
        self.ends = Some(began + duration);
        has_stopped || now.saturating_duration_since(asked) > duration
    }

    /// Returns when the next segment is worth loading: at once, unless `ahead_max` is loaded already.
    pub(super) fn load_from(&self, now: Instant, ahead_max: Duration) -> Instant {
        self.ends
            .and_then(|ends| ends.checked_sub(ahead_max))
            .map_or(now, |from| from.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEGMENT: Duration = Duration::from_secs(4);

    #[test]
    fn a_segment_is_late_when_the_picture_had_stopped_for_it() {
        let (mut playhead, start) = (Playhead::default(), Instant::now());
        let at = |secs| start + Duration::from_secs(secs);
        assert!(
            !playhead.loaded(start, at(1), SEGMENT),
            "the first one starts the picture"
        );
        assert!(!playhead.loaded(at(3), at(5), SEGMENT), "just in time");
        assert!(playhead.loaded(at(9), at(10), SEGMENT), "a second late");
        assert!(
            !playhead.loaded(at(13), at(14), SEGMENT),
            "the picture went on from there"
        );
    }

    #[test]
    fn a_segment_is_late_when_it_takes_longer_than_it_plays_whatever_is_ahead() {
        let (mut playhead, start) = (Playhead::default(), Instant::now());
        for _ in 0..5 {
            assert!(!playhead.loaded(start, start, SEGMENT));
        }
        assert!(!playhead.loaded(start, start + SEGMENT, SEGMENT));
        assert!(playhead.loaded(start, start + SEGMENT + Duration::from_millis(1), SEGMENT));
    }

    #[test]
    fn nobody_loads_further_ahead_than_the_buffer_holds() {
        let (mut playhead, now) = (Playhead::default(), Instant::now());
        assert_eq!(playhead.load_from(now, SEGMENT * 2), now);
        for _ in 0..3 {
            playhead.loaded(now, now, SEGMENT);
        }
        assert_eq!(playhead.load_from(now, SEGMENT * 2), now + SEGMENT);
    }
}
