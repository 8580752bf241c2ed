//! What edges report: who is really watching.

use http::Method;
use serde_json::{Value, json};
use streamgate_contract::claims::Claims;
use streamgate_contract::time::UnixMillis;
use streamgate_platform::settings::SessionSharing;

use crate::harness::{INTERNAL_KEY, Kind, NOON, TestPlatform, code, request, send};

fn sid(platform: &TestPlatform, token: &str) -> String {
    match platform.verifier().verify(token, UnixMillis(platform.now())) {
        Ok(Claims::Playback(claims)) => claims.session_id.to_string(),
        other => panic!("no playback token: {other:?}"),
    }
}

on_both_databases! {
    async fn media_requests_keep_a_session_live_and_wake_a_lapsed_one(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token = anna.watch(&ticket).await;
        let sid = sid(platform, &token);
        platform.clock.set(NOON + 60_001);
        anna.heartbeat(&token).await.refused(404, "session_not_found");
        // Idle for as long as the timeout: just live.
        platform.edge("edge-1").report(&[(&sid, 60_000, 1, 1)]).await.expect(204);
        platform.viewer("bert").validate(code(&ticket)).await.refused(409, "in_use");
        anna.heartbeat(&token).await.expect(200);
    }

    async fn an_old_report_never_turns_the_time_back(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token = anna.watch(&ticket).await;
        platform.edge("edge-1").report(&[(&sid(platform, &token), 3_000_000, 1, 1)]).await.expect(204);
        platform.advance(60);
        anna.heartbeat(&token).await.expect(200);
    }

    async fn an_ended_session_stays_ended_whatever_an_edge_reports(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token = anna.watch(&ticket).await;
        anna.release(&token).await.expect(200);
        platform.edge("edge-1").report(&[(&sid(platform, &token), 0, 1, 1)]).await.expect(204);
        anna.heartbeat(&token).await.refused(404, "session_not_found");
        platform.viewer("bert").validate(code(&ticket)).await.expect(200);
    }

    async fn unknown_sessions_are_ignored_and_no_sessions_are_a_report_too(platform: TestPlatform) {
        let edge = platform.edge("edge-1");
        edge.report(&[("07070707-0707-4707-8707-070707070707", 0, 1, 1)]).await.expect(204);
        edge.report(&[]).await.expect(204);
    }

    async fn an_edge_that_tells_unwritable_things_of_itself_is_refused_and_not_told_of_an_outage(platform: TestPlatform) {
        for (version, mode) in [("1.0\0", "local"), ("1.0", "lo\0cal"), (&*"9".repeat(65), "local"), ("1.0", "a\nb")] {
            let body = json!({
                "version": version, "mode": mode, "now": "2026-06-01T12:00:00Z",
                "epoch": null, "appliedSeq": null, "sessions": [],
            });
            let headers = [("x-internal-api-key", INTERNAL_KEY)];
            let request = request(Method::POST, "/api/internal/edges/edge-1", &headers, Some(&body));
            let peer = std::net::SocketAddr::from(([10, 0, 0, 2], 60_000));
            send(&platform.platform, peer, request).await.refused(400, "invalid_request");
        }
    }

    async fn a_report_of_more_than_two_thousand_sessions_is_refused(platform: TestPlatform) {
        let line = ("07070707-0707-4707-8707-070707070707", 0, 1, 1);
        platform.edge("edge-1").report(&vec![line; 2_000]).await.expect(204);
        platform.edge("edge-1").report(&vec![line; 2_001]).await.refused(400, "invalid_request");
    }

    async fn numbers_that_no_database_can_hold_are_refused(platform: TestPlatform) {
        let edge = platform.edge("edge-1");
        let sid = "07070707-0707-4707-8707-070707070707";
        for (idle_ms, bytes) in [(u64::MAX, 1), (0, u64::MAX)] {
            edge.report(&[(sid, idle_ms, bytes, 1)]).await.refused(400, "invalid_request");
        }
        edge.tell(None, u64::MAX).await.refused(400, "invalid_request");
        edge.report(&[(sid, i64::MAX.unsigned_abs(), 1, 1)]).await.expect(204);
    }

    async fn a_shared_session_is_only_reported_unless_told_otherwise(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let token = anna.watch(&ticket).await;
        platform.edge("edge-1").report(&[(&sid(platform, &token), 0, 1, 9)]).await.expect(204);
        anna.heartbeat(&token).await.expect(200);
    }

    async fn reports_need_the_internal_key_and_a_possible_name(platform: TestPlatform) {
        let body: Value = json!({
            "version": "1", "mode": "local", "now": UnixMillis(NOON).to_iso(), "epoch": null, "appliedSeq": null,
            "sessions": [],
        });
        let post = |path: &str, key: &str| {
            request(Method::POST, path, &[("x-internal-api-key", key)], Some(&body))
        };
        let peer = ([10, 0, 0, 2], 1).into();
        let wrong = post("/api/internal/edges/edge-1", "wrong");
        send(&platform.platform, peer, wrong).await.refused(401, "unauthorized");
        let unnamed = post("/api/internal/edges/an%20edge", INTERNAL_KEY);
        send(&platform.platform, peer, unnamed).await.refused(404, "not_found");
        let missing = request(Method::POST, "/api/internal/edges/edge-1", &[], Some(&body));
        send(&platform.platform, peer, missing).await.refused(401, "unauthorized");
        let malformed = request(
            Method::POST,
            "/api/internal/edges/edge-1",
            &[("x-internal-api-key", INTERNAL_KEY)],
            Some(&json!({ "sessions": 5 })),
        );
        send(&platform.platform, peer, malformed).await.refused(400, "invalid_request");
    }
}

async fn a_session_that_more_than_two_players_use_ends_where_the_operator_says_so(kind: Kind) {
    let platform =
        TestPlatform::start_with(kind, |settings| settings.session_sharing = SessionSharing::End).await;
    let (event, first) = platform.admin().event_with_ticket().await;
    let second = platform.admin().tickets(&event, 1).await.remove(0);
    let (anna, bert) = (platform.viewer("anna"), platform.viewer("bert"));
    let (shared, own) = (anna.watch(&first).await, bert.watch(&second).await);
    let report = [
        (&*sid(&platform, &shared), 0, 1, 3),
        (&*sid(&platform, &own), 0, 1, 2),
    ];
    platform.edge("edge-1").report(&report).await.expect(204);
    platform.edge("edge-1").report(&report).await.expect(204);
    let answer = anna.heartbeat(&shared).await.refused(404, "session_not_found");
    assert_eq!(answer.json()["reason"], "kicked");
    bert.heartbeat(&own).await.expect(200);
    let feed = platform.edge("edge-1").feed("").await;
    let ended = feed["snapshot"]["sessionsEnded"].as_array().unwrap();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0]["sid"], sid(&platform, &shared));
    platform.close().await;
}

#[tokio::test]
async fn a_shared_session_ends_where_the_operator_says_so_on_sqlite() {
    a_session_that_more_than_two_players_use_ends_where_the_operator_says_so(Kind::Sqlite).await;
}

#[tokio::test]
async fn a_shared_session_ends_where_the_operator_says_so_on_postgres() {
    a_session_that_more_than_two_players_use_ends_where_the_operator_says_so(Kind::Postgres).await;
}
