//! Segments that may still be growing are held back until a playlist lists them or their writer is quiet.

use std::time::Duration;

use streamgate_contract::media_path::MediaPath;
use tokio::time::Instant;

use crate::authorize::Permit;
use crate::playlist::reading::is_quiet;
use crate::playlist::store::{LOOK_EVERY, Playlists, QUIET_AFTER};
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

    /// Returns the target duration of a known playlist that lists `path`; `None` if none does.
    pub(crate) fn target_of_listed(&self, path: &MediaPath) -> Option<Duration> {
        let known = self.known(path.event());
        let listing = known
            .iter()
            .filter(|version| version.facts.names.contains(path.relative()));
        let targets = listing.map(|version| version.facts.target_duration.unwrap_or(HOLD_DEFAULT));
        targets.max()
    }

    fn is_known_listed(&self, path: &MediaPath) -> bool {
        self.known(path.event())
            .iter()
            .any(|version| version.facts.names.contains(path.relative()))
    }

    /// Reads the event's known playlists again, and those beside the segment and one folder above it.
    async fn is_listed_now(&self, permit: &Permit, path: &MediaPath) -> bool {
        let known = self.known(path.event());
        let mut candidates: Vec<MediaPath> = known.iter().map(|version| version.path.clone()).collect();
        let folder = folder_of(path.relative());
        candidates.extend(self.source.playlists_in(permit, folder).await);
        if !folder.is_empty() {
            let parent = folder_of(folder.trim_end_matches('/'));
            candidates.extend(self.source.playlists_in(permit, parent).await);
        }
        for candidate in candidates {
            let Some(version) = self.newest_at_once(permit, &candidate).await else {
                continue;
            };
            if version.facts.names.contains(path.relative()) {
                return true;
            }
        }
        false
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
