//! Real connections: clients that go away, that are slow, whose permission ends, whose file shrinks.

use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Buf as _;
use streamgate_contract::feed::FeedChange;
use streamgate_serving::listeners::{self, Door, Limits, Peer, Tls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use crate::support::{Rig, code, until};

const LARGE: usize = 48 * 1024 * 1024;

pub(crate) fn listen(rig: &Rig) -> (SocketAddr, CancellationToken) {
    listen_with(rig, None)
}

pub(crate) fn listen_with(rig: &Rig, tls: Option<Tls>) -> (SocketAddr, CancellationToken) {
    let listener = listeners::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let edge = Arc::clone(&rig.edge);
    let service = move |request: http::Request<hyper::body::Incoming>| {
        let edge = Arc::clone(&edge);
        async move {
            let peer = request.extensions().get::<Peer>().unwrap().0.ip();
            edge.handle(request.into_parts().0, peer).await
        }
    };
    tokio::spawn(listeners::serve(
        Door { listener, tls },
        service,
        Limits::default(),
        shutdown.clone(),
    ));
    (address, shutdown)
}

async fn send(address: SocketAddr, rig: &Rig) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET /t/{}/streams/evt/large.ts HTTP/1.1\r\nHost: edge\r\n\r\n",
        rig.token()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

/// How many descriptors of this process are open files of the rig.
pub(crate) fn open_files(rig: &Rig) -> usize {
    let descriptors = fs::read_dir("/proc/self/fd").unwrap();
    descriptors
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .filter(|target| target.starts_with(rig.folder.path()))
        .count()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_aborted_downloads_leave_no_file_open() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("large.ts", vec![7; LARGE]);
    let (address, shutdown) = listen(&rig);
    for _ in 0..10 {
        let mut sockets = Vec::new();
        for _ in 0..20 {
            let mut socket = send(address, &rig).await;
            socket.read_exact(&mut [0; 1024]).await.unwrap();
            sockets.push(socket);
        }
        assert!(open_files(&rig) > 0);
        drop(sockets);
    }
    until(|| (open_files(&rig) == 0).then_some(())).await;
    shutdown.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_download_is_cut_when_the_ticket_is_revoked() {
    let (rig, feed) = Rig::ready().await;
    rig.write("large.ts", vec![7; LARGE]);
    let (address, shutdown) = listen(&rig);
    let mut socket = send(address, &rig).await;
    socket.read_exact(&mut vec![0; 64 * 1024]).await.unwrap();
    rig.tell(
        &feed,
        FeedChange::TicketRevoked {
            code: code(),
            at: rig.now(),
        },
    )
    .await;
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), socket.read_to_end(&mut rest))
        .await
        .unwrap();
    assert!(
        ended.is_err() || rest.len() < LARGE / 2,
        "{} bytes came after the revocation",
        rest.len()
    );
    until(|| (open_files(&rig) == 0).then_some(())).await;
    shutdown.cancel();
}

#[tokio::test]
async fn an_answer_that_was_decided_goes_out_whole_though_its_permission_ends_before_the_first_byte() {
    use http_body_util::BodyExt as _;
    let (rig, feed) = Rig::ready().await;
    rig.write("small.ts", "0123456789");
    let target = format!("/t/{}/streams/evt/small.ts", rig.token());
    let request = || Rig::request("GET", &target, &[]);
    let answer = rig.edge.handle(request(), crate::support::PEER).await;
    let revoked = FeedChange::TicketRevoked {
        code: code(),
        at: rig.now(),
    };
    rig.tell(&feed, revoked).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.into_body().collect().await.unwrap().to_bytes(),
        "0123456789"
    );
    let next = rig.edge.handle(request(), crate::support::PEER).await;
    assert_eq!(next.status(), 403);
}

#[tokio::test]
async fn a_body_is_cut_within_a_mebibyte_of_the_end_of_its_permission() {
    use http_body_util::BodyExt as _;
    for (name, expires) in [
        ("large.ts", false),
        ("large.ts", true),
        ("large.m3u8", false),
        ("large.m3u8", true),
    ] {
        let (rig, feed) = Rig::ready().await;
        let playlist = format!("#EXTM3U\n{}", "#EXTINF:2,\nsegment.ts\n".repeat(200_000));
        rig.write(name, playlist);
        let target = format!("/t/{}/streams/evt/{name}", rig.token());
        let mut body = rig
            .edge
            .handle(Rig::request("GET", &target, &[]), crate::support::PEER)
            .await
            .into_body();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        if expires {
            rig.clock.advance(Duration::from_secs(3_700));
        } else {
            rig.tell(
                &feed,
                FeedChange::TicketRevoked {
                    code: code(),
                    at: rig.now(),
                },
            )
            .await;
        }
        let mut after = 0;
        let error = loop {
            match body.frame().await.unwrap() {
                Ok(frame) => after += frame.into_data().unwrap().remaining(),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
        assert!(first.has_remaining() && after <= 1024 * 1024);
        assert!(body.frame().await.is_none());
    }
}

#[tokio::test]
async fn a_file_that_is_shorter_than_announced_is_an_aborted_transfer() {
    use http_body_util::BodyExt as _;
    let (rig, _feed) = Rig::ready().await;
    let path = rig.write("large.ts", vec![7; 2 * 1024 * 1024]);
    let target = format!("/t/{}/streams/evt/large.ts", rig.token());
    let response = rig
        .edge
        .handle(Rig::request("GET", &target, &[]), crate::support::PEER)
        .await;
    assert_eq!(response.headers()["content-length"], "2097152");
    fs::OpenOptions::new()
        .write(true)
        .open(path)
        .unwrap()
        .set_len(1_000)
        .unwrap();
    let error = response.into_body().collect().await.map(drop).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
}

#[tokio::test(flavor = "multi_thread")]
async fn graceful_shutdown_stores_the_state_and_ends() {
    let (mut rig, feed) = Rig::ready().await;
    rig.tell(
        &feed,
        FeedChange::TicketRevoked {
            code: code(),
            at: rig.now(),
        },
    )
    .await;
    rig.stop().await;
    let stored = fs::read_to_string(rig.folder.path().join("deny.state")).unwrap();
    assert!(stored.contains("\"seq\":1"));
}
