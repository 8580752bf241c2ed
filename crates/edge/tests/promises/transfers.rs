//! Bytes on the wire: whatever the connection and however the file gets onto it, the client has what the file
//! holds, and no more once its permission has ended.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use streamgate_contract::feed::FeedChange;
use streamgate_serving::listeners::Tls;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::objects::Site;
use crate::sockets::{listen, listen_with, open_files};
use crate::support::{Rig, code, until};

/// Longer than the kernel sends at a time, and no whole number of pages.
const LENGTH: usize = 5 * 1024 * 1024 + 1234;
/// Generous on a loaded machine; the promise is a second.
const SOON: Duration = Duration::from_secs(5);

/// Bytes that are different everywhere.
fn media(length: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_le_bytes()[7]
    };
    (0..length).map(|_| next()).collect()
}

fn head(method: &str, path: &str, rig: &Rig, more: &str) -> String {
    let token = rig.token();
    format!("{method} /t/{token}/streams/evt/{path} HTTP/1.1\r\nHost: edge\r\n{more}\r\n")
}

/// Reads one answer: its head, then as many bytes as that announces.
async fn answer(socket: &mut TcpStream, has_body: bool) -> (String, Vec<u8>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap();
    let length = length.split("\r\n").next().unwrap().parse().unwrap();
    let mut body = vec![0; if has_body { length } else { 0 }];
    socket.read_exact(&mut body).await.unwrap();
    (head, body)
}

async fn http2(socket: TcpStream) -> hyper::client::conn::http2::SendRequest<Empty<Bytes>> {
    let connection = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket));
    let (sender, connection) = connection.await.unwrap();
    tokio::spawn(connection);
    sender
}

fn request(method: &str, path: &str, rig: &Rig, range: Option<&str>) -> Request<Empty<Bytes>> {
    let uri = format!("http://edge/t/{}/streams/evt/{path}", rig.token());
    let mut request = Request::builder().method(method).uri(uri);
    if let Some(range) = range {
        request = request.header("range", range);
    }
    request.body(Empty::new()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_http1_connection_carries_whole_files_parts_and_heads_byte_for_byte() {
    let (rig, _feed) = Rig::ready().await;
    let large = media(LENGTH);
    let small = media(70_000);
    rig.write("large.ts", &large);
    rig.write("small.ts", &small);
    rig.write("list.m3u8", "#EXTM3U\n");
    let (address, shutdown) = listen(&rig);
    let mut socket = TcpStream::connect(address).await.unwrap();
    for (method, path, range, status, expected) in [
        ("GET", "large.ts", "", "200", &large[..]),
        ("GET", "list.m3u8", "", "200", b"#EXTM3U\n"),
        ("GET", "small.ts", "", "200", &small),
        ("HEAD", "large.ts", "", "200", &[]),
        ("GET", "large.ts", "Range: bytes=3-3\r\n", "206", &large[3..4]),
        (
            "GET",
            "large.ts",
            "Range: bytes=4095-2000000\r\n",
            "206",
            &large[4095..2_000_001],
        ),
        (
            "GET",
            "large.ts",
            "Range: bytes=-1048577\r\n",
            "206",
            &large[LENGTH - 1_048_577..],
        ),
        ("GET", "small.ts", "", "200", &small),
    ] {
        socket
            .write_all(head(method, path, &rig, range).as_bytes())
            .await
            .unwrap();
        let (head, body) = answer(&mut socket, method == "GET").await;
        assert!(head.starts_with(&format!("http/1.1 {status}")), "{head}");
        assert!(body == expected, "{method} {path} {range}");
    }
    shutdown.cancel();
}

// H-25: pipelined requests are answered in order.
#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_get_their_own_files_in_order_however_slowly_they_are_read() {
    let (rig, _feed) = Rig::ready().await;
    let files: Vec<Vec<u8>> = [2_000_000, 100, 1_048_576, 300_000].map(media).into();
    for (index, file) in files.iter().enumerate() {
        rig.write(&format!("{index}.ts"), file);
    }
    let (address, shutdown) = listen(&rig);
    let socket = TcpSocket::new_v4().unwrap();
    // What does not fit waits at the edge.
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let mut socket = socket.connect(address).await.unwrap();
    for index in 0..files.len() {
        let head = head("GET", &format!("{index}.ts"), &rig, "");
        socket.write_all(head.as_bytes()).await.unwrap();
    }
    for file in &files {
        assert!(answer(&mut socket, true).await.1 == *file);
    }
    shutdown.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_streams_carry_files_side_by_side_byte_for_byte() {
    let (rig, _feed) = Rig::ready().await;
    let large = media(LENGTH);
    rig.write("large.ts", &large);
    let (address, shutdown) = listen(&rig);
    let sender = http2(TcpStream::connect(address).await.unwrap()).await;
    let ask = |range: Option<&'static str>| {
        let (mut sender, request) = (sender.clone(), request("GET", "large.ts", &rig, range));
        async move {
            let answer = sender.send_request(request).await.unwrap();
            (
                answer.status().as_u16(),
                answer.into_body().collect().await.unwrap().to_bytes(),
            )
        }
    };
    let (whole, part, end) = tokio::join!(
        ask(None),
        ask(Some("bytes=4095-2000000")),
        ask(Some("bytes=-1048577"))
    );
    assert!(whole.0 == 200 && whole.1 == large);
    assert!(part.0 == 206 && part.1 == large[4095..2_000_001]);
    assert!(end.0 == 206 && end.1 == large[LENGTH - 1_048_577..]);
    let head = request("HEAD", "large.ts", &rig, None);
    let answer = sender.clone().send_request(head).await.unwrap();
    assert_eq!(answer.headers()["content-length"], LENGTH.to_string());
    assert!(answer.into_body().collect().await.unwrap().to_bytes().is_empty());
    shutdown.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_carries_whole_objects_and_parts_byte_for_byte_on_http1_and_http2() {
    let site = Site::in_folder(Arc::new(tempfile::tempdir().unwrap()), |_| {}).await;
    let rig = &site.rig;
    // Fetched while the first client reads it, and from the disk of the cache after.
    let large = site.origin.put("large.ts", LENGTH);
    let folder = rig.folder.path();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (chain, key) = (folder.join("chain.pem"), folder.join("key.pem"));
    std::fs::write(&chain, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let (address, shutdown) = listen_with(rig, Some(Tls::load(&chain, &key).unwrap()));
    let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    let client = || {
        let builder = reqwest::Client::builder().tls_certs_only([root.clone()]);
        builder
            .no_proxy()
            .resolve("localhost", address)
            .timeout(Duration::from_mins(1))
    };
    let url = format!(
        "https://localhost:{}/t/{}/streams/evt/large.ts",
        address.port(),
        rig.token()
    );
    for (client, version) in [
        (client().http1_only(), reqwest::Version::HTTP_11),
        (client(), reqwest::Version::HTTP_2),
    ] {
        let client = client.build().unwrap();
        let get = async |range: Option<&str>| {
            let mut request = client.get(&url);
            if let Some(range) = range {
                request = request.header("range", range);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.version(), version);
            (answer.status().as_u16(), answer.bytes().await.unwrap())
        };
        let (whole, part, end) = tokio::join!(
            get(None),
            get(Some("bytes=4095-2000000")),
            get(Some("bytes=-1048577"))
        );
        assert!(whole.0 == 200 && whole.1 == large, "{version:?}");
        assert!(part.0 == 206 && part.1 == large[4095..2_000_001], "{version:?}");
        assert!(
            end.0 == 206 && end.1 == large[LENGTH - 1_048_577..],
            "{version:?}"
        );
    }
    assert_eq!(site.origin.gets("/live/evt/large.ts"), 1);
    shutdown.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_shrinks_while_it_is_sent_breaks_the_transfer() {
    let (rig, _feed) = Rig::ready().await;
    let path = rig.write("large.ts", vec![7; 48 * 1024 * 1024]);
    let (address, shutdown) = listen(&rig);
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket
        .write_all(head("GET", "large.ts", &rig, "").as_bytes())
        .await
        .unwrap();
    let mut sender = http2(TcpStream::connect(address).await.unwrap()).await;
    let http2 = sender
        .send_request(request("GET", "large.ts", &rig, None))
        .await
        .unwrap();
    socket.read_exact(&mut [0; 1024]).await.unwrap();
    std::fs::File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_len(1000)
        .unwrap();
    let mut rest = Vec::new();
    // A reset, or an end before all has come.
    let _how_it_ended = socket.read_to_end(&mut rest).await;
    assert!(rest.len() < 48 * 1024 * 1024 - 1024);
    http2.into_body().collect().await.map(drop).unwrap_err();
    until(|| (open_files(&rig) == 0).then_some(())).await;
    shutdown.cancel();
}

/// An edge with 200 MB to send, and its feed.
async fn large_rig() -> (Rig, crate::support::Connection) {
    let (rig, feed) = Rig::ready().await;
    let path = rig.write("large.ts", "");
    // Nobody looks at the content: a hole is as good.
    std::fs::File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_len(200_000_000)
        .unwrap();
    (rig, feed)
}

async fn revoke(rig: &Rig, feed: &crate::support::Connection) -> Instant {
    let revoked = FeedChange::TicketRevoked {
        code: code(),
        at: rig.now(),
    };
    rig.tell(feed, revoked).await;
    Instant::now()
}

/// The promise of the contract and what a machine at rest needs besides.
const PROMISED: Duration = Duration::from_millis(1_250);

// H-13, and the contract: cut within 1 s or 1 MiB. The looks at the permissions of eight connections that began at
// different times are spread over a second. A busy machine may be late now and then; always late it is not.
#[tokio::test(flavor = "multi_thread")]
async fn clients_that_read_nothing_are_cut_within_a_second_of_the_revocation() {
    let mut took = Vec::new();
    for _ in 0..5 {
        let (rig, feed) = large_rig().await;
        let (address, shutdown) = listen(&rig);
        let mut sockets = Vec::new();
        for _ in 0..8 {
            let mut socket = TcpStream::connect(address).await.unwrap();
            let head = head("GET", "large.ts", &rig, "");
            socket.write_all(head.as_bytes()).await.unwrap();
            // Its answer is on the way.
            socket.peek(&mut [0]).await.unwrap();
            sockets.push(socket);
            tokio::time::sleep(Duration::from_millis(120)).await;
        }
        let revoked = revoke(&rig, &feed).await;
        until(|| (open_files(&rig) == 0).then_some(())).await;
        took.push(revoked.elapsed());
        shutdown.cancel();
        if revoked.elapsed() < PROMISED {
            return;
        }
    }
    panic!("the last of eight was cut after {took:?}");
}

// What the edge's kernel has not sent yet is thrown away.
// H-13
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_reads_nothing_loses_its_http1_connection_when_its_ticket_is_revoked() {
    let (rig, feed) = large_rig().await;
    let (address, shutdown) = listen(&rig);
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket
        .write_all(head("GET", "large.ts", &rig, "").as_bytes())
        .await
        .unwrap();
    until(|| (open_files(&rig) > 0).then_some(())).await;
    revoke(&rig, &feed).await;
    until(|| (open_files(&rig) == 0).then_some(())).await;
    // The end is a reset, not the rest of it.
    let ended = socket.read_to_end(&mut Vec::new()).await.unwrap_err();
    assert_eq!(ended.kind(), std::io::ErrorKind::ConnectionReset);
    shutdown.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_gets_at_most_a_mebibyte_or_a_second_of_a_revoked_answer() {
    let (rig, feed) = large_rig().await;
    let (address, shutdown) = listen(&rig);
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    let mut socket = socket.connect(address).await.unwrap();
    socket
        .write_all(head("GET", "large.ts", &rig, "").as_bytes())
        .await
        .unwrap();
    let mut slowly = tokio::time::interval(Duration::from_millis(20));
    let mut buffer = vec![0; 32 * 1024];
    for _ in 0..20 {
        slowly.tick().await;
        socket.read_exact(&mut buffer).await.unwrap();
    }
    let revoked = revoke(&rig, &feed).await;
    let mut after = 0;
    // Read at 1.6 MB/s, until the end.
    while let Ok(count @ 1..) = socket.read(&mut buffer).await {
        after += count;
        slowly.tick().await;
    }
    assert!(
        after <= 1024 * 1024 || revoked.elapsed() < SOON,
        "{after} bytes in {:?}",
        revoked.elapsed()
    );
    assert!(after < 20_000_000);
    shutdown.cancel();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_http2_a_revoked_answer_is_reset_and_the_connection_serves_its_other_streams() {
    let (rig, feed) = large_rig().await;
    rig.write("small.ts", "0123456789");
    let (address, shutdown) = listen(&rig);
    let mut sender = http2(TcpStream::connect(address).await.unwrap()).await;
    // Never read: the client opens no window.
    let unread: Response<Incoming> = sender
        .send_request(request("GET", "large.ts", &rig, None))
        .await
        .unwrap();
    until(|| (open_files(&rig) > 0).then_some(())).await;
    let revoked = revoke(&rig, &feed).await;
    until(|| (open_files(&rig) == 0).then_some(())).await;
    assert!(revoked.elapsed() < SOON);
    let other = sender
        .send_request(request("GET", "small.ts", &rig, None))
        .await
        .unwrap();
    assert_eq!(other.status(), 403);
    unread.into_body().collect().await.map(drop).unwrap_err();
    shutdown.cancel();
}
