//! promises: a kept-alive connection that waits for its next request costs little, and nobody notices.

use std::time::Duration;

use crate::support::{GET, PATIENCE, Server, patient, read_to_close, read_until};
use streamgate_serving::listeners::Limits;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep, timeout};

/// Longer than a connection keeps its buffers without a request.
const LONG_QUIET: Duration = Duration::from_millis(2_200);

async fn quiet_connection(server: &Server) -> tokio::net::TcpStream {
    let mut socket = server.connect().await;
    socket.write_all(GET).await.unwrap();
    read_until(&mut socket, "hello").await;
    sleep(LONG_QUIET).await;
    socket
}

#[tokio::test]
async fn a_connection_serves_on_after_a_long_quiet_even_a_head_in_two_parts() {
    let server = Server::hello(patient());
    let mut socket = quiet_connection(&server).await;
    for _ in 0..2 {
        let (first, second) = GET.split_at(9);
        socket.write_all(first).await.unwrap();
        sleep(LONG_QUIET).await;
        socket.write_all(second).await.unwrap();
        read_until(&mut socket, "hello").await;
    }
    socket.write_all(&[GET, GET].concat()).await.unwrap();
    read_until(&mut socket, "hello").await;
}

#[tokio::test]
async fn a_quiet_connection_has_its_deadlines_and_closes_when_the_process_finishes() {
    let server = Server::hello(Limits {
        idle_timeout: LONG_QUIET + Duration::from_secs(3),
        header_timeout: Duration::from_secs(1),
        ..patient()
    });
    let mut idle = quiet_connection(&server).await;
    assert_eq!(read_to_close(&mut idle).await, "");
    let mut slow = quiet_connection(&server).await;
    slow.write_all(b"GET / ").await.unwrap();
    let began = Instant::now();
    assert_eq!(read_to_close(&mut slow).await, "");
    assert!(began.elapsed() >= Duration::from_secs(1));
    let mut last = quiet_connection(&server).await;
    server.shutdown.cancel();
    assert_eq!(read_to_close(&mut last).await, "");
    timeout(PATIENCE, server.served).await.unwrap().unwrap().unwrap();
}
