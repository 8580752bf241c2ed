//! The memory of playlists: a bounded number of versions and bytes, the longest unused go first.

use std::collections::HashMap;
use std::sync::Arc;

use streamgate_contract::ids::EventId;
use streamgate_contract::media_path::MediaPath;

use crate::playlist::version::Version;
use crate::source::Identity;

const KEPT_VERSIONS_MAX: usize = 4096;
const KEPT_BYTES_MAX: usize = 128 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) by_event: HashMap<EventId, HashMap<Box<str>, Entry>>,
    count: usize,
    bytes: usize,
    pub(super) uses: u64,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) version: Arc<Version>,
    pub(super) identity: Identity,
    pub(super) is_settled: bool,
    pub(super) last_use: u64,
}

impl Kept {
    /// Returns what is kept of one event.
    pub(super) fn of_event(&self, event: &EventId) -> impl Iterator<Item = &Entry> {
        self.by_event.get(event).into_iter().flat_map(HashMap::values)
    }

    pub(super) fn insert(&mut self, path: &MediaPath, entry: Entry) {
        self.bytes += entry.version.bytes();
        self.count += 1;
        let event = self.by_event.entry(path.event().clone()).or_default();
        if let Some(replaced) = event.insert(path.relative().into(), entry) {
            self.bytes = self.bytes.saturating_sub(replaced.version.bytes());
            self.count -= 1;
        }
        if self.count > KEPT_VERSIONS_MAX || self.bytes > KEPT_BYTES_MAX {
            self.drop_oldest();
        }
    }

    /// Drops the longer unused half, so that it does not happen again for a while.
    fn drop_oldest(&mut self) {
        let entries = self.by_event.values().flat_map(HashMap::values);
        let mut uses: Vec<u64> = entries.map(|entry| entry.last_use).collect();
        let middle = uses.len() / 2;
        let (_, median, _) = uses.select_nth_unstable(middle);
        let median = *median;
        self.by_event.retain(|_, event| {
            event.retain(|_, entry| entry.last_use > median);
            !event.is_empty()
        });
        let left = self.by_event.values().flat_map(HashMap::values);
        (self.count, self.bytes) = left.fold((0, 0), |(count, bytes), entry| {
            (count + 1, bytes + entry.version.bytes())
        });
    }
}
