//! Segments that may still be growing are held back until a playlist lists them or their writer is quiet.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use streamgate_contract::media_path::MediaPath;
use tokio::time::Instant;

use crate::authorize::Permit;
use crate::playlist::reading::is_quiet;
use crate::playlist::store::{LOOK_EVERY, Playlists, QUIET_AFTER};
use crate::playlist::version::Version;
use crate::source::SourceError;
use crate::source::local::Object;

// How long a segment is held when no playlist says how long segments are.
const HOLD_DEFAULT: Duration = QUIET_AFTER;

impl Playlists {
    /// Opens the segment at `path` once it is complete; as absent if it still grows after one target duration.
    pub(crate) async fn open_settled(
        &self,
        permit: &Permit,
        path: &MediaPath,
    ) -> Result<Object, SourceError> {
        let started = Instant::now();
        loop {
            let object = self.source.open(permit, path).await?;
            if is_quiet(object.identity.modified(), self.now()) || self.is_known_listed(path) {
                return Ok(object);
            }
            if self.is_listed_now(permit, path).await {
                // It may have grown since it was opened, before it was listed.
                return self.source.open(permit, path).await;
            }
            if started.elapsed() >= self.hold_limit(path) {
                return Err(SourceError::NotFound);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn is_known_listed(&self, path: &MediaPath) -> bool {
        self.known(path.event())
            .iter()
            .any(|version| version.facts.names.contains_key(path.relative()))
    }

    /// Decides by the event's playlists as they are now, or were a moment ago when another asker looked.
    async fn is_listed_now(&self, permit: &Permit, path: &MediaPath) -> bool {
        let folder = folder_of(path.relative());
        let look = self.playlists_around(permit, folder);
        let found = self.looks.share(path.event(), folder, look).await;
        found
            .iter()
            .any(|version| version.facts.names.contains_key(path.relative()))
    }

    /// Reads the event's known playlists again, and those in `folder` and one folder above it.
    async fn playlists_around(&self, permit: &Permit, folder: &str) -> Vec<Arc<Version>> {
        let known = self.known(permit.path().event());
        let mut candidates: Vec<MediaPath> = known.iter().map(|version| version.path.clone()).collect();
        candidates.extend(self.source.playlists_in(permit, folder).await);
        if !folder.is_empty() {
            let parent = folder_of(folder.trim_end_matches('/'));
            candidates.extend(self.source.playlists_in(permit, parent).await);
        }
        let mut seen = HashSet::new();
        candidates.retain(|candidate| seen.insert(candidate.clone()));
        let mut versions = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            versions.extend(self.newest_at_once(permit, &candidate).await);
        }
        versions
    }

    fn hold_limit(&self, path: &MediaPath) -> Duration {
        let known = self.known(path.event());
        let folder = folder_of(path.relative());
        let in_folder = known
            .iter()
            .filter(|version| folder_of(version.path.relative()) == folder);
        let beside = in_folder
            .filter_map(|version| version.facts.target_duration)
            .max();
        let anywhere = || {
            known
                .iter()
                .filter_map(|version| version.facts.target_duration)
                .max()
        };
        beside.or_else(anywhere).unwrap_or(HOLD_DEFAULT)
    }
}

fn folder_of(relative: &str) -> &str {
    relative
        .rfind('/')
        .and_then(|slash| relative.get(..=slash))
        .unwrap_or_default()
}
