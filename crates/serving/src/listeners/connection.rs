//! One connection: HTTP/1.1 or HTTP/2 by its first bytes, watched until it ends or runs out of time.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::activity::{Activity, FAREWELL};
use super::per_client::Slot;
use super::tracked::{TrackedBody, TrackedIo};
use super::{Limits, Peer, framing};

// hyper's smallest HTTP/1 buffer; asking for less is a panic.
const HTTP1_BUFFER_MIN: usize = 8 * 1024;
// What one HTTP/2 connection may make us keep: its header lists are held once per stream.
const HTTP2_HEADER_LIST_MAX: usize = 16 * 1024;
const HTTP2_STREAMS_MAX: u32 = 64;
// Request bodies are small (JSON, CSV); a peer cannot make us buffer more than this.
const HTTP2_STREAM_WINDOW: u32 = 64 * 1024;
const HTTP2_CONNECTION_WINDOW: u32 = 256 * 1024;
const HTTP_HEADERS_DEFAULT: usize = 100; // hyper's own limit, which costs no allocation

/// What all connections of one listener share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) limits: Limits,
    builder: auto::Builder<StreamTasks>,
    /// Told to finish: answer what runs, then close.
    pub(super) shutdown: CancellationToken,
    /// Out of time: whatever still runs ends now.
    pub(super) cut: CancellationToken,
}

impl Shared {
    pub(super) fn new(limits: Limits, shutdown: CancellationToken) -> Self {
        let cut = CancellationToken::new();
        Self {
            builder: builder(&limits, cut.clone()),
            limits,
            shutdown,
            cut,
        }
    }
}

fn builder(limits: &Limits, cut: CancellationToken) -> auto::Builder<StreamTasks> {
    let mut builder = auto::Builder::new(StreamTasks { cut });
    builder
        .http1()
        .timer(TokioTimer::new())
        // hyper starts this clock at the end of the last response, so it contains the idle time; the
        // shorter deadlines are those of `Activity`.
        .header_read_timeout(limits.header_timeout.max(limits.idle_timeout))
        .max_buf_size(limits.header_bytes_max.max(HTTP1_BUFFER_MIN));
    if limits.headers_max != HTTP_HEADERS_DEFAULT {
        builder.http1().max_headers(limits.headers_max);
    }
    let header_list_max = limits.header_bytes_max.min(HTTP2_HEADER_LIST_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.http2_streams_max.min(HTTP2_STREAMS_MAX))
        .max_header_list_size(u32::try_from(header_list_max).unwrap_or(u32::MAX))
        .initial_stream_window_size(HTTP2_STREAM_WINDOW)
        .initial_connection_window_size(HTTP2_CONNECTION_WINDOW)
        .keep_alive_interval(limits.idle_timeout)
        .keep_alive_timeout(limits.header_timeout);
    builder
}

/// Runs HTTP/2 streams as tasks that end when the listener cuts its connections.
#[derive(Clone, Debug)]
struct StreamTasks {
    cut: CancellationToken,
}

impl<F> hyper::rt::Executor<F> for StreamTasks
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        drop(tokio::spawn(self.cut.clone().run_until_cancelled_owned(stream)));
    }
}

/// Serves one connection until it ends, stalls, idles too long or is told to finish.
///
/// `slot` is its client's place, freed at the end.
pub(super) async fn run<S, B, Fut>(socket: TcpStream, peer: Peer, slot: Slot, service: S, shared: Arc<Shared>)
where
    S: Fn(Request<Incoming>) -> Fut + Send + 'static,
    Fut: Future<Output = Response<B>> + Send + 'static,
    B: http_body::Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let _slot = slot;
    let activity = Activity::new();
    let io = TokioIo::new(TrackedIo {
        inner: socket,
        activity: activity.clone(),
    });
    let headers_max = shared.limits.headers_max;
    let requests = activity.clone();
    let handle = service_fn(move |mut request: Request<Incoming>| {
        let running = requests.begin(request.version());
        let version = request.version();
        let refused = framing::refusal(request.headers(), version, headers_max);
        let answer = refused.map_or_else(
            || {
                request.extensions_mut().insert(peer);
                Ok(service(request))
            },
            Err,
        );
        async move {
            Ok::<_, Infallible>(match answer {
                Ok(answer) => answer.await.map(|body| TrackedBody::new(Some(body), running)),
                Err(status) => refuse(status, version, TrackedBody::new(None, running)),
            })
        }
    });
    let mut connection = std::pin::pin!(shared.builder.serve_connection(io, handle));
    let mut cadence = shared.limits.shortest_timeout();
    let mut finishing = false;
    let mut check_at = Instant::now() + cadence;
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "connection broke");
                }
                return;
            }
            () = shared.shutdown.cancelled(), if !finishing => {
                finishing = true;
                cadence = FAREWELL;
                activity.finish();
                connection.as_mut().graceful_shutdown();
                check_at = Instant::now() + cadence;
            }
            () = sleep_until(check_at) => {
                let now = Instant::now();
                // A deadline that appears after this look lies at least one cadence ahead, so none is missed.
                check_at = now + cadence;
                match activity.deadline(&shared.limits) {
                    Some(deadline) if deadline.at <= now => {
                        tracing::debug!(reason = deadline.reason, "connection closed");
                        return;
                    }
                    Some(deadline) => check_at = check_at.min(deadline.at),
                    None => {}
                }
            }
        }
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
