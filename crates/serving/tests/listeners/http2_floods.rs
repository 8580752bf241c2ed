//! promises: what HTTP/2 lets a client ask for cheaply costs the server little, and ends the connection.

use crate::support::{GET, PATIENCE, SHORT, Server, patient, read_until};
use bytes::Bytes;
use http_body_util::Full;
use streamgate_serving::listeners::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// `GET http://a/` in HPACK: three indexed fields and `:authority`.
const REQUEST: &[u8] = &[0x82, 0x86, 0x84, 0x41, 0x01, b'a'];

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

async fn greet(server: &Server) -> TcpStream {
    let mut socket = server.connect().await;
    let greeting = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(),
        &frame(SETTINGS, 0, 0, &[]),
    ]
    .concat();
    socket.write_all(&greeting).await.unwrap();
    socket
}

/// Sends all that the server takes, and returns what it says until it closes.
async fn flood(mut socket: TcpStream, bytes: Vec<u8>) -> Vec<u8> {
    let (mut from, mut to) = socket.split();
    let mut said = Vec::new();
    let exchange = async {
        // The server may close before it has taken all; a reset is a close too.
        let _ignored = tokio::join!(to.write_all(&bytes), from.read_to_end(&mut said));
    };
    timeout(PATIENCE, exchange).await.unwrap();
    said
}

/// Returns kind and payload of every whole frame.
fn frames(mut said: &[u8]) -> Vec<(u8, &[u8])> {
    let mut frames = Vec::new();
    while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = said {
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        let Some((payload, after)) = rest.split_at_checked(length) else {
            break;
        };
        frames.push((*kind, payload));
        said = after;
    }
    frames
}

/// Returns the code of the first GOAWAY frame.
fn goaway(said: &[u8]) -> Option<u32> {
    let all = frames(said);
    let (_, payload) = all.iter().find(|(kind, _)| *kind == GOAWAY)?;
    let code = payload.get(4..8)?;
    Some(u32::from_be_bytes(code.try_into().unwrap()))
}

async fn serves_others(server: &Server) {
    let mut other = server.connect().await;
    other.write_all(GET).await.unwrap();
    read_until(&mut other, "hello").await;
}

// H-16: CVE-2023-44487.
#[tokio::test]
async fn requests_that_are_reset_at_once_end_their_connection() {
    let server = Server::hello(patient());
    let mut bytes = Vec::new();
    for request in 0..10_000 {
        let stream = 2 * request + 1;
        bytes.extend(frame(HEADERS, END_STREAM | END_HEADERS, stream, REQUEST));
        bytes.extend(frame(RST_STREAM, 0, stream, &8u32.to_be_bytes()));
    }
    let said = flood(greet(&server).await, bytes).await;
    assert!(matches!(goaway(&said), None | Some(0x0b)), "{:?}", goaway(&said));
    serves_others(&server).await;
}

// H-17: CVE-2025-8671. The client breaks a rule of each stream, so that it is the server who resets it, and the requests
// that it has begun go on uncounted.
#[tokio::test]
async fn requests_that_make_the_server_reset_them_end_their_connection() {
    let empty_window = 0u32.to_be_bytes();
    let broken: [(u8, u8, &[u8]); 3] = [
        (WINDOW_UPDATE, 0, &empty_window),
        (DATA, END_STREAM, b"after the end"),
        (HEADERS, END_STREAM | END_HEADERS, REQUEST),
    ];
    for (kind, flags, payload) in broken {
        // Nobody answers, so that every stream is open when its rule is broken.
        let server = Server::start(patient(), |_| {
            std::future::pending::<http::Response<Full<Bytes>>>()
        });
        let mut bytes = Vec::new();
        for request in 0..5_000 {
            let stream = 2 * request + 1;
            bytes.extend(frame(HEADERS, END_STREAM | END_HEADERS, stream, REQUEST));
            bytes.extend(frame(kind, flags, stream, payload));
        }
        let said = flood(greet(&server).await, bytes).await;
        let resets = frames(&said)
            .iter()
            .filter(|(kind, _)| *kind == RST_STREAM)
            .count();
        assert!(
            resets <= 1_100,
            "frames of kind {kind} made the server reset {resets} streams"
        );
    }
}

// H-20: what HTTP/1.1 would understand differently, or not at all, is never handed on.
#[tokio::test]
async fn heads_that_mean_nothing_in_http2_are_never_answered_200() {
    let server = Server::hello(patient());
    let literal = |name: &str, value: &str| {
        let length = |text: &str| u8::try_from(text.len()).unwrap();
        [
            &[0x00, length(name)],
            name.as_bytes(),
            &[length(value)],
            value.as_bytes(),
        ]
        .concat()
    };
    let good = [&[0x82, 0x86, 0x84][..], &literal(":authority", "a")].concat();
    let heads = [
        [&good[..], &literal(":path", "/other")].concat(),
        [&[0x82, 0x86][..], &literal(":path", "")].concat(),
        [&[0x82, 0x86][..], &literal(":path", "/a b")].concat(),
        [&[0x82, 0x86][..], &literal(":path", "no-slash")].concat(),
        [&good[..], &literal(":unknown", "x")].concat(),
        [&good[..], &literal("x", "1"), &literal(":method", "POST")].concat(),
        [&good[..], &literal("X-Upper", "1")].concat(),
        [&good[..], &literal("transfer-encoding", "chunked")].concat(),
        [&good[..], &literal("connection", "keep-alive")].concat(),
        [&good[..], &literal("x", "a\r\nsmuggled: 1")].concat(),
        [&good[..], &literal("x", "a\0b")].concat(),
        [&good[..], &literal("a b", "1")].concat(),
        [&good[..], &literal("host", "a"), &literal("host", "b")].concat(),
        [&good[..], &literal("content-length", "5")].concat(),
    ];
    for head in heads {
        let mut socket = greet(&server).await;
        let request = frame(HEADERS, END_STREAM | END_HEADERS, 1, &head);
        socket.write_all(&request).await.unwrap();
        socket.shutdown().await.unwrap();
        let said = flood(socket, Vec::new()).await;
        // `:status: 200` is the single byte 0x88.
        let answered = frames(&said)
            .iter()
            .any(|(kind, payload)| *kind == HEADERS && payload.first() == Some(&0x88));
        assert!(!answered, "{:?}", String::from_utf8_lossy(&head));
    }
    let mut socket = greet(&server).await;
    socket
        .write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &good))
        .await
        .unwrap();
    socket.shutdown().await.unwrap();
    let said = flood(socket, Vec::new()).await;
    assert!(
        frames(&said)
            .iter()
            .any(|(kind, payload)| *kind == HEADERS && payload.first() == Some(&0x88))
    );
}

// H-19: a header block that never ends.
#[tokio::test]
async fn a_head_in_endless_continuations_ends_its_connection() {
    let server = Server::hello(patient());
    let mut bytes = frame(HEADERS, END_STREAM, 1, REQUEST);
    // A literal field without indexing, again and again.
    let field = [&[0x00, 0x01, b'x', 0x7f, 0x00][..], &[b'y'; 127]].concat();
    let block = field.repeat(100);
    for _ in 0..400 {
        bytes.extend(frame(CONTINUATION, 0, 1, &block));
    }
    flood(greet(&server).await, bytes).await;
    serves_others(&server).await;
}

// H-19: whoever only talks about settings asks for nothing, and has no longer than a request head.
#[tokio::test]
async fn settings_without_end_are_no_request() {
    let server = Server::hello(Limits {
        header_timeout: SHORT,
        ..patient()
    });
    let mut socket = greet(&server).await;
    let settings = frame(SETTINGS, 0, 0, &[]).repeat(100);
    let flooded = async { while socket.write_all(&settings).await.is_ok() {} };
    timeout(PATIENCE, flooded).await.expect("the connection was kept");
    serves_others(&server).await;
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}

// H-18: CVE-2026-49975. Few bytes on the wire stand for megabytes of fields, in every stream that may be open.
#[tokio::test]
async fn fields_that_are_sent_by_reference_fill_no_memory() {
    let server = Server::hello(patient());
    let before = resident_bytes();
    let mut sockets = Vec::new();
    for _ in 0..10 {
        let mut socket = greet(&server).await;
        // The first request puts a field of 3,000 bytes into the table; the others refer to it 4,000 times.
        let literal = [&[0x40, 0x01, b'x', 0x7f, 0xb9, 0x16][..], &[b'y'; 3_000]].concat();
        let first = [REQUEST, &literal].concat();
        socket
            .write_all(&frame(HEADERS, END_STREAM | END_HEADERS, 1, &first))
            .await
            .unwrap();
        let bomb = [&[0x82, 0x86, 0x84][..], &[0xbe; 4_000]].concat();
        for request in 1..64 {
            let bomb = frame(HEADERS, END_STREAM | END_HEADERS, 2 * request + 1, &bomb);
            if socket.write_all(&bomb).await.is_err() {
                break;
            }
        }
        sockets.push(socket);
    }
    serves_others(&server).await;
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 32 * 1024 * 1024, "{grown} bytes");
}
