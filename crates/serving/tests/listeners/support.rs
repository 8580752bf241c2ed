//! A served listener, raw sockets, and limits short enough to wait for.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use streamgate_serving::listeners::{Door, Limits, Piece, bind, serve};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Long enough for anything that happens at all, on a loaded machine too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A running listener.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    pub(crate) served: JoinHandle<std::io::Result<()>>,
}

impl Server {
    pub(crate) fn start<S, B, Fut>(limits: Limits, service: S) -> Self
    where
        S: Fn(Request<Incoming>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Response<B>> + Send + 'static,
        B: http_body::Body<Error = Infallible, Data: Into<Piece>> + Send + 'static,
    {
        Self::at(bind("127.0.0.1:0".parse().unwrap()).unwrap(), limits, service)
    }

    pub(crate) fn at<S, B, Fut>(door: impl Into<Door>, limits: Limits, service: S) -> Self
    where
        S: Fn(Request<Incoming>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Response<B>> + Send + 'static,
        B: http_body::Body<Error = Infallible, Data: Into<Piece>> + Send + 'static,
    {
        let door = door.into();
        let address = door.listener.local_addr().unwrap();
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(serve(door, service, limits, shutdown.clone()));
        Self {
            address,
            shutdown,
            served,
        }
    }

    /// Starts a listener that answers every request with `hello`.
    pub(crate) fn hello(limits: Limits) -> Self {
        Self::start(limits, hello)
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `bytes` on a new connection and returns all that comes until it is closed.
    pub(crate) async fn exchange(&self, bytes: &[u8]) -> String {
        let mut socket = self.connect().await;
        // The server may close before it read everything; what it said until then is what counts.
        let _ignored = socket.write_all(bytes).await;
        read_to_close(&mut socket).await
    }
}

pub(crate) async fn hello(_: Request<Incoming>) -> Response<Full<Bytes>> {
    Response::new(Full::new(Bytes::from_static(b"hello")))
}

/// Limits in which nothing ends by itself; tests shorten the one they are about.
pub(crate) fn patient() -> Limits {
    Limits {
        header_timeout: PATIENCE * 3,
        idle_timeout: PATIENCE * 3,
        write_stall_timeout: PATIENCE * 3,
        connections_max: 100,
        drain_deadline: PATIENCE * 3,
        ..Limits::default()
    }
}

pub(crate) const SHORT: Duration = Duration::from_millis(200);

pub(crate) const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

/// Reads until the peer closes; a reset is a close too.
pub(crate) async fn read_to_close(socket: &mut TcpStream) -> String {
    let mut received = Vec::new();
    let ended = timeout(PATIENCE, socket.read_to_end(&mut received)).await;
    assert!(
        ended.is_ok(),
        "the connection was not closed; received {:?}",
        String::from_utf8_lossy(&received)
    );
    String::from_utf8_lossy(&received).into_owned()
}

/// Reads until what came ends with `end`.
pub(crate) async fn read_until(socket: &mut (impl AsyncRead + Unpin), end: &str) -> String {
    let mut received = Vec::new();
    while !received.ends_with(end.as_bytes()) {
        let read = timeout(PATIENCE, socket.read_buf(&mut received))
            .await
            .unwrap()
            .unwrap();
        assert_ne!(read, 0, "closed after {:?}", String::from_utf8_lossy(&received));
    }
    String::from_utf8_lossy(&received).into_owned()
}
