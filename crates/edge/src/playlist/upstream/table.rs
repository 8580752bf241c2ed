//! All playlists of upstreams by event and path: a bounded number of them and of bytes, the longest unwanted go first.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use streamgate_contract::ids::EventId;
use streamgate_contract::time::UnixMillis;

use super::freshness::up_to_date_for;
use super::stream::{Copy, Stream, since};
use crate::authorize::CoveredPath;
use crate::cache::Rendition;
use crate::playlist::live_state::VARIANTS_FOLLOWED_MAX;
use crate::playlist::version::Version;
use crate::source::upstream::{Directives, Origin};

const STREAMS_MAX: usize = 4096;
const BYTES_MAX: usize = 128 * 1024 * 1024;
/// What nobody has asked for in this time is forgotten: a recording's playlists are kept for a day.
const UNWANTED_AFTER: Duration = Duration::from_hours(24);
/// How long the answer to a request that the upstream held is there for those who ask the same a little later.
const HELD_FOR: Duration = Duration::from_secs(10);

type Key = (Box<str>, Option<Directives>);

#[derive(Debug, Default)]
pub(super) struct Table(Mutex<Streams>);

#[derive(Debug, Default)]
struct Streams {
    by_event: HashMap<EventId, HashMap<Key, Arc<Stream>>>,
    bytes: usize,
}

impl Table {
    /// Returns the playlist at `path` of `origin`; a source that has changed has other playlists.
    pub(super) fn stream(&self, path: &CoveredPath, origin: &Arc<Origin>, now: UnixMillis) -> Arc<Stream> {
        let mut streams = self.lock();
        let event = streams.by_event.entry(path.path().event().clone()).or_default();
        let key = (Box::from(path.path().relative()), None);
        if let Some(stream) = event.get(&key)
            && (Arc::ptr_eq(&stream.origin, origin) || stream.origin == *origin)
        {
            return Arc::clone(stream);
        }
        let stream = Arc::new(Stream::new(path.clone(), Arc::clone(origin), None));
        event.insert(key, Arc::clone(&stream));
        streams.keep_within_limits(now);
        stream
    }

    /// Returns the request to be held for `plain`; `None` when there are `count_max` under way.
    pub(super) fn held(
        &self,
        plain: &Arc<Stream>,
        directives: Directives,
        now: UnixMillis,
        count_max: usize,
    ) -> Option<Arc<Stream>> {
        let mut streams = self.lock();
        let event = streams
            .by_event
            .entry(plain.path.path().event().clone())
            .or_default();
        let key = (Box::from(plain.path.path().relative()), Some(directives.clone()));
        if let Some(stream) = event.get(&key)
            && stream.held.as_ref().is_some_and(|(of, _)| Arc::ptr_eq(of, plain))
        {
            return Some(Arc::clone(stream));
        }
        event.retain(|_, stream| !is_over(stream, now));
        let held = event
            .keys()
            .filter(|(path, held)| held.is_some() && *path == key.0);
        if held.count() >= count_max {
            return None;
        }
        let held = Some((Arc::clone(plain), directives));
        let stream = Arc::new(Stream::new(plain.path.clone(), Arc::clone(&plain.origin), held));
        event.insert(key, Arc::clone(&stream));
        streams.keep_within_limits(now);
        Some(stream)
    }

    pub(super) fn known(&self, event: &EventId, now: UnixMillis) -> Vec<Arc<Version>> {
        let streams = self.lock();
        let of_event = streams.by_event.get(event).into_iter().flat_map(HashMap::values);
        of_event
            .filter(|stream| !is_over(stream, now))
            .filter_map(|stream| stream.version())
            .collect()
    }

    /// Tells since when all known renditions of a master have ended; `None` if one has not, or none is known.
    pub(super) fn renditions_ended(&self, master: &Version) -> Option<UnixMillis> {
        let streams = self.lock();
        let event = streams.by_event.get(master.path.event())?;
        let followed = master.facts.variants.iter().take(VARIANTS_FOLLOWED_MAX);
        let mut newest = None;
        for version in followed.filter_map(|path| event.get(&(path.relative().into(), None))?.version()) {
            if !version.facts.ended {
                return None;
            }
            newest = newest.max(Some(version.modified));
        }
        newest
    }

    /// Returns the renditions of an event that go on while the encoder of `stream` begins anew with `version`: those
    /// whose playlists are up to date, so that their own new beginning would have been seen, and that share no segments
    /// with it.
    pub(super) fn going_on(&self, stream: &Stream, version: &Version, now: UnixMillis) -> Vec<Rendition> {
        let before = stream.version();
        let is_of_both = |other: &Version| {
            let own = [Some(version), before.as_deref()];
            other.rendition == version.rendition
                || own.into_iter().flatten().any(|own| own.shares_segments(other))
        };
        let (mut known, mut not) = (HashSet::new(), HashSet::new());
        let streams = self.lock();
        let of_event = streams.by_event.get(version.path.event());
        for copy in of_event
            .into_iter()
            .flat_map(HashMap::values)
            .filter_map(|stream| stream.copy())
        {
            let other = &copy.version;
            if other.facts.multivariant || since(copy.received, now) > up_to_date_for(&other.facts) {
                continue;
            }
            if is_of_both(other) {
                not.insert(other.rendition);
            } else {
                known.insert(other.rendition);
            }
        }
        known.difference(&not).copied().collect()
    }

    /// Notes what a refresh brought, before it replaces what was there.
    pub(super) fn note(&self, stream: &Stream, copy: Option<&Copy>) {
        let Some(copy) = copy else { return };
        let before = stream.version().map_or(0, |version| version.bytes());
        let mut streams = self.lock();
        streams.bytes = streams.bytes.saturating_sub(before) + copy.version.bytes();
        streams.keep_within_limits(copy.received);
    }

    pub(super) fn forget(&self, event: &EventId) {
        let mut streams = self.lock();
        streams.by_event.remove(event);
        streams.count_bytes();
    }

    pub(super) fn prune(&self, now: UnixMillis) {
        let mut streams = self.lock();
        streams.retain(|stream| {
            let is_wanted = |asked| since(asked, now) <= UNWANTED_AFTER;
            stream.is_running() || stream.asked().is_none_or(is_wanted)
        });
        streams.count_bytes();
    }

    fn lock(&self) -> MutexGuard<'_, Streams> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Streams {
    /// Drops the longer unwanted half when there is too much, so that it does not happen again for a while.
    fn keep_within_limits(&mut self, now: UnixMillis) {
        let count: usize = self.by_event.values().map(HashMap::len).sum();
        if count <= STREAMS_MAX && self.bytes <= BYTES_MAX {
            return;
        }
        let streams = self.by_event.values().flat_map(HashMap::values);
        let mut asked: Vec<UnixMillis> = streams.map(|stream| stream.asked().unwrap_or(now)).collect();
        let middle = asked.len() / 2;
        let (_, median, _) = asked.select_nth_unstable(middle);
        let median = *median;
        self.retain(|stream| stream.asked().unwrap_or(now) > median);
        self.count_bytes();
    }

    fn retain(&mut self, is_kept: impl Fn(&Stream) -> bool) {
        self.by_event.retain(|_, event| {
            event.retain(|_, stream| is_kept(stream));
            !event.is_empty()
        });
    }

    fn count_bytes(&mut self) {
        let streams = self.by_event.values().flat_map(HashMap::values);
        let versions = streams.filter_map(|stream| stream.version());
        self.bytes = versions.map(|version| version.bytes()).sum();
    }
}

/// Whether a held request has been answered so long ago that nobody comes for it any more.
fn is_over(stream: &Stream, now: UnixMillis) -> bool {
    let is_old = |asked| since(asked, now) > HELD_FOR;
    stream.held.is_some() && !stream.is_running() && stream.asked().is_some_and(is_old)
}
