//! claims that arrive together to the microsecond, so that nothing but the database tells them apart.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::actors::code;
use crate::harness::site::Site;

const ROUNDS: u32 = 5;
const CLAIMS: u32 = 20;
/// Beyond it the test has failed; nothing is timed.
const PATIENCE: Duration = Duration::from_secs(20);

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

fn connect(authority: &str) -> TcpStream {
    let socket = TcpStream::connect(authority).unwrap();
    socket.set_nodelay(true).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn claim(code: &str, number: u32) -> String {
    json!({ "code": code, "deviceId": format!("contender-number-{number}") }).to_string()
}

/// Fails unless one claim was let in and all others were told that the ticket is in use.
fn one_wins(bodies: &[Value]) {
    let winners = bodies
        .iter()
        .filter(|body| body["playbackToken"].is_string())
        .count();
    let losers = bodies.iter().filter(|body| body["code"] == "in_use").count();
    assert_eq!((winners, losers), (1, bodies.len() - 1), "{bodies:?}");
    assert_eq!(bodies.len(), CLAIMS as usize);
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The head of a claim in HPACK: indexed `POST` and `http`, the rest literal by the number of its name.
fn head(authority: &str) -> Vec<u8> {
    let mut head = vec![0x83, 0x86];
    for (name, value) in [
        (&[0x04][..], "/api/tokens/validate"),
        (&[0x01], authority),
        (&[0x0f, 0x10], "application/json"),
    ] {
        head.extend(name);
        head.push(u8::try_from(value.len()).unwrap());
        head.extend(value.as_bytes());
    }
    head
}

/// Sends all claims in one write over one HTTP/2 connection and returns the answers' bodies.
fn claims_in_one_packet(authority: &str, code: &str) -> Vec<Value> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &[]));
    let head = head(authority);
    for number in 0..CLAIMS {
        let stream = 2 * number + 1;
        bytes.extend(frame(HEADERS, END_HEADERS, stream, &head));
        bytes.extend(frame(DATA, END_STREAM, stream, claim(code, number).as_bytes()));
    }
    let mut socket = connect(authority);
    socket.write_all(&bytes).unwrap();
    let mut bodies: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
    let mut ended = 0;
    while ended < CLAIMS {
        let mut intro = [0; 9];
        socket.read_exact(&mut intro).expect("an answer to every claim");
        let [a, b, c, kind, flags, stream @ ..] = intro;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        socket.read_exact(&mut payload).unwrap();
        if kind == DATA {
            bodies
                .entry(u32::from_be_bytes(stream))
                .or_default()
                .extend(payload);
        }
        if matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0 {
            ended += 1;
        }
    }
    bodies
        .values()
        .map(|body| serde_json::from_slice(body).unwrap())
        .collect()
}

/// Sends each claim over a connection of its own but for its last byte, and then all last bytes at once.
fn claims_by_their_last_byte(authority: &str, code: &str) -> Vec<Value> {
    let mut sockets: Vec<(TcpStream, u8)> = (0..CLAIMS)
        .map(|number| {
            let body = claim(code, number);
            let request = format!(
                "POST /api/tokens/validate HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let (last, rest) = request.as_bytes().split_last().unwrap();
            let mut socket = connect(authority);
            socket.write_all(rest).unwrap();
            (socket, *last)
        })
        .collect();
    for (socket, last) in &mut sockets {
        socket.write_all(&[*last]).unwrap();
    }
    let answers = sockets.into_iter().map(|(mut socket, _)| {
        let mut answer = String::new();
        socket.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    });
    answers.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_claims_that_arrive_in_one_packet_exactly_one_wins() {
    let site = Site::serve().await;
    let authority = site.platform.base.strip_prefix("http://").unwrap();
    let event = site.admin().event(json!({})).await;
    for ticket in site.admin().tickets(&event, ROUNDS).await {
        one_wins(&claims_in_one_packet(authority, code(&ticket)));
    }
    for ticket in site.admin().tickets(&event, ROUNDS).await {
        one_wins(&claims_by_their_last_byte(authority, code(&ticket)));
    }
}
