//! Figures from samples: percentiles of one run, and the least, median and greatest of several.

use std::fmt;
use std::time::Duration;

/// Times that were measured one by one, at most 71 minutes each.
#[derive(Clone, Debug, Default)]
pub struct Times {
    micros: Vec<u32>,
}

impl Times {
    /// Adds one.
    pub fn add(&mut self, time: Duration) {
        self.micros
            .push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
    }

    /// Adds all of `other`.
    pub fn append(&mut self, other: &Self) {
        self.micros.extend_from_slice(&other.micros);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.micros.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.micros.is_empty()
    }

    /// Returns the smallest time that at least `percent` of 100 of the samples do not exceed (nearest rank); zero if
    /// there are none.
    pub fn percentile(&self, percent: f64) -> Duration {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let at = sorted.get(rank(sorted.len(), percent)).copied();
        Duration::from_micros(u64::from(at.unwrap_or(0)))
    }
}

/// Returns the index of the nearest rank of `percent` among `count` sorted samples.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of samples are far below 2^52 and the rank is between 1 and the count"
)]
fn rank(count: usize, percent: f64) -> usize {
    let rank = (percent.clamp(0.0, 100.0) / 100.0 * count as f64).ceil() as usize;
    rank.saturating_sub(1).min(count.saturating_sub(1))
}

/// One figure, measured in several rounds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rounds(Vec<f64>);

impl Rounds {
    /// Adds the figure of one round.
    pub fn add(&mut self, figure: f64) {
        self.0.push(figure);
    }

    /// Returns this figure as a multiple of `other`, round by round: what slowed one round slowed both.
    #[must_use]
    pub fn ratio_to(&self, other: &Self) -> Self {
        Self(
            self.0
                .iter()
                .zip(&other.0)
                .filter(|(_, other)| **other > 0.0)
                .map(|(own, other)| own / other)
                .collect(),
        )
    }

    /// Returns the least, the median and the greatest; `None` without a round.
    pub fn spread(&self) -> Option<Spread> {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        let upper = *sorted.get(middle)?;
        let median = if sorted.len().is_multiple_of(2) {
            f64::midpoint(*sorted.get(middle - 1)?, upper)
        } else {
            upper
        };
        Some(Spread {
            min: *sorted.first()?,
            median,
            max: *sorted.last()?,
        })
    }

    /// Returns the median; `NaN` without a round, which no target accepts.
    pub fn median(&self) -> f64 {
        self.spread().map_or(f64::NAN, |spread| spread.median)
    }
}

impl FromIterator<f64> for Rounds {
    fn from_iter<I: IntoIterator<Item = f64>>(figures: I) -> Self {
        Self(figures.into_iter().collect())
    }
}

/// The least, the median and the greatest of several rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The least.
    pub min: f64,
    /// The middle one; the mean of the middle two.
    pub median: f64,
    /// The greatest.
    pub max: f64,
}

impl fmt::Display for Spread {
    /// `0.91-0.94-1.02`: as many digits as the figure deserves.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = digits(self.median);
        write!(
            f,
            "{}-{}-{}",
            number(self.min, digits),
            number(self.median, digits),
            number(self.max, digits)
        )
    }
}

/// Returns how many digits after the point show a figure to about 1 %.
pub fn digits(figure: f64) -> usize {
    match figure.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    }
}

/// Writes a number with `digits` after the point and commas between thousands.
pub fn number(figure: f64, digits: usize) -> String {
    let plain = format!("{figure:.digits$}");
    let (whole, fraction) = plain
        .split_once('.')
        .map_or((plain.as_str(), None), |(w, f)| (w, Some(f)));
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |rest| ("-", rest));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) && digit.is_ascii_digit() {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let fraction = fraction
        .map(|fraction| format!(".{fraction}"))
        .unwrap_or_default();
    format!("{sign}{grouped}{fraction}")
}

/// Writes a time in milliseconds with what digits it deserves: `0.08 ms`, `12.5 ms`, `1,525 ms`.
pub fn millis(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1_000.0;
    format!("{} ms", number(millis, digits(millis)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(millis: impl IntoIterator<Item = u64>) -> Times {
        let mut times = Times::default();
        millis
            .into_iter()
            .for_each(|ms| times.add(Duration::from_millis(ms)));
        times
    }

    #[test]
    fn a_percentile_is_a_time_that_was_measured_and_that_so_many_do_not_exceed() {
        let hundred = times((1..=100).rev());
        for (percent, ms) in [
            (0.0, 1),
            (1.0, 1),
            (50.0, 50),
            (99.0, 99),
            (99.1, 100),
            (100.0, 100),
        ] {
            assert_eq!(
                hundred.percentile(percent),
                Duration::from_millis(ms),
                "p{percent}"
            );
        }
        assert_eq!(times([7]).percentile(50.0), Duration::from_millis(7));
        assert_eq!(times([1, 9]).percentile(50.0), Duration::from_millis(1));
        assert_eq!(times([]).percentile(99.0), Duration::ZERO);
    }

    #[test]
    fn times_of_several_rounds_count_together() {
        let mut all = times([1, 2]);
        all.append(&times([3]));
        assert_eq!((all.len(), all.is_empty()), (3, false));
        assert_eq!(all.percentile(100.0), Duration::from_millis(3));
    }

    #[test]
    fn a_ratio_is_taken_round_by_round() {
        let ours = Rounds::from_iter([10.0, 20.0, 60.0]);
        let theirs = Rounds::from_iter([10.0, 10.0, 20.0]);
        let spread = ours.ratio_to(&theirs).spread().unwrap();
        assert_eq!((spread.min, spread.median, spread.max), (1.0, 2.0, 3.0));
        assert!(ours.ratio_to(&Rounds::from_iter([0.0])).spread().is_none());
        assert!(Rounds::default().median().is_nan());
    }

    #[test]
    fn the_median_of_an_even_count_is_between_the_middle_two() {
        assert!((Rounds::from_iter([4.0, 1.0, 2.0, 3.0]).median() - 2.5).abs() < 1e-9);
    }

    #[test]
    fn figures_are_written_for_people() {
        assert_eq!(number(1_234_567.0, 0), "1,234,567");
        assert_eq!(number(-1_234.5, 1), "-1,234.5");
        assert_eq!(number(999.0, 0), "999");
        assert_eq!(millis(Duration::from_micros(80)), "0.08 ms");
        assert_eq!(millis(Duration::from_micros(12_500)), "12.5 ms");
        assert_eq!(millis(Duration::from_millis(1_525)), "1,525 ms");
        let spread = Rounds::from_iter([0.914, 1.02, 0.94]).spread().unwrap();
        assert_eq!(spread.to_string(), "0.91-0.94-1.02");
    }
}
