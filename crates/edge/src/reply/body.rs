//! The body of an answer. Counts what is sent and, when it is dropped, completes the request's log line.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use http_body::{Body, Frame, SizeHint};
use streamgate_serving::listeners::{Outlet, Piece};

use crate::access_log::Account;
use crate::authorize::Permit;
use crate::deny::Deny;
use crate::reply::file_body::FileBody;
use crate::reply::filling::FillingBody;
use crate::reply::watch::{Waiting, Watch};
use crate::source::chunk::CHUNK_BYTES;

/// Answers up to this size may have left before their permission is asked about again: a quarter of the
/// contract's 1 MiB.
const UNWATCHED_MAX: u64 = 256 * 1024;

/// What an edge sends: nothing, bytes at hand, or a file.
#[derive(Debug)]
pub struct EdgeBody {
    content: Content,
    account: Account,
    outlet: Outlet,
}

/// Where the bytes of a body come from.
#[derive(Debug)]
pub(crate) enum Content {
    Empty,
    Whole(Bytes),
    /// Bytes at hand that are so many that the permission is asked again on the way.
    Watched(Bytes, Arc<Watch>),
    File(FileBody),
    /// An object that is still being fetched.
    Filling(FillingBody),
}

impl Content {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            Self::Empty
        } else {
            Self::Whole(bytes)
        }
    }

    /// Has bytes at hand that are no small matter watch the permission that they go by.
    pub(crate) fn watched(self, permit: Permit, deny: &Arc<Deny>) -> Self {
        match self {
            Self::Whole(bytes) if bytes.len() as u64 > UNWATCHED_MAX => {
                Self::Watched(bytes, Arc::new(Watch::new(permit, Arc::clone(deny))))
            }
            other => other,
        }
    }

    /// `None` when the end is still to be seen.
    fn remaining(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Whole(bytes) | Self::Watched(bytes, _) => Some(bytes.len() as u64),
            Self::File(file) => Some(file.remaining()),
            Self::Filling(filling) => filling.remaining(),
        }
    }

    const fn watch(&self) -> Option<&Arc<Watch>> {
        match self {
            Self::Empty | Self::Whole(_) => None,
            Self::Watched(_, watch) => Some(watch),
            Self::File(file) => Some(&file.watch),
            Self::Filling(filling) => Some(&filling.watch),
        }
    }
}

impl EdgeBody {
    /// Makes the body of an answer that leaves through `outlet`.
    pub(crate) fn new(content: Content, account: Account, outlet: Outlet) -> Self {
        if let Some(watch) = content
            .watch()
            .filter(|_| content.remaining().is_none_or(|bytes| bytes > UNWATCHED_MAX))
        {
            outlet.watch(Arc::new(Waiting {
                watch: Arc::clone(watch),
                watching: account.watching.clone(),
            }));
        }
        Self {
            content,
            account,
            outlet,
        }
    }

    /// Breaks the transfer off, never as if it were complete.
    fn cut(&mut self, error: io::Error) -> Poll<Option<Result<Frame<Piece>, io::Error>>> {
        self.content = Content::Empty;
        self.account.note_cut(&error);
        Poll::Ready(Some(Err(error)))
    }
}

impl Drop for EdgeBody {
    fn drop(&mut self) {
        self.account.note_unsent(self.outlet.unsent());
        // The connection asked while the client was slow, and was told no.
        if self.content.watch().is_some_and(|watch| watch.has_cut()) {
            self.account.note_cut(&io::ErrorKind::PermissionDenied.into());
        }
    }
}

impl Body for EdgeBody {
    type Data = Piece;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, io::Error>>> {
        let body = self.get_mut();
        let piece = match &mut body.content {
            Content::Empty => return Poll::Ready(None),
            Content::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                body.content = Content::Empty;
                Piece::Bytes(bytes)
            }
            Content::Watched(rest, _) if rest.is_empty() => return Poll::Ready(None),
            Content::Watched(rest, watch) => {
                if let Err(error) = watch.check() {
                    return body.cut(error);
                }
                Piece::Bytes(rest.split_to(rest.len().min(CHUNK_BYTES)))
            }
            Content::File(file) => match std::task::ready!(file.poll_piece(&body.outlet, context)) {
                None => return Poll::Ready(None),
                Some(Ok(piece)) => piece,
                Some(Err(error)) => return body.cut(error),
            },
            Content::Filling(filling) => match std::task::ready!(filling.poll_piece(&body.outlet, context)) {
                None => return Poll::Ready(None),
                Some(Ok(piece)) => piece,
                Some(Err(error)) => return body.cut(error),
            },
        };
        body.account.note_bytes(piece.remaining() as u64);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        // An empty whole is never made.
        self.content.remaining() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.content
            .remaining()
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
