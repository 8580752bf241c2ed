//! An outage of ours is never a viewer's 401 or 403.

use std::time::{Duration, Instant};

use crate::harness::http::Answer;
use crate::harness::process::free_port;
use crate::harness::site::{Service, Site};

/// How long something may take that takes seconds on a machine with time.
const PATIENCE: Duration = Duration::from_mins(2);

/// Waits until an edge has not heard of its platform for so many seconds.
async fn until_silent_for(edge: &Service, secs: u64) {
    let started = Instant::now();
    loop {
        let health = edge.player().get_path("/health").await.expect(200).json();
        let ago = health["lastSyncAgo"].as_str().unwrap().trim_end_matches('s');
        if ago.parse::<u64>().unwrap() >= secs {
            assert_eq!(health["status"], "degraded");
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{health}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn watching_goes_on_while_the_platform_is_down() {
    let mut site = Site::apart(1, &[]).await;
    let (event, ticket) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    site.player().get(&event, "seg0.ts", &token).await.expect(200);
    site.platform.process.kill_9();
    for _ in 0..50 {
        site.player().get(&event, "stream.m3u8", &token).await.expect(200);
        site.player().get(&event, "seg0.ts", &token).await.expect(200);
    }
    site.player().get_path("/health").await.expect(200);
    site.player().get_path("/ready").await.expect(200);
}

// V-04
#[tokio::test]
async fn an_edge_that_never_heard_the_platform_is_503_until_it_does() {
    let site = Site::apart(1, &[]).await;
    let (event, ticket) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let mut lonely = site.start_edge(free_port(), &nobody, &[]);
    lonely.process.answers(&lonely.base, "/health", Some(200)).await;
    let answer = lonely
        .player()
        .get(&event, "seg0.ts", &token)
        .await
        .refused(503, "unavailable");
    assert!(answer.header("retry-after").is_some());
    lonely.player().get_path("/ready").await.expect(503);
    assert_eq!(
        lonely.player().get_path("/health").await.json()["status"],
        "starting"
    );
    // Who shows no token is told so all the same.
    let path = format!("/streams/{}/seg0.ts", event["id"].as_str().unwrap());
    lonely
        .player()
        .get_path(&path)
        .await
        .refused(401, "authorization_required");
}

#[tokio::test]
async fn without_the_feed_for_as_long_as_the_operator_says_only_sessions_seen_before_go_on() {
    let mut site = Site::apart(0, &[]).await;
    let base = site.platform.base.clone();
    let strict_after = ("FEED_STRICT_AFTER_SECONDS", "30");
    let mut open = site.start_edge(free_port(), &base, &[strict_after]);
    let mut closing = site.start_edge(free_port(), &base, &[strict_after, ("FEED_STRICT", "true")]);
    let (event, ticket) = site.event_with_ticket().await;
    let admin = site.admin();
    let (early, late, revoked) = (
        admin.ticket(&event).await,
        admin.ticket(&event).await,
        admin.ticket(&event).await,
    );
    let seen = site.viewer("a").watch(&ticket).await;
    let early = site.viewer("b").watch(&early).await;
    let late = site.viewer("c").watch(&late).await;
    let ejected = site.viewer("d").watch(&revoked).await;
    let get =
        async |edge: &Service, token: &str| -> Answer { edge.player().get(&event, "seg0.ts", token).await };
    for edge in [&mut open, &mut closing] {
        edge.ready().await;
        get(edge, &seen).await.expect(200);
        get(edge, &ejected).await.expect(200);
    }
    admin.to_ticket(&revoked, "revoke").await.expect(200);
    for edge in [&open, &closing] {
        let started = Instant::now();
        while !get(edge, &ejected).await.is(403, "ticket_revoked") {
            assert!(started.elapsed() < PATIENCE);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    site.platform.process.kill_9();
    for edge in [&open, &closing] {
        get(edge, &early).await.expect(200);
    }
    for edge in [&open, &closing] {
        until_silent_for(edge, 30).await;
    }
    for token in [&seen, &early] {
        get(&open, token).await.expect(200);
    }
    for (edge, token) in [
        (&open, &late),
        (&closing, &late),
        (&closing, &seen),
        (&closing, &early),
    ] {
        let refused = get(edge, token).await.refused(503, "unavailable");
        assert!(refused.header("retry-after").is_some());
    }
    get(&open, &ejected).await.refused(403, "ticket_revoked");

    site.platform.start_again();
    site.platform.ready().await;
    for (edge, token) in [(&open, &late), (&closing, &late), (&closing, &seen)] {
        let started = Instant::now();
        loop {
            let answer = get(edge, token).await;
            if answer.status == 200 {
                break;
            }
            answer.refused(503, "unavailable");
            assert!(started.elapsed() < PATIENCE);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
