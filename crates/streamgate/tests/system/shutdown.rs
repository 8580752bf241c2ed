//! SIGTERM finishes what is running and ends the rest at once.

use std::fs;
use std::io::Read;
use std::time::Duration;

use futures_util::StreamExt as _;
use rustix::process::Signal;

use crate::harness::actors::id;
use crate::harness::http::client;
use crate::harness::site::Site;
use crate::harness::{INTERNAL_KEY, raw};

/// More than what fits into the buffers of a socket.
const LARGE_BYTES: usize = 24 << 20;
const DRAIN: Duration = Duration::from_secs(10);

// O-02
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_lets_a_slow_download_finish_and_exits_0() {
    let mut site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    fs::write(site.event_folder(&event).join("large.ts"), vec![7; LARGE_BYTES]).unwrap();
    let token = site.viewer("a").watch(&ticket).await;
    let target = format!("/streams/{}/large.ts", id(&event));
    let mut stream = raw::ask(&site.platform.base, target.as_bytes(), &token);
    let mut begin = vec![0; 64 << 10];
    stream.read_exact(&mut begin).unwrap();
    site.platform.process.signal(Signal::TERM);
    // The listener is closed once nobody can connect any more; only then the rest is read.
    let base = site.platform.base.clone();
    let connect = || {
        let address = base.strip_prefix("http://").unwrap().to_owned();
        async move { std::net::TcpStream::connect(address).is_err() }
    };
    crate::harness::until(DRAIN, "no new connections", connect, |refused| *refused).await;
    let download = tokio::task::spawn_blocking(move || {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).map(|_| rest)
    });
    let rest = download.await.unwrap().unwrap();
    begin.extend(rest);
    let head = begin.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(begin.len() - head, LARGE_BYTES);
    assert_eq!(site.platform.process.end(DRAIN).await.code(), Some(0));
}

#[tokio::test]
async fn open_feed_streams_do_not_delay_the_end() {
    let mut site = Site::apart(2, &[]).await;
    let feed = client()
        .get(format!("{}/api/internal/feed", site.platform.base))
        .header("x-internal-api-key", INTERNAL_KEY)
        .header("accept", "text/event-stream");
    let feed = feed.send().await.unwrap();
    assert_eq!(feed.headers()["content-type"], "text/event-stream");
    let mut feed = feed.bytes_stream();
    feed.next().await.unwrap().unwrap();
    site.platform.process.signal(Signal::TERM);
    let quickly = Duration::from_secs(3);
    assert_eq!(site.platform.process.end(quickly).await.code(), Some(0));
    while let Some(chunk) = feed.next().await {
        if chunk.is_err() {
            break;
        }
    }
    for edge in &mut site.edges {
        edge.process.signal(Signal::INT);
        assert_eq!(edge.process.end(quickly).await.code(), Some(0));
    }
}
