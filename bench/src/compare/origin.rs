//! An origin that takes its time and counts who asks: what stands behind a cache in the stampede rows.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http::{Request, Response, header};
use http_body_util::StreamBody;
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// From the request to the first byte.
pub(super) const LATENCY: Duration = Duration::from_millis(120);
/// How long a dripping segment takes from its first chunk to its last.
pub(super) const DRIP: Duration = Duration::from_millis(1_500);
const SEGMENT_BYTES: usize = 64 * 1_024;
const DRIP_CHUNKS: u32 = 16;

/// How often each path was asked for.
type Counts = Arc<Mutex<HashMap<String, u64>>>;

/// The origin, on a thread of its own for the life of the process.
pub(super) struct Origin {
    pub(super) address: SocketAddr,
    counts: Counts,
}

impl Origin {
    pub(super) fn start() -> Result<Self> {
        let counts = Counts::default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let shared = Arc::clone(&counts);
        std::thread::spawn(move || runtime.block_on(serve(listener, shared)));
        Ok(Self { address, counts })
    }

    /// Returns how often a path with this ending was asked for.
    pub(super) fn count(&self, ending: &str) -> u64 {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_it = counts.iter().filter(|(path, _)| path.ends_with(ending));
        of_it.map(|(_, count)| count).sum()
    }
}

async fn serve(listener: TcpListener, counts: Counts) {
    while let Ok((socket, _)) = listener.accept().await {
        let counts = Arc::clone(&counts);
        let service = service_fn(move |request| answer(request, Arc::clone(&counts)));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
        // A cache that hangs up is its own affair.
        drop(tokio::spawn(connection));
    }
}

type Body = StreamBody<std::pin::Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Infallible>> + Send>>>;

/// `...drip.ts` is 1 MiB in chunks over [`DRIP`]; any other `.ts` 64 KiB at once; the rest is a live playlist.
async fn answer(request: Request<Incoming>, counts: Counts) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    let (drips, is_segment) = (path.ends_with("drip.ts"), !path.ends_with("m3u8"));
    {
        let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(path).or_default() += 1;
    }
    tokio::time::sleep(LATENCY).await;
    let chunk = if is_segment {
        vec![0x47; SEGMENT_BYTES]
    } else {
        super::files::live_playlist(0)
    };
    let chunk = Bytes::from(chunk);
    let chunks = if drips { DRIP_CHUNKS } else { 1 };
    let length = chunk.len() as u64 * u64::from(chunks);
    let body = stream::iter(0..chunks).then(move |index| {
        let chunk = chunk.clone();
        async move {
            if index > 0 {
                tokio::time::sleep(DRIP / (DRIP_CHUNKS - 1)).await;
            }
            Ok(Frame::data(chunk))
        }
    });
    let body: std::pin::Pin<Box<dyn Stream<Item = _> + Send>> = Box::pin(body);
    let mut response = Response::new(StreamBody::new(body));
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length.into());
    Ok(response)
}
