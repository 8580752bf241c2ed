//! Events: created, listed, read, edited.

use http::Method;
use serde_json::{Value, json};
use streamgate_contract::time::UnixMillis;

use crate::harness::{NOON, TestPlatform, code, id};

const HOUR_MS: i64 = 3_600_000;

fn at(hours_from_noon: i64) -> String {
    UnixMillis(NOON + hours_from_noon * HOUR_MS).to_iso()
}

async fn read(platform: &TestPlatform, event: &Value) -> Value {
    let path = format!("/api/admin/events/{}", id(event));
    platform
        .admin()
        .send(Method::GET, &path, None)
        .await
        .expect(200)
        .json()["data"]
        .take()
}

/// Returns the titles that a list shows, and its pagination.
async fn titles(platform: &TestPlatform, query: &str) -> (Vec<String>, Value) {
    let path = format!("/api/admin/events?{query}");
    let mut answer = platform
        .admin()
        .send(Method::GET, &path, None)
        .await
        .expect(200)
        .json();
    let titles = answer["data"].as_array().unwrap();
    let titles = titles
        .iter()
        .map(|event| event["title"].as_str().unwrap().to_owned())
        .collect();
    (titles, answer["pagination"].take())
}

on_both_databases! {
    async fn a_created_event_has_exactly_the_members_of_the_contract(platform: TestPlatform) {
        let body = json!({
            "title": "  Gala  ", "startsAt": "2026-06-01T14:00:00+02:00", "endsAt": "2026-06-01T20:00:00.5Z",
            "streamUrl": "http://encoder.internal/live", "posterUrl": "http://example.com/a.jpg",
            "devicePolicy": "takeover",
        });
        let answer = platform.admin().send(Method::POST, "/api/admin/events", Some(&body)).await.expect(201);
        let mut data = answer.json()["data"].take();
        assert_eq!(answer.header("cache-control"), "no-store");
        uuid::Uuid::parse_str(id(&data)).unwrap();
        data["id"] = json!("x");
        assert_eq!(data, json!({
            "id": "x", "title": "Gala", "description": null, "streamUrl": "http://encoder.internal/live",
            "posterUrl": "http://example.com/a.jpg", "startsAt": "2026-06-01T12:00:00.000Z",
            "endsAt": "2026-06-01T20:00:00.500Z", "accessWindowHours": 48, "devicePolicy": "takeover",
            "isActive": true, "isArchived": false, "createdAt": "2026-06-01T12:00:00.000Z",
            "updatedAt": "2026-06-01T12:00:00.000Z", "tokenCount": 0, "liveViewers": 0, "status": "live",
        }));
    }

    async fn one_event_is_read_with_its_tickets_by_status_and_its_viewers(platform: TestPlatform) {
        let admin = platform.admin();
        let event = admin.create_event().await;
        let tickets = admin.tickets(&event, 4).await;
        admin.revoke(&tickets[0]).await.expect(200);
        platform.viewer("a").validate(code(&tickets[1])).await.expect(200);
        let read_back = read(platform, &event).await;
        assert_eq!(read_back["tokenBreakdown"], json!({ "unused": 2, "redeemed": 1, "expired": 0, "revoked": 1 }));
        assert_eq!((&read_back["tokenCount"], &read_back["liveViewers"]), (&json!(4), &json!(1)));
        platform.advance(61);
        assert_eq!(read(platform, &event).await["liveViewers"], 0);
        platform.advance(50 * 3_600);
        let breakdown = read(platform, &event).await["tokenBreakdown"].take();
        assert_eq!(breakdown, json!({ "unused": 0, "redeemed": 0, "expired": 3, "revoked": 1 }));
    }

    async fn all_wrong_fields_are_named_with_a_message_each(platform: TestPlatform) {
        let body = json!({ "title": "", "startsAt": "soon", "accessWindowHours": 0, "posterUrl": "data:x" });
        let answer = platform.admin().send(Method::POST, "/api/admin/events", Some(&body)).await;
        let answer = answer.refused(400, "validation_failed");
        let fields = answer.json()["fields"].take();
        let names: Vec<&String> = fields.as_object().unwrap().keys().collect();
        assert_eq!(names, ["accessWindowHours", "endsAt", "posterUrl", "startsAt", "title"]);
        assert!(fields.as_object().unwrap().values().all(|message| !message.as_str().unwrap().is_empty()));
    }

    //
    async fn members_that_are_not_the_organisers_cannot_be_set(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        for member in ["id", "isActive", "isArchived", "createdAt", "deactivatedAt", "tokenCount", "role"] {
            let mut body = platform.admin().event_body();
            body[member] = json!(1);
            let path = format!("/api/admin/events/{}", id(&event));
            platform.admin().send(Method::POST, "/api/admin/events", Some(&body)).await.expect(400);
            let answer = platform.admin().send(Method::PUT, &path, Some(&body)).await.refused(400, "invalid_request");
            let said = answer.json()["error"].as_str().unwrap().to_owned();
            assert!(said.contains("unknown here, where it may have") && said.contains("`startsAt`"), "{said}");
        }
        assert_eq!(titles(platform, "").await.0.len(), 1);
    }

    async fn an_edit_keeps_what_it_omits_and_clears_what_is_null(platform: TestPlatform) {
        let admin = platform.admin();
        let event = admin
            .create_event_with(json!({
                "description": "Evening", "posterUrl": "http://a.example/p.jpg", "accessWindowHours": 7,
                "devicePolicy": "takeover", "streamUrl": "http://a.example/s/",
            }))
            .await;
        platform.advance(5);
        let edited = admin.edit(&event, json!({ "title": "New", "posterUrl": null })).await;
        assert_eq!(edited["title"], "New");
        assert_eq!(edited["posterUrl"], Value::Null);
        for kept in ["description", "accessWindowHours", "devicePolicy", "streamUrl", "createdAt", "id"] {
            assert_eq!(edited[kept], event[kept], "{kept}");
        }
        assert_eq!(edited["updatedAt"], "2026-06-01T12:00:05.000Z");
        let mut read_back = read(platform, &event).await;
        for only_in_detail in ["tokenBreakdown", "viewersOverTime"] {
            read_back.as_object_mut().unwrap().remove(only_in_detail);
        }
        assert_eq!(read_back, edited);
    }

    async fn a_refused_edit_changes_nothing(platform: TestPlatform) {
        let admin = platform.admin();
        let event = admin.create_event().await;
        let path = format!("/api/admin/events/{}", id(&event));
        let body = json!({ "title": "New", "startsAt": at(2), "endsAt": at(1) });
        let answer = admin.send(Method::PUT, &path, Some(&body)).await.refused(400, "validation_failed");
        assert_eq!(answer.json()["fields"].as_object().unwrap().len(), 1);
        assert_eq!(read(platform, &event).await["title"], "A concert");
    }

    async fn lists_show_active_events_unless_asked_otherwise(platform: TestPlatform) {
        let admin = platform.admin();
        for title in ["active", "inactive", "archived", "both"] {
            let event = admin.create_event_with(json!({ "title": title })).await;
            if matches!(title, "inactive" | "both") {
                admin.deactivate(&event).await.expect(200);
            }
            if matches!(title, "archived" | "both") {
                let path = format!("/api/admin/events/{}/archive", id(&event));
                let archived = admin.send(Method::PATCH, &path, None).await.expect(200).json();
                assert_eq!(archived["data"]["isArchived"], true);
            }
        }
        assert_eq!(titles(platform, "").await.0, ["active"]);
        assert_eq!(titles(platform, "status=inactive").await.0, ["inactive"]);
        assert_eq!(titles(platform, "status=archived&sort=title").await.0, ["archived", "both"]);
    }

    async fn archiving_changes_no_access_and_can_be_undone(platform: TestPlatform) {
        let admin = platform.admin();
        let (event, ticket) = admin.event_with_ticket().await;
        let path = format!("/api/admin/events/{}", id(&event));
        admin.send(Method::PATCH, &format!("{path}/archive"), None).await.expect(200);
        platform.viewer("a").validate(code(&ticket)).await.expect(200);
        let shown = admin.send(Method::PATCH, &format!("{path}/unarchive"), None).await.expect(200).json();
        assert_eq!(shown["data"]["isArchived"], false);
        assert_eq!(titles(platform, "").await.0.len(), 1);
    }

    async fn lists_are_sorted_newest_start_first_and_otherwise_as_asked(platform: TestPlatform) {
        let admin = platform.admin();
        for (title, hours, tickets) in [("b", 1, 2), ("A", 3, 1), ("c", 2, 3)] {
            let event = admin
                .create_event_with(json!({ "title": title, "startsAt": at(hours), "endsAt": at(hours + 1) }))
                .await;
            admin.tickets(&event, tickets).await;
        }
        assert_eq!(titles(platform, "").await.0, ["A", "c", "b"]);
        assert_eq!(titles(platform, "order=asc").await.0, ["b", "c", "A"]);
        assert_eq!(titles(platform, "sort=title").await.0, ["A", "b", "c"]);
        assert_eq!(titles(platform, "sort=title&order=desc").await.0, ["c", "b", "A"]);
        assert_eq!(titles(platform, "sort=tokenCount").await.0, ["c", "b", "A"]);
        assert_eq!(titles(platform, "sort=tokenCount&order=asc").await.0, ["A", "b", "c"]);
    }

    async fn a_timeframe_splits_events_by_their_end(platform: TestPlatform) {
        for (title, start, end) in [("past", -3, 0), ("on", -1, 1), ("future", 1, 2)] {
            let times = json!({ "title": title, "startsAt": at(start), "endsAt": at(end) });
            platform.admin().create_event_with(times).await;
        }
        assert_eq!(titles(platform, "timeframe=upcoming").await.0, ["future", "on"]);
        assert_eq!(titles(platform, "timeframe=past").await.0, ["past"]);
    }

    // I-09
    async fn a_search_ignores_ascii_case_and_takes_wildcards_literally(platform: TestPlatform) {
        for title in ["100% Rock", "100 Rock", "snake_case", "snakeXcase", "FÊTE\\night"] {
            platform.admin().create_event_with(json!({ "title": title })).await;
        }
        for (search, found) in [
            ("%25", vec!["100% Rock"]),
            ("e_C", vec!["snake_case"]),
            ("rOCK", vec!["100 Rock", "100% Rock"]),
            ("%5C", vec!["FÊTE\\night"]),
            ("f%C3%8Ate", vec!["FÊTE\\night"]),
            ("f%C3%AAte", vec![]),
            ("%25%25", vec![]),
        ] {
            let query = format!("sort=title&search={search}");
            assert_eq!(titles(platform, &query).await.0, found, "{search}");
        }
    }

    async fn pages_hold_every_event_once(platform: TestPlatform) {
        for number in 0..7 {
            platform.admin().create_event_with(json!({ "title": format!("event {number}") })).await;
        }
        let mut all = Vec::new();
        for page in 1..=4 {
            let (titles, pagination) = titles(platform, &format!("limit=2&page={page}")).await;
            assert_eq!(pagination, json!({ "page": page, "limit": 2, "total": 7, "totalPages": 4 }));
            all.extend(titles);
        }
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 7);
        assert_eq!(titles(platform, "limit=2&page=5").await.0, Vec::<String>::new());
    }
}
