//! A file, or a part of one, on its way to a client: in chunks, with the permission asked again before each,
//! and cut off when it has ended. The file is closed as soon as the client goes.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt as _;
use tokio::task::JoinHandle;

use crate::authorize::Permit;
use crate::deny::Deny;
use crate::source::read::{read_blocking, read_cached};

/// Bytes that are read, and sent without asking for permission again, at once: a quarter of the contract's
/// 1 MiB, because up to three more chunks wait in buffers behind this one.
pub(crate) const CHUNK_BYTES: usize = 256 * 1024;

/// The rest of a file that is being sent.
#[derive(Debug)]
pub(crate) struct FileBody {
    file: Arc<File>,
    next: u64,
    end: u64,
    reading: Option<JoinHandle<io::Result<Vec<u8>>>>,
    watch: Watch,
}

/// Asks whether the permission still stands.
pub(crate) struct Watch {
    permit: Permit,
    deny: Arc<Deny>,
    has_begun: bool,
}

impl Watch {
    pub(crate) const fn new(permit: Permit, deny: Arc<Deny>) -> Self {
        Self {
            permit,
            deny,
            has_begun: false,
        }
    }

    /// Answers with an error, which aborts the transfer, if the permission has ended.
    pub(crate) fn check(&mut self) -> io::Result<()> {
        // An answer that was just decided goes out: cut before its first byte, it would be a connection that
        // breaks without a word instead of a 200 now and a 403 next.
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        if is_first && self.permit.is_fresh() {
            return Ok(());
        }
        if self.permit.still_holds(&self.deny) {
            return Ok(());
        }
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "permission ended",
        ))
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Watch")
            .field("path", self.permit.path())
            .finish_non_exhaustive()
    }
}

impl FileBody {
    /// Sends the bytes from `start` to before `end`.
    pub(crate) const fn new(file: Arc<File>, start: u64, end: u64, permit: Permit, deny: Arc<Deny>) -> Self {
        Self {
            file,
            next: start,
            end,
            reading: None,
            watch: Watch::new(permit, deny),
        }
    }

    /// Returns how many bytes are still to be sent.
    pub(crate) const fn remaining(&self) -> u64 {
        self.end - self.next
    }

    /// Returns the next chunk; an error means that the transfer must be aborted, never ended as if complete.
    pub(crate) fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if self.remaining() == 0 {
            return Poll::Ready(None);
        }
        let bytes = match std::task::ready!(self.poll_bytes(context)) {
            Ok(bytes) => bytes,
            Err(error) => return Poll::Ready(Some(Err(error))),
        };
        if bytes.is_empty() {
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        if let Err(error) = self.watch.check() {
            return Poll::Ready(Some(Err(error)));
        }
        self.next += bytes.len() as u64;
        Poll::Ready(Some(Ok(bytes.into())))
    }

    fn poll_bytes(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Vec<u8>>> {
        if self.reading.is_none() {
            if let Some(bytes) = read_cached(&self.file, self.next, self.chunk_length(self.next)) {
                return Poll::Ready(Ok(bytes));
            }
            self.read_ahead(0);
        }
        let Some(reading) = &mut self.reading else {
            return Poll::Ready(Ok(Vec::new()));
        };
        let read = std::task::ready!(reading.poll_unpin(context));
        self.reading = None;
        let read = read.unwrap_or_else(|error| Err(io::Error::other(error)));
        if let Ok(bytes) = &read {
            // The disk is slower than the client: have the next chunk ready in time.
            self.read_ahead(bytes.len() as u64);
        }
        Poll::Ready(read)
    }

    /// Starts to read the chunk that begins `skipped` bytes behind the next one.
    fn read_ahead(&mut self, skipped: u64) {
        let offset = self.next + skipped;
        let length = self.chunk_length(offset);
        if length == 0 {
            return;
        }
        let file = Arc::clone(&self.file);
        self.reading = Some(tokio::task::spawn_blocking(move || {
            read_blocking(&file, offset, length)
        }));
    }

    fn chunk_length(&self, offset: u64) -> usize {
        usize::try_from(self.end.saturating_sub(offset)).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES))
    }
}
