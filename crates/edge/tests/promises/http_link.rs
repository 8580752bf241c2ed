//! The platform over real HTTP: pushed, polled while pushing is broken, and refused with a wrong key.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt as _;
use streamgate_contract::activity::ActivityReport;
use streamgate_contract::feed::{ChainHash, FeedCursor, FeedEvent};
use streamgate_contract::ids::EdgeId;
use streamgate_contract::time::UnixMillis;
use streamgate_edge::{HttpPlatformLink, LinkError, PlatformLink as _};
use streamgate_serving::api_key::ApiKey;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::{API_KEY, epoch};

const HEAD: &str =
    r#"{"epoch":"e1","seq":4,"h":"0000000000000000","now":"2026-11-24T12:00:00.000Z","records":[]}"#;
const RECORD: &str = r#"{"seq":5,"kind":"event_on","eventId":"evt","h":"00000000000000aa"}"#;

/// A platform that answers each request as `answer` says and remembers what it was asked.
struct HttpPlatform {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl HttpPlatform {
    async fn new(answer: fn(&str) -> String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let seen = Arc::clone(&seen);
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    let is_whole = |request: &[u8]| {
                        let text = String::from_utf8_lossy(request).into_owned();
                        let (head, body) = text.split_once("\r\n\r\n")?;
                        let length = head
                            .lines()
                            .find_map(|line| line.strip_prefix("content-length: "));
                        (body.len() >= length.map_or(0, |length| length.parse().unwrap())).then_some(text)
                    };
                    let text = loop {
                        if let Some(text) = is_whole(&request) {
                            break text;
                        }
                        let mut piece = [0; 4096];
                        let count = socket.read(&mut piece).await.unwrap();
                        request.extend_from_slice(&piece[..count]);
                    };
                    seen.lock().unwrap().push(text.clone());
                    socket.write_all(answer(&text).as_bytes()).await.unwrap();
                });
            }
        });
        Self { address, requests }
    }

    fn link(&self) -> HttpPlatformLink {
        let url = format!("http://{}/base", self.address).parse().unwrap();
        let key = ApiKey::new(API_KEY).unwrap();
        HttpPlatformLink::new(url, key, Duration::from_secs(1)).unwrap()
    }

    fn request(&self, number: usize) -> String {
        self.requests.lock().unwrap()[number].clone()
    }
}

fn answer(status: &str, content_type: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n{body}")
}

fn cursor() -> FeedCursor {
    FeedCursor {
        after: 4,
        h: ChainHash::GENESIS,
        epoch: epoch("e1"),
    }
}

#[tokio::test]
async fn the_feed_is_pushed_from_the_cursor_on() {
    let platform = HttpPlatform::new(|_| {
        answer(
            "200 OK",
            "text/event-stream",
            &format!("event: record\ndata: {RECORD}\n\nevent: head\ndata: {HEAD}\n\n"),
        )
    })
    .await;
    let events: Vec<_> = platform.link().subscribe(Some(cursor())).collect().await;
    assert!(matches!(&events[0], Ok(FeedEvent::Record(record)) if record.seq == 5));
    assert!(matches!(&events[1], Ok(FeedEvent::Head(head)) if head.seq == 4));
    let request = platform.request(0);
    assert!(
        request.starts_with("GET /base/api/internal/feed?after=4&h=0000000000000000&epoch=e1 HTTP/1.1\r\n")
    );
    assert!(request.contains("accept: text/event-stream") && request.contains(API_KEY));
}

#[tokio::test]
async fn without_a_cursor_none_of_the_three_is_sent() {
    let platform = HttpPlatform::new(|_| answer("503 No", "text/plain", "")).await;
    let events: Vec<_> = platform.link().subscribe(None).collect().await;
    assert_eq!(events, [Err(LinkError::Status(503))]);
    assert!(
        platform
            .request(0)
            .starts_with("GET /base/api/internal/feed HTTP/1.1\r\n")
    );
}

// V-11
#[tokio::test]
async fn while_pushing_is_broken_the_feed_is_polled_and_pushing_is_tried_again_later() {
    let platform = HttpPlatform::new(|request| {
        if request.contains("accept: application/json") {
            answer("200 OK", "application/json", HEAD)
        } else {
            answer("502 Bad", "text/html", "<html>a proxy</html>")
        }
    })
    .await;
    let link = platform.link();
    let first: Vec<_> = link.subscribe(Some(cursor())).collect().await;
    assert_eq!(first, [Err(LinkError::Status(502))]);
    let polled: Vec<_> = link.subscribe(Some(cursor())).collect().await;
    assert!(matches!(&polled[..], [Ok(FeedEvent::Head(_))]), "{polled:?}");
    assert!(platform.request(1).contains("epoch=e1&wait=25"));
    // The platform did not hold the request, so the interval paces the next one; then the push's turn comes.
    let started = std::time::Instant::now();
    let polled: Vec<_> = link.subscribe(Some(cursor())).collect().await;
    assert!(polled[0].is_ok() && started.elapsed() > Duration::from_millis(800));
    let pushed: Vec<_> = link.subscribe(Some(cursor())).collect().await;
    assert_eq!(pushed, [Err(LinkError::Status(502))]);
}

#[tokio::test]
async fn a_wrong_key_and_redirects_are_told_apart_from_silence() {
    let platform = HttpPlatform::new(|_| answer("401 No", "application/json", "{}")).await;
    let events: Vec<_> = platform.link().subscribe(None).collect().await;
    assert_eq!(events, [Err(LinkError::Unauthorized)]);
    let platform =
        HttpPlatform::new(|_| "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n\r\n".to_owned()).await;
    let events: Vec<_> = platform.link().subscribe(None).collect().await;
    assert_eq!(events, [Err(LinkError::Status(302))]);
}

#[tokio::test]
async fn reports_are_posted_under_the_edges_name() {
    let platform = HttpPlatform::new(|_| "HTTP/1.1 204 No Content\r\n\r\n".to_owned()).await;
    let report = ActivityReport {
        version: "1".to_owned(),
        mode: "local".to_owned(),
        now: UnixMillis(0),
        epoch: None,
        applied_seq: None,
        sessions: vec![],
    };
    let edge = EdgeId::parse("edge-1").unwrap();
    platform.link().report(&edge, report).await.unwrap();
    let request = platform.request(0);
    assert!(request.starts_with("POST /base/api/internal/edges/edge-1 HTTP/1.1\r\n"));
    assert!(request.contains(API_KEY) && request.contains("\"appliedSeq\":null"));
}
