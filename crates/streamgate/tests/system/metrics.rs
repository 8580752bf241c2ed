//! The operations listener: what is shown is what the reference lists, and nothing in it is a secret (L-06).

use std::collections::BTreeSet;
use std::fs;

use crate::harness::actors::id;
use crate::harness::http::client;
use crate::harness::process::free_port;
use crate::harness::site::Site;
use crate::harness::{INTERNAL_KEY, SIGNING_SECRET};

const REFERENCE: &str = include_str!("../../../../docs/reference/metrics.md");

/// Returns the families that a text shows, as the reference writes them: counters with their suffix.
fn shown(text: &str) -> BTreeSet<(String, String)> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types
        .map(|line| {
            let (name, kind) = line.split_once(' ').unwrap();
            let suffix = if kind == "counter" { "_total" } else { "" };
            (format!("{name}{suffix}"), kind.to_owned())
        })
        .collect()
}

fn listed() -> BTreeSet<(String, String)> {
    let rows = REFERENCE
        .lines()
        .filter_map(|line| line.strip_prefix("| `streamgate_"));
    rows.map(|row| {
        let (name, rest) = row.split_once("` | ").unwrap();
        let kind = rest.split(" |").next().unwrap();
        (format!("streamgate_{name}"), kind.to_owned())
    })
    .collect()
}

// L-02
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn metrics_are_those_of_the_reference_and_hold_no_secret_and_no_text_of_clients() {
    let ops = format!("127.0.0.1:{}", free_port());
    let site = Site::serve_with(&[("OPS_ADDR", &ops)]).await;
    let (event, ticket) = site.event_with_ticket().await;
    fs::write(site.event_folder(&event).join("a.ts"), "0123456789").unwrap();
    let token = site.viewer("a").watch(&ticket).await;
    let base = &site.platform.base;
    let media = format!("{base}/streams/{}/a.ts", id(&event));
    for (target, token) in [
        (&media, token.as_str()),
        (&media, "canary-token"),
        (&format!("{base}/canary-path"), "x"),
    ] {
        let answer = client().get(target).bearer_auth(token).send().await.unwrap();
        answer.bytes().await.unwrap();
    }
    let text = client()
        .get(format!("http://{ops}/metrics"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(shown(&text), listed());
    assert!(
        text.contains("streamgate_edge_requests_total{outcome=\"ok\"} "),
        "{text}"
    );
    assert!(
        text.contains("streamgate_edge_requests_total{outcome=\"access_denied\"} 1\n"),
        "{text}"
    );
    assert!(text.contains("streamgate_edge_sent_bytes_total"), "{text}");
    assert!(text.contains("streamgate_edge_cache_hits_total 0\n"), "{text}");
    assert!(
        text.contains("route=\"/api/tokens/validate\",status=\"200\"} 1\n"),
        "{text}"
    );
    let code = ticket["code"].as_str().unwrap();
    for secret in [
        code,
        &token,
        id(&event),
        "canary",
        "127.0.0.1",
        INTERNAL_KEY,
        SIGNING_SECRET,
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
    // The public listener shows nothing.
    assert_ne!(
        client()
            .get(format!("{base}/metrics"))
            .send()
            .await
            .unwrap()
            .headers()["content-type"],
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
}
