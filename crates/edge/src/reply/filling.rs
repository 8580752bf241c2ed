//! An object that is still being fetched, on its way to a client: what has come goes out at once. The kernel sends it
//! from the file where the connection can do that; elsewhere it goes from memory for those who keep up and from the file
//! for those who do not. A fetch that fails breaks the transfer off.

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::header::HeaderValue;
use http::{HeaderMap, Method};
use streamgate_serving::listeners::{Outlet, Piece};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::authorize::Permit;
use crate::cache::{Flight, Heading, Place, Progress};
use crate::deny::Deny;
use crate::reply::Reply;
use crate::reply::body::Content;
use crate::reply::file_body::piece_length;
use crate::reply::object::prepare;
use crate::reply::watch::Watch;
use crate::source::chunk::{CHUNK_BYTES, chunk, chunk_cached, is_cached};

/// Fewer bytes are copied sooner than they are sent from a file.
const FROM_FILE_MIN: usize = 16 * 1024;

/// The rest of an object that is being fetched and sent.
pub(crate) struct FillingBody {
    flight: Arc<Flight>,
    next: u64,
    /// `None` as long as the upstream has not told the length.
    end: Option<u64>,
    state: State,
    pub(crate) watch: Arc<Watch>,
}

/// What the next bytes wait for.
enum State {
    Ready(watch::Receiver<Progress>),
    Waiting(BoxFuture<'static, watch::Receiver<Progress>>),
    Reading(watch::Receiver<Progress>, JoinHandle<io::Result<Bytes>>),
    Over,
}

/// Answers with an object that is being fetched.
pub(crate) fn answer(
    method: &Method,
    headers: &HeaderMap,
    (flight, heading): (Arc<Flight>, &Heading),
    permit: Permit,
    (deny, cache_control): (&Arc<Deny>, HeaderValue),
) -> Reply {
    let of = (heading.length, &heading.validators);
    let (mut answer, range) = prepare(method, headers, of, (permit.path().content_type(), cache_control));
    if let Some(range) = range {
        let watch = Arc::new(Watch::new(permit, Arc::clone(deny)));
        *answer.body_mut() = Content::Filling(FillingBody::new(flight, range, heading.length, watch));
    }
    answer
}

impl FillingBody {
    fn new(flight: Arc<Flight>, range: Range<u64>, length: Option<u64>, watch: Arc<Watch>) -> Self {
        Self {
            next: range.start,
            end: length.map(|_| range.end),
            state: State::Ready(flight.watch()),
            flight,
            watch,
        }
    }

    /// Returns how many bytes are still to be sent, if that is known.
    pub(crate) fn remaining(&self) -> Option<u64> {
        self.end.map(|end| end.saturating_sub(self.next))
    }

    /// Returns the next bytes; an error means that the transfer must be aborted, never ended as if complete.
    pub(crate) fn poll_piece(
        &mut self,
        outlet: &Outlet,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Piece>>> {
        loop {
            if self.remaining() == Some(0) {
                return Poll::Ready(None);
            }
            match std::mem::replace(&mut self.state, State::Over) {
                State::Over => return Poll::Ready(None),
                State::Ready(mut progress) => {
                    let now = progress.borrow_and_update().clone();
                    if now.written > self.next {
                        match self.take(now.written, outlet, progress) {
                            Some(piece) => return Poll::Ready(Some(self.give(piece))),
                            None => continue,
                        }
                    }
                    match now.end {
                        None => self.state = State::Waiting(wait(progress).boxed()),
                        // Everything has come, and nothing declared how much that would be.
                        Some(Ok(())) if self.end.is_none() => return Poll::Ready(None),
                        Some(Ok(())) => return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
                        Some(Err(failure)) => {
                            return Poll::Ready(Some(Err(io::Error::other(format!("{failure:?}")))));
                        }
                    }
                }
                State::Waiting(mut waiting) => match Pin::new(&mut waiting).poll(context) {
                    Poll::Ready(progress) => self.state = State::Ready(progress),
                    Poll::Pending => {
                        self.state = State::Waiting(waiting);
                        return Poll::Pending;
                    }
                },
                State::Reading(progress, mut reading) => match reading.poll_unpin(context) {
                    Poll::Ready(read) => {
                        self.state = State::Ready(progress);
                        let read = read.unwrap_or_else(|error| Err(io::Error::other(error)));
                        return Poll::Ready(Some(read.and_then(|bytes| self.give(bytes.into()))));
                    }
                    Poll::Pending => {
                        self.state = State::Reading(progress, reading);
                        return Poll::Pending;
                    }
                },
            }
        }
    }

    /// Returns bytes that are at hand; else begins to read them.
    fn take(&mut self, written: u64, outlet: &Outlet, progress: watch::Receiver<Progress>) -> Option<Piece> {
        let until = self.end.map_or(written, |end| end.min(written));
        let left = usize::try_from(until - self.next).unwrap_or(usize::MAX);
        if let Some(piece) = self.piece_of_file(left, outlet) {
            self.state = State::Ready(progress);
            return Some(piece);
        }
        let file = match self.flight.at(self.next) {
            Place::Memory(mut bytes) => {
                bytes.truncate(left);
                self.state = State::Ready(progress);
                return Some(bytes.into());
            }
            Place::File(file) => file,
            // What was written is somewhere; an empty piece aborts.
            Place::Nowhere => {
                self.state = State::Ready(progress);
                return Some(Bytes::new().into());
            }
        };
        let (offset, length) = (self.next, left.min(CHUNK_BYTES));
        if let Some(bytes) = chunk_cached(&file, offset, length) {
            self.state = State::Ready(progress);
            return Some(bytes.into());
        }
        let reading = tokio::task::spawn_blocking(move || chunk(&file, offset, length));
        self.state = State::Reading(progress, reading);
        None
    }

    /// Has the kernel send what it has in memory: everybody's copies of one segment are the same pages.
    fn piece_of_file(&self, left: usize, outlet: &Outlet) -> Option<Piece> {
        if left < FROM_FILE_MIN || !outlet.sends_files() {
            return None;
        }
        let file = self.flight.file()?;
        let length = left.min(piece_length(self.next));
        if !is_cached(&file, self.next, length) {
            return None;
        }
        outlet.file(&file, self.next, length)
    }

    fn give(&mut self, piece: Piece) -> io::Result<Piece> {
        if !piece.has_remaining() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.watch.check()?;
        self.next += piece.remaining() as u64;
        Ok(piece)
    }
}

impl std::fmt::Debug for FillingBody {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("FillingBody")
            .field("next", &self.next)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

async fn wait(mut progress: watch::Receiver<Progress>) -> watch::Receiver<Progress> {
    // The sender lives in the flight, which the body holds.
    let _ = progress.changed().await;
    progress
}
