//! promises: a client that is silent, slow, idle or takes nothing does not keep its connection.

use std::time::Duration;

use crate::support::{GET, PATIENCE, SHORT, Server, patient, read_to_close, read_until};
use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use streamgate_serving::listeners::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep, timeout};

// Far more than the kernel buffers of both ends hold.
const LARGE: usize = 64 * 1024 * 1024;

#[tokio::test]
async fn a_connection_that_says_nothing_is_closed() {
    let server = Server::hello(Limits {
        header_timeout: SHORT,
        ..patient()
    });
    let started = Instant::now();
    assert_eq!(read_to_close(&mut server.connect().await).await, "");
    assert!(started.elapsed() >= SHORT);
}

#[tokio::test]
async fn a_connection_that_stops_within_the_http2_preface_is_closed() {
    let server = Server::hello(Limits {
        header_timeout: SHORT,
        ..patient()
    });
    assert_eq!(server.exchange(b"PRI * HTTP/2.0\r\n").await, "");
}

#[tokio::test]
async fn an_http2_connection_without_a_request_is_closed() {
    let server = Server::hello(Limits {
        header_timeout: SHORT,
        ..patient()
    });
    server
        .exchange(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await;
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_cut_at_the_deadline() {
    let server = Server::hello(Limits {
        header_timeout: SHORT,
        ..patient()
    });
    let (mut reader, mut writer) = server.connect().await.into_split();
    let dripping = async {
        for byte in GET.iter().cycle().filter(|byte| **byte != b'\n') {
            if writer.write_all(&[*byte]).await.is_err() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let mut received = Vec::new();
    tokio::select! {
        () = dripping => {}
        _closed = reader.read_to_end(&mut received) => {}
        () = sleep(PATIENCE) => unreachable!("the dripping client kept its connection"),
    }
    assert!(!received.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn the_second_head_of_a_connection_has_the_same_deadline() {
    let server = Server::hello(Limits {
        header_timeout: SHORT,
        ..patient()
    });
    let mut socket = server.connect().await;
    socket.write_all(GET).await.unwrap();
    read_until(&mut socket, "hello").await;
    socket.write_all(b"GET / HT").await.unwrap();
    assert_eq!(read_to_close(&mut socket).await, "");
}

#[tokio::test]
async fn a_kept_connection_is_closed_after_its_idle_time_and_not_before() {
    let server = Server::hello(Limits {
        idle_timeout: SHORT * 3,
        header_timeout: SHORT,
        ..patient()
    });
    let mut socket = server.connect().await;
    socket.write_all(GET).await.unwrap();
    read_until(&mut socket, "hello").await;
    let quiet = Instant::now();
    assert_eq!(read_to_close(&mut socket).await, "");
    assert!(quiet.elapsed() >= SHORT * 2, "closed after {:?}", quiet.elapsed());
}

/// Asks for far more than it has room for.
async fn reader_of_a_large_answer() -> (Server, TcpStream) {
    let server = Server::start(
        Limits {
            write_stall_timeout: SHORT,
            ..patient()
        },
        |_| async { Response::new(Full::new(Bytes::from(vec![b'x'; LARGE]))) },
    );
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut socket = socket.connect(server.address).await.unwrap();
    socket.write_all(GET).await.unwrap();
    (server, socket)
}

// H-13
#[tokio::test]
async fn a_reader_that_takes_nothing_is_cut() {
    let (_server, mut socket) = reader_of_a_large_answer().await;
    sleep(SHORT * 3).await; // taking nothing is the subject
    assert!(read_to_close(&mut socket).await.len() < LARGE);
}

// H-13: what the kernel holds for such a reader goes with its connection, or thousands of them would hold gigabytes.
#[tokio::test]
async fn a_reader_that_takes_nothing_leaves_nothing_in_the_kernel_either() {
    let (_server, socket) = reader_of_a_large_answer().await;
    let reset = timeout(PATIENCE, socket.ready(Interest::ERROR)).await;
    assert!(reset.expect("it is reset").unwrap().is_error());
    let error = socket.take_error().unwrap().expect("the reason");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_reader_that_takes_a_little_now_and_then_gets_everything() {
    let size = 2 * 1024 * 1024;
    let server = Server::start(
        Limits {
            write_stall_timeout: SHORT * 2,
            ..patient()
        },
        move |_| async move { Response::new(Full::new(Bytes::from(vec![b'x'; size]))) },
    );
    let mut socket = server.connect().await;
    socket
        .write_all(b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut chunk = vec![0; 256 * 1024];
    let mut received = 0;
    loop {
        let read = socket.read(&mut chunk).await.unwrap();
        if read == 0 {
            break;
        }
        received += read;
        sleep(SHORT / 4).await; // slowness is the subject
    }
    assert!(received > size);
}

#[tokio::test]
async fn a_service_may_take_longer_than_every_timeout_of_the_connection() {
    let limits = Limits {
        header_timeout: SHORT,
        idle_timeout: SHORT,
        write_stall_timeout: SHORT,
        ..patient()
    };
    let server = Server::start(limits, |request| async {
        sleep(SHORT * 4).await; // slowness is the subject
        crate::support::hello(request).await
    });
    let mut socket = server.connect().await;
    socket.write_all(GET).await.unwrap();
    assert!(read_until(&mut socket, "hello").await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn draining_waits_for_a_slow_reader_of_the_last_piece() {
    let server = Server::start(patient(), |_| async {
        Response::new(Full::new(Bytes::from(vec![b'x'; LARGE])))
    });
    let mut socket = server.connect().await;
    socket.write_all(GET).await.unwrap();
    let begun = read_until(&mut socket, "x").await;
    server.shutdown.cancel();
    sleep(SHORT * 3).await; // slowness is the subject
    assert!(begun.len() + read_to_close(&mut socket).await.len() > LARGE);
}
