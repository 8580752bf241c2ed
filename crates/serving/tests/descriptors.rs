//! promises: a listener that runs out of descriptors waits and goes on. Alone in its process, whose limit it
//! lowers.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use streamgate_serving::listeners::{Limits, bind, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn a_connection_that_comes_without_a_free_descriptor_is_served_when_there_is_one() {
    let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let hello = |_| async { Response::new(Full::new(Bytes::from_static(b"hello"))) };
    let limits = Limits::default();
    drop(tokio::spawn(serve(
        listener,
        hello,
        limits,
        CancellationToken::new(),
    )));
    // The listener's task runs only when this one waits, so it does not accept before the limit is lowered.
    let client = std::net::TcpStream::connect(address).unwrap();
    client.set_nonblocking(true).unwrap();
    let mut client = TcpStream::from_std(client).unwrap();

    let before = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(3),
            ..before
        },
    )
    .unwrap();
    client.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    let early = timeout(Duration::from_millis(200), client.read_to_string(&mut answer)).await;
    assert!(early.is_err(), "served without a descriptor: {answer}");

    setrlimit(Resource::Nofile, before).unwrap();
    timeout(Duration::from_secs(20), client.read_to_string(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert!(answer.ends_with("hello"), "{answer}");
}
