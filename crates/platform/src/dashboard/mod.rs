//! What an organiser sees first: how many events, tickets and viewers there are, and how that went over a day.

pub mod api;
pub(crate) mod queries;

use streamgate_contract::time::UnixMillis;

/// A point of the chart of viewers stands for so long.
pub const CHART_STEP_MS: i64 = 5 * 60_000;
/// The chart of viewers reaches so far back.
pub const CHART_SPAN_MS: i64 = 24 * 3_600_000;
/// Upcoming events that the dashboard names.
const UPCOMING_EVENTS_MAX: i64 = 10;

/// Returns the beginning of the minute that `at` lies in.
pub const fn minute_of(at: UnixMillis) -> UnixMillis {
    UnixMillis(at.0 - at.0.rem_euclid(60_000))
}

#[cfg(test)]
mod tests {
    use super::minute_of;
    use streamgate_contract::time::UnixMillis;

    #[test]
    fn a_minute_begins_at_its_first_millisecond() {
        assert_eq!(minute_of(UnixMillis(119_999)), UnixMillis(60_000));
        assert_eq!(minute_of(UnixMillis(120_000)), UnixMillis(120_000));
    }
}
