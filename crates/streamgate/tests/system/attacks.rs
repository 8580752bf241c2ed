//! Attacks that cost their author little, made with tools that we did not write, on loopback: whoever is slow on purpose
//! loses the connection in time, and meanwhile everybody else is served.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::actors::id;
use crate::harness::site::Site;
use crate::harness::{SOON, until};

/// Slow connections of every test run; `STREAMGATE_SLOW_CONNECTIONS=1000` makes as many as the product promises.
const SLOW_CONNECTIONS: usize = 250;
/// Requests over HTTP/2 of every test run.
const HTTP2_REQUESTS: usize = 3_000;
/// A head may take 10 s and a body 15 s; the rest is for opening the connections and for a busy machine.
const GONE_WITHIN: Duration = Duration::from_secs(45);

fn setting(name: &str, usual: usize) -> usize {
    let set = std::env::vars().find(|(other, _)| other == name);
    set.map_or(usual, |(_, text)| text.parse().expect("a number"))
}

/// Runs slowhttptest until the server has closed all its connections; fails the test if it does not.
async fn slow(mode: &'static str, connections: usize, url: String) {
    let attack = tokio::task::spawn_blocking(move || {
        let started = Instant::now();
        let output = Command::new("slowhttptest")
            .args([
                mode,
                "-c",
                &connections.to_string(),
                "-r",
                "200",
                "-i",
                "2",
                "-x",
                "8",
                "-p",
                "20",
            ])
            .args(["-l", &(2 * GONE_WITHIN.as_secs()).to_string()])
            .args(["-f", "application/json", "-u", &url])
            .stdin(Stdio::null())
            .output()
            .expect("slowhttptest is installed");
        (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            started.elapsed(),
        )
    });
    let (said, took) = attack.await.unwrap();
    assert!(said.contains("No open connections left"), "{mode}: {said}");
    assert!(
        took < GONE_WITHIN,
        "{mode}: the last connection was closed after {took:?}"
    );
}

// H-10, H-11: slow heads and slow bodies, at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_slow_clients_are_gone_in_time_and_nobody_else_waits_for_them() {
    let site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    let before = site.platform.process.descriptors();
    let connections = setting("STREAMGATE_SLOW_CONNECTIONS", SLOW_CONNECTIONS);
    let over = Arc::new(AtomicBool::new(false));
    let honest = tokio::spawn({
        let (viewer, player, over) = (site.viewer("a"), site.player(), Arc::clone(&over));
        let (event, token) = (event.clone(), token.clone());
        async move {
            let mut served = 0;
            while !over.load(Ordering::Relaxed) {
                player.get(&event, "seg0.ts", &token).await.expect(200);
                viewer.post("heartbeat", &token).await.expect(200);
                served += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            served
        }
    });
    let validate = format!("{}/api/tokens/validate", site.platform.base);
    tokio::join!(
        slow(
            "-H",
            connections,
            format!("{}/streams/{}/seg0.ts", site.platform.base, id(&event))
        ),
        slow("-B", connections, validate),
    );
    over.store(true, Ordering::Relaxed);
    assert!(
        honest.await.unwrap() > 20,
        "the honest viewer was served all the time"
    );
    until(
        SOON,
        &format!("back to {before} descriptors"),
        || async { site.platform.process.descriptors() },
        |now| *now <= before + 8,
    )
    .await;
}

// H-16: not only our own frames: another implementation of HTTP/2, with many streams on few connections.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_over_http2_is_served_whole() {
    let site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    let count = setting("STREAMGATE_HTTP2_REQUESTS", HTTP2_REQUESTS).to_string();
    let load = Command::new("h2load")
        .args(["-n", &count, "-c", "10", "-m", "32", "-H"])
        .arg(format!("Authorization: Bearer {token}"))
        .arg(site.player().url(&event, "seg0.ts"))
        .output()
        .expect("h2load is installed");
    let said = String::from_utf8_lossy(&load.stdout);
    assert!(
        said.contains(&format!("{count} succeeded, 0 failed, 0 errored, 0 timeout")),
        "{said}"
    );
    assert!(
        said.contains(&format!("status codes: {count} 2xx, 0 3xx, 0 4xx, 0 5xx")),
        "{said}"
    );
    let _still_there: Value = site.player().get_path("/health").await.expect(200).json();
}
