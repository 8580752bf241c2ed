//! How the response to a request leaves: what a service may ask of the connection that it answers on.

use std::fmt;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use super::piece::{Jobs, Piece};

/// Whether a response that is being sent may go on. Asked about twice a second while its client is slow.
pub trait Standing: Send + Sync {
    /// Tells whether the response may still be sent; after a `false` it is cut.
    fn holds(&self) -> bool;
}

/// The way out of one request's response; an extension of every request.
#[derive(Clone, Default)]
pub struct Outlet {
    jobs: Option<Jobs>,
    watched: Watched,
}

impl Outlet {
    pub(super) const fn new(jobs: Option<Jobs>, watched: Watched) -> Self {
        Self { jobs, watched }
    }

    /// Tells whether the kernel can send files on this connection without copying them through this process:
    /// HTTP/1 without TLS, on Linux.
    pub const fn sends_files(&self) -> bool {
        self.jobs.is_some()
    }

    /// Makes a piece of the response's body of `length` bytes of `file` from `offset` on.
    ///
    /// Pieces are to be handed out in the order in which they are made, and the body must not pass through
    /// anything that looks into it. `None` if this connection cannot send files.
    pub fn file(&self, file: &Arc<File>, offset: u64, length: usize) -> Option<Piece> {
        self.jobs.as_ref().map(|jobs| jobs.add(file, offset, length))
    }

    /// Returns how many bytes of files the client will not get although a body has handed them out: the connection
    /// has ended meanwhile.
    pub fn unsent(&self) -> u64 {
        self.jobs.as_ref().map_or(0, Jobs::unsent)
    }

    /// Has the connection ask `standing` while the response waits for its client, and cut it when the answer is
    /// no: on HTTP/1 the connection, on HTTP/2 the stream.
    pub fn watch(&self, standing: Arc<dyn Standing>) {
        self.watched.set(Some(standing));
    }
}

impl fmt::Debug for Outlet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Outlet")
            .field("sends_files", &self.sends_files())
            .finish_non_exhaustive()
    }
}

/// What a connection, or a stream of one, asks about the response that it is sending. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Watched(Arc<Mutex<Option<Arc<dyn Standing>>>>);

impl Watched {
    pub(super) fn set(&self, standing: Option<Arc<dyn Standing>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = standing;
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Tells whether the response may go on; one that nobody watches may.
    pub(super) fn holds(&self) -> bool {
        let standing = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        standing.is_none_or(|standing| standing.holds())
    }
}
