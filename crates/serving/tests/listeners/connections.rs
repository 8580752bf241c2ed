//! promises: connections are counted, told apart, kept from each other's panics, and drained in time.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::support::{GET, PATIENCE, SHORT, Server, patient, read_to_close, read_until};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use streamgate_serving::listeners::{Limits, Peer};
use tokio::io::AsyncWriteExt;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout};

#[tokio::test]
async fn every_request_carries_the_address_of_the_sockets_other_end() {
    let server = Server::start(patient(), |request: Request<Incoming>| async move {
        let peer = request.extensions().get::<Peer>().map(|peer| peer.0.to_string());
        Response::new(Full::new(Bytes::from(peer.unwrap_or_default())))
    });
    let mut socket = server.connect().await;
    socket.write_all(GET).await.unwrap();
    let address = socket.local_addr().unwrap().to_string();
    read_until(&mut socket, &address).await;
}

#[tokio::test]
async fn http2_with_prior_knowledge_is_served_on_the_same_port() {
    let server = Server::hello(patient());
    let io = TokioIo::new(server.connect().await);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    for _ in 0..3 {
        let request = Request::get("http://a/").body(Empty::<Bytes>::new()).unwrap();
        let response = sender.send_request(request).await.unwrap();
        assert_eq!(response.version(), http::Version::HTTP_2);
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
    }
    drop(sender);
    timeout(PATIENCE, connection).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn an_http2_client_that_opens_no_window_is_cut() {
    let server = Server::start(
        Limits {
            write_stall_timeout: SHORT,
            ..patient()
        },
        |_| async { Response::new(Full::new(Bytes::from(vec![b'x'; 1024 * 1024]))) },
    );
    let io = TokioIo::new(server.connect().await);
    let (mut sender, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .initial_stream_window_size(1024)
        .handshake(io)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get("http://a/").body(Empty::<Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    // The body is held and never read, so the client opens no window.
    let ended = timeout(PATIENCE, connection).await;
    drop(response);
    assert!(ended.is_ok(), "the connection was kept");
}

#[tokio::test]
async fn a_connection_over_the_cap_waits_until_another_one_ends() {
    let server = Server::hello(Limits {
        connections_max: 1,
        ..patient()
    });
    let mut first = server.connect().await;
    first.write_all(GET).await.unwrap();
    read_until(&mut first, "hello").await;

    let mut second = server.connect().await;
    second.write_all(GET).await.unwrap();
    let early = timeout(SHORT, read_until(&mut second, "hello")).await;
    assert!(
        early.is_err(),
        "the second connection was served next to the first"
    );

    drop(first);
    assert!(read_until(&mut second, "hello").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_client_with_all_its_connections_is_refused_another_one() {
    let server = Server::hello(Limits {
        connections_per_client_max: 2,
        ..patient()
    });
    let mut kept = Vec::new();
    for _ in 0..2 {
        let mut socket = server.connect().await;
        socket.write_all(GET).await.unwrap();
        read_until(&mut socket, "hello").await;
        kept.push(socket);
    }
    assert_eq!(read_to_close(&mut server.connect().await).await, "");
    kept.clear();
    // The server notices the freed places in its own time.
    let deadline = Instant::now() + PATIENCE;
    while !server.exchange(b"GET / HTTP/1.0\r\n\r\n").await.contains("hello") {
        assert!(Instant::now() < deadline, "the places were never freed");
    }
}

#[tokio::test]
async fn a_panic_in_the_service_ends_its_connection_and_nothing_else() {
    let server = Server::start(patient(), |request: Request<Incoming>| async move {
        assert_ne!(request.uri().path(), "/panic", "as asked");
        crate::support::hello(request).await
    });
    let mut bystander = server.connect().await;
    bystander.write_all(GET).await.unwrap();
    read_until(&mut bystander, "hello").await;

    assert_eq!(
        server.exchange(b"GET /panic HTTP/1.1\r\nhost: a\r\n\r\n").await,
        ""
    );

    bystander.write_all(GET).await.unwrap();
    read_until(&mut bystander, "hello").await;
    assert!(server.exchange(b"GET / HTTP/1.0\r\n\r\n").await.contains("hello"));
}

#[tokio::test]
async fn draining_finishes_a_running_response_and_accepts_nobody() {
    let (started, go_on) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let (has_started, may_go_on) = (Arc::clone(&started), Arc::clone(&go_on));
    let server = Server::start(patient(), move |request| {
        let (has_started, may_go_on) = (Arc::clone(&has_started), Arc::clone(&may_go_on));
        async move {
            has_started.notify_one();
            may_go_on.acquire().await.unwrap().forget();
            crate::support::hello(request).await
        }
    });
    let mut socket = server.connect().await;
    socket.write_all(GET).await.unwrap();
    started.notified().await;
    server.shutdown.cancel();
    let deadline = Instant::now() + PATIENCE;
    while tokio::net::TcpStream::connect(server.address).await.is_ok() {
        assert!(Instant::now() < deadline, "the listener is still open");
        tokio::task::yield_now().await;
    }
    go_on.add_permits(1);
    let answer = read_to_close(&mut socket).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"),
        "{answer}"
    );
    timeout(PATIENCE, server.served).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn draining_closes_idle_silent_and_half_started_connections_at_once() {
    let server = Server::hello(patient());
    let (mut idle, mut silent, mut half) = (
        server.connect().await,
        server.connect().await,
        server.connect().await,
    );
    half.write_all(b"GET / HT").await.unwrap();
    idle.write_all(GET).await.unwrap();
    read_until(&mut idle, "hello").await;
    server.shutdown.cancel();
    for socket in [&mut idle, &mut silent, &mut half] {
        assert_eq!(read_to_close(socket).await, "");
    }
    timeout(PATIENCE, server.served).await.unwrap().unwrap().unwrap();
}

/// A body that has nothing to say and never ends.
struct Endless;

impl hyper::body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn what_still_runs_at_the_drain_deadline_is_cut() {
    let server = Server::start(
        Limits {
            drain_deadline: SHORT,
            ..patient()
        },
        |_| async { Response::new(Endless) },
    );
    let mut http1 = server.connect().await;
    http1.write_all(GET).await.unwrap();
    read_until(&mut http1, "\r\n\r\n").await;
    let io = TokioIo::new(server.connect().await);
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
        .await
        .unwrap();
    let http2 = tokio::spawn(connection);
    let request = Request::get("http://a/").body(Empty::<Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();

    let started = Instant::now();
    server.shutdown.cancel();
    timeout(PATIENCE, server.served).await.unwrap().unwrap().unwrap();
    assert!(started.elapsed() >= SHORT);
    read_to_close(&mut http1).await;
    assert!(
        timeout(PATIENCE, http2).await.is_ok(),
        "the HTTP/2 connection was kept"
    );
    drop(response);
}
