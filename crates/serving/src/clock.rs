//! The time, asked for instead of taken: rules get `now` from a [`Clock`], and tests move a fake one.

use std::fmt::Debug;
use std::time::{SystemTime, UNIX_EPOCH};

/// A source of wall-clock time.
pub trait Clock: Send + Sync + Debug {
    /// Returns the milliseconds since 1970-01-01T00:00:00Z; negative before it.
    fn unix_millis(&self) -> i64;
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the Clock that everybody else asks"
    )]
    fn unix_millis(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |millis| -millis),
        }
    }
}

/// A clock that stands still until a test moves it. Clones share the time.
#[cfg(feature = "test-support")]
#[derive(Clone, Debug)]
pub struct FakeClock(std::sync::Arc<std::sync::atomic::AtomicI64>);

#[cfg(feature = "test-support")]
impl FakeClock {
    /// Creates a clock that shows `unix_millis`.
    pub fn new(unix_millis: i64) -> Self {
        Self(std::sync::Arc::new(std::sync::atomic::AtomicI64::new(
            unix_millis,
        )))
    }

    /// Moves the time forward, in whole milliseconds.
    pub fn advance(&self, by: std::time::Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(millis, std::sync::atomic::Ordering::SeqCst);
    }

    /// Sets the time, backwards too.
    pub fn set(&self, unix_millis: i64) {
        self.0.store(unix_millis, std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(feature = "test-support")]
impl Clock for FakeClock {
    fn unix_millis(&self) -> i64 {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_past_the_year_2024() {
        assert!(SystemClock.unix_millis() > 1_704_067_200_000);
    }

    #[cfg(feature = "test-support")]
    #[test]
    fn a_fake_clock_moves_only_when_told_and_its_clones_share_the_time() {
        let clock = FakeClock::new(1_000);
        let other = clock.clone();
        assert_eq!(clock.unix_millis(), 1_000);
        clock.advance(std::time::Duration::from_millis(5));
        assert_eq!(other.unix_millis(), 1_005);
        other.set(-3);
        assert_eq!(clock.unix_millis(), -3);
    }
}
