//! The life of a session: live, lapsed, ended; and what a player hears of it.

use serde_json::json;
use streamgate_contract::claims::{Claims, PlaybackClaims};
use streamgate_contract::ids::{Code, EventId, SessionId};
use streamgate_contract::time::UnixMillis;
use streamgate_platform::playback::upkeep;

use crate::harness::{NOON, TestPlatform, code, id, run, token};

/// Returns the `sid` of a token.
fn sid(platform: &TestPlatform, token: &str) -> String {
    claims(platform, token).session_id.to_string()
}

fn claims(platform: &TestPlatform, token: &str) -> PlaybackClaims {
    match platform.verifier().verify(token, UnixMillis(platform.now())) {
        Ok(Claims::Playback(claims)) => claims,
        other => panic!("no playback token: {other:?}"),
    }
}

/// Returns the kinds and sids of the feed's `session_ended` records so far.
async fn ended_on_feed(platform: &TestPlatform) -> Vec<String> {
    let snapshot = platform.edge("edge").feed("").await;
    let mut ended: Vec<String> = snapshot["snapshot"]["sessionsEnded"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["sid"].as_str().unwrap().to_owned())
        .collect();
    ended.sort();
    ended
}

on_both_databases! {
    async fn heartbeats_keep_a_session_live_and_others_out(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let token = platform.viewer("anna").watch(&ticket).await;
        for _ in 0..5 {
            platform.advance(60);
            let answer = platform.viewer("anna").heartbeat(&token).await.expect(200);
            assert_eq!(answer.json(), json!({ "ok": true }));
            platform.viewer("bert").validate(code(&ticket)).await.refused(409, "in_use");
        }
    }

    async fn a_session_that_was_silent_for_longer_than_the_timeout_has_lapsed_and_no_heartbeat_revives_it(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token = anna.watch(&ticket).await;
        platform.clock.set(NOON + 60_001);
        for _ in 0..2 {
            let answer = anna.heartbeat(&token).await.refused(404, "session_not_found");
            assert_eq!(answer.json()["reason"], "lapsed");
        }
        assert!(ended_on_feed(platform).await.is_empty(), "silence writes no feed record");
        let bert = platform.viewer("bert").watch(&ticket).await;
        assert_eq!(ended_on_feed(platform).await, [sid(platform, &token)]);
        let answer = anna.heartbeat(&token).await.refused(409, "session_conflict");
        assert_eq!(answer.json()["reason"], "superseded");
        platform.viewer("bert").heartbeat(&bert).await.expect(200);
        let answer = anna.refresh(&token).await.refused(401, "session_ended");
        assert_eq!(answer.json()["reason"], "superseded");
    }

    //
    async fn a_device_takes_its_own_session_back_at_once(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let (first, second) = (anna.watch(&ticket).await, anna.watch(&ticket).await);
        assert_ne!(sid(platform, &first), sid(platform, &second));
        assert_eq!(ended_on_feed(platform).await, [sid(platform, &first)]);
        let answer = anna.heartbeat(&first).await.refused(409, "session_conflict");
        assert_eq!(answer.json()["reason"], "superseded_same_device");
        let answer = anna.refresh(&first).await.refused(401, "session_ended");
        assert_eq!(answer.json()["reason"], "superseded_same_device");
        anna.heartbeat(&second).await.expect(200);
    }

    async fn a_refresh_keeps_the_session_of_a_live_viewer(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let first = anna.watch(&ticket).await;
        platform.advance(50);
        let answer = anna.refresh(&first).await.expect(200);
        assert_eq!(answer.json()["tokenExpiresIn"], 3_600);
        assert_eq!(answer.json()["expiresAt"], ticket["expiresAt"]);
        assert_eq!(sid(platform, &token(&answer)), sid(platform, &first));
        assert_eq!(claims(platform, &token(&answer)).issued_at, NOON / 1_000 + 50);
        assert!(ended_on_feed(platform).await.is_empty());
    }

    async fn a_refresh_takes_a_lapsed_session_back_under_a_new_sid(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let first = anna.watch(&ticket).await;
        // The laptop slept until the token had expired by almost a day.
        platform.advance(3_600 + 86_399);
        let old = sid(platform, &first);
        let second = token(&anna.refresh(&first).await.expect(200));
        assert_ne!(sid(platform, &second), old);
        assert_eq!(ended_on_feed(platform).await, [old]);
        anna.heartbeat(&second).await.expect(200);
        platform.viewer("bert").validate(code(&ticket)).await.refused(409, "in_use");
        let third = token(&anna.validate(code(&ticket)).await.expect(200));
        let answer = anna.heartbeat(&second).await.refused(409, "session_conflict");
        assert_eq!(answer.json()["reason"], "superseded_same_device", "the device id came along");
        anna.heartbeat(&third).await.expect(200);
    }

    async fn a_token_that_expired_a_day_ago_is_no_token(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token = anna.watch(&ticket).await;
        platform.advance(3_600 + 86_400);
        anna.refresh(&token).await.refused(401, "invalid_token");
        anna.heartbeat(&token).await.refused(401, "invalid_token");
        anna.release(&token).await.refused(401, "invalid_token");
    }

    //
    async fn a_missing_a_forged_and_a_probe_token_are_401(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token = anna.watch(&ticket).await;
        let mut forged = token.clone();
        let last = forged.pop().unwrap();
        forged.push(if last == 'A' { 'Q' } else { 'A' });
        let probe = platform.signer().sign_probe(&streamgate_contract::claims::ProbeClaims {
            event_id: EventId::parse(id(&event)).unwrap(),
            issued_at: NOON / 1_000,
            expires_at: NOON / 1_000 + 10,
        });
        let future = platform.signer().sign_playback(&PlaybackClaims {
            issued_at: NOON / 1_000 + 6,
            expires_at: NOON / 1_000 + 3_606,
            ..claims(platform, &token)
        });
        let preview = platform.signer().sign_playback(&PlaybackClaims {
            code: Code::preview(),
            ..claims(platform, &token)
        });
        for path in ["/api/playback/refresh", "/api/playback/heartbeat", "/api/playback/release"] {
            anna.post(path, &[], None).await.refused(401, "invalid_token");
            anna.post(path, &[("authorization", "Basic abc")], None).await.refused(401, "invalid_token");
            for token in [&forged, &probe, &future, &preview] {
                let bearer = format!("Bearer {token}");
                anna.post(path, &[("authorization", &bearer)], None).await.refused(401, "invalid_token");
            }
        }
        anna.heartbeat(&token).await.expect(200);
    }

    async fn a_heartbeat_of_a_revoked_ticket_or_switched_off_event_is_403_and_does_not_extend(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token = anna.watch(&ticket).await;
        platform.advance(30);
        platform.admin().revoke(&ticket).await.expect(200);
        anna.heartbeat(&token).await.refused(403, "ticket_revoked");
        anna.refresh(&token).await.refused(403, "ticket_revoked");
        platform.admin().unrevoke(&ticket).await.expect(200);
        platform.admin().deactivate(&event).await.expect(200);
        anna.heartbeat(&token).await.refused(403, "event_unavailable");
        anna.refresh(&token).await.refused(403, "event_unavailable");
        platform.admin().reactivate(&event).await.expect(200);
        platform.clock.set(NOON + 60_001);
        anna.heartbeat(&token).await.refused(404, "session_not_found");
    }

    async fn a_revoked_viewer_who_is_restored_goes_on_with_the_same_session(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token = anna.watch(&ticket).await;
        platform.admin().revoke(&ticket).await.expect(200);
        platform.admin().unrevoke(&ticket).await.expect(200);
        anna.heartbeat(&token).await.expect(200);
        assert!(ended_on_feed(platform).await.is_empty(), "revoking ends no session");
    }

    async fn the_tokens_of_a_deleted_event_are_told_that_it_is_unavailable(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token = anna.watch(&ticket).await;
        platform.admin().delete(&event).await.expect(204);
        anna.heartbeat(&token).await.refused(403, "event_unavailable");
        anna.refresh(&token).await.refused(403, "event_unavailable");
        anna.release(&token).await.expect(200);
        anna.validate(code(&ticket)).await.refused(401, "invalid_code");
    }

    async fn a_session_ends_sixty_seconds_after_its_ticket_and_an_undone_edit_gives_it_back(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token_before = anna.watch(&ticket).await;
        let other = platform.admin().tickets(&event, 1).await.remove(0);
        let shortened = platform
            .admin()
            .edit(&event, json!({
                "startsAt": UnixMillis(NOON - 10_000_000).to_iso(),
                "endsAt": UnixMillis(NOON - 3_590_000).to_iso(),
                "accessWindowHours": 1,
            }))
            .await;
        let expires_at = NOON + 10_000;
        platform.clock.set(expires_at);
        anna.heartbeat(&token_before).await.expect(200);
        platform.clock.set(expires_at + 59_999);
        anna.heartbeat(&token_before).await.expect(200);
        upkeep::once(platform.platform.app()).await.unwrap();
        assert!(ended_on_feed(platform).await.is_empty());
        platform.clock.set(expires_at + 60_000);
        let answer = anna.heartbeat(&token_before).await.refused(410, "ticket_expired");
        assert_eq!(answer.json()["expiredAt"], UnixMillis(expires_at).to_iso());
        upkeep::once(platform.platform.app()).await.unwrap();
        upkeep::once(platform.platform.app()).await.unwrap();
        assert_eq!(ended_on_feed(platform).await, [sid(platform, &token_before)]);
        anna.refresh(&token_before).await.refused(410, "ticket_expired");

        platform.admin().edit(&shortened, json!({ "accessWindowHours": 48 })).await;
        let answer = anna.heartbeat(&token_before).await.refused(404, "session_not_found");
        assert_eq!(answer.json()["reason"], "expired");
        let token_after = token(&anna.refresh(&token_before).await.expect(200));
        assert_ne!(sid(platform, &token_after), sid(platform, &token_before));
        anna.heartbeat(&token_after).await.expect(200);
        anna.validate(code(&other)).await.expect(200);
    }

    async fn an_expired_session_is_not_given_back_while_another_device_holds_the_ticket(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token = anna.watch(&ticket).await;
        let shortened = platform
            .admin()
            .edit(&event, json!({
                "startsAt": UnixMillis(NOON - 10_000_000).to_iso(),
                "endsAt": UnixMillis(NOON - 3_700_000).to_iso(),
                "accessWindowHours": 1,
            }))
            .await;
        upkeep::once(platform.platform.app()).await.unwrap();
        platform.admin().edit(&shortened, json!({ "accessWindowHours": 48 })).await;
        platform.viewer("bert").watch(&ticket).await;
        anna.refresh(&token).await.refused(409, "in_use");
        let answer = anna.heartbeat(&token).await.refused(409, "session_conflict");
        assert_eq!(answer.json()["reason"], "expired");
    }

    async fn a_kicked_session_is_told_so_and_its_ticket_is_free(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token = anna.watch(&ticket).await;
        platform.admin().end_session(&ticket).await.expect(200);
        let answer = anna.heartbeat(&token).await.refused(404, "session_not_found");
        assert_eq!(answer.json()["reason"], "kicked");
        let answer = anna.refresh(&token).await.refused(401, "session_ended");
        assert_eq!(answer.json()["reason"], "kicked");
        platform.viewer("bert").validate(code(&ticket)).await.expect(200);
    }

    //
    async fn a_released_ticket_is_free_at_once_and_releasing_again_changes_nothing(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let (anna, bert) = (platform.viewer("anna"), platform.viewer("bert"));
        let first = anna.watch(&ticket).await;
        assert_eq!(anna.release(&first).await.expect(200).json(), json!({ "released": true }));
        assert_eq!(ended_on_feed(platform).await, [sid(platform, &first)]);
        let answer = anna.heartbeat(&first).await.refused(404, "session_not_found");
        assert_eq!(answer.json()["reason"], "released");
        let second = bert.watch(&ticket).await;
        assert_eq!(anna.release(&first).await.expect(200).json(), json!({ "released": true }));
        bert.heartbeat(&second).await.expect(200);
        let answer = anna.refresh(&first).await.refused(401, "session_ended");
        assert_eq!(answer.json()["reason"], "released");
        assert_eq!(ended_on_feed(platform).await, [sid(platform, &first)]);
    }

    async fn a_beacon_releases_by_a_body_of_either_type(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        for content_type in ["application/json", "text/plain;charset=UTF-8"] {
            let token = anna.watch(&ticket).await;
            let request = http::Request::post("/api/playback/release")
                .header("content-type", content_type)
                .body(axum::body::Body::from(json!({ "token": token }).to_string()))
                .unwrap();
            anna.send(request).await.expect(200);
            anna.heartbeat(&token).await.refused(404, "session_not_found");
        }
        let nonsense = http::Request::post("/api/playback/release").body("{".into()).unwrap();
        anna.send(nonsense).await.refused(401, "invalid_token");
    }

    //
    async fn the_thirteenth_refresh_of_a_ticket_in_an_hour_is_429(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token = anna.watch(&ticket).await;
        for _ in 0..12 {
            anna.refresh(&token).await.expect(200);
        }
        let answer = anna.refresh(&token).await.refused(429, "rate_limited");
        assert_eq!(answer.header("retry-after"), "3600");
        anna.heartbeat(&token).await.expect(200);
        platform.advance(3_600);
        anna.refresh(&token).await.expect(200);
    }

    async fn for_one_timeout_after_a_platform_starts_nothing_lapses(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let token = platform.viewer("anna").watch(&ticket).await;
        platform.advance(600);
        let restarted = platform.another_process(2).await;
        let (anna, bert) =
            (crate::harness::Viewer::new(&restarted, "anna"), crate::harness::Viewer::new(&restarted, "bert"));
        bert.validate(code(&ticket)).await.refused(409, "in_use");
        platform.clock.set(platform.now() + 59_999);
        anna.heartbeat(&token).await.expect(200);
        platform.clock.set(platform.now() + 60_001);
        bert.validate(code(&ticket)).await.expect(200);
        restarted.app().db.close().await;
    }

    async fn ended_sessions_are_kept_for_a_day(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token = anna.watch(&ticket).await;
        anna.release(&token).await.expect(200);
        platform.advance(86_400);
        upkeep::once(platform.platform.app()).await.unwrap();
        let answer = anna.heartbeat(&token).await.refused(404, "session_not_found");
        assert_eq!(answer.json()["reason"], "released");
        platform.clock.set(platform.now() + 1);
        upkeep::once(platform.platform.app()).await.unwrap();
        let answer = anna.heartbeat(&token).await.refused(404, "session_not_found");
        assert_eq!(answer.json()["reason"], "lapsed", "nothing is known of it any more");
    }

    async fn sessions_survive_a_restart(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let token = platform.viewer("anna").watch(&ticket).await;
        let restarted = platform.another_process(3).await;
        let running = run(restarted.clone());
        crate::harness::Viewer::new(&restarted, "anna").heartbeat(&token).await.expect(200);
        crate::harness::Viewer::new(&restarted, "bert").validate(code(&ticket)).await.refused(409, "in_use");
        drop(running);
    }

    //
    async fn nobody_beats_or_releases_for_a_session_that_is_not_theirs(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let token = platform.viewer("anna").watch(&ticket).await;
        let stranger = platform.signer().sign_playback(&PlaybackClaims {
            session_id: SessionId::from_random_bytes([9; 16]),
            ..claims(platform, &token)
        });
        platform.viewer("bert").heartbeat(&stranger).await.refused(409, "session_conflict");
        platform.viewer("bert").release(&stranger).await.expect(200);
        platform.viewer("anna").heartbeat(&token).await.expect(200);
        let other = platform.admin().tickets(&event, 1).await.remove(0);
        let crossed = platform.signer().sign_playback(&PlaybackClaims {
            code: Code::parse(code(&other)).unwrap(),
            ..claims(platform, &token)
        });
        platform.viewer("bert").heartbeat(&crossed).await.expect(404);
    }
}
