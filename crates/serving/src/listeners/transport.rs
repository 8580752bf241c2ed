//! A client's socket, which sends parts of files without copying them.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::piece::{Jobs, is_file};
use super::tls::{self, Tls};

/// Where bytes are copied into the kernel, a slow client's window, not the kernel's send buffer of megabytes, is to
/// decide when a write is possible: a stalled client then holds little memory. What the kernel sends from files
/// is not copied, and a bound would break its runs of pages (measured: twice the cost of a mebibyte).
const UNSENT_BYTES_MAX: u32 = 128 * 1024;

/// The bytes of a connection, in both directions.
#[derive(Debug)]
pub(super) struct Transport {
    link: Link,
    /// What was read to tell HTTP/1 from HTTP/2 and belongs to the first request.
    opening: Opening,
    jobs: Jobs,
}

#[derive(Debug)]
enum Link {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Link {
    fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }
}

/// The first bytes of a connection, to be read again.
#[derive(Debug, Default)]
pub(super) struct Opening {
    bytes: [u8; PREFACE.len()],
    length: usize,
    read: usize,
}

/// What every HTTP/2 connection begins with (RFC 9113 section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

impl Transport {
    /// Begins to speak on a socket: a TLS handshake first, if there is `tls`.
    pub(super) async fn open(socket: TcpStream, tls: Option<&Tls>) -> io::Result<Self> {
        let link = match tls {
            Some(tls) => Link::Tls(Box::new(tls.accept(socket).await?)),
            None => Link::Plain(socket),
        };
        Ok(Self {
            link,
            opening: Opening::default(),
            jobs: Jobs::default(),
        })
    }

    /// Returns the queue of file parts, if this transport can send them.
    pub(super) fn jobs(&self) -> Option<Jobs> {
        let can_send = cfg!(target_os = "linux") && matches!(self.link, Link::Plain(_));
        can_send.then(|| self.jobs.clone())
    }

    /// Finds out which protocol the client speaks; `None` if it left first.
    pub(super) async fn is_http2(&mut self) -> io::Result<Option<bool>> {
        use tokio::io::AsyncReadExt as _;
        let socket = match &mut self.link {
            Link::Tls(stream) => return Ok(Some(tls::is_http2(stream))),
            Link::Plain(socket) => socket,
        };
        let opening = &mut self.opening;
        while let Some(rest) = opening
            .bytes
            .get_mut(opening.length..)
            .filter(|rest| !rest.is_empty())
        {
            let count = socket.read(rest).await?;
            if count == 0 {
                return Ok(None);
            }
            opening.length += count;
            if opening.bytes.get(..opening.length) != PREFACE.get(..opening.length) {
                return Ok(Some(false));
            }
        }
        Ok(Some(true))
    }

    /// Waits until the client has sent something, or left.
    pub(super) async fn readable(&self) -> io::Result<()> {
        self.link.socket().readable().await
    }

    /// Has the kernel take no more than a little that the client has no room for.
    pub(super) fn bound_unsent(&self) {
        if let Err(error) = SockRef::from(self.link.socket()).set_tcp_notsent_lowat(UNSENT_BYTES_MAX) {
            tracing::debug!(%error, "cannot bound what is unsent");
        }
    }

    /// Has the kernel throw away what it has not sent yet when the connection is dropped: otherwise megabytes
    /// of a response that was cut would still reach the client, or wait for it.
    pub(super) fn discard_unsent(&self) {
        if let Err(error) = SockRef::from(self.link.socket()).set_linger(Some(Duration::ZERO)) {
            tracing::debug!(%error, "cannot discard what is unsent");
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let opening = &mut self.opening;
        if let Some(rest) = opening
            .bytes
            .get(opening.read..opening.length)
            .filter(|rest| !rest.is_empty())
        {
            let count = rest.len().min(buf.remaining());
            buf.put_slice(rest.get(..count).unwrap_or_default());
            opening.read += count;
            return Poll::Ready(Ok(()));
        }
        match &mut self.link {
            Link::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Link::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { link, jobs, .. } = &mut *self;
        let socket = match link {
            Link::Plain(socket) => socket,
            Link::Tls(stream) => {
                debug_assert!(
                    !bufs.iter().any(|buf| is_file(buf)),
                    "no file part is made for TLS"
                );
                return Pin::new(stream).poll_write_vectored(cx, bufs);
            }
        };
        #[cfg(target_os = "linux")]
        if let Some(at) = bufs.iter().position(|buf| is_file(buf)) {
            let (before, from) = bufs.split_at(at);
            return if before.is_empty() {
                sending::poll_file(socket, jobs, from, cx)
            } else {
                sending::poll_before_file(socket, before, from, cx)
            };
        }
        Pin::new(socket).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.link {
            Link::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Link::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.link {
            Link::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Link::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(target_os = "linux")]
mod sending {
    use std::io::{self, IoSlice};
    use std::task::{Context, Poll, ready};

    use rustix::net::{SendAncillaryBuffer, SendFlags};
    use tokio::io::Interest;
    use tokio::net::TcpStream;

    use crate::listeners::piece::Jobs;

    /// Up to this size head and file go into the same packets. For more the head goes alone: joined to it, the
    /// file's pages would not lie evenly in packets, and the kernel would copy them (measured: four times the
    /// cost of a mebibyte on loopback).
    const JOINED_MAX: usize = 128 * 1024;

    /// Sends from the file part whose turn it is.
    pub(super) fn poll_file(
        socket: &TcpStream,
        jobs: &Jobs,
        from: &[IoSlice<'_>],
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let asked = from.first().map_or(0, |slice| slice.len());
        poll_io(socket, cx, || {
            let sent = jobs.send(|job| {
                let mut offset = job.offset;
                rustix::fs::sendfile(socket, &*job.file, Some(&mut offset), job.left.min(asked))
            });
            match sent {
                // The file has become shorter than what was announced: never ended as if complete.
                Some(Ok(0)) => Err(io::ErrorKind::UnexpectedEof.into()),
                Some(sent) => Ok(sent?),
                None => Err(io::Error::other("no file part waits")),
            }
        })
    }

    /// Sends what goes before a file part.
    pub(super) fn poll_before_file(
        socket: &TcpStream,
        before: &[IoSlice<'_>],
        from: &[IoSlice<'_>],
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let after: usize = from.iter().map(|slice| slice.len()).sum();
        let flags = if after <= JOINED_MAX {
            SendFlags::NOSIGNAL | SendFlags::MORE
        } else {
            SendFlags::NOSIGNAL
        };
        poll_io(socket, cx, || {
            let nothing = &mut SendAncillaryBuffer::default();
            Ok(rustix::net::sendmsg(socket, before, nothing, flags)?)
        })
    }

    fn poll_io(
        socket: &TcpStream,
        cx: &mut Context<'_>,
        mut work: impl FnMut() -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            ready!(socket.poll_write_ready(cx))?;
            match socket.try_io(Interest::WRITABLE, &mut work) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                done => return Poll::Ready(done),
            }
        }
    }
}
