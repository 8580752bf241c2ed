//! The eighteen cases of a ticket's life.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use streamgate_contract::time::UnixMillis;

use crate::harness::actors::{HOUR_MS, claims, code, id, sign, token_of};
use crate::harness::media::SEGMENT;
use crate::harness::site::Site;
use crate::harness::{SOON, now_ms, until};

#[tokio::test]
async fn a_valid_ticket_plays_and_its_token_carries_a_session() {
    let site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    let answer = site.viewer("a").validate(code(&ticket)).await.expect(200);
    let token = token_of(&answer);
    let said = claims(&token);
    assert_eq!(said.event_id.as_str(), id(&event));
    assert_eq!(said.code.as_str(), code(&ticket));
    assert_eq!(said.session_id.to_string().len(), 36);
    let body = answer.json();
    assert_eq!(body["streamPath"], format!("/streams/{}/stream.m3u8", id(&event)));
    assert_eq!(body["playbackBaseUrl"], "");
    assert_eq!(body["status"], "recording");
    let playlist = site.player().get(&event, "stream.m3u8", &token).await.expect(200);
    assert_eq!(
        playlist.header("content-type"),
        Some("application/vnd.apple.mpegurl")
    );
    assert_eq!(
        site.player()
            .get(&event, "seg0.ts", &token)
            .await
            .expect(200)
            .body,
        SEGMENT
    );
}

#[tokio::test]
async fn an_unknown_code_is_401() {
    let site = Site::serve().await;
    let unknown = site
        .viewer("a")
        .validate("AAAAbbbb2222")
        .await
        .refused(401, "invalid_code");
    let malformed = site
        .viewer("a")
        .validate("no code")
        .await
        .refused(401, "invalid_code");
    assert_eq!(unknown.body, malformed.body);
}

#[tokio::test]
async fn an_expired_ticket_is_410_and_says_since_when() {
    let site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    let ended = UnixMillis((now_ms() - 2 * HOUR_MS) / 1_000 * 1_000);
    let changes = json!({
        "startsAt": UnixMillis(now_ms() - 5 * HOUR_MS).to_iso(),
        "endsAt": ended.to_iso(),
        "accessWindowHours": 1,
    });
    site.admin().edit(&event, changes).await.expect(200);
    let answer = site
        .viewer("a")
        .validate(code(&ticket))
        .await
        .refused(410, "ticket_expired");
    assert_eq!(answer.json()["expiredAt"], ended.plus_millis(HOUR_MS).to_iso());
}

#[tokio::test]
async fn a_revoked_ticket_is_403() {
    let site = Site::serve().await;
    let (_, ticket) = site.event_with_ticket().await;
    site.admin().to_ticket(&ticket, "revoke").await.expect(200);
    site.viewer("a")
        .validate(code(&ticket))
        .await
        .refused(403, "ticket_revoked");
}

#[tokio::test]
async fn a_ticket_of_a_deactivated_event_is_403() {
    let site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    site.admin().to_event(&event, "deactivate").await.expect(200);
    site.viewer("a")
        .validate(code(&ticket))
        .await
        .refused(403, "event_unavailable");
}

#[tokio::test]
async fn a_second_device_is_told_that_the_ticket_is_in_use() {
    let site = Site::serve().await;
    let (_, ticket) = site.event_with_ticket().await;
    site.viewer("a").watch(&ticket).await;
    let answer = site
        .viewer("b")
        .validate(code(&ticket))
        .await
        .refused(409, "in_use");
    assert_eq!(answer.json()["inUse"], true);
}

#[tokio::test]
async fn a_session_that_fell_silent_can_be_claimed_by_another_device() {
    let site = Site::serve_with(&[("SESSION_TIMEOUT_SECONDS", "1")]).await;
    let (_, ticket) = site.event_with_ticket().await;
    site.viewer("a").watch(&ticket).await;
    site.viewer("b")
        .validate(code(&ticket))
        .await
        .refused(409, "in_use");
    let other = site.viewer("b");
    let claim = || other.validate(code(&ticket));
    until(SOON, "the session lapses", claim, |answer| answer.status == 200).await;
}

#[tokio::test]
async fn heartbeats_keep_others_out_beyond_the_timeout() {
    let site = Site::serve_with(&[("SESSION_TIMEOUT_SECONDS", "1")]).await;
    let (_, ticket) = site.event_with_ticket().await;
    let viewer = site.viewer("a");
    let token = viewer.watch(&ticket).await;
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(4) {
        viewer.post("heartbeat", &token).await.expect(200);
        site.viewer("b")
            .validate(code(&ticket))
            .await
            .refused(409, "in_use");
    }
}

#[tokio::test]
async fn release_frees_the_ticket() {
    let site = Site::serve().await;
    let (_, ticket) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    site.viewer("a").post("release", &token).await.expect(200);
    site.viewer("b").validate(code(&ticket)).await.expect(200);
}

#[tokio::test]
async fn an_expired_token_is_403_at_the_edge() {
    let site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    let mut said = claims(&site.viewer("a").watch(&ticket).await);
    let now = now_ms() / 1_000;
    (said.issued_at, said.expires_at) = (now - 60, now - 6);
    site.player()
        .get(&event, "stream.m3u8", &sign(&said))
        .await
        .refused(403, "token_expired");
}

// J-18
#[tokio::test]
async fn a_token_opens_no_other_event() {
    let site = Site::serve().await;
    let (_, ticket) = site.event_with_ticket().await;
    let (other, _) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    let answer = site
        .player()
        .get(&other, "stream.m3u8", &token)
        .await
        .refused(403, "access_denied");
    assert_eq!(
        answer.text(),
        r#"{"error":"Access denied","code":"access_denied"}"#
    );
    let unsigned = site
        .player()
        .get_path(&format!("/streams/{}/stream.m3u8", id(&other)))
        .await;
    unsigned.refused(401, "authorization_required");
}

#[tokio::test]
async fn refresh_keeps_the_session() {
    let site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    let answer = site.viewer("a").post("refresh", &token).await.expect(200);
    let fresh = token_of(&answer);
    assert_eq!(claims(&fresh).session_id, claims(&token).session_id);
    assert!(answer.json()["tokenExpiresIn"].as_i64().unwrap() > 3_590);
    site.player().get(&event, "stream.m3u8", &fresh).await.expect(200);
}

#[tokio::test]
async fn refresh_of_a_revoked_ticket_is_403() {
    let site = Site::serve().await;
    let (_, ticket) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    site.admin().to_ticket(&ticket, "revoke").await.expect(200);
    site.viewer("a")
        .post("refresh", &token)
        .await
        .refused(403, "ticket_revoked");
}

#[tokio::test]
async fn a_heartbeat_of_a_live_session_is_200() {
    let site = Site::serve().await;
    let (_, ticket) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    let answer = site.viewer("a").post("heartbeat", &token).await.expect(200);
    assert_eq!(answer.json(), json!({ "ok": true }));
}

#[tokio::test]
async fn a_heartbeat_after_the_timeout_or_a_release_is_404_with_its_reason() {
    let site = Site::serve_with(&[("SESSION_TIMEOUT_SECONDS", "1")]).await;
    let (event, ticket) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    // A heartbeat would keep the session alive; the organiser's view of it does not.
    let (admin, path) = (site.admin(), format!("/api/admin/events/{}", id(&event)));
    let watching = || admin.send(Method::GET, &path, None);
    until(SOON, "the session lapses", watching, |answer| {
        answer.json()["data"]["liveViewers"] == 0
    })
    .await;
    let lapsed = site
        .viewer("a")
        .post("heartbeat", &token)
        .await
        .refused(404, "session_not_found");
    assert_eq!(lapsed.json()["reason"], "lapsed");

    let ticket = site.admin().ticket(&event).await;
    let token = site.viewer("a").watch(&ticket).await;
    site.viewer("a").post("release", &token).await.expect(200);
    let released = site
        .viewer("a")
        .post("heartbeat", &token)
        .await
        .refused(404, "session_not_found");
    assert_eq!(released.json()["reason"], "released");
}

#[tokio::test]
async fn release_is_200_also_the_second_time_and_ends_no_newer_session() {
    let site = Site::serve().await;
    let (_, ticket) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    let answer = site.viewer("a").post("release", &token).await.expect(200);
    assert_eq!(answer.json(), json!({ "released": true }));
    let newer = site.viewer("b").watch(&ticket).await;
    site.viewer("a").post("release", &token).await.expect(200);
    site.viewer("b").post("heartbeat", &newer).await.expect(200);
}

#[tokio::test]
async fn a_token_in_the_query_is_accepted() {
    let site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    let path = format!("/streams/{}/seg0.ts?__token={token}", id(&event));
    assert_eq!(site.player().get_path(&path).await.expect(200).body, SEGMENT);
}

#[tokio::test]
async fn the_sixth_failed_validation_in_a_minute_is_429_while_a_real_code_works() {
    let site = Site::serve().await;
    let (_, ticket) = site.event_with_ticket().await;
    for _ in 0..5 {
        site.viewer("a")
            .validate("AAAAbbbb2222")
            .await
            .refused(401, "invalid_code");
    }
    let answer = site
        .viewer("a")
        .validate("AAAAbbbb2222")
        .await
        .refused(429, "rate_limited");
    let wait: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    site.viewer("a").validate(code(&ticket)).await.expect(200);
}
