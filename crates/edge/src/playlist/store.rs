//! Playlists of local files while an encoder writes them: whole versions only, the newest by file identity,
//! the last good one when the newest is torn.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use streamgate_contract::ids::EventId;
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::time::UnixMillis;
use streamgate_serving::clock::Clock;
use tokio::time::Instant;

use crate::authorize::Permit;
use crate::playlist::version::Version;
use crate::source::local::{LocalSource, Object, blocking, explain};
use crate::source::read::read_blocking;
use crate::source::{Identity, SourceError};

/// Silence of a file's writer after which what stands there counts as finished.
pub(super) const QUIET_AFTER: Duration = Duration::from_secs(2);
/// How often a file that is being written is looked at again.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(100);
// A day of 2 s segments with long names is about 5 MB.
const PLAYLIST_BYTES_MAX: u64 = 8 * 1024 * 1024;
const KEPT_VERSIONS_MAX: usize = 4096;
const KEPT_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Two writes within one tick of a coarse file system clock look the same; such a version is read again.
const CLOCK_TICK_MS: i64 = 50;

/// Reads playlists and keeps the last good version of each.
#[derive(Debug)]
pub(crate) struct Playlists {
    pub(super) source: LocalSource,
    pub(super) clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_event: HashMap<EventId, HashMap<Box<str>, Entry>>,
    count: usize,
    bytes: usize,
    uses: u64,
}

#[derive(Debug)]
struct Entry {
    version: Arc<Version>,
    identity: Identity,
    is_settled: bool,
    last_use: u64,
}

/// What one look at the file found.
enum Look {
    Good(Arc<Version>),
    /// Torn, or no playlist at all, and there never was a good one.
    Bad {
        is_quiet: bool,
    },
}

impl Playlists {
    pub(crate) fn new(source: LocalSource, clock: Arc<dyn Clock>) -> Self {
        Self {
            source,
            clock,
            kept: Mutex::default(),
        }
    }

    /// Returns the newest whole version of the playlist at `path`.
    pub(crate) async fn newest(
        &self,
        permit: &Permit,
        path: &MediaPath,
    ) -> Result<Arc<Version>, SourceError> {
        let deadline = Instant::now() + QUIET_AFTER;
        loop {
            let object = self.source.open(permit, path).await?;
            match self.look(path, object).await? {
                Look::Good(version) => return Ok(version),
                Look::Bad { is_quiet } if is_quiet || Instant::now() >= deadline => {
                    return Err(SourceError::NotFound);
                }
                Look::Bad { .. } => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    }

    /// Returns the newest whole version without waiting for one.
    pub(super) async fn newest_at_once(&self, permit: &Permit, path: &MediaPath) -> Option<Arc<Version>> {
        let object = self.source.open(permit, path).await.ok()?;
        match self.look(path, object).await {
            Ok(Look::Good(version)) => Some(version),
            Ok(Look::Bad { .. }) | Err(_) => None,
        }
    }

    /// Returns the versions of the event's playlists that were read last.
    pub(super) fn known(&self, event: &EventId) -> Vec<Arc<Version>> {
        let kept = self.lock();
        let entries = kept.by_event.get(event).into_iter().flat_map(HashMap::values);
        entries.map(|entry| Arc::clone(&entry.version)).collect()
    }

    /// Decides whether every known playlist that lists `path` says that its stream has ended.
    pub(crate) fn is_of_ended_stream(&self, path: &MediaPath) -> bool {
        let kept = self.lock();
        let entries = kept
            .by_event
            .get(path.event())
            .into_iter()
            .flat_map(HashMap::values);
        let mut listing = entries
            .map(|entry| &entry.version.facts)
            .filter(|facts| facts.names.contains(path.relative()))
            .peekable();
        listing.peek().is_some() && listing.all(|facts| facts.ended)
    }

    /// Looks at an open file: the version that it holds, or the last good one instead of a torn one.
    async fn look(&self, path: &MediaPath, object: Object) -> Result<Look, SourceError> {
        if let Some(version) = self.kept_if_same(path, object.identity) {
            return Ok(Look::Good(version));
        }
        let now = self.now();
        let (object, bytes) = blocking(move || read_whole(object)).await?;
        let modified = object.identity.modified();
        let is_quiet = is_quiet(modified, now);
        let is_whole = bytes.starts_with(b"#EXTM3U") && (bytes.ends_with(b"\n") || is_quiet);
        if !is_whole {
            return Ok(self.last_good(path).map_or(Look::Bad { is_quiet }, Look::Good));
        }
        let version = Arc::new(Version::new(path, bytes, modified));
        let is_settled = now.millis_since(modified) > CLOCK_TICK_MS;
        self.keep(path, object.identity, is_settled, Arc::clone(&version));
        Ok(Look::Good(version))
    }

    fn kept_if_same(&self, path: &MediaPath, identity: Identity) -> Option<Arc<Version>> {
        let mut kept = self.lock();
        kept.uses += 1;
        let uses = kept.uses;
        let entry = kept.by_event.get_mut(path.event())?.get_mut(path.relative())?;
        entry.last_use = uses;
        (entry.is_settled && entry.identity == identity).then(|| Arc::clone(&entry.version))
    }

    fn last_good(&self, path: &MediaPath) -> Option<Arc<Version>> {
        let kept = self.lock();
        Some(Arc::clone(
            &kept.by_event.get(path.event())?.get(path.relative())?.version,
        ))
    }

    fn keep(&self, path: &MediaPath, identity: Identity, is_settled: bool, version: Arc<Version>) {
        let mut kept = self.lock();
        kept.uses += 1;
        let entry = Entry {
            version,
            identity,
            is_settled,
            last_use: kept.uses,
        };
        kept.insert(path, entry);
    }

    pub(super) fn now(&self) -> UnixMillis {
        UnixMillis(self.clock.unix_millis())
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn insert(&mut self, path: &MediaPath, entry: Entry) {
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

/// Reads a playlist so that no write falls in between: the file is the same before and after.
fn read_whole(object: Object) -> Result<(Object, Bytes), SourceError> {
    let Object { file, mut identity } = object;
    for _ in 0..3 {
        if identity.size > PLAYLIST_BYTES_MAX {
            return Err(SourceError::NotFound);
        }
        let length = usize::try_from(identity.size).map_err(|_| SourceError::NotFound)?;
        let bytes = read_blocking(&file, 0, length).map_err(explain)?;
        let after = Identity::of(&file.metadata().map_err(explain)?);
        if after == identity && bytes.len() == length {
            return Ok((Object { file, identity }, bytes.into()));
        }
        identity = after;
    }
    // Still changing: an empty text is torn, and the caller looks again.
    Ok((Object { file, identity }, Bytes::new()))
}

/// Whether a file's writer has been silent. A time in the future is a clock's mistake, not a writer at work.
pub(super) fn is_quiet(modified: UnixMillis, now: UnixMillis) -> bool {
    u128::from(now.millis_since(modified).unsigned_abs()) >= QUIET_AFTER.as_millis()
}
