//! An object that is still being fetched, on its way to a client: what has come goes out at once. The kernel sends it
//! from the file where the connection can do that; elsewhere it goes from memory for those who keep up and from the file
//! for those who do not. A fetch that fails breaks the transfer off.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use http::header::{self, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use streamgate_serving::listeners::{Outlet, Piece};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::authorize::Permit;
use crate::cache::{Flight, Heading, Place, Progress};
use crate::deny::Deny;
use crate::reply::body::Content;
use crate::reply::conditional::{Validators, is_range_welcome};
use crate::reply::file_body::piece_length;
use crate::reply::object::prepare;
use crate::reply::range::bounded;
use crate::reply::watch::Watch;
use crate::reply::{Reply, set, set_text};
use crate::source::SourceError;
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

/// Who names this as the last byte or a later one wants whatever is still to come (RFC 8673).
const WHATEVER_COMES: u64 = (1 << 53) - 1;

/// Answers with an object that is being fetched. A range of one whose length is not known is waited for.
pub(crate) async fn answer(
    method: &Method,
    headers: &HeaderMap,
    (flight, heading): (Arc<Flight>, &Heading),
    permit: Permit,
    (deny, cache_control): (&Arc<Deny>, HeaderValue),
) -> Result<Reply, SourceError> {
    let wanted = match heading.length {
        None if *method == Method::GET => wanted(headers, &heading.validators),
        _ => None,
    };
    let length = match wanted {
        Some(range) => length_or_reach(&flight, range).await?,
        None => heading.length,
    };
    let of = (length, &heading.validators);
    let (mut answer, range) = prepare(method, headers, of, (permit.path().content_type(), cache_control));
    if let Some(range) = range {
        let watch = Arc::new(Watch::new(permit, Arc::clone(deny)));
        let (start, end) = match wanted.filter(|_| length.is_none()) {
            Some((first, last)) => (first, note_range(&mut answer, first, last)),
            None => (range.start, length.map(|_| range.end)),
        };
        *answer.body_mut() = Content::Filling(FillingBody::new(flight, start, end, watch));
    }
    Ok(answer)
}

/// Returns the one range with both ends that is asked for.
fn wanted(headers: &HeaderMap, validators: &Validators) -> Option<(u64, u64)> {
    let mut ranges = headers.get_all(header::RANGE).iter();
    let range = ranges.next().filter(|_| ranges.next().is_none())?;
    bounded(range.to_str().ok()?).filter(|_| is_range_welcome(headers, validators))
}

/// Waits until a range is there, or the first byte of one that has no end; returns the length if that is what shows
/// first.
async fn length_or_reach(flight: &Flight, (first, last): (u64, u64)) -> Result<Option<u64>, SourceError> {
    let needed = if last >= WHATEVER_COMES { first } else { last };
    let mut progress = flight.watch();
    let reached = progress.wait_for(|progress| progress.written > needed || progress.end.is_some());
    // The sender lives in the flight.
    let reached = reached
        .await
        .map_err(io::Error::other)
        .map_err(SourceError::Unavailable)?;
    match &reached.end {
        None => Ok(None),
        Some(Ok(())) => Ok(Some(reached.written)),
        Some(Err(failure)) => Err(failure.clone().into()),
    }
}

/// Makes an answer one with a range; returns where that ends.
fn note_range(answer: &mut Reply, first: u64, last: u64) -> Option<u64> {
    *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
    set_text(answer, header::CONTENT_RANGE, &format!("bytes {first}-{last}/*"));
    set(answer, header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    let end = (last < WHATEVER_COMES).then(|| last + 1)?;
    set(answer, header::CONTENT_LENGTH, (end - first).into());
    Some(end)
}

impl FillingBody {
    fn new(flight: Arc<Flight>, start: u64, end: Option<u64>, watch: Arc<Watch>) -> Self {
        Self {
            next: start,
            end,
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
