//! Where the bytes come from. Nothing here opens anything without a [`Permit`](crate::authorize::Permit).

pub(crate) mod beneath;
pub(crate) mod chunk;
pub(crate) mod local;
mod open_files;
pub(crate) mod read;
pub(crate) mod recent;
pub(crate) mod resident;
pub(crate) mod routing;
pub(crate) mod upstream;

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;

use streamgate_contract::errors::EdgeRefusal;
use streamgate_contract::time::UnixMillis;

use self::upstream::UpstreamError;

/// Identifies one version of a file. Inode numbers are re-used at once and two versions may have the same
/// size within the same second, so all four count.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Identity {
    inode: u64,
    /// The length in bytes.
    pub(crate) size: u64,
    modified_ns: i128,
    changed_ns: i128,
}

impl Identity {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let nanos = |secs: i64, nanos: i64| i128::from(secs) * 1_000_000_000 + i128::from(nanos);
        Self {
            inode: metadata.ino(),
            size: metadata.size(),
            modified_ns: nanos(metadata.mtime(), metadata.mtime_nsec()),
            changed_ns: nanos(metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Reads the same from what the system call itself answers.
    #[cfg(target_os = "linux")]
    pub(crate) fn of_statx(stat: &rustix::fs::Statx) -> Self {
        let nanos = |time: rustix::fs::StatxTimestamp| {
            i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
        };
        Self {
            inode: stat.stx_ino,
            size: stat.stx_size,
            modified_ns: nanos(stat.stx_mtime),
            changed_ns: nanos(stat.stx_ctime),
        }
    }

    /// Tells whether both are versions of one file, not of two that were renamed to one name (but for numbers
    /// that are used again).
    pub(crate) const fn is_same_file(&self, other: &Self) -> bool {
        self.inode == other.inode
    }

    /// Returns when the content changed last.
    pub(crate) fn modified(&self) -> UnixMillis {
        UnixMillis(i64::try_from(self.modified_ns.div_euclid(1_000_000)).unwrap_or(i64::MAX))
    }

    /// Returns the bytes that an entity tag is made of.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(48);
        bytes.extend_from_slice(&self.inode.to_be_bytes());
        bytes.extend_from_slice(&self.size.to_be_bytes());
        bytes.extend_from_slice(&self.modified_ns.to_be_bytes());
        bytes.extend_from_slice(&self.changed_ns.to_be_bytes());
        bytes
    }
}

/// Why an object cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// There is none, or nothing that may be served: a folder, a pipe, a link out of the event, a file that
    /// this process must not read.
    #[error("no such object")]
    NotFound,
    /// This machine cannot do it now: out of descriptors, a disk that fails.
    #[error("the file system refuses")]
    Unavailable(#[source] io::Error),
    /// The request's low-latency directives ask for what cannot be.
    #[error("the delivery directives contradict the playlist")]
    Directives,
    /// The upstream does not give it.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
}

impl From<&SourceError> for EdgeRefusal {
    fn from(error: &SourceError) -> Self {
        match error {
            SourceError::NotFound => Self::NotFound,
            SourceError::Unavailable(_) => Self::Unavailable,
            SourceError::Directives => Self::InvalidRequest,
            SourceError::Upstream(error) => Self::from(error),
        }
    }
}
