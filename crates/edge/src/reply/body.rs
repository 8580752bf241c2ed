//! The body of an answer. Counts what is sent and, when it is dropped, completes the request's log line.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::access_log::Account;
use crate::reply::file_body::FileBody;

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
}

impl EdgeBody {
    pub(crate) const fn new(content: Content, account: Account) -> Self {
        Self { content, account }
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
            Content::File(file) => match std::task::ready!(file.poll_chunk(context)) {
                None => return Poll::Ready(None),
                Some(Ok(bytes)) => bytes,
                Some(Err(error)) => {
                    body.content = Content::Empty;
                    body.account.note_cut(&error);
                    return Poll::Ready(Some(Err(error)));
                }
            },
        };
        body.account.note_bytes(bytes.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Empty => true,
            Content::Whole(_) => false,
            Content::File(file) => file.remaining() == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match &self.content {
            Content::Empty => 0,
            Content::Whole(bytes) => bytes.len() as u64,
            Content::File(file) => file.remaining(),
        })
    }
}
