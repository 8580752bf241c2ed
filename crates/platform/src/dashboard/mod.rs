//! What an organiser sees first: how many events, tickets and viewers there are, and how that went over a day.

pub mod api;
pub(crate) mod queries;

use serde::Serialize;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;

/// A point of the chart of viewers stands for so long.
pub const CHART_STEP_MS: i64 = 5 * 60_000;
/// The chart of viewers reaches so far back.
pub const CHART_SPAN_MS: i64 = 24 * 3_600_000;
/// Upcoming events that the dashboard names.
const UPCOMING_EVENTS_MAX: i64 = 10;

/// How many watched in a step of the chart.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ViewersPoint {
    /// When the step begins.
    #[schema(value_type = String, format = DateTime)]
    at: UnixMillis,
    /// The most viewers at one of its minutes.
    viewers: i64,
}

/// Returns the beginning of the chart's first step.
const fn chart_begin(now: UnixMillis) -> UnixMillis {
    UnixMillis(now.0 - now.0.rem_euclid(CHART_STEP_MS) - CHART_SPAN_MS + CHART_STEP_MS)
}

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
