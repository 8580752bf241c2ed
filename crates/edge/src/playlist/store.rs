//! Playlists of local files while an encoder writes them: whole versions only, the newest by file identity,
//! the last good one when the newest is torn.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use streamgate_contract::ids::EventId;
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::time::UnixMillis;
use streamgate_serving::clock::Clock;
use tokio::time::Instant;

use crate::authorize::Permit;
use crate::playlist::kept::{Entry, Kept};
use crate::playlist::looks::Looks;
use crate::playlist::reading::{Reading, Text, is_quiet};
use crate::playlist::version::Version;
use crate::source::local::{LocalSource, Object, blocking};
use crate::source::{Identity, SourceError};

/// Silence of a file's writer after which what stands there counts as finished.
pub(super) const QUIET_AFTER: Duration = Duration::from_secs(2);
/// How often a file that is being written is looked at again.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Silence after which a text is whole whose writer puts it straight into the file: its lines arrive one by one,
/// and each ends with a line feed.
pub(super) const WRITTEN_AFTER: Duration = Duration::from_millis(20);
/// Two writes within one tick of a coarse file system clock look the same; such a version is read again.
const CLOCK_TICK_MS: i64 = 50;

/// Reads playlists and keeps the last good version of each.
#[derive(Debug)]
pub(crate) struct Playlists {
    pub(crate) source: LocalSource,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) looks: Looks,
    kept: Mutex<Kept>,
}

/// What one look at the file found.
enum Look {
    Good(Arc<Version>),
    /// Written this very moment: what stands there, or the version before.
    Fresh(Arc<Version>),
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
            looks: Looks::default(),
            kept: Mutex::default(),
        }
    }

    /// Returns the newest whole version of the playlist at `path`.
    pub(crate) async fn newest(
        &self,
        permit: &Permit,
        path: &MediaPath,
    ) -> Result<Arc<Version>, SourceError> {
        let started = Instant::now();
        loop {
            let object = self.source.open(permit, path).await?;
            let waited = started.elapsed();
            let pause = match self.look(path, object).await? {
                Look::Good(version) => return Ok(version),
                Look::Fresh(version) if waited >= WRITTEN_AFTER => return Ok(version),
                Look::Fresh(_) => WRITTEN_AFTER,
                Look::Bad { is_quiet } if is_quiet || waited >= QUIET_AFTER => {
                    return Err(SourceError::NotFound);
                }
                Look::Bad { .. } => LOOK_EVERY,
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Returns the newest whole version without waiting for one.
    pub(super) async fn newest_at_once(&self, permit: &Permit, path: &MediaPath) -> Option<Arc<Version>> {
        let object = self.source.open(permit, path).await.ok()?;
        match self.look(path, object).await {
            Ok(Look::Good(version) | Look::Fresh(version)) => Some(version),
            Ok(Look::Bad { .. }) | Err(_) => None,
        }
    }

    /// Returns the versions of the event's playlists that were read last.
    pub(crate) fn known(&self, event: &EventId) -> Vec<Arc<Version>> {
        let kept = self.lock();
        kept.of_event(event)
            .map(|entry| Arc::clone(&entry.version))
            .collect()
    }

    /// Looks at an open file: the version that it holds, or the last good one instead of a torn one.
    async fn look(&self, path: &MediaPath, object: Object) -> Result<Look, SourceError> {
        if let Some(version) = self.kept_if_same(path, object.identity) {
            return Ok(Look::Good(version));
        }
        let now = self.now();
        let reading = Reading {
            path: path.clone(),
            known: self.last_read(path),
            now,
        };
        let (identity, text) = blocking(move || reading.read(object)).await?;
        let modified = identity.modified();
        let last_good = || self.last_read(path).map(|(_, version)| version);
        Ok(match text {
            Text::Whole(version) => {
                let is_settled = now.millis_since(modified) > CLOCK_TICK_MS;
                Look::Good(self.keep(path, identity, is_settled, version))
            }
            Text::Fresh(version) => Look::Fresh(last_good().unwrap_or(version)),
            Text::Torn => last_good().map_or(
                Look::Bad {
                    is_quiet: is_quiet(modified, now),
                },
                Look::Good,
            ),
        })
    }

    fn kept_if_same(&self, path: &MediaPath, identity: Identity) -> Option<Arc<Version>> {
        let mut kept = self.lock();
        kept.uses += 1;
        let uses = kept.uses;
        let entry = kept.by_event.get_mut(path.event())?.get_mut(path.relative())?;
        entry.last_use = uses;
        (entry.is_settled && entry.identity == identity).then(|| Arc::clone(&entry.version))
    }

    fn last_read(&self, path: &MediaPath) -> Option<(Identity, Arc<Version>)> {
        let kept = self.lock();
        let entry = kept.by_event.get(path.event())?.get(path.relative())?;
        Some((entry.identity, Arc::clone(&entry.version)))
    }

    /// Keeps a version and returns it, or the one with the same text that another reader kept meanwhile: all
    /// viewers share one, so that it is gzipped once.
    fn keep(
        &self,
        path: &MediaPath,
        identity: Identity,
        is_settled: bool,
        version: Arc<Version>,
    ) -> Arc<Version> {
        let mut kept = self.lock();
        kept.uses += 1;
        let last_use = kept.uses;
        let event = kept.by_event.get_mut(path.event());
        if let Some(entry) = event.and_then(|event| event.get_mut(path.relative()))
            && entry.version.is_same(&version)
        {
            (entry.identity, entry.is_settled, entry.last_use) = (identity, is_settled, last_use);
            return Arc::clone(&entry.version);
        }
        let entry = Entry {
            version: Arc::clone(&version),
            identity,
            is_settled,
            last_use,
        };
        kept.insert(path, entry);
        version
    }

    pub(crate) fn now(&self) -> UnixMillis {
        UnixMillis(self.clock.unix_millis())
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use streamgate_serving::clock::FakeClock;

    #[tokio::test]
    async fn readers_of_one_text_share_the_version_and_its_gzipped_form() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("x.m3u8");
        std::fs::write(&file, "#EXTM3U\n").unwrap();
        let identity = Identity::of(&file.metadata().unwrap());
        let source = LocalSource::new(root.path().to_owned());
        let playlists = Playlists::new(source, Arc::new(FakeClock::new(0)));
        let path = MediaPath::parse(EventId::parse("evt").unwrap(), "x.m3u8").unwrap();
        let read = |text: &'static str| {
            let version = Version::new(&path, Bytes::from_static(text.as_bytes()), UnixMillis(0));
            playlists.keep(&path, identity, false, Arc::new(version))
        };
        let first = read("#EXTM3U\n");
        assert!(Arc::ptr_eq(&first, &read("#EXTM3U\n")));
        let gzipped = first.gzipped().await.unwrap();
        assert_eq!(
            read("#EXTM3U\n").gzipped().await.unwrap().as_ptr(),
            gzipped.as_ptr()
        );
        assert!(!Arc::ptr_eq(&first, &read("#EXTM3U\n# new\n")));
    }
}
