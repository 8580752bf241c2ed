//! What an organiser sees first: how many events, tickets and viewers there are, and how that went over a day or a week.

pub mod api;
pub(crate) mod queries;

use serde::{Deserialize, Serialize};
use streamgate_contract::time::UnixMillis;
use utoipa::{IntoParams, ToSchema};

/// How far back the chart of viewers reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChartRange {
    /// 24 hours in steps of five minutes.
    #[default]
    Day,
    /// Seven days in steps of half an hour.
    Week,
}

impl ChartRange {
    /// A point stands for so long: a chart of either range has about 300 of them, as many as a screen can tell apart.
    pub const fn step_ms(self) -> i64 {
        match self {
            Self::Day => 5 * 60_000,
            Self::Week => 30 * 60_000,
        }
    }

    /// The points reach so far back.
    pub const fn span_ms(self) -> i64 {
        match self {
            Self::Day => 24 * 3_600_000,
            Self::Week => 7 * 24 * 3_600_000,
        }
    }

    /// Returns the beginning of the first step of a chart that ends at `now`.
    const fn begin(self, now: UnixMillis) -> UnixMillis {
        let step = self.step_ms();
        UnixMillis(now.0 - now.0.rem_euclid(step) - self.span_ms() + step)
    }
}

/// Upcoming events that the dashboard names.
const UPCOMING_EVENTS_MAX: i64 = 10;

/// Query parameters of the dashboard.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DashboardQuery {
    /// How far back `viewersOverTime` reaches; default `day`.
    #[param(inline)]
    range: Option<ChartRange>,
}

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
