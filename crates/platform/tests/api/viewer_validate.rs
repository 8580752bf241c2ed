//! A code becomes a session and a playback token, or the viewer is told why not.

use http::Method;
use serde_json::json;
use streamgate_contract::claims::Claims;
use streamgate_contract::stream_state::StreamState;
use streamgate_contract::time::UnixMillis;

use crate::harness::{Kind, NOON, TestPlatform, code, id, request, token};

on_both_databases! {
    async fn a_valid_code_is_answered_with_everything_that_a_player_needs(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        platform.probe.set(id(&event), Some(StreamState::Live));

        let answer = platform.viewer("anna").validate(code(&ticket)).await.expect(200);

        assert_eq!(answer.header("cache-control"), "no-store");
        let body = answer.json();
        assert_eq!(body["event"], json!({
            "id": event["id"], "title": "A concert", "description": "With everybody.",
            "startsAt": event["startsAt"], "endsAt": event["endsAt"], "posterUrl": null, "isLive": true,
        }));
        assert_eq!(body["playbackBaseUrl"], "");
        assert_eq!(body["streamPath"], format!("/streams/{}/stream.m3u8", id(&event)));
        assert_eq!(body["expiresAt"], ticket["expiresAt"]);
        assert_eq!(body["tokenExpiresIn"], 3_600);
        assert_eq!(body["serverTime"], UnixMillis(NOON).to_iso());
        assert_eq!(body["status"], "live");
        let claims = platform.verifier().verify(&token(&answer), UnixMillis(NOON)).unwrap();
        let Claims::Playback(claims) = claims else { panic!("a probe token") };
        assert_eq!(claims.code.as_str(), code(&ticket));
        assert_eq!(claims.event_id.as_str(), id(&event));
        assert_eq!((claims.issued_at, claims.expires_at), (NOON / 1_000, NOON / 1_000 + 3_600));
    }

    //
    async fn a_code_is_taken_as_people_type_it_but_for_its_case(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let code = code(&ticket);
        let typed = format!("  {}-{} {} ", &code[..4], &code[4..8], &code[8..]);
        anna.validate(&typed).await.expect(200);
        let swapped: String = code
            .chars()
            .map(|letter| if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() })
            .collect();
        anna.validate(&swapped).await.refused(401, "invalid_code");
    }

    //
    async fn unknown_and_malformed_codes_get_the_same_bytes(platform: TestPlatform) {
        let mut bodies = Vec::new();
        for (index, text) in ["aB3dE6gH9jK2", "", "short", "aB3dE6gH9jK2x", "ａB3dE6gH9jK2", "aB3dE6g\u{0}9jK2"].iter().enumerate() {
            let viewer = platform.viewer("anna").at([203, 0, 113, u8::try_from(index).unwrap()]);
            let answer = viewer.validate(text).await.refused(401, "invalid_code");
            assert_eq!(answer.json()["error"], "Invalid code. Please check your ticket and try again.");
            bodies.push(answer.body);
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1);
    }

    //
    async fn what_is_no_request_is_400_and_never_500(platform: TestPlatform) {
        let viewer = platform.viewer("anna");
        for body in [json!(null), json!({}), json!([]), json!({ "code": 5 }), json!({ "code": null })] {
            viewer.post("/api/tokens/validate", &[], Some(&body)).await.refused(400, "invalid_request");
        }
        let (_, ticket) = platform.admin().event_with_ticket().await;
        for device in ["", "too-short", "has spaces in its name", &"x".repeat(65)] {
            let body = json!({ "code": ticket["code"], "deviceId": device });
            viewer.post("/api/tokens/validate", &[], Some(&body)).await.refused(400, "invalid_request");
        }
        let large = json!({ "code": "x".repeat(300 * 1024) });
        viewer.post("/api/tokens/validate", &[], Some(&large)).await.refused(413, "too_large");
        viewer.send(request(Method::GET, "/api/tokens/validate", &[], None)).await.refused(405, "method_not_allowed");
    }

    async fn a_revoked_ticket_and_a_switched_off_event_are_refused_and_come_back(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        platform.admin().revoke(&ticket).await.expect(200);
        anna.validate(code(&ticket)).await.refused(403, "ticket_revoked");
        platform.admin().unrevoke(&ticket).await.expect(200);
        platform.admin().deactivate(&event).await.expect(200);
        anna.validate(code(&ticket)).await.refused(403, "event_unavailable");
        platform.admin().reactivate(&event).await.expect(200);
        anna.validate(code(&ticket)).await.expect(200);
    }

    async fn an_expired_ticket_says_until_when_it_admitted(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let expires_at = UnixMillis::parse_iso(ticket["expiresAt"].as_str().unwrap()).unwrap();
        platform.clock.set(expires_at.0 - 1);
        let answer = platform.viewer("anna").validate(code(&ticket)).await.expect(200);
        let Ok(Claims::Playback(claims)) = platform.verifier().verify(&token(&answer), UnixMillis(platform.now()))
        else {
            panic!("no playback token")
        };
        assert_eq!(claims.expires_at, expires_at.as_secs() + 60, "a token outlives its ticket by the grace at most");
        platform.clock.set(expires_at.0);
        let answer = platform.viewer("anna").validate(code(&ticket)).await.refused(410, "ticket_expired");
        assert_eq!(answer.json()["expiredAt"], ticket["expiresAt"]);
    }

    //
    async fn a_second_device_is_told_that_the_code_is_in_use_and_nothing_else(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        platform.viewer("anna").watch(&ticket).await;
        let answer = platform.viewer("bert").validate(code(&ticket)).await.refused(409, "in_use");
        assert_eq!(answer.json(), json!({
            "error": "This access code is currently in use on another device.", "code": "in_use", "inUse": true,
        }));
        platform.viewer("anna").without_device().validate(code(&ticket)).await.refused(409, "in_use");
    }

    async fn the_newest_device_wins_where_the_event_says_so(platform: TestPlatform) {
        let event = platform.admin().create_event_with(json!({ "devicePolicy": "takeover" })).await;
        let ticket = platform.admin().tickets(&event, 1).await.remove(0);
        let first = platform.viewer("anna").watch(&ticket).await;
        platform.viewer("bert").watch(&ticket).await;
        let refused = platform.viewer("anna").heartbeat(&first).await.refused(409, "session_conflict");
        assert_eq!(refused.json()["reason"], "superseded");
    }

    async fn the_first_use_is_kept_and_later_ones_do_not_change_it(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        platform.viewer("anna").at([203, 0, 113, 9]).validate(code(&ticket)).await.expect(200);
        platform.advance(100);
        platform.viewer("anna").at([203, 0, 113, 10]).validate(code(&ticket)).await.expect(200);
        let path = format!("/api/admin/events/{}/tokens", id(&event));
        let listed = platform.admin().send(Method::GET, &path, None).await.expect(200).json();
        let ticket = &listed["data"][0];
        assert_eq!(ticket["status"], "redeemed");
        assert_eq!(ticket["redeemedAt"], UnixMillis(NOON).to_iso());
        assert_eq!(ticket["redeemedIp"], "203.0.113.9");
    }

    //
    async fn the_sixth_invalid_code_in_a_minute_is_429_while_a_real_one_is_answered(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        for _ in 0..5 {
            anna.validate("aB3dE6gH9jK2").await.refused(401, "invalid_code");
        }
        let limited = anna.validate("aB3dE6gH9jK2").await.refused(429, "rate_limited");
        assert_eq!(limited.header("retry-after"), "60");
        assert_eq!(limited.json()["retryAfterSeconds"], 60);
        anna.validate(code(&ticket)).await.expect(200);
        platform.viewer("bert").at([203, 0, 113, 1]).validate("aB3dE6gH9jK2").await.refused(401, "invalid_code");
        platform.advance(60);
        anna.validate("aB3dE6gH9jK2").await.refused(401, "invalid_code");
    }

    async fn an_edge_that_does_not_answer_delays_nobody_and_costs_nobody_the_session(platform: TestPlatform) {
        platform.probe.hang(true);
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let answer = platform.viewer("anna").validate(code(&ticket)).await.expect(200);
        assert_eq!(answer.json()["status"], "live", "by the schedule");
        platform.viewer("anna").heartbeat(&token(&answer)).await.expect(200);
    }
}

#[tokio::test]
async fn the_page_is_told_where_the_streams_are_and_who_may_ask_too_often() {
    let platform = TestPlatform::start_with(Kind::Sqlite, |settings| {
        settings.playback_base_url = "https://stream.example.com".to_owned();
        settings.rate_limits.validations_per_minute = 2;
    })
    .await;
    let (_, ticket) = platform.admin().event_with_ticket().await;
    let anna = platform.viewer("anna");
    let answer = anna.validate(code(&ticket)).await.expect(200);
    assert_eq!(answer.json()["playbackBaseUrl"], "https://stream.example.com");
    anna.validate(code(&ticket)).await.expect(200);
    anna.validate(code(&ticket)).await.refused(429, "rate_limited");
    platform.close().await;
}
