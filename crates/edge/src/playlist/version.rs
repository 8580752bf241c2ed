//! One version of a playlist, with everything that is made from it once.

use std::borrow::Cow;
use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::time::UnixMillis;
use url::Url;

use crate::cache::{Rendition, end_text};
use crate::playlist::classify::{PlaylistFacts, Role, classify};
use crate::playlist::resolve::Address;
use crate::playlist::rewrite::{Form, rewrite};
use crate::reply::conditional::Validators;
use crate::reply::etag;
use crate::source::SourceError;
use crate::source::local::blocking;
use crate::source::upstream::Known;

/// Playlists up to this size are rewritten and gzipped where the request is answered: within a millisecond or
/// two. A longer one would keep an async thread from all its other viewers.
const AT_ONCE_BYTES_MAX: usize = 64 * 1024;

/// What was read from a source at one moment.
#[derive(Debug)]
pub(crate) struct Version {
    /// As every client gets it that needs no token in its URIs.
    pub(crate) plain: Bytes,
    pub(crate) facts: PlaylistFacts,
    /// When the content changed last.
    pub(crate) modified: UnixMillis,
    /// Where it lies.
    pub(crate) path: MediaPath,
    pub(crate) rendition: Rendition,
    /// Whether its stream was seen going on before: a show or a rehearsal, not a recording that was put there whole.
    pub(crate) was_live: bool,
    raw: Bytes,
    address: Address,
    pub(crate) etag: String,
    /// Of the plain form and of the gzipped one.
    validators: [Validators; 2],
    gzipped: OnceLock<Bytes>,
}

impl Version {
    pub(crate) fn new(path: &MediaPath, raw: Bytes, modified: UnixMillis) -> Self {
        Self::at(local_address(path), path, raw, modified)
    }

    /// A playlist of an upstream that has the event in the folder `base`.
    pub(crate) fn of_upstream(path: &MediaPath, base: &Url, raw: Bytes, modified: UnixMillis) -> Self {
        Self::at(local_address(path).at(base), path, raw, modified)
    }

    fn at(address: Address, path: &MediaPath, raw: Bytes, modified: UnixMillis) -> Self {
        let facts = classify(&raw, path, &address);
        let plain = match rewrite(&raw, &address, Form::Plain) {
            Cow::Borrowed(_) => raw.clone(),
            Cow::Owned(rewritten) => rewritten.into(),
        };
        let etag = etag::of(&plain);
        let modified_secs = u64::try_from(modified.as_secs()).unwrap_or(0);
        Self {
            validators: ["", "-gz"].map(|form| Validators::new(&format!("{etag}{form}"), modified_secs)),
            plain,
            facts,
            modified,
            path: path.clone(),
            rendition: Rendition::of(path),
            was_live: false,
            raw,
            address,
            etag,
            gzipped: OnceLock::new(),
        }
    }

    /// Notes what was there before.
    pub(crate) fn after(self, before: Option<&Self>) -> Self {
        let was_live = before.is_some_and(|before| before.was_live || !before.facts.ended);
        Self { was_live, ..self }
    }

    /// Tells whether the object at `relative` is a segment of this playlist's own, or a part of one.
    pub(crate) fn has_segment(&self, relative: &str) -> bool {
        !self.facts.multivariant
            && matches!(
                self.facts.names.get(relative),
                Some(Role::Segment | Role::Growing)
            )
    }

    /// Tells whether an object is a segment of both.
    pub(crate) fn shares_segments(&self, other: &Self) -> bool {
        self.facts
            .names
            .keys()
            .any(|name| self.has_segment(name) && other.has_segment(name))
    }

    /// Returns the memory that this version holds on to, roughly.
    pub(crate) fn bytes(&self) -> usize {
        // Names, two forms and the gzipped one.
        self.raw.len() * 4
    }

    /// Returns the validators of the plain form.
    pub(crate) const fn validators(&self) -> &Validators {
        let [plain, _] = &self.validators;
        plain
    }

    /// Returns the validators of the gzipped plain form.
    pub(crate) const fn gzipped_validators(&self) -> &Validators {
        let [_, gzipped] = &self.validators;
        gzipped
    }

    /// Tells whether this is the version with the text `raw` that was written at `modified`.
    pub(crate) fn reads(&self, raw: &[u8], modified: UnixMillis) -> bool {
        self.modified == modified && self.raw == raw
    }

    /// Tells whether this is the text `raw`, whenever it was written.
    pub(crate) fn has_text(&self, raw: &[u8]) -> bool {
        self.raw == raw
    }

    /// Tells whether both hold the same text, whenever they were written.
    pub(crate) fn has_text_of(&self, other: &Self) -> bool {
        self.raw == other.raw
    }

    /// Returns what stands for the text with which the stream ended, if `known` tells it from all others.
    pub(crate) fn end_text(&self, known: &Known) -> Option<[u8; 8]> {
        self.facts.ended.then(|| end_text(&self.raw, known)).flatten()
    }

    /// Tells whether both hold the same text of the same time.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.reads(&other.raw, other.modified)
    }

    /// Returns the plain form gzipped, done once.
    pub(crate) async fn gzipped(self: &Arc<Self>) -> Result<Bytes, SourceError> {
        if let Some(gzipped) = self.gzipped.get() {
            return Ok(gzipped.clone());
        }
        let once = |version: &Self| version.gzipped.get_or_init(|| gzip(&version.plain)).clone();
        self.make(once).await
    }

    /// Returns this version with `token` in the path of every URI of the event.
    pub(crate) async fn with_path_token(
        self: &Arc<Self>,
        token: &str,
        is_gzipped: bool,
    ) -> Result<Bytes, SourceError> {
        let token = token.to_owned();
        self.make(move |version| {
            let rewritten = rewrite(&version.raw, &version.address, Form::PathToken(&token));
            if is_gzipped {
                gzip(&rewritten)
            } else {
                rewritten.into_owned().into()
            }
        })
        .await
    }

    /// Makes something of this version, elsewhere if that takes long.
    async fn make(
        self: &Arc<Self>,
        make: impl FnOnce(&Self) -> Bytes + Send + 'static,
    ) -> Result<Bytes, SourceError> {
        if self.raw.len() <= AT_ONCE_BYTES_MAX {
            return Ok(make(self));
        }
        let version = Arc::clone(self);
        blocking(move || Ok(make(&version))).await
    }
}

fn local_address(path: &MediaPath) -> Address {
    Address::new(&path.event().path_prefix(), &path.to_request_path())
}

/// Compresses a playlist.
fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::default());
    // Writing to a Vec cannot fail; if it ever did the client would get an empty body, never other bytes.
    encoder
        .write_all(plain)
        .and_then(|()| encoder.finish())
        .unwrap_or_default()
        .into()
}
