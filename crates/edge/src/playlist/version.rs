//! One version of a playlist, with everything that is made from it once.

use std::borrow::Cow;
use std::io::Write as _;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::time::UnixMillis;

use crate::playlist::classify::{PlaylistFacts, classify};
use crate::playlist::resolve::Address;
use crate::playlist::rewrite::{Form, rewrite};
use crate::reply::conditional::Validators;
use crate::reply::etag;

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
    raw: Bytes,
    address: Address,
    etag: String,
    gzipped: OnceLock<Bytes>,
}

impl Version {
    pub(crate) fn new(path: &MediaPath, raw: Bytes, modified: UnixMillis) -> Self {
        let address = Address::new(&path.event().path_prefix(), &path.to_request_path());
        let facts = classify(&raw, path, &address);
        let plain = match rewrite(&raw, &address, Form::Plain) {
            Cow::Borrowed(_) => raw.clone(),
            Cow::Owned(rewritten) => rewritten.into(),
        };
        let etag = etag::of(&plain);
        Self {
            plain,
            facts,
            modified,
            path: path.clone(),
            raw,
            address,
            etag,
            gzipped: OnceLock::new(),
        }
    }

    /// Returns the memory that this version holds on to, roughly.
    pub(crate) fn bytes(&self) -> usize {
        // Names, two forms and the gzipped one.
        self.raw.len() * 4
    }

    /// Returns the validators of the plain form.
    pub(crate) fn validators(&self) -> Validators {
        let modified_secs = u64::try_from(self.modified.as_secs()).unwrap_or(0);
        Validators {
            etag: format!("\"{}\"", self.etag),
            modified_secs,
        }
    }

    /// Returns the validators of the gzipped plain form.
    pub(crate) fn gzipped_validators(&self) -> Validators {
        Validators {
            etag: format!("\"{}-gz\"", self.etag),
            ..self.validators()
        }
    }

    /// Returns the plain form gzipped, done once.
    pub(crate) fn gzipped(&self) -> Bytes {
        self.gzipped.get_or_init(|| gzip(&self.plain)).clone()
    }

    /// Returns this version with `token` in the path of every URI of the event.
    pub(crate) fn with_path_token(&self, token: &str) -> Bytes {
        rewrite(&self.raw, &self.address, Form::PathToken(token))
            .into_owned()
            .into()
    }
}

/// Compresses a playlist.
pub(crate) fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::default());
    // Writing to a Vec cannot fail; if it ever did the client would get an empty body, never other bytes.
    encoder
        .write_all(plain)
        .and_then(|()| encoder.finish())
        .unwrap_or_default()
        .into()
}
