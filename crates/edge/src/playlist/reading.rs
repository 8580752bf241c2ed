//! Reading a playlist that somebody may be writing: only a whole text becomes a version.

use std::sync::Arc;

use bytes::Bytes;
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::time::UnixMillis;

use crate::playlist::store::{QUIET_AFTER, WRITTEN_AFTER};
use crate::playlist::version::Version;
use crate::source::local::{Object, explain};
use crate::source::read::read_blocking;
use crate::source::{Identity, SourceError};

// A day of 2 s segments with long names is about 5 MB.
pub(super) const PLAYLIST_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// What reading a playlist needs to know of it.
pub(super) struct Reading {
    pub(super) path: MediaPath,
    /// What was read there last.
    pub(super) known: Option<(Identity, Arc<Version>)>,
    pub(super) now: UnixMillis,
}

/// What a file held.
pub(super) enum Text {
    Whole(Arc<Version>),
    /// Looks whole, but was written this very moment into a file that was there before: lines may still follow.
    Fresh(Arc<Version>),
    /// Torn, or no playlist.
    Torn,
}

impl Reading {
    /// Reads a file and what it says. A text that was known is not made a version of twice.
    pub(super) fn read(self, object: Object) -> Result<(Identity, Text), SourceError> {
        let (identity, bytes) = read_whole(object)?;
        let modified = identity.modified();
        let is_whole =
            bytes.starts_with(b"#EXTM3U") && (bytes.ends_with(b"\n") || is_quiet(modified, self.now));
        if !is_whole {
            return Ok((identity, Text::Torn));
        }
        let is_known = |(_, known): &&(Identity, Arc<Version>)| known.reads(&bytes, modified);
        if let Some((_, known)) = self.known.as_ref().filter(is_known) {
            return Ok((identity, Text::Whole(Arc::clone(known))));
        }
        let before = self.known.as_ref().map(|(_, known)| &**known);
        let version = Arc::new(Version::new(&self.path, bytes, modified).after(before));
        // A file that was renamed into its place over another one is whole from its first moment.
        let is_renamed = self
            .known
            .is_some_and(|(known, _)| !known.is_same_file(&identity));
        let is_written =
            u128::from(self.now.millis_since(modified).unsigned_abs()) >= WRITTEN_AFTER.as_millis();
        let text = if is_renamed || is_written {
            Text::Whole(version)
        } else {
            Text::Fresh(version)
        };
        Ok((identity, text))
    }
}

/// Reads a playlist so that no write falls in between: the file is the same before and after.
fn read_whole(object: Object) -> Result<(Identity, Bytes), SourceError> {
    let Object {
        file, mut identity, ..
    } = object;
    for _ in 0..3 {
        if identity.size > PLAYLIST_BYTES_MAX {
            return Err(SourceError::NotFound);
        }
        let length = usize::try_from(identity.size).map_err(|_| SourceError::NotFound)?;
        let bytes = read_blocking(&file, 0, length).map_err(explain)?;
        let after = Identity::of(&file.metadata().map_err(explain)?);
        if after == identity && bytes.len() == length {
            return Ok((identity, bytes.into()));
        }
        identity = after;
    }
    // Still changing: an empty text is torn, and the caller looks again.
    Ok((identity, Bytes::new()))
}

/// Whether a file's writer has been silent. A time in the future is a clock's mistake, not a writer at work.
pub(super) fn is_quiet(modified: UnixMillis, now: UnixMillis) -> bool {
    u128::from(now.millis_since(modified).unsigned_abs()) >= QUIET_AFTER.as_millis()
}
