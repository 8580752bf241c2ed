//! Which parts of a file the kernel was seen to have in memory a moment ago: a crowd need not ask for each.

use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::source::chunk::is_cached;

/// The parts that are remembered, 64 at most; of what lies beyond, the kernel is asked each time.
const PART_BYTES: u64 = 1024 * 1024;
/// What was used is not evicted at once.
const KNOWN_FOR: Duration = Duration::from_secs(1);

/// What is known of one open file.
#[derive(Debug)]
pub(crate) struct Resident {
    /// The file's length.
    length: u64,
    since: Instant,
    /// A bit for each part.
    parts: AtomicU64,
}

impl Resident {
    /// Nothing is known of a file of `length` bytes.
    pub(crate) fn new(length: u64) -> Self {
        Self {
            length,
            since: Instant::now(),
            parts: AtomicU64::new(0),
        }
    }

    /// Tells whether the kernel has a part of `file` in memory, as far as its ends show, or had a moment ago.
    pub(crate) fn has(&self, file: &File, offset: u64, length: usize) -> bool {
        let end = offset + length as u64;
        let (first, last) = (offset / PART_BYTES, end.saturating_sub(1) / PART_BYTES);
        let wanted = bit(first) | bit(last);
        let is_remembered = last < u64::from(u64::BITS) && self.since.elapsed() < KNOWN_FOR;
        if is_remembered && self.parts.load(Ordering::Relaxed) & wanted == wanted {
            return true;
        }
        let is_there = is_cached(file, offset, length);
        let is_whole = offset.is_multiple_of(PART_BYTES) && end == self.length.min(offset + PART_BYTES);
        if is_there && is_whole && is_remembered {
            self.parts.fetch_or(wanted, Ordering::Relaxed);
        }
        is_there
    }
}

/// Beyond the last part there is none.
const fn bit(part: u64) -> u64 {
    if part < u64::BITS as u64 { 1 << part } else { 0 }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn only_whole_parts_that_were_there_are_remembered() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(2 * PART_BYTES + 5).unwrap();
        crate::source::chunk::read_into_cache(&file, 0, 2 * 1024 * 1024 + 5).unwrap();
        let resident = Resident::new(2 * PART_BYTES + 5);
        let known = || resident.parts.load(Ordering::Relaxed);
        assert!(resident.has(&file, 0, 100));
        assert!(resident.has(&file, 10, 1024 * 1024));
        assert_eq!(known(), 0);
        assert!(resident.has(&file, 0, 1024 * 1024));
        assert!(resident.has(&file, 2 * PART_BYTES, 5));
        assert_eq!(known(), 0b101);
        // What is remembered is not asked for: this file has nothing at all.
        let empty = tempfile::tempfile().unwrap();
        assert!(resident.has(&empty, 7, 1000));
        assert!(resident.has(&empty, 2 * PART_BYTES + 1, 4));
    }
}
