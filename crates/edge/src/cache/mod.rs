//! Objects of upstreams: each is fetched once, stored as a file, and served from there.
//!
//! A request [opens](ObjectCache::open) an object: from the disk, or by joining the one fetch that is under way,
//! which it begins if nobody has. Fetches run by themselves; readers get bytes while they run. Whatever goes wrong
//! with the disk costs a fetch its place in the cache and never a viewer an answer.

mod counters;
mod disk;
mod doubt;
mod era;
mod events;
mod fill;
mod flight;
mod generations;
mod index;
mod keeper;
mod key;
mod loader;
mod metrics;
mod record;
mod seen;
mod sink;
mod table;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use streamgate_contract::ids::EventId;
use streamgate_contract::media_path::{MediaKind, MediaPath};
use streamgate_serving::clock::Clock;
use tokio::sync::Notify;

use self::counters::{CacheCounters, count};
use self::disk::{Disk, Stored};
use self::era::Era;
use self::fill::Fill;
use self::index::Index;
use self::key::ObjectKey;
use self::record::Boot;
use self::sink::MemoryBudget;
use self::table::{Flights, Joined};
use crate::authorize::CoveredPath;
use crate::reply::object::Sendable;
use crate::settings::CacheSettings;
use crate::source::SourceError;
use crate::source::beneath::Patience;
use crate::source::recent::Recent;
use crate::source::upstream::{Ask, Origin, UpstreamClient, UpstreamError};

pub(crate) use self::counters::CacheFigures;
pub(crate) use self::doubt::end_text;
pub(crate) use self::flight::{Flight, Heading, Place, Progress};
pub(crate) use self::generations::Rendition;
pub(crate) use self::metrics::CacheCollector;
pub(crate) use self::seen::Sight;

/// Keys and pictures change under their names; a copy serves as long as clients keep theirs.
const CHANGING_FRESH_SECS: u64 = 60;
/// How often a cache that does not work is told of in the log.
const ALARM_EVERY_MS: i64 = 60_000;

/// What is known of an object's place in its stream when it is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Standing {
    /// The target duration of the newest playlist that lists it, if one does: then it must be there soon.
    pub(crate) listed_target: Option<Duration>,
    /// Whether a stream that has not ended lists it.
    pub(crate) is_live: bool,
    /// Whose segment it is.
    pub(crate) rendition: Rendition,
    /// Whether there will be more of it the next time: then this time's is no version to keep.
    pub(crate) grows: bool,
}

/// Where an object was found.
#[derive(Debug)]
pub(crate) enum Found {
    Stored(Sendable),
    Filling {
        flight: Arc<Flight>,
        heading: Arc<Heading>,
        /// Whether this request began the fetch.
        is_first: bool,
    },
}

/// The objects of upstreams that this edge has.
#[derive(Debug)]
pub(crate) struct ObjectCache {
    disk: Disk,
    /// What was opened a moment ago: the answer to most requests, without a look at the disk.
    open_objects: Recent<ObjectKey, Stored>,
    index: Index,
    flights: Flights,
    memory: Arc<MemoryBudget>,
    counters: CacheCounters,
    upstream: Arc<UpstreamClient>,
    clock: Arc<dyn Clock>,
    settings: CacheSettings,
    /// Tells the keeper that there is something to do at once.
    wake: Notify,
    is_short_of_space: AtomicBool,
    is_stopping: AtomicBool,
    alarmed_ms: AtomicI64,
}

impl ObjectCache {
    /// Touches no file: an edge that never needs a cache makes no folder.
    pub(crate) fn new(settings: CacheSettings, upstream: Arc<UpstreamClient>, clock: Arc<dyn Clock>) -> Self {
        let process = digest(&[
            &std::process::id().to_be_bytes(),
            &clock.unix_millis().to_be_bytes(),
        ]);
        Self {
            disk: Disk::new(&settings.root, Boot::current(process), Arc::clone(&clock)),
            open_objects: Recent::default(),
            index: Index::default(),
            flights: Flights::default(),
            memory: Arc::default(),
            counters: CacheCounters::default(),
            upstream,
            clock,
            settings,
            wake: Notify::new(),
            is_short_of_space: AtomicBool::new(false),
            is_stopping: AtomicBool::new(false),
            alarmed_ms: AtomicI64::new(i64::MIN / 2),
        }
    }

    /// Opens an object: stored, or as far as it has come. Waits until the upstream has said whether there is one.
    /// `standing` is asked only when a fetch begins.
    pub(crate) async fn open(
        self: &Arc<Self>,
        path: &CoveredPath,
        origin: &Arc<Origin>,
        standing: impl FnOnce() -> Standing,
    ) -> Result<Found, SourceError> {
        let key = ObjectKey::new(path.path(), origin);
        let stored = self.find(&key, path.path()).await;
        if let Some(stored) = stored.filter(|stored| stored.is_sure || self.disk.is_unheard(&key.event)) {
            count(&self.counters.hits);
            return Ok(Found::Stored(stored.sendable));
        }
        let (flight, is_first) = match self.flights.join(&key) {
            Joined::Existing(flight) => {
                count(&self.counters.waits);
                (flight, false)
            }
            Joined::New(flight) => {
                let fill = Fill {
                    cache: Arc::clone(self),
                    key,
                    path: path.clone(),
                    origin: Arc::clone(origin),
                    standing: standing(),
                    flight: Arc::clone(&flight),
                };
                tokio::spawn(fill.run());
                (flight, true)
            }
        };
        let heading = heading_of(&flight).await?;
        Ok(Found::Filling {
            flight,
            heading,
            is_first,
        })
    }

    /// Returns what is known of an object, or what its upstream says of it. Nothing is fetched.
    pub(crate) async fn head(
        self: &Arc<Self>,
        path: &CoveredPath,
        origin: &Arc<Origin>,
    ) -> Result<Arc<Heading>, SourceError> {
        let key = ObjectKey::new(path.path(), origin);
        let stored = self.find(&key, path.path()).await;
        if let Some(stored) = stored.as_ref().filter(|stored| stored.is_sure) {
            count(&self.counters.hits);
            return Ok(Arc::new(stored.heading()));
        }
        if let Some(flight) = self.flights.find(&key) {
            count(&self.counters.waits);
            return heading_of(&flight).await;
        }
        match (self.upstream.head(path, origin, Ask::object()).await, stored) {
            (Ok(head), _) => {
                let (validators, _) = fill::validators(&head, &key, self.now_ms());
                Ok(Arc::new(Heading {
                    length: head.length,
                    validators,
                }))
            }
            // As with a GET, an outage is no reason to refuse what is there.
            (Err(error), Some(stored)) if error != UpstreamError::NotFound => Ok(Arc::new(stored.heading())),
            (Err(error), _) => Err(error.into()),
        }
    }

    /// Empties an event: what was stored, and what is being fetched, is not found any more.
    pub(crate) async fn purge(self: &Arc<Self>, event: &EventId) {
        let (cache, event) = (Arc::clone(self), event.clone());
        let work = move || {
            if let Err(error) = cache.disk.purge(&event) {
                cache.note_disk_error("empty an event in", &error);
            }
            // Behind the disk: who opened an object before that does not keep it any more.
            cache.open_objects.forget_those(|key| key.event == event);
            cache.flights.leave_event(&event, &[]);
            cache.index.remove_event(&event);
            cache.wake.notify_one();
        };
        if tokio::task::spawn_blocking(work).await.is_err() {
            tracing::error!("emptying an event of the cache broke off");
        }
    }

    /// Begins a new generation of an event's streams: an encoder that began anew uses the old names for other
    /// bytes. What it made for renditions `going_on` stays.
    pub(crate) async fn new_generation(self: &Arc<Self>, event: &EventId, going_on: Vec<Rendition>) {
        tracing::info!(event.id = %event, going_on = going_on.len(), "the encoder began anew, its cached objects are dropped");
        if going_on.is_empty() {
            return self.purge(event).await;
        }
        let (cache, of) = (Arc::clone(self), event.clone());
        let work = move || {
            let began = cache.disk.begin_generation(&of, &going_on);
            // Behind the disk: who opened an object before that does not keep it any more.
            cache.open_objects.forget_those(|key| key.event == of);
            cache.flights.leave_event(&of, &going_on);
            began
        };
        let began = tokio::task::spawn_blocking(work).await;
        if let Err(error) = began.map_err(io::Error::other).flatten() {
            self.note_disk_error("begin a generation in", &error);
            self.purge(event).await;
        }
    }

    /// Returns what the cache did and holds.
    pub(crate) fn figures(&self) -> CacheFigures {
        CacheFigures {
            objects: self.index.objects(),
            bytes: self.index.bytes(),
            events: self.index.events(),
            filling: self.flights.len() as u64,
            ..self.counters.figures()
        }
    }

    /// Finds an object: open already, or on the disk, on this thread if that does not wait.
    async fn find(self: &Arc<Self>, key: &ObjectKey, path: &MediaPath) -> Option<Stored> {
        if let Some(stored) = self.open_objects.get(key)
            && self.is_fresh(&stored, path)
        {
            self.note_use(key, &stored);
            return Some(stored);
        }
        let era = self.disk.era_at_once(&key.event);
        let opened = match self.disk.open(key, Patience::CachedOnly) {
            // While it is fetched it is not there; so the many who wait need no thread each to look.
            Err(_) if self.flights.find(key).is_some() => return None,
            Err(_) => return self.look(key, path).await,
            Ok(opened) => opened,
        };
        let stored = opened.filter(|stored| self.is_fresh(stored, path))?;
        self.keep_open(key, &stored, era);
        self.note_use(key, &stored);
        Some(stored)
    }

    /// Looks on the disk, however long that takes.
    async fn look(self: &Arc<Self>, key: &ObjectKey, path: &MediaPath) -> Option<Stored> {
        let era = self.disk.era_at_once(&key.event);
        let (cache, wanted) = (Arc::clone(self), key.clone());
        let opened = tokio::task::spawn_blocking(move || {
            let opened = cache.disk.open(&wanted, Patience::Blocking);
            opened.unwrap_or_else(|error| {
                cache.note_disk_error("open an object in", &error);
                None
            })
        });
        let stored = opened.await.ok().flatten()?;
        self.index.touch(key.id, self.now_secs());
        let stored = Some(stored).filter(|stored| self.is_fresh(stored, path))?;
        self.keep_open(key, &stored, era);
        Some(stored)
    }

    /// Keeps an object open for those who come next, unless its event's `era` has ended.
    fn keep_open(&self, key: &ObjectKey, stored: &Stored, era: Option<Era>) {
        if !stored.is_sure {
            return;
        }
        let is_still_so = || era.is_some() && self.disk.era_at_once(&key.event) == era;
        self.open_objects.keep(key.clone(), stored.clone(), is_still_so);
    }

    fn note_use(&self, key: &ObjectKey, stored: &Stored) {
        if self.index.touch(key.id, self.now_secs()) {
            let file = Arc::clone(&stored.sendable.file);
            // A cache that cannot be written keeps the order that it has.
            drop(tokio::task::spawn_blocking(move || disk::note_use(&file)));
        }
    }

    fn is_fresh(&self, stored: &Stored, path: &MediaPath) -> bool {
        match path.kind() {
            MediaKind::Key | MediaKind::Image => {
                self.now_secs().saturating_sub(stored.record.stored_secs) <= CHANGING_FRESH_SECS
            }
            MediaKind::Segment | MediaKind::Captions | MediaKind::Playlist => true,
        }
    }

    /// Makes the folders again that somebody has removed; a cache may be deleted at any time.
    fn begin_anew(&self) -> io::Result<()> {
        if self.disk.prepare()? {
            self.index.clear();
        }
        Ok(())
    }

    /// Beyond this the keeper does not keep up; what comes then is passed on without being stored.
    fn is_full(&self) -> bool {
        self.index.bytes() > self.settings.bytes_max + self.settings.bytes_max / 10
    }

    fn wake_if_over(&self) {
        if self.index.bytes() > self.settings.bytes_max {
            self.wake.notify_one();
        }
    }

    /// Counts a failure of the cache's file system and tells of it now and then.
    fn note_disk_error(&self, doing: &str, error: &io::Error) {
        count(&self.counters.disk_errors);
        if matches!(
            error.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        ) {
            self.is_short_of_space.store(true, Ordering::Relaxed);
            self.wake.notify_one();
        }
        let now = self.clock.unix_millis();
        let last = self.alarmed_ms.load(Ordering::Relaxed);
        if now - last >= ALARM_EVERY_MS {
            self.alarmed_ms.store(now, Ordering::Relaxed);
            tracing::error!(%error, "cannot {doing} the cache: objects are passed on without being stored");
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.unix_millis()).unwrap_or(0)
    }

    fn now_secs(&self) -> u64 {
        self.now_ms() / 1000
    }
}

async fn heading_of(flight: &Arc<Flight>) -> Result<Arc<Heading>, SourceError> {
    let mut progress = flight.watch();
    let reached = progress.wait_for(|progress| progress.heading.is_some() || progress.end.is_some());
    // The sender lives in the flight.
    let reached = reached
        .await
        .map_err(io::Error::other)
        .map_err(SourceError::Unavailable)?;
    match (&reached.heading, &reached.end) {
        (_, Some(Err(failure))) => Err(failure.clone().into()),
        (Some(heading), _) => Ok(Arc::clone(heading)),
        (None, _) => Err(SourceError::NotFound),
    }
}

/// The first 8 bytes of the SHA-256 over some parts.
fn digest(parts: &[&[u8]]) -> [u8; 8] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut first = [0; 8];
    first.copy_from_slice(context.finish().as_ref().get(..8).unwrap_or(&[0; 8]));
    first
}
