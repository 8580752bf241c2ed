//! An exact sliding window per key, in bounded memory.
//!
//! - In any span of one window a key gets at most its limit of hits, and never less. Refused hits do not count.
//! - At most `keys_max` keys are kept, each with at most `limit` times. Keys without a hit in the window are
//!   swept as the calls come; when all keys are alive, a new one takes the place of the key whose last hit is
//!   oldest. Keys at their limit go last, so that nobody frees a blocked key by naming many others.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

// Each call inserts at most one key, so that two sweeps a call outrun any growth.
const SWEEPS_PER_CALL: usize = 2;

/// The limit is used up; the whole seconds (rounded up, at least 1) until one more hit is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryAfter(pub u32);

/// At most `limit` hits per key in any `window`.
#[derive(Debug)]
pub struct SlidingWindow<K> {
    limit: usize,
    window_ms: i64,
    keys_max: usize,
    table: Mutex<Table<K>>,
}

#[derive(Debug)]
struct Table<K> {
    logs: HashMap<K, Log>,
    // By the turn of the last hit, so the first is the one that was hit longest ago.
    open: BTreeMap<u64, K>,
    // Keys that were at their limit at their last hit.
    full: BTreeMap<u64, K>,
    next_turn: u64,
}

#[derive(Debug)]
struct Log {
    // Milliseconds, in rising order, at most `limit` of them.
    hits: VecDeque<i64>,
    turn: u64,
}

impl<K: Clone + Eq + Hash> SlidingWindow<K> {
    /// Creates a window in which `limit` hits per key are allowed, for at most `keys_max` keys.
    ///
    /// Zero counts as one in all three; the window has whole milliseconds.
    pub fn new(limit: u32, window: Duration, keys_max: usize) -> Self {
        Self {
            limit: usize::try_from(limit.max(1)).unwrap_or(usize::MAX),
            window_ms: i64::try_from(window.as_millis()).unwrap_or(i64::MAX).max(1),
            keys_max: keys_max.max(1),
            table: Mutex::new(Table {
                logs: HashMap::new(),
                open: BTreeMap::new(),
                full: BTreeMap::new(),
                next_turn: 0,
            }),
        }
    }

    /// Counts a hit of `key` at `now_ms` if the limit allows it.
    ///
    /// # Errors
    ///
    /// The limit is used up; the hit is not counted.
    pub fn record(&self, key: K, now_ms: i64) -> Result<(), RetryAfter> {
        let mut table = self.table();
        self.sweep(&mut table, now_ms);
        self.check(&mut table, &key, now_ms)?;
        if !table.logs.contains_key(&key) && table.logs.len() >= self.keys_max {
            table.evict();
        }
        table.hit(key, now_ms, self.limit);
        Ok(())
    }

    /// Says whether a hit of `key` at `now_ms` would be allowed, without counting one.
    ///
    /// # Errors
    ///
    /// The limit is used up.
    pub fn would_allow(&self, key: &K, now_ms: i64) -> Result<(), RetryAfter> {
        self.check(&mut self.table(), key, now_ms)
    }

    /// Returns how many keys are kept: never more than `keys_max`.
    pub fn keys(&self) -> usize {
        self.table().logs.len()
    }

    fn table(&self) -> MutexGuard<'_, Table<K>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn expired(&self, hit_ms: i64, now_ms: i64) -> bool {
        let age_ms = now_ms.saturating_sub(hit_ms);
        // A hit from further ahead than one window means that the clock was set back.
        age_ms >= self.window_ms || age_ms < -self.window_ms
    }

    fn check(&self, table: &mut Table<K>, key: &K, now_ms: i64) -> Result<(), RetryAfter> {
        let Some(log) = table.logs.get_mut(key) else {
            return Ok(());
        };
        while log
            .hits
            .front()
            .is_some_and(|&hit_ms| self.expired(hit_ms, now_ms))
        {
            log.hits.pop_front();
        }
        match log.hits.front() {
            Some(&oldest_ms) if log.hits.len() >= self.limit => {
                let wait_ms = oldest_ms.saturating_add(self.window_ms).saturating_sub(now_ms);
                let seconds = wait_ms / 1000 + i64::from(wait_ms % 1000 > 0);
                Err(RetryAfter(u32::try_from(seconds).unwrap_or(u32::MAX).max(1)))
            }
            _ => Ok(()),
        }
    }

    fn sweep(&self, table: &mut Table<K>, now_ms: i64) {
        for _ in 0..SWEEPS_PER_CALL {
            for full in [false, true] {
                let order = if full { &table.full } else { &table.open };
                let Some((&turn, key)) = order.first_key_value() else {
                    continue;
                };
                let last_ms = table.logs.get(key).and_then(|log| log.hits.back());
                if last_ms.is_none_or(|&last_ms| self.expired(last_ms, now_ms)) {
                    table.remove(turn);
                }
            }
        }
    }
}

impl<K: Clone + Eq + Hash> Table<K> {
    fn hit(&mut self, key: K, now_ms: i64, limit: usize) {
        let turn = self.next_turn;
        self.next_turn += 1;
        let log = self.logs.entry(key.clone()).or_insert_with(|| Log {
            hits: VecDeque::new(),
            turn,
        });
        // Threads may bring their clock readings in another order than they took them.
        let hit_ms = log.hits.back().map_or(now_ms, |&last_ms| last_ms.max(now_ms));
        log.hits.push_back(hit_ms);
        let last_turn = std::mem::replace(&mut log.turn, turn);
        let full = log.hits.len() >= limit;
        self.open.remove(&last_turn);
        self.full.remove(&last_turn);
        if full { &mut self.full } else { &mut self.open }.insert(turn, key);
    }

    fn evict(&mut self) {
        let oldest = self
            .open
            .first_key_value()
            .or_else(|| self.full.first_key_value());
        if let Some((&turn, _)) = oldest {
            self.remove(turn);
        }
    }

    fn remove(&mut self, turn: u64) {
        if let Some(key) = self.open.remove(&turn).or_else(|| self.full.remove(&turn)) {
            self.logs.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    //
    #[test]
    fn the_hit_after_the_last_allowed_one_is_refused_until_the_oldest_leaves_the_window() {
        let limiter = SlidingWindow::new(2, MINUTE, 10);
        assert_eq!(limiter.record("a", 0), Ok(()));
        assert_eq!(limiter.record("a", 30_000), Ok(()));
        assert_eq!(limiter.record("a", 59_999), Err(RetryAfter(1)));
        assert_eq!(limiter.record("a", 60_000), Ok(()));
        assert_eq!(limiter.record("a", 60_001), Err(RetryAfter(30)));
    }

    #[test]
    fn retry_after_is_rounded_up_and_true() {
        let limiter = SlidingWindow::new(1, MINUTE, 10);
        limiter.record("a", 500).unwrap();
        assert_eq!(limiter.would_allow(&"a", 500), Err(RetryAfter(60)));
        assert_eq!(limiter.would_allow(&"a", 501), Err(RetryAfter(60)));
        assert_eq!(limiter.would_allow(&"a", 1_500), Err(RetryAfter(59)));
        assert_eq!(limiter.would_allow(&"a", 60_499), Err(RetryAfter(1)));
        assert_eq!(limiter.would_allow(&"a", 60_500), Ok(()));
    }

    #[test]
    fn asking_and_being_refused_use_nothing_up() {
        let limiter = SlidingWindow::new(1, MINUTE, 10);
        for _ in 0..5 {
            assert_eq!(limiter.would_allow(&"a", 0), Ok(()));
        }
        limiter.record("a", 0).unwrap();
        for now_ms in 1..1_000 {
            assert!(limiter.record("a", now_ms).is_err());
        }
        assert_eq!(limiter.record("a", 60_000), Ok(()));
    }

    // K-02
    #[test]
    fn a_clock_that_was_set_back_blocks_nobody_for_longer_than_two_windows() {
        let limiter = SlidingWindow::new(1, MINUTE, 10);
        limiter.record("a", 10_000_000).unwrap();
        assert_eq!(limiter.record("a", 1_000), Ok(()));
    }

    #[test]
    fn a_hundred_thousand_keys_stay_within_the_bound() {
        let limiter = SlidingWindow::new(5, MINUTE, 1_000);
        for key in 0..100_000_u32 {
            assert_eq!(limiter.record(key, i64::from(key / 1_000)), Ok(()));
            assert!(limiter.keys() <= 1_000);
        }
        let table = limiter.table();
        assert_eq!(table.open.len() + table.full.len(), table.logs.len());
    }

    //
    #[test]
    fn naming_many_other_keys_does_not_free_a_blocked_one() {
        let limiter = SlidingWindow::new(2, MINUTE, 100);
        limiter.record(u32::MAX, 0).unwrap();
        limiter.record(u32::MAX, 0).unwrap();
        for key in 0..100_000 {
            limiter.record(key, 1).unwrap();
        }
        assert!(limiter.record(u32::MAX, 2).is_err());
    }

    #[test]
    fn a_full_table_gives_up_the_key_that_was_hit_longest_ago() {
        let limiter = SlidingWindow::new(2, MINUTE, 2);
        limiter.record("old", 0).unwrap();
        limiter.record("fresh", 1).unwrap();
        limiter.record("new", 2).unwrap();
        limiter.record("fresh", 3).unwrap();
        assert!(limiter.would_allow(&"fresh", 3).is_err());
        limiter.record("old", 3).unwrap();
        assert!(limiter.would_allow(&"old", 3).is_ok());
    }

    #[test]
    fn keys_without_a_hit_in_the_window_are_swept_as_calls_come() {
        let limiter = SlidingWindow::new(1, MINUTE, 1_000);
        for key in 0..500 {
            limiter.record(key, 0).unwrap();
        }
        for step in 0..600 {
            limiter.record(9_999, 60_000 + step * 60_000).unwrap();
        }
        assert_eq!(limiter.keys(), 1);
    }

    proptest! {
        //
        #[test]
        fn it_agrees_with_a_log_of_everything(
            limit in 1_u32..6,
            window_ms in 1_u16..50,
            steps in proptest::collection::vec((0_u8..4, 0_i64..20), 1..300),
        ) {
            let window = Duration::from_millis(window_ms.into());
            let limiter = SlidingWindow::new(limit, window, 4);
            let mut accepted: Vec<(u8, i64)> = Vec::new();
            let mut now_ms = 0;
            for (key, pause_ms) in steps {
                now_ms += pause_ms;
                let counted = |at_ms: i64| {
                    let in_window = |hit: &&(u8, i64)| hit.0 == key && at_ms - hit.1 < i64::from(window_ms);
                    accepted.iter().filter(in_window).count()
                };
                let allowed = counted(now_ms) < limit as usize;
                prop_assert_eq!(limiter.would_allow(&key, now_ms).is_ok(), allowed);
                match limiter.record(key, now_ms) {
                    Ok(()) => prop_assert!(allowed),
                    Err(RetryAfter(seconds)) => {
                        prop_assert!(!allowed && seconds >= 1);
                        prop_assert!(counted(now_ms + i64::from(seconds) * 1000) < limit as usize);
                    }
                }
                if allowed {
                    accepted.push((key, now_ms));
                }
            }
        }
    }
}
