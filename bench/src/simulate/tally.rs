//! What happened to an audience.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::stats::{Times, millis, number};

/// Counts of everything that viewers did and that went wrong for them.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Viewers who entered a code.
    pub came: u64,
    /// Viewers who got a token for it.
    pub redeemed: u64,
    /// Playlists, answered 200 or 304.
    pub playlists: u64,
    /// Segments, whole.
    pub segments: u64,
    /// Bytes of segments.
    pub bytes: u64,
    /// Segments that came too late for the picture.
    pub late: u64,
    /// Heartbeats that were answered.
    pub heartbeats: u64,
    /// Tokens that were renewed.
    pub refreshes: u64,
    /// Sessions that were given back.
    pub released: u64,
    /// What went wrong: what was asked for and the answer, with counts.
    pub errors: BTreeMap<String, u64>,
    /// From the code to the first whole segment.
    pub code_to_first_segment: Times,
    /// From asking for a segment to having it whole.
    pub segment_times: Times,
}

impl Tally {
    /// Returns how many things went wrong.
    pub fn errors_total(&self) -> u64 {
        self.errors.values().sum()
    }

    /// Whether every viewer saw an unbroken picture so far.
    pub fn is_clean(&self) -> bool {
        self.late == 0 && self.errors.is_empty()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let times = |times: &Times| {
            let [p50, p99, max] = [50.0, 99.0, 100.0].map(|percent| millis(times.percentile(percent)));
            format!("p50 {p50}, p99 {p99}, most {max}")
        };
        let count = |count: u64| number(f64::from(u32::try_from(count).unwrap_or(u32::MAX)), 0);
        writeln!(
            f,
            "viewers                {} came, {} got in, {} left properly",
            count(self.came),
            count(self.redeemed),
            count(self.released)
        )?;
        writeln!(
            f,
            "late segments          {} of {}",
            count(self.late),
            count(self.segments)
        )?;
        writeln!(f, "errors                 {}", count(self.errors_total()))?;
        for (error, times) in &self.errors {
            writeln!(f, "    {} x {error}", count(*times))?;
        }
        writeln!(f, "code to first segment  {}", times(&self.code_to_first_segment))?;
        writeln!(f, "segment                {}", times(&self.segment_times))?;
        write!(
            f,
            "in all                 {} playlists, {} MB of segments, {} heartbeats, {} refreshes",
            count(self.playlists),
            count(self.bytes / 1_000_000),
            count(self.heartbeats),
            count(self.refreshes)
        )
    }
}

/// A tally that all viewers of an audience write to.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared(Arc<Mutex<Tally>>);

impl Shared {
    /// Gives access for a moment. Counts stay true even if a viewer's task panicked.
    pub(super) fn note(&self) -> MutexGuard<'_, Tally> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts something that went wrong.
    pub(super) fn failed(&self, what: &str, how: &str) {
        *self.note().errors.entry(format!("{what}: {how}")).or_default() += 1;
    }
}
