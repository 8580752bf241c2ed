//! The playlists that one permission reaches to, wherever its event's come from: local files first, then the upstream.

use std::sync::Arc;
use std::time::Duration;

use streamgate_contract::media_path::MediaPath;
use streamgate_contract::time::UnixMillis;

use crate::authorize::Permit;
use crate::cache::Rendition;
use crate::playlist::classify::Role;
use crate::playlist::store::Playlists;
use crate::playlist::upstream::{Found, UpstreamPlaylists};
use crate::playlist::version::Version;
use crate::reply::keeping::Trust;
use crate::source::SourceError;
use crate::source::routing::Route;
use crate::source::upstream::{Directives, Origin, UpstreamError};

/// The names under which encoders write the playlist that viewers begin with, in the order of trust.
const ENTRY_FILES: [&str; 3] = ["stream.m3u8", "master.m3u8", "index.m3u8"];

/// Where the playlists of a permitted event are found.
pub(crate) struct Shelf<'a> {
    pub(crate) permit: &'a Permit,
    pub(crate) route: &'a Route,
    pub(crate) local: &'a Playlists,
    pub(crate) upstream: &'a Arc<UpstreamPlaylists>,
}

impl Shelf<'_> {
    /// Reads the playlist that was asked for; the event's entry file under whichever name it has.
    pub(crate) async fn entry(&self, directives: Option<&Directives>) -> Result<Found, SourceError> {
        let path = self.permit.path();
        if self.route.local.is_some() {
            match self.local_entry(path).await {
                Err(SourceError::NotFound) if self.route.upstream.is_some() => {}
                found => return found,
            }
        }
        let origin = self.origin()?;
        let mut found = Err(SourceError::NotFound);
        for name in self.upstream_names(path, origin) {
            found = self.fetched(&name, origin, directives).await;
            let is_absent = matches!(
                found,
                Err(SourceError::NotFound | SourceError::Upstream(UpstreamError::NotFound))
            );
            if !is_absent {
                if is_entry(path) {
                    self.upstream.note_entry(path.event(), &name);
                }
                break;
            }
        }
        found
    }

    /// Reads another playlist of the event.
    pub(crate) async fn newest(&self, path: &MediaPath) -> Result<Found, SourceError> {
        if self.route.local.is_some() {
            match self.local.newest(self.permit, path).await {
                Err(SourceError::NotFound) if self.route.upstream.is_some() => {}
                found => return Ok(local(found?)),
            }
        }
        self.fetched(path, self.origin()?, None).await
    }

    /// Tells whether a playlist of this event may have to be fetched.
    pub(crate) const fn is_upstream(&self) -> bool {
        self.route.upstream.is_some()
    }

    pub(crate) fn now(&self) -> UnixMillis {
        self.local.now()
    }

    async fn local_entry(&self, path: &MediaPath) -> Result<Found, SourceError> {
        let mut found = self.local.newest(self.permit, path).await;
        let others = if is_entry(path) {
            ENTRY_FILES.get(1..).unwrap_or_default()
        } else {
            &[]
        };
        for name in others {
            if !matches!(found, Err(SourceError::NotFound)) {
                break;
            }
            if let Ok(other) = MediaPath::parse(path.event().clone(), name) {
                found = self.local.newest(self.permit, &other).await;
            }
        }
        found.map(local)
    }

    /// The names to ask an upstream for, the one that was there last first.
    fn upstream_names(&self, path: &MediaPath, origin: &Origin) -> Vec<MediaPath> {
        if !is_entry(path) {
            return vec![path.clone()];
        }
        let named = |name: &str| MediaPath::parse(path.event().clone(), name).ok();
        if let Some(name) = origin.entry() {
            return named(name).into_iter().collect();
        }
        let mut names: Vec<MediaPath> = ENTRY_FILES.into_iter().filter_map(named).collect();
        if let Some(known) = self.upstream.known_entry(path.event()) {
            names.sort_by_key(|name| *name != known);
        }
        names
    }

    async fn fetched(
        &self,
        path: &MediaPath,
        origin: &Arc<Origin>,
        directives: Option<&Directives>,
    ) -> Result<Found, SourceError> {
        let path = self.permit.cover(path).ok_or(SourceError::NotFound)?;
        match directives {
            Some(directives) => self.upstream.newest_with(&path, origin, directives).await,
            None => self.upstream.newest(&path, origin).await,
        }
    }

    fn origin(&self) -> Result<&Arc<Origin>, SourceError> {
        let none = || UpstreamError::Unreachable("the source is no URL".to_owned());
        Ok(self.route.upstream.as_ref().ok_or_else(none)?)
    }
}

/// What the playlists that list an object say of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Listing {
    /// The longest target duration of those that list it; `None` if none does.
    pub(crate) target: Option<Duration>,
    /// Whether all that list it say that their stream has ended.
    pub(crate) is_of_ended: bool,
    /// Whether one of those that list it was seen going on.
    was_live: bool,
    /// When the newest of those that list it changed last.
    changed: Option<UnixMillis>,
    /// Whether it is still being made.
    pub(crate) grows: bool,
    /// One of those whose segment it is.
    pub(crate) rendition: Rendition,
}

impl Listing {
    /// Looks `path` up in the playlists that were read last.
    pub(crate) fn of(path: &MediaPath, known: &[Arc<Version>]) -> Self {
        let mut listing = Self::default();
        let lists = |version: &&Arc<Version>| version.facts.names.contains_key(path.relative());
        for version in known.iter().filter(lists) {
            let facts = &version.facts;
            let target = facts.target_duration.unwrap_or(super::store::QUIET_AFTER);
            listing.is_of_ended = facts.ended && (listing.is_of_ended || listing.target.is_none());
            listing.target = listing.target.max(Some(target));
            listing.was_live |= version.was_live;
            listing.changed = listing.changed.max(Some(version.modified));
            listing.grows |= facts.names.get(path.relative()) == Some(&Role::Growing);
            if version.has_segment(path.relative()) {
                // Of several always the same; who shares segments begins anew together.
                listing.rendition = listing.rendition.max(version.rendition);
            }
        }
        listing
    }

    /// Returns how far the name of the object can be trusted to stay.
    pub(crate) fn trust(&self, now: UnixMillis) -> Trust {
        match self.changed.filter(|_| self.is_of_ended) {
            None => Trust::None,
            Some(_) if !self.was_live => Trust::Recording,
            Some(changed) => Trust::OverFor(Duration::from_millis(
                u64::try_from(now.millis_since(changed)).unwrap_or(0),
            )),
        }
    }
}

fn is_entry(path: &MediaPath) -> bool {
    ENTRY_FILES.first() == Some(&path.relative())
}

const fn local(version: Arc<Version>) -> Found {
    Found {
        version,
        age: None,
        how: "local",
    }
}
