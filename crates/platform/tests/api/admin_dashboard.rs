//! The dashboard, the edges and the audit log.

use http::Method;
use serde_json::{Value, json};
use streamgate_contract::stream_state::StreamState;
use streamgate_contract::time::UnixMillis;
use streamgate_platform::housekeeping;

use crate::harness::{NOON, TestPlatform, code, id};

async fn get(platform: &TestPlatform, path: &str) -> Value {
    platform
        .admin()
        .send(Method::GET, path, None)
        .await
        .expect(200)
        .json()
}

on_both_databases! {
    async fn the_dashboard_counts_events_tickets_and_viewers(platform: TestPlatform) {
        let admin = platform.admin();
        let running = admin.create_event().await;
        let soon = admin.create_event_with(json!({
            "title": "Soon", "startsAt": UnixMillis(NOON + 3_600_000).to_iso(), "endsAt": UnixMillis(NOON + 7_200_000).to_iso(),
        })).await;
        let tickets = admin.tickets(&running, 3).await;
        admin.tickets(&soon, 2).await;
        admin.revoke(&tickets[0]).await.expect(200);
        platform.viewer("a").watch(&tickets[1]).await;
        let dashboard = get(platform, "/api/admin/dashboard").await;
        assert_eq!(dashboard, json!({ "data": {
            "activeEvents": 2, "totalTokens": 5,
            "tokenBreakdown": { "unused": 3, "redeemed": 1, "expired": 0, "revoked": 1 },
            "upcomingEvents": [
                { "id": soon["id"], "title": "Soon", "startsAt": "2026-06-01T13:00:00.000Z", "tokenCount": 2 },
            ],
            "liveViewers": 1, "viewersOverTime": [],
        }}));
        admin.deactivate(&soon).await.expect(200);
        let dashboard = get(platform, "/api/admin/dashboard").await;
        assert_eq!(dashboard["data"]["activeEvents"], 1);
        assert_eq!(dashboard["data"]["upcomingEvents"], json!([]));
    }

    async fn the_chart_has_the_most_viewers_of_each_five_minutes_of_the_last_day(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        platform.viewer("a").watch(&ticket).await;
        let first = housekeeping::once(platform.platform.app(), None).await.unwrap();
        // The same minute again changes nothing.
        housekeeping::once(platform.platform.app(), Some(first)).await.unwrap();
        platform.advance(61);
        housekeeping::once(platform.platform.app(), Some(first)).await.unwrap();
        platform.advance(600);
        housekeeping::once(platform.platform.app(), None).await.unwrap();
        let points = get(platform, "/api/admin/dashboard").await["data"]["viewersOverTime"].take();
        assert_eq!(points, json!([
            { "at": "2026-06-01T12:00:00.000Z", "viewers": 1 },
            { "at": "2026-06-01T12:10:00.000Z", "viewers": 0 },
        ]));
        // One event's chart has what was counted of it.
        let path = format!("/api/admin/events/{}", id(&event));
        let of_event = get(platform, &path).await["data"]["viewersOverTime"].take();
        assert_eq!(of_event, json!([{ "at": "2026-06-01T12:00:00.000Z", "viewers": 1 }]));
        platform.advance(24 * 3_600 - 600);
        let points = get(platform, "/api/admin/dashboard").await["data"]["viewersOverTime"].take();
        assert_eq!(points, json!([{ "at": "2026-06-01T12:10:00.000Z", "viewers": 0 }]));
        // A week has longer steps, and forgets in its turn.
        let of_week = "/api/admin/dashboard?range=week";
        let points = get(platform, of_week).await["data"]["viewersOverTime"].take();
        assert_eq!(points, json!([{ "at": "2026-06-01T12:00:00.000Z", "viewers": 1 }]));
        platform.advance(6 * 24 * 3_600);
        assert_eq!(get(platform, of_week).await["data"]["viewersOverTime"], json!([]));
        let odd = "/api/admin/dashboard?range=year";
        platform.admin().send(Method::GET, odd, None).await.refused(400, "invalid_request");
    }

    async fn an_edge_is_listed_with_what_it_has_applied_until_a_day_after_its_last_word(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let revoked = platform.admin().revoke(&ticket).await.expect(200).json();
        assert_eq!(revoked["data"]["feedSeq"], 1);
        let epoch = platform.edge("north").feed("").await["snapshot"]["epoch"].as_str().unwrap().to_owned();
        platform.edge("north").tell(Some(&epoch), 1).await.expect(204);
        platform.edge("south").tell(Some("00000000000000000000000000000000"), 1).await.expect(204);
        let edges = get(platform, "/api/admin/edges").await;
        assert_eq!(edges, json!({ "data": { "headSeq": 1, "serverTime": "2026-06-01T12:00:00.000Z", "edges": [
            { "id": "north", "mode": "local", "version": "1.2.3", "lastContactAt": "2026-06-01T12:00:00.000Z",
              "isHeard": true, "appliedSeq": 1, "lag": 0, "clockOffsetMs": 0 },
            { "id": "south", "mode": "local", "version": "1.2.3", "lastContactAt": "2026-06-01T12:00:00.000Z",
              "isHeard": true, "appliedSeq": null, "lag": null, "clockOffsetMs": 0 },
        ]}}));
        platform.advance(61);
        platform.edge("south").tell(Some(&epoch), 0).await.expect(204);
        let edges = get(platform, "/api/admin/edges").await["data"]["edges"].take();
        assert_eq!((&edges[0]["isHeard"], &edges[1]["isHeard"]), (&json!(false), &json!(true)));
        assert_eq!((&edges[1]["lag"], &edges[1]["clockOffsetMs"]), (&json!(1), &json!(-61_000)));
        platform.advance(24 * 3_600 - 10);
        housekeeping::once(platform.platform.app(), None).await.unwrap();
        let edges = get(platform, "/api/admin/edges").await["data"]["edges"].take();
        assert_eq!(edges.as_array().unwrap().len(), 1);
        assert_eq!(edges[0]["id"], "south");
    }

    async fn the_audit_log_is_read_newest_first_by_kind_and_by_event(platform: TestPlatform) {
        let admin = platform.admin();
        let one = admin.create_event().await;
        platform.advance(1);
        let other = admin.create_event_with(json!({ "title": "Other" })).await;
        platform.advance(1);
        let ticket = admin.tickets(&one, 1).await.remove(0);
        platform.advance(1);
        admin.revoke(&ticket).await.expect(200);
        let kinds = |list: &Value| -> Vec<String> {
            let rows = list["data"].as_array().unwrap().iter();
            rows.map(|row| row["kind"].as_str().unwrap().to_owned()).collect()
        };
        let all = get(platform, "/api/admin/audit-log").await;
        assert_eq!(kinds(&all), ["ticket_revoked", "tickets_generated", "event_created", "event_created"]);
        assert_eq!(all["pagination"], json!({ "page": 1, "limit": 50, "total": 4, "totalPages": 1 }));
        let mut newest = all["data"][0].clone();
        newest["id"] = json!("x");
        assert_eq!(newest, json!({
            "id": "x", "at": "2026-06-01T12:00:03.000Z", "kind": "ticket_revoked", "clientIp": "192.0.2.1",
            "userAgent": null, "eventId": one["id"], "eventTitle": "A concert", "ticketId": ticket["id"],
            "detail": null,
        }));
        assert!(!all.to_string().contains(code(&ticket)));
        let created = get(platform, "/api/admin/audit-log?kind=event_created&limit=1&page=2").await;
        assert_eq!(created["data"][0]["eventId"], one["id"]);
        assert_eq!(created["pagination"]["totalPages"], 2);
        let of_other = get(platform, &format!("/api/admin/audit-log?eventId={}", id(&other))).await;
        assert_eq!(kinds(&of_other), ["event_created"]);
        let both = get(platform, &format!("/api/admin/audit-log?kind=ticket_revoked&eventId={}", id(&other))).await;
        assert_eq!(kinds(&both), Vec::<String>::new());
        let unknown = get(platform, "/api/admin/audit-log?eventId=%00").await;
        assert_eq!(unknown["pagination"]["total"], 0);
        for query in ["kind=everything", "limit=201", "page=0", "limit=x"] {
            let path = format!("/api/admin/audit-log?{query}");
            admin.send(Method::GET, &path, None).await.refused(400, "invalid_request");
        }
        admin.delete(&other).await.expect(204);
        let deleted = get(platform, &format!("/api/admin/audit-log?kind=event_deleted&eventId={}", id(&other))).await;
        assert_eq!(deleted["data"][0]["eventTitle"], Value::Null);
        assert_eq!(deleted["data"][0]["detail"], "Other (0 tickets)");
    }

    async fn after_the_days_of_retention_addresses_and_audit_entries_are_gone(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let viewer = platform.viewer("a");
        viewer.watch(&ticket).await;
        platform.viewer("b").validate(code(&ticket)).await.refused(409, "in_use");
        let path = format!("/api/admin/tokens/{}", id(&ticket));
        let read = get(platform, &path).await["data"].take();
        assert_eq!(read["redeemedIp"], "198.51.100.7");
        assert_eq!(read["refusals"].as_array().unwrap().len(), 1);
        platform.advance(90 * 86_400);
        housekeeping::once(platform.platform.app(), None).await.unwrap();
        assert_eq!(get(platform, &path).await["data"]["redeemedIp"], "198.51.100.7");
        platform.advance(1);
        platform.advance(60);
        housekeeping::once(platform.platform.app(), None).await.unwrap();
        let read = get(platform, &path).await["data"].take();
        assert_eq!((&read["redeemedIp"], &read["refusals"]), (&Value::Null, &json!([])));
        assert_eq!(read["redeemedAt"], "2026-06-01T12:00:00.000Z");
        assert_eq!(get(platform, "/api/admin/audit-log").await["pagination"]["total"], 0);
    }

    async fn a_stream_test_tells_what_the_edge_says_and_is_never_an_error(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        let path = format!("/api/admin/events/{}/test-stream", id(&event));
        let test = async || platform.admin().send(Method::POST, &path, None).await.expect(200).json()["data"].take();
        assert_eq!(test().await["state"], "unknown");
        for (state, word) in [
            (Some(StreamState::Live), "live"),
            (Some(StreamState::Stalled), "stalled"),
            (Some(StreamState::Ended), "ended"),
            (None, "absent"),
        ] {
            platform.probe.set(id(&event), state);
            assert_eq!(test().await, json!({
                "state": word, "renditions": 2, "lastChangedAt": "2026-06-01T12:00:00.000Z",
                "checkedAt": "2026-06-01T12:00:00.000Z",
            }));
        }
        let unknown = "/api/admin/events/no-such-event/test-stream";
        platform.admin().send(Method::POST, unknown, None).await.refused(404, "not_found");
    }

    async fn an_event_that_is_read_again_has_the_status_that_its_stream_gives_it(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        platform.probe.set(id(&event), Some(StreamState::Ended));
        let path = format!("/api/admin/events/{}", id(&event));
        // The first reading may still go by the schedule, which says live; it has an edge asked.
        while get(platform, &path).await["data"]["status"] != "recording" {
            tokio::task::yield_now().await;
        }
        let list = get(platform, "/api/admin/events").await;
        assert_eq!(list["data"][0]["status"], "recording");
    }
}
