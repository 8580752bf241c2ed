//! When a player does what: the page's own figures (`web/src/viewer/session/timing.ts`) and those of hls.js.

use std::time::Duration;

use streamgate_contract::claims::{HEARTBEAT_INTERVAL_SECS, PLAYER_REFRESH_SECS};

/// Between two heartbeats.
pub(super) const HEARTBEAT_EVERY: Duration = Duration::from_secs(HEARTBEAT_INTERVAL_SECS.unsigned_abs());
/// Between two refreshes at most.
const REFRESH_EVERY: Duration = Duration::from_secs(PLAYER_REFRESH_SECS.unsigned_abs());
/// By how much a player refreshes earlier, so that an audience that came together does not refresh together.
const REFRESH_JITTER: Duration = Duration::from_mins(2);
/// After something failed.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How far behind the newest segment a live player begins, in segments (`liveSyncDurationCount`).
pub(super) const LIVE_SEGMENTS_BEHIND: u64 = 3;
/// How far ahead of the picture a player loads (`maxBufferLength`).
pub(super) const BUFFER_MAX: Duration = Duration::from_secs(30);
/// Over which time an audience leaves when the show is over.
pub(super) const LEAVING: Duration = Duration::from_secs(2);

/// Returns when a viewer refreshes for the first time after it came. Such an audience has gathered over the last
/// quarter of an hour, so that in any minute as many refresh as in any other.
pub(super) fn first_refresh(roll: f64) -> Duration {
    REFRESH_EVERY.saturating_sub(REFRESH_JITTER).mul_f64(roll)
}

/// Returns when a viewer refreshes next.
pub(super) fn next_refresh(roll: f64) -> Duration {
    REFRESH_EVERY.saturating_sub(REFRESH_JITTER.mul_f64(roll))
}

/// Returns a number in [0, 1) for the viewer's `index`: even over any run of indices, and the same in every run
/// (multiples of the golden ratio).
pub(super) fn roll(index: usize) -> f64 {
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    let mixed = (index as u64).wrapping_mul(GOLDEN);
    // 32 bits are exact in a double.
    f64::from(u32::try_from(mixed >> 32).unwrap_or(0)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rolls_are_even_over_any_run_of_viewers() {
        for start in [0, 777, 123_456] {
            let mut rolls: Vec<f64> = (start..start + 100).map(roll).collect();
            rolls.sort_unstable_by(f64::total_cmp);
            assert!(rolls.iter().all(|roll| (0.0..1.0).contains(roll)));
            let widest = rolls.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
            assert!(widest < 0.03, "a gap of {widest}");
        }
    }

    #[test]
    fn a_viewer_refreshes_within_the_quarter_of_an_hour() {
        assert_eq!(first_refresh(0.0), Duration::ZERO);
        assert!(first_refresh(0.999) < Duration::from_mins(13));
        assert_eq!(next_refresh(0.0), Duration::from_mins(15));
        assert!(next_refresh(0.999) >= Duration::from_mins(13));
    }
}
