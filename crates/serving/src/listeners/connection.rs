//! One connection: HTTP/1 or HTTP/2 by its first bytes, watched until it ends or runs out of time.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, Version};
use http_body::Body;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::activity::Activity;
use super::outlet::{Outlet, Watched};
use super::per_client::Slot;
use super::piece::{Jobs, Piece};
use super::streams::{self, StreamTasks};
use super::tls::Tls;
use super::tracked::{TrackedBody, TrackedIo};
use super::transport::Transport;
use super::watchdog::{Lookout, Verdict, Watchdog};
use super::{Limits, Peer, framing};

// hyper's smallest HTTP/1 buffer; asking for less is a panic.
const HTTP1_BUFFER_MIN: usize = 8 * 1024;
// What one HTTP/2 connection may make us keep: its header lists are held once per stream.
const HTTP2_HEADER_LIST_MAX: usize = 16 * 1024;
const HTTP2_STREAMS_MAX: u32 = 64;
// Request bodies are small (JSON, CSV); a peer cannot make us buffer more than this.
const HTTP2_STREAM_WINDOW: u32 = 64 * 1024;
const HTTP2_CONNECTION_WINDOW: u32 = 256 * 1024;
// What one stream may have waiting for its client: a chunk, as large as the edge reads them.
const HTTP2_SEND_BUFFER: usize = 128 * 1024;
const HTTP_HEADERS_DEFAULT: usize = 100; // hyper's own limit, which costs no allocation

/// What all connections of one listener share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) limits: Limits,
    tls: Option<Tls>,
    http1: http1::Builder,
    http2: http2::Builder<StreamTasks>,
    /// Told to finish: answer what runs, then close.
    pub(super) shutdown: CancellationToken,
    /// Out of time: whatever still runs ends now.
    pub(super) cut: CancellationToken,
}

impl Shared {
    pub(super) fn new(limits: Limits, tls: Option<Tls>, shutdown: CancellationToken) -> Self {
        let cut = CancellationToken::new();
        Self {
            http1: http1_builder(&limits),
            http2: http2_builder(&limits, cut.clone()),
            limits,
            tls,
            shutdown,
            cut,
        }
    }
}

fn http1_builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // The deadlines are those of `Activity`; hyper's own would cost every request a timer.
        .header_read_timeout(None)
        .max_buf_size(limits.header_bytes_max.max(HTTP1_BUFFER_MIN));
    if limits.headers_max != HTTP_HEADERS_DEFAULT {
        builder.max_headers(limits.headers_max);
    }
    builder
}

fn http2_builder(limits: &Limits, cut: CancellationToken) -> http2::Builder<StreamTasks> {
    let header_list_max = limits.header_bytes_max.min(HTTP2_HEADER_LIST_MAX);
    let mut builder = http2::Builder::new(StreamTasks { cut });
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.http2_streams_max.min(HTTP2_STREAMS_MAX))
        .max_header_list_size(u32::try_from(header_list_max).unwrap_or(u32::MAX))
        .initial_stream_window_size(HTTP2_STREAM_WINDOW)
        .initial_connection_window_size(HTTP2_CONNECTION_WINDOW)
        .max_send_buf_size(HTTP2_SEND_BUFFER)
        .keep_alive_interval(limits.idle_timeout)
        .keep_alive_timeout(limits.header_timeout);
    builder
}

/// One connection and what its requests go to.
struct Served<S> {
    service: S,
    peer: Peer,
    shared: Arc<Shared>,
    activity: Activity,
    watched: Watched,
}

/// Serves one connection until it ends, stalls, idles too long or is told to finish.
///
/// `slot` is its client's place, freed at the end.
pub(super) async fn run<S, B, Fut>(socket: TcpStream, peer: Peer, slot: Slot, service: S, shared: Arc<Shared>)
where
    S: Fn(Request<Incoming>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Into<Piece>> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let _slot = slot;
    let served = Served {
        service,
        peer,
        activity: Activity::new(),
        watched: Watched::default(),
        shared,
    };
    let mut watchdog = Watchdog::new(
        Arc::clone(&served.shared),
        served.activity.clone(),
        served.watched.clone(),
    );
    let opened = tokio::select! {
        biased;
        opened = Box::pin(open(socket, served.shared.tls.as_ref())) => opened,
        // Nothing was asked yet, so nothing is owed.
        _ = watchdog.next() => return,
    };
    match opened {
        Ok(Some((transport, true))) => Box::pin(served.http2(transport, watchdog)).await,
        Ok(Some((transport, false))) => served.http1(transport, watchdog).await,
        Ok(None) => {}
        Err(error) => tracing::debug!(%error, "connection broke"),
    }
}

/// Gets a connection as far as it is clear whether it is HTTP/2; `None` if the client leaves before.
async fn open(socket: TcpStream, tls: Option<&Tls>) -> io::Result<Option<(Transport, bool)>> {
    let mut transport = Transport::open(socket, tls).await?;
    let is_http2 = transport.is_http2().await?;
    if is_http2 == Some(true) || transport.jobs().is_none() {
        transport.bound_unsent();
    }
    Ok(is_http2.map(|is_http2| (transport, is_http2)))
}

impl<S, B, Fut> Served<S>
where
    S: Fn(Request<Incoming>) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Into<Piece>> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    /// Serves HTTP/1. While nothing is asked, only the socket is kept: hyper's buffers cost 16 KiB.
    async fn http1(self, mut transport: Transport, mut watchdog: Watchdog) {
        loop {
            // Boxed, so that a connection that waits does not keep the room.
            match Box::pin(self.http1_until_idle(transport, &mut watchdog)).await {
                Some(idle) => transport = idle,
                None => return,
            }
            self.watched.set(None);
            tokio::select! {
                biased;
                readable = transport.readable() => if readable.is_err() { return },
                _ = watchdog.next_of_idle() => return,
            }
        }
    }

    /// Serves requests; returns the socket when none has come for a while, `None` when the connection has ended.
    async fn http1_until_idle(&self, transport: Transport, watchdog: &mut Watchdog) -> Option<Transport> {
        let jobs = transport.jobs();
        let io = TokioIo::new(TrackedIo {
            inner: transport,
            activity: self.activity.clone(),
        });
        let service = service_fn(|request| self.answer(request, jobs.clone()));
        let mut connection = self.shared.http1.serve_connection(io, service);
        loop {
            match drive(Pin::new(&mut connection), watchdog).await {
                Turn::Ended(ended) => {
                    note(ended);
                    return None;
                }
                Turn::Verdict(Verdict::Finish) => Pin::new(&mut connection).graceful_shutdown(),
                Turn::Verdict(verdict @ (Verdict::Close | Verdict::Cut)) => {
                    // What a client does not take would stay with the kernel, for as long as that client likes.
                    if verdict == Verdict::Cut || self.activity.is_blocked() {
                        connection.into_parts().io.into_inner().inner.discard_unsent();
                    }
                    return None;
                }
                // Idle means that no byte of a next head has come, so hyper holds nothing but the socket.
                Turn::Verdict(Verdict::Idle) => return Some(connection.into_parts().io.into_inner().inner),
            }
        }
    }

    async fn http2(self, transport: Transport, mut watchdog: Watchdog) {
        let io = TokioIo::new(TrackedIo {
            inner: transport,
            activity: self.activity.clone(),
        });
        let shared = Arc::clone(&self.shared);
        let served = Arc::new(self);
        let service = service_fn(move |request| {
            let served = Arc::clone(&served);
            async move { served.answer(request, None).await }
        });
        let mut connection = Box::pin(shared.http2.serve_connection(io, service));
        loop {
            match drive(connection.as_mut(), &mut watchdog).await {
                Turn::Ended(ended) => return note(ended),
                Turn::Verdict(Verdict::Finish) => connection.as_mut().graceful_shutdown(),
                Turn::Verdict(Verdict::Close | Verdict::Cut) => return,
                Turn::Verdict(Verdict::Idle) => {}
            }
        }
    }

    /// Answers one request; `jobs` takes the files of its response.
    async fn answer(
        &self,
        mut request: Request<Incoming>,
        jobs: Option<Jobs>,
    ) -> Result<Response<TrackedBody<B>>, Infallible> {
        let version = request.version();
        let running = self.activity.begin(version);
        if let Some(status) = framing::refusal(request.headers(), version, self.shared.limits.headers_max) {
            return Ok(refuse(status, version, TrackedBody::new(None, running)));
        }
        let watched = streams::current().unwrap_or_else(|| {
            self.watched.set(None);
            self.watched.clone()
        });
        let extensions = request.extensions_mut();
        extensions.insert(self.peer);
        extensions.insert(Outlet::new(jobs, watched));
        let answer = (self.service)(request).await;
        Ok(answer.map(|body| TrackedBody::new(Some(body), running)))
    }
}

/// What came of a turn.
enum Turn<T> {
    Ended(T),
    Verdict(Verdict),
}

/// Lets the connection work until it ends or something is to be done with it.
async fn drive<C: Future>(mut connection: Pin<&mut C>, watchdog: &mut Watchdog) -> Turn<C::Output> {
    loop {
        let lookout = watchdog.lookout();
        let work = poll_fn(|cx| match connection.as_mut().poll(cx) {
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
            Poll::Pending if lookout.as_ref().is_some_and(Lookout::sees_something) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        });
        tokio::select! {
            biased;
            worked = work => match worked {
                Some(ended) => return Turn::Ended(ended),
                None => watchdog.watch(),
            },
            verdict = watchdog.next() => return Turn::Verdict(verdict),
        }
    }
}

fn note(ended: Result<(), hyper::Error>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "connection broke");
    }
}

fn refuse<B>(status: http::StatusCode, version: Version, body: B) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    // Where the next request would begin is what is in doubt. HTTP/2 frames requests itself.
    if version < Version::HTTP_2 {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}
