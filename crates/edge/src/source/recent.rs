//! What was opened a moment ago, kept open: a crowd asks for the same few files.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long what is open is trusted to be what its name says.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// What is kept open at most: a part of the descriptors that connections leave.
const KEPT_MAX: usize = 128;

/// Open files by their names, each for a second at most.
#[derive(Debug)]
pub(crate) struct Recent<K, V>(Mutex<HashMap<K, Kept<V>>>);

#[derive(Debug)]
struct Kept<V> {
    value: V,
    trusted_until: Instant,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Recent<K, V> {
    /// Returns what was opened under `name` within the last second.
    pub(crate) fn get(&self, name: &K) -> Option<V> {
        let mut kept = self.lock();
        let found = kept.get(name)?;
        if found.is_trusted() {
            return Some(found.value.clone());
        }
        kept.remove(name);
        None
    }

    /// Keeps what was opened under `name`, if there is room and `is_still_so`, which is asked while nobody can forget.
    pub(crate) fn keep(&self, name: K, value: V, is_still_so: impl FnOnce() -> bool) {
        self.keep_for(TRUSTED_FOR, name, value, is_still_so);
    }

    /// As [`keep`](Self::keep), trusted for `lasts`.
    pub(crate) fn keep_for(&self, lasts: Duration, name: K, value: V, is_still_so: impl FnOnce() -> bool) {
        let mut kept = self.lock();
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, kept| kept.is_trusted());
        }
        if kept.len() < KEPT_MAX && is_still_so() {
            let trusted_until = Instant::now() + lasts;
            kept.insert(name, Kept { value, trusted_until });
        }
    }

    pub(crate) fn forget(&self, name: &K) {
        self.lock().remove(name);
    }

    /// Forgets all whose names are `meant`.
    pub(crate) fn forget_those(&self, meant: impl Fn(&K) -> bool) {
        self.lock().retain(|name, _| !meant(name));
    }

    /// Closes what is trusted no more.
    pub(crate) fn close_old(&self) {
        self.lock().retain(|_, kept| kept.is_trusted());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Kept<V>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Kept<V> {
    fn is_trusted(&self) -> bool {
        Instant::now() < self.trusted_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_are_bounded_and_what_is_too_much_is_opened_for_each_request() {
        let recent = Recent::default();
        for name in 0..2 * KEPT_MAX {
            recent.keep(name, name, || true);
        }
        let kept = (0..2 * KEPT_MAX).filter(|name| recent.get(name).is_some());
        assert_eq!(kept.count(), KEPT_MAX);
    }

    #[test]
    fn what_is_forgotten_or_not_so_any_more_is_not_found() {
        let recent = Recent::default();
        for name in [1, 2, 3, 4] {
            recent.keep(name, (), || name != 4);
        }
        recent.forget(&1);
        recent.forget_those(|name| *name == 2);
        assert_eq!(
            [1, 2, 3, 4].map(|name| recent.get(&name)),
            [None, None, Some(()), None]
        );
    }
}
