//! The status endpoint: for holders of a ticket of that event, and no oracle for anybody else.

use serde_json::json;
use streamgate_contract::stream_state::StreamState;
use streamgate_contract::time::UnixMillis;

use crate::harness::{NOON, code, id};

on_both_databases! {
    async fn the_holder_of_a_ticket_learns_the_status_by_header_or_query(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let path = format!("/api/events/{}/status", id(&event));
        let anna = platform.viewer("anna");
        let by_query = anna.get(&format!("{path}?code={}", code(&ticket)), &[]).await.expect(200);
        assert_eq!(by_query.header("cache-control"), "no-store");
        assert_eq!(by_query.json(), json!({
            "eventId": event["id"], "status": "live", "startsAt": event["startsAt"], "endsAt": event["endsAt"],
            "serverTime": UnixMillis(NOON).to_iso(),
        }));
        anna.get(&path, &[("x-ticket-code", code(&ticket))]).await.expect(200);
        let wrong_query = format!("{path}?code=aB3dE6gH9jK2");
        anna.get(&wrong_query, &[("x-ticket-code", code(&ticket))]).await.expect(200);
        let right_query = format!("{path}?code={}", code(&ticket));
        anna.get(&right_query, &[("x-ticket-code", "aB3dE6gH9jK2")]).await.refused(401, "invalid_code");
    }

    async fn the_status_follows_the_stream_within_seconds_and_asks_the_edge_seldom(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let path = format!("/api/events/{}/status?code={}", id(&event), code(&ticket));
        let anna = platform.viewer("anna");
        platform.probe.set(id(&event), None);
        for _ in 0..20 {
            assert_eq!(anna.get(&path, &[]).await.expect(200).json()["status"], "not-started");
        }
        assert_eq!(platform.probe.count(), 1);
        platform.probe.set(id(&event), Some(StreamState::Ended));
        platform.advance(2);
        // This one starts a probe behind it; the next one profits.
        anna.get(&path, &[]).await.expect(200);
        while anna.get(&path, &[]).await.expect(200).json()["status"] != "recording" {
            tokio::task::yield_now().await;
        }
        assert_eq!(platform.probe.count(), 2);
    }

    // K-02
    async fn a_clock_that_is_set_back_does_not_hold_up_what_is_known_of_the_stream(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let path = format!("/api/events/{}/status?code={}", id(&event), code(&ticket));
        let anna = platform.viewer("anna");
        platform.probe.set(id(&event), None);
        assert_eq!(anna.get(&path, &[]).await.expect(200).json()["status"], "not-started");
        platform.probe.set(id(&event), Some(StreamState::Ended));
        platform.clock.set(platform.now() - 60_000);
        platform.advance(2);
        while anna.get(&path, &[]).await.expect(200).json()["status"] != "recording" {
            tokio::task::yield_now().await;
        }
    }

    async fn thousands_who_wait_cost_the_edge_one_question_in_two_seconds(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let path = format!("/api/events/{}/status", id(&event));
        let header = [("x-ticket-code", code(&ticket))];
        let anna = platform.viewer("anna");
        platform.probe.set(id(&event), None);
        for round in 1..=3 {
            let waiting = (0..1_000).map(|_| anna.get(&path, &header));
            for answer in futures_util::future::join_all(waiting).await {
                answer.expect(200);
            }
            assert_eq!(platform.probe.count(), round);
            platform.clock.advance(std::time::Duration::from_millis(1_999));
            anna.get(&path, &header).await.expect(200);
            assert_eq!(platform.probe.count(), round, "not yet two seconds");
            platform.clock.advance(std::time::Duration::from_millis(1));
        }
    }

    async fn a_probe_that_panics_is_one_that_was_not_answered(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let path = format!("/api/events/{}/status?code={}", id(&event), code(&ticket));
        let anna = platform.viewer("anna");
        platform.probe.panic(true);
        assert_eq!(anna.get(&path, &[]).await.expect(200).json()["status"], "live", "by the schedule");
        platform.probe.panic(false);
        platform.probe.set(id(&event), Some(StreamState::Ended));
        // It ends when the panic has been written out, which takes its time; then the next one is due.
        while anna.get(&path, &[]).await.expect(200).json()["status"] != "recording" {
            platform.advance(2);
        }
    }

    async fn an_answer_of_a_minute_ago_counts_and_an_older_one_does_not(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let path = format!("/api/events/{}/status?code={}", id(&event), code(&ticket));
        let anna = platform.viewer("anna");
        platform.probe.set(id(&event), Some(StreamState::Ended));
        assert_eq!(anna.get(&path, &[]).await.json()["status"], "recording");
        platform.probe.hang(true);
        platform.advance(60);
        assert_eq!(anna.get(&path, &[]).await.json()["status"], "recording");
        platform.advance(1);
        assert_eq!(anna.get(&path, &[]).await.json()["status"], "live", "by the schedule");
    }

    async fn a_wrong_code_a_wrong_event_and_an_unknown_event_look_alike_and_count_as_failures(platform: TestPlatform) {
        let (event, _) = platform.admin().event_with_ticket().await;
        let (_, other) = platform.admin().event_with_ticket().await;
        let anna = platform.viewer("anna");
        let path = |event: &str, code: &str| format!("/api/events/{event}/status?code={code}");
        let answers = [
            anna.get(&path(id(&event), "aB3dE6gH9jK2"), &[]).await.refused(401, "invalid_code"),
            anna.get(&path(id(&event), code(&other)), &[]).await.refused(401, "invalid_code"),
            anna.get(&path("no-such-event", code(&other)), &[]).await.refused(401, "invalid_code"),
            anna.get(&format!("/api/events/{}/status", id(&event)), &[]).await.refused(401, "invalid_code"),
            anna.get(&path("%FF", code(&other)), &[]).await.refused(401, "invalid_code"),
        ];
        assert!(answers.iter().all(|answer| answer.body == answers[0].body));
        anna.validate("aB3dE6gH9jK2").await.refused(429, "rate_limited");
        anna.get(&path(id(&event), "aB3dE6gH9jK2"), &[]).await.refused(429, "rate_limited");
        assert_eq!(platform.probe.count(), 0, "no edge is asked for strangers");
    }

    async fn a_right_code_gets_the_reason_why_it_does_not_admit(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let path = format!("/api/events/{}/status", id(&event));
        let headers = [("x-ticket-code", code(&ticket))];
        let anna = platform.viewer("anna");
        platform.admin().revoke(&ticket).await.expect(200);
        anna.get(&path, &headers).await.refused(403, "ticket_revoked");
        platform.admin().unrevoke(&ticket).await.expect(200);
        platform.admin().deactivate(&event).await.expect(200);
        anna.get(&path, &headers).await.refused(403, "event_unavailable");
        platform.admin().reactivate(&event).await.expect(200);
        platform.advance(49 * 3_600);
        let answer = anna.get(&path, &headers).await.refused(410, "ticket_expired");
        assert_eq!(answer.json()["expiredAt"], ticket["expiresAt"]);
    }
}
