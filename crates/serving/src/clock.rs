//! The time, asked for instead of taken: rules get `now` from a [`Clock`], and tests move a fake one.

use std::fmt::Debug;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// A source of wall-clock time.
pub trait Clock: Send + Sync + Debug {
    /// Returns the milliseconds since 1970-01-01T00:00:00Z; negative before it.
    fn unix_millis(&self) -> i64;

    /// Returns what [`Self::unix_millis`] would be had nobody set the clock since this process began to ask: for how long
    /// ago something was, which a clock that is set must not change.
    fn steady_millis(&self) -> i64;
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

    fn steady_millis(&self) -> i64 {
        static APART: LazyLock<i64> =
            LazyLock::new(|| SystemClock.unix_millis().saturating_sub(unset_millis()));
        unset_millis().saturating_add(*APART)
    }
}

/// Returns milliseconds by a clock that nobody sets and that goes on while the machine sleeps, unlike `Instant`: what was
/// heard before a machine was put to sleep is old when it wakes.
#[cfg(target_os = "linux")]
fn unset_millis() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    time.tv_sec
        .saturating_mul(1000)
        .saturating_add(time.tv_nsec / 1_000_000)
}

#[cfg(not(target_os = "linux"))]
fn unset_millis() -> i64 {
    static BEGAN: LazyLock<std::time::Instant> = LazyLock::new(std::time::Instant::now);
    i64::try_from(BEGAN.elapsed().as_millis()).unwrap_or(i64::MAX)
}

/// A clock that stands still until a test moves it. Clones share the time.
#[cfg(feature = "test-support")]
#[derive(Clone, Debug)]
pub struct FakeClock(std::sync::Arc<FakeTime>);

/// What a fake clock shows, and what it would show had no test set it.
#[cfg(feature = "test-support")]
#[derive(Debug)]
struct FakeTime {
    shown: std::sync::atomic::AtomicI64,
    steady: std::sync::atomic::AtomicI64,
}

#[cfg(feature = "test-support")]
impl FakeClock {
    /// Creates a clock that shows `unix_millis`.
    pub fn new(unix_millis: i64) -> Self {
        Self(std::sync::Arc::new(FakeTime {
            shown: unix_millis.into(),
            steady: unix_millis.into(),
        }))
    }

    /// Lets time pass, in whole milliseconds.
    pub fn advance(&self, by: std::time::Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        for time in [&self.0.shown, &self.0.steady] {
            time.fetch_add(millis, std::sync::atomic::Ordering::SeqCst);
        }
    }

    /// Sets the clock, backwards too, while no time passes.
    pub fn set(&self, unix_millis: i64) {
        self.0
            .shown
            .store(unix_millis, std::sync::atomic::Ordering::SeqCst);
    }
}

#[cfg(feature = "test-support")]
impl Clock for FakeClock {
    fn unix_millis(&self) -> i64 {
        self.0.shown.load(std::sync::atomic::Ordering::SeqCst)
    }

    fn steady_millis(&self) -> i64 {
        self.0.steady.load(std::sync::atomic::Ordering::SeqCst)
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
    fn a_fake_clock_moves_only_when_told_and_setting_it_lets_no_time_pass() {
        let clock = FakeClock::new(1_000);
        let other = clock.clone();
        assert_eq!(clock.unix_millis(), 1_000);
        clock.advance(std::time::Duration::from_millis(5));
        assert_eq!(other.unix_millis(), 1_005);
        other.set(-3);
        assert_eq!((clock.unix_millis(), clock.steady_millis()), (-3, 1_005));
    }
}
