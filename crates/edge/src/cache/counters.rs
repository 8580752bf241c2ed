//! What the cache did, for `/health` and the metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the start of the process.
#[derive(Debug, Default)]
pub(crate) struct CacheCounters {
    /// Requests answered from the disk.
    pub(crate) hits: AtomicU64,
    /// Fetches from an upstream that were begun.
    pub(crate) fills: AtomicU64,
    /// Requests that joined a fetch which was under way.
    pub(crate) waits: AtomicU64,
    /// Stored objects that an upstream was asked about before they were served again.
    pub(crate) checks: AtomicU64,
    /// Fetches that failed.
    pub(crate) failures: AtomicU64,
    /// Fetched objects that could not be stored.
    pub(crate) passes: AtomicU64,
    /// Bytes that came from upstreams.
    pub(crate) fetched_bytes: AtomicU64,
    /// Objects that were removed to make room or for their age.
    pub(crate) evictions: AtomicU64,
    /// Bytes that this freed.
    pub(crate) evicted_bytes: AtomicU64,
    /// Failures of the cache's file system.
    pub(crate) disk_errors: AtomicU64,
}

/// [`CacheCounters`] at one moment, with what is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct CacheFigures {
    pub(crate) hits: u64,
    pub(crate) fills: u64,
    pub(crate) waits: u64,
    pub(crate) checks: u64,
    pub(crate) failures: u64,
    pub(crate) passes: u64,
    pub(crate) fetched_bytes: u64,
    pub(crate) evictions: u64,
    pub(crate) evicted_bytes: u64,
    pub(crate) disk_errors: u64,
    /// Objects that are stored, as far as the index has been read.
    pub(crate) objects: u64,
    /// Bytes that they take.
    pub(crate) bytes: u64,
    /// Events that they belong to.
    pub(crate) events: u64,
    /// Fetches under way.
    pub(crate) filling: u64,
}

impl CacheCounters {
    pub(crate) fn figures(&self) -> CacheFigures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheFigures {
            hits: read(&self.hits),
            fills: read(&self.fills),
            waits: read(&self.waits),
            checks: read(&self.checks),
            failures: read(&self.failures),
            passes: read(&self.passes),
            fetched_bytes: read(&self.fetched_bytes),
            evictions: read(&self.evictions),
            evicted_bytes: read(&self.evicted_bytes),
            disk_errors: read(&self.disk_errors),
            ..CacheFigures::default()
        }
    }
}

/// Counts one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
