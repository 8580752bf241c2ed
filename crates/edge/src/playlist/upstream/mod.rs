//! Playlists of upstreams, in memory: each is asked for once, by a task of its own, however many viewers want it.
//!
//! While there is demand one refresh of a live playlist starts a second after the last one did; viewers get the copy
//! meanwhile and only wait where there is none that may still be served. What went wrong is remembered for as long.

mod freshness;
mod generation;
mod held;
mod refresh;
mod sight;
mod stream;
mod table;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use streamgate_contract::ids::EventId;
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::time::UnixMillis;
use streamgate_serving::clock::Clock;

pub(crate) use self::freshness::RECENTLY_ENDED;
use self::freshness::{Rules, rules};
use self::stream::{Look, Stream, since};
use self::table::Table;
use crate::authorize::CoveredPath;
use crate::cache::ObjectCache;
use crate::playlist::version::Version;
use crate::source::SourceError;
use crate::source::upstream::{Origin, UpstreamClient};

/// A playlist and how it was come by.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) version: Arc<Version>,
    /// How long ago its origin vouched for it; `None` for a local file, which does so by being there.
    pub(crate) age: Option<Duration>,
    /// For the log: `local`, `hit`, `wait` or `fill`.
    pub(crate) how: &'static str,
}

/// The playlists of upstreams that viewers want.
#[derive(Debug)]
pub(crate) struct UpstreamPlaylists {
    client: Arc<UpstreamClient>,
    cache: Arc<ObjectCache>,
    clock: Arc<dyn Clock>,
    table: Table,
    entries: Mutex<HashMap<EventId, (MediaPath, UnixMillis)>>,
}

/// How long the name of an event's entry file is relied on while it is there.
const ENTRY_KNOWN: Duration = Duration::from_mins(1);
// A name of some twenty bytes each; more are forgotten at once.
const ENTRIES_MAX: usize = 10_000;

impl UpstreamPlaylists {
    pub(crate) fn new(client: Arc<UpstreamClient>, cache: Arc<ObjectCache>, clock: Arc<dyn Clock>) -> Self {
        Self {
            client,
            cache,
            clock,
            table: Table::default(),
            entries: Mutex::default(),
        }
    }

    /// Returns the newest version of a playlist that may be served.
    pub(crate) async fn newest(
        self: &Arc<Self>,
        path: &CoveredPath,
        origin: &Arc<Origin>,
    ) -> Result<Found, SourceError> {
        let stream = self.table.stream(path, origin, self.now());
        self.ask(&stream).await
    }

    /// Returns the versions of the event's playlists that were fetched last.
    pub(crate) fn known(&self, event: &EventId) -> Vec<Arc<Version>> {
        self.table.known(event, self.now())
    }

    /// Tells since when the stream of a playlist has ended, as far as is known; for a master its renditions' streams.
    pub(crate) fn ended_since(&self, version: &Version) -> Option<UnixMillis> {
        if !version.facts.multivariant {
            return version.facts.ended.then_some(version.modified);
        }
        self.table.renditions_ended(version)
    }

    /// Returns under which name an event's entry file was found a moment ago.
    pub(crate) fn known_entry(&self, event: &EventId) -> Option<MediaPath> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, found) = entries.get(event)?;
        (since(*found, self.now()) <= ENTRY_KNOWN).then(|| name.clone())
    }

    /// Remembers under which name an event's entry file was found, so that the names that it does not have are not
    /// asked for each time.
    pub(crate) fn note_entry(&self, event: &EventId, name: &MediaPath) {
        let now = self.now();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = entries
            .get(event)
            .is_some_and(|(known, found)| known == name && since(*found, now) <= ENTRY_KNOWN);
        if is_known {
            return;
        }
        if entries.len() >= ENTRIES_MAX {
            entries.clear();
        }
        entries.insert(event.clone(), (name.clone(), now));
    }

    /// Forgets the playlists of an event.
    pub(crate) fn forget(&self, event: &EventId) {
        self.table.forget(event);
    }

    /// Forgets what nobody has wanted for long.
    pub(crate) fn prune(&self) {
        self.table.prune(self.now());
    }

    /// Answers from the copy or with what the next refresh brings, which this begins if it is due.
    async fn ask(self: &Arc<Self>, stream: &Arc<Stream>) -> Result<Found, SourceError> {
        let now = self.now();
        let mut finished = stream.finished();
        let how = match stream.look(self.rules(stream), now) {
            Look::Settled(found) => return Ok(found?),
            Look::Due(refresh) => {
                tokio::spawn(Arc::clone(self).refresh(refresh));
                "fill"
            }
            Look::Running => "wait",
        };
        // The sender lives in the stream.
        let _ = finished.changed().await;
        let now = self.now();
        let found = stream.settled(self.rules(stream), now)?;
        Ok(Found { how, ..found })
    }

    /// Returns how the stream's copy is to be treated; `None` without one.
    fn rules(&self, stream: &Stream) -> Option<Rules> {
        let version = stream.version()?;
        Some(rules(&version.facts, self.ended_since(&version), self.wall()))
    }

    /// The time for how old a copy is: with a clock that is set back, a live playlist would stand still until the clock is
    /// where it was.
    fn now(&self) -> UnixMillis {
        UnixMillis(self.clock.steady_millis())
    }

    /// The time for what upstreams have dated.
    fn wall(&self) -> UnixMillis {
        UnixMillis(self.clock.unix_millis())
    }
}
