//! The body of an answer. Counts what is sent and, when it is dropped, completes the request's log line.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::access_log::Account;
use crate::authorize::Permit;
use crate::deny::Deny;
use crate::reply::file_body::{CHUNK_BYTES, FileBody, Watch};

/// What an edge sends: nothing, bytes at hand, or a file.
#[derive(Debug)]
pub struct EdgeBody {
    content: Content,
    account: Account,
}

/// Where the bytes of a body come from.
#[derive(Debug)]
pub(crate) enum Content {
    Empty,
    Whole(Bytes),
    /// Bytes at hand that are so many that the permission is asked again on the way.
    Watched(Bytes, Watch),
    File(FileBody),
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
            Self::Whole(bytes) if bytes.len() > CHUNK_BYTES => {
                Self::Watched(bytes, Watch::new(permit, Arc::clone(deny)))
            }
            other => other,
        }
    }
}

impl EdgeBody {
    pub(crate) const fn new(content: Content, account: Account) -> Self {
        Self { content, account }
    }

    /// Breaks the transfer off, never as if it were complete.
    fn cut(&mut self, error: io::Error) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.content = Content::Empty;
        self.account.note_cut(&error);
        Poll::Ready(Some(Err(error)))
    }
}

impl Body for EdgeBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let body = self.get_mut();
        let bytes = match &mut body.content {
            Content::Empty => return Poll::Ready(None),
            Content::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                body.content = Content::Empty;
                bytes
            }
            Content::Watched(rest, _) if rest.is_empty() => return Poll::Ready(None),
            Content::Watched(rest, watch) => {
                if let Err(error) = watch.check() {
                    return body.cut(error);
                }
                rest.split_to(rest.len().min(CHUNK_BYTES))
            }
            Content::File(file) => match std::task::ready!(file.poll_chunk(context)) {
                None => return Poll::Ready(None),
                Some(Ok(bytes)) => bytes,
                Some(Err(error)) => return body.cut(error),
            },
        };
        body.account.note_bytes(bytes.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Empty => true,
            Content::Whole(_) => false,
            Content::Watched(rest, _) => rest.is_empty(),
            Content::File(file) => file.remaining() == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match &self.content {
            Content::Empty => 0,
            Content::Whole(bytes) | Content::Watched(bytes, _) => bytes.len() as u64,
            Content::File(file) => file.remaining(),
        })
    }
}
