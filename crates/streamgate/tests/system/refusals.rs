//! What is taken away is refused at the edge within a second, and after any crash.

use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::actors::code;
use crate::harness::http::{client, send};
use crate::harness::site::Site;
use crate::harness::{A_SECOND, media, until};

/// A viewer's place, and what the edge must say once it is lost.
struct Lost {
    event: Value,
    token: String,
    reason: &'static str,
}

/// Waits until every edge answers `status` (and `reason`, if any) to the token: each within a second from now.
async fn everywhere(site: &Site, event: &Value, token: &str, status: u16, reason: Option<&str>) {
    let started = Instant::now();
    for player in site.players() {
        let left = A_SECOND.saturating_sub(started.elapsed());
        let ask = || player.get(event, "seg0.ts", token);
        until(
            left,
            &format!("{status} {reason:?} at {}", player.base),
            ask,
            |answer| reason.map_or(answer.status == status, |reason| answer.is(status, reason)),
        )
        .await;
    }
}

/// Makes a viewer lose his place in each possible way; every edge must refuse each within a second.
async fn lose_in_every_way(site: &Site) -> Vec<Lost> {
    let admin = site.admin();
    let mut lost = Vec::new();
    for (way, reason) in [
        ("revoke", "ticket_revoked"),
        ("deactivate", "event_unavailable"),
        ("delete", "event_unavailable"),
        ("release", "session_ended"),
        ("take over", "session_ended"),
        ("end-session", "session_ended"),
    ] {
        let policy = if way == "take over" { "takeover" } else { "block" };
        let event = admin.event(json!({ "title": way, "devicePolicy": policy })).await;
        media::small_recording(&site.event_folder(&event));
        let ticket = admin.ticket(&event).await;
        let token = site.viewer("a").watch(&ticket).await;
        everywhere(site, &event, &token, 200, None).await;
        match way {
            "revoke" => admin.to_ticket(&ticket, "revoke").await.expect(200),
            "deactivate" => admin.to_event(&event, "deactivate").await.expect(200),
            "delete" => admin.delete(&event).await.expect(204),
            "release" => site.viewer("a").post("release", &token).await.expect(200),
            "take over" => site.viewer("b").validate(code(&ticket)).await.expect(200),
            _ => {
                let path = format!("/api/admin/tokens/{}/end-session", ticket["id"].as_str().unwrap());
                admin.send(reqwest::Method::POST, &path, None).await.expect(200)
            }
        };
        everywhere(site, &event, &token, 403, Some(reason)).await;
        lost.push(Lost { event, token, reason });
    }
    lost
}

// V-02
#[tokio::test]
async fn on_one_port_every_loss_is_refused_within_a_second_with_its_reason() {
    let site = Site::serve().await;
    lose_in_every_way(&site).await;
}

// V-01
#[tokio::test]
async fn on_three_edges_every_loss_is_refused_within_a_second_with_its_reason() {
    let site = Site::apart(3, &[]).await;
    lose_in_every_way(&site).await;
}

#[tokio::test]
async fn what_is_given_back_plays_again_within_a_second_on_every_edge() {
    for site in [Site::serve().await, Site::apart(3, &[]).await] {
        let admin = site.admin();
        let (event, ticket) = site.event_with_ticket().await;
        let token = site.viewer("a").watch(&ticket).await;
        admin.to_ticket(&ticket, "revoke").await.expect(200);
        everywhere(&site, &event, &token, 403, Some("ticket_revoked")).await;
        admin.to_ticket(&ticket, "unrevoke").await.expect(200);
        everywhere(&site, &event, &token, 200, None).await;
        admin.to_event(&event, "deactivate").await.expect(200);
        everywhere(&site, &event, &token, 403, Some("event_unavailable")).await;
        admin.to_event(&event, "reactivate").await.expect(200);
        everywhere(&site, &event, &token, 200, None).await;
    }
}

// V-03
#[tokio::test]
async fn an_edge_killed_and_restarted_without_the_platform_forgets_nothing() {
    let mut site = Site::apart(1, &[]).await;
    let (good_event, good_ticket) = site.event_with_ticket().await;
    let good = site.viewer("a").watch(&good_ticket).await;
    let lost = lose_in_every_way(&site).await;

    // The state must be on the disk within a second; every loss made one record at least.
    let file = site.edges[0].data_dir().join("edge-state.json");
    let health = site.player().get_path("/health").await.json();
    let stored = format!("\"seq\":{}", health["feedSeq"]);
    let read = || {
        let file = file.clone();
        async move { std::fs::read_to_string(file).unwrap_or_default() }
    };
    until(A_SECOND, "the deny state is stored", read, |text| {
        text.contains(&stored)
    })
    .await;
    site.edges[0].process.kill_9();
    site.platform.process.kill_9();
    site.edges[0].start_again();
    site.edges[0].ready().await;

    for Lost { event, token, reason } in &lost {
        site.player()
            .get(event, "seg0.ts", token)
            .await
            .refused(403, reason);
    }
    site.player().get(&good_event, "seg0.ts", &good).await.expect(200);
}

// V-07
#[tokio::test]
async fn the_feed_is_401_for_a_wrong_or_missing_internal_key() {
    let site = Site::apart(0, &[]).await;
    for path in [
        "/api/internal/feed",
        "/api/revocations?since=2026-01-01T00:00:00Z",
    ] {
        let url = format!("{}{path}", site.platform.base);
        send(client().get(&url)).await.refused(401, "unauthorized");
        let wrong = client()
            .get(&url)
            .header("x-internal-api-key", "another-internal-key");
        send(wrong).await.refused(401, "unauthorized");
    }
}
