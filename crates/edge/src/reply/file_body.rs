//! A file, or a part of one, on its way to a client: in pieces, with the permission asked again before each, and
//! cut off when it has ended. The file is closed as soon as the client goes.
//!
//! Where the connection can do it, the kernel sends the file by itself; elsewhere its bytes pass through buffers.
//! In both cases nothing waits for a disk on an async thread.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt as _;
use streamgate_serving::listeners::{FILE_PIECE_MAX, Outlet, Piece};
use tokio::task::JoinHandle;

use crate::reply::watch::Watch;
use crate::source::chunk::{CHUNK_BYTES, chunk, chunk_cached, read_into_cache};
use crate::source::resident::Resident;

/// The kernel sends whole pages without copying them, so that pieces end where pages do.
const PAGE_BYTES: u64 = 4096;

/// The rest of a file that is being sent.
#[derive(Debug)]
pub(crate) struct FileBody {
    file: Arc<File>,
    resident: Arc<Resident>,
    next: u64,
    end: u64,
    disk: Disk,
    pub(crate) watch: Arc<Watch>,
}

/// What is asked of a disk.
#[derive(Debug)]
enum Disk {
    Nothing,
    /// The chunk that comes next.
    Chunk(JoinHandle<io::Result<Bytes>>),
    /// The piece that comes next, into the kernel's memory.
    Piece(JoinHandle<io::Result<()>>),
    /// The piece that comes next is in the kernel's memory.
    Ready,
}

impl FileBody {
    /// Sends the bytes of `range`.
    pub(crate) fn new(
        (file, resident): (Arc<File>, Arc<Resident>),
        range: Range<u64>,
        watch: Arc<Watch>,
    ) -> Self {
        Self {
            file,
            resident,
            next: range.start,
            end: range.end,
            disk: Disk::Nothing,
            watch,
        }
    }

    /// Returns how many bytes are still to be sent.
    pub(crate) const fn remaining(&self) -> u64 {
        self.end - self.next
    }

    /// Returns the next piece; an error means that the transfer must be aborted, never ended as if complete.
    pub(crate) fn poll_piece(
        &mut self,
        outlet: &Outlet,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Piece>>> {
        if self.remaining() == 0 {
            return Poll::Ready(None);
        }
        let piece = if outlet.sends_files() {
            std::task::ready!(self.poll_file(outlet, context))
        } else {
            std::task::ready!(self.poll_chunk(context)).map(|bytes| Some((bytes.len(), Piece::Bytes(bytes))))
        };
        let checked = piece.and_then(|piece| {
            // The file has become shorter than what was announced.
            let (length, piece) = piece
                .filter(|(length, _)| *length > 0)
                .ok_or(io::ErrorKind::UnexpectedEof)?;
            self.watch.check()?;
            self.next += length as u64;
            Ok(piece)
        });
        Poll::Ready(Some(checked))
    }

    fn poll_file(
        &mut self,
        outlet: &Outlet,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Option<(usize, Piece)>>> {
        let length = self.length(self.next, piece_length(self.next));
        if let Disk::Nothing | Disk::Chunk(_) = self.disk
            && !self.resident.has(&self.file, self.next, length)
        {
            let (file, offset) = (Arc::clone(&self.file), self.next);
            let reading = move || read_into_cache(&file, offset, length);
            self.disk = Disk::Piece(tokio::task::spawn_blocking(reading));
        }
        if let Disk::Piece(reading) = &mut self.disk {
            let read = std::task::ready!(reading.poll_unpin(context));
            self.disk = Disk::Ready;
            if let Err(error) = joined(read) {
                return Poll::Ready(Err(error));
            }
        }
        self.disk = Disk::Nothing;
        let piece = outlet.file(&self.file, self.next, length);
        Poll::Ready(Ok(piece.map(|piece| (length, piece))))
    }

    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        if !matches!(self.disk, Disk::Chunk(_)) {
            if let Some(bytes) = chunk_cached(&self.file, self.next, self.length(self.next, CHUNK_BYTES)) {
                return Poll::Ready(Ok(bytes));
            }
            self.read_ahead(0);
        }
        let Disk::Chunk(reading) = &mut self.disk else {
            return Poll::Ready(Ok(Bytes::new()));
        };
        let read = joined(std::task::ready!(reading.poll_unpin(context)));
        self.disk = Disk::Nothing;
        if let Ok(bytes) = &read {
            // The disk is slower than the client: have the next chunk ready in time.
            self.read_ahead(bytes.len() as u64);
        }
        Poll::Ready(read)
    }

    /// Starts to read the chunk that begins `skipped` bytes behind the next one.
    fn read_ahead(&mut self, skipped: u64) {
        let offset = self.next + skipped;
        let length = self.length(offset, CHUNK_BYTES);
        if length == 0 {
            return;
        }
        let file = Arc::clone(&self.file);
        let reading = move || chunk(&file, offset, length);
        self.disk = Disk::Chunk(tokio::task::spawn_blocking(reading));
    }

    fn length(&self, offset: u64, most: usize) -> usize {
        usize::try_from(self.end.saturating_sub(offset)).map_or(most, |left| left.min(most))
    }
}

/// Returns how many bytes from `offset` on make a piece at most: so many that the next one begins with a page.
pub(crate) fn piece_length(offset: u64) -> usize {
    FILE_PIECE_MAX - usize::try_from(offset % PAGE_BYTES).unwrap_or(0)
}

fn joined<T>(read: Result<io::Result<T>, tokio::task::JoinError>) -> io::Result<T> {
    read.unwrap_or_else(|error| Err(io::Error::other(error)))
}
