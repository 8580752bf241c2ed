//! A socket, a response body and its pieces that report to [`Activity`] and otherwise behave as what they wrap.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::{self, Activity, Running};
use super::piece::Piece;

/// A byte stream whose arrivals and blocked writes are reported.
#[derive(Debug)]
pub(super) struct TrackedIo<T> {
    pub(super) inner: T,
    pub(super) activity: Activity,
}

impl<T> TrackedIo<T> {
    fn report_write<R>(&self, poll: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        match poll {
            Poll::Pending => self.activity.write_blocked(),
            Poll::Ready(_) => self.activity.write_went_on(),
        }
        poll
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for TrackedIo<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        if buf.filled().len() > before {
            self.activity.bytes_arrived();
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for TrackedIo<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.report_write(poll)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.report_write(poll)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

pin_project! {
    /// A response body that keeps its request counted as running; `None` is an empty body.
    pub(super) struct TrackedBody<B> {
        #[pin]
        inner: Option<B>,
        running: Running,
    }
}

/// A piece of a body that reports how the transport takes it, until it is dropped.
#[derive(Debug)]
pub(super) struct TrackedPiece {
    inner: Piece,
    taken: activity::Piece,
}

impl Buf for TrackedPiece {
    fn remaining(&self) -> usize {
        self.inner.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.inner.chunk()
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.inner.chunks_vectored(slices)
    }

    fn advance(&mut self, count: usize) {
        self.inner.advance(count);
        self.taken.shrank();
    }

    fn copy_to_bytes(&mut self, length: usize) -> Bytes {
        let taken = self.inner.copy_to_bytes(length);
        self.taken.shrank();
        taken
    }
}

impl<B> TrackedBody<B> {
    pub(super) fn new(inner: Option<B>, running: Running) -> Self {
        Self { inner, running }
    }
}

impl<B: Body<Data: Into<Piece>>> Body for TrackedBody<B> {
    type Data = TrackedPiece;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, B::Error>>> {
        let this = self.project();
        let Some(inner) = this.inner.as_pin_mut() else {
            return Poll::Ready(None);
        };
        let activity = &this.running.0;
        let tracked = |frame: Frame<B::Data>| {
            frame.map_data(|data| TrackedPiece {
                inner: data.into(),
                taken: activity.hold_piece(),
            })
        };
        inner
            .poll_frame(cx)
            .map(|frame| frame.map(|frame| frame.map(tracked)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
