//! Helping viewers: why a ticket was refused, who watches, and a look at the picture without a ticket.

use http::Method;
use serde_json::{Value, json};
use streamgate_contract::claims::Claims;
use streamgate_contract::ids::Code;
use streamgate_contract::time::UnixMillis;

use crate::harness::{NOON, TestPlatform, code, id};

async fn get(platform: &TestPlatform, path: &str) -> Value {
    platform
        .admin()
        .send(Method::GET, path, None)
        .await
        .expect(200)
        .json()
}

async fn refusals(platform: &TestPlatform, ticket: &Value) -> Value {
    get(platform, &format!("/api/admin/tokens/{}", id(ticket))).await["data"]["refusals"].take()
}

on_both_databases! {
    async fn a_ticket_shows_why_it_was_refused_where_and_when(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        assert_eq!(refusals(platform, &ticket).await, json!([]));
        let viewer = platform.viewer("a");
        let token = viewer.watch(&ticket).await;
        platform.viewer("b").validate(code(&ticket)).await.refused(409, "in_use");
        platform.advance(1);
        platform.admin().revoke(&ticket).await.expect(200);
        viewer.heartbeat(&token).await.refused(403, "ticket_revoked");
        platform.advance(1);
        viewer.refresh(&token).await.refused(403, "ticket_revoked");
        platform.advance(1);
        let status = format!("/api/events/{}/status", id(&event));
        viewer.get(&status, &[("x-ticket-code", code(&ticket))]).await.refused(403, "ticket_revoked");
        assert_eq!(refusals(platform, &ticket).await, json!([
            { "at": "2026-06-01T12:00:03.000Z", "reason": "ticket_revoked", "place": "status" },
            { "at": "2026-06-01T12:00:02.000Z", "reason": "ticket_revoked", "place": "refresh" },
            { "at": "2026-06-01T12:00:01.000Z", "reason": "ticket_revoked", "place": "heartbeat" },
            { "at": "2026-06-01T12:00:00.000Z", "reason": "in_use", "place": "validate" },
        ]));
    }

    async fn a_ticket_keeps_its_last_twenty_refusals(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        platform.admin().revoke(&ticket).await.expect(200);
        for _ in 0..15 {
            platform.viewer("a").validate(code(&ticket)).await.refused(403, "ticket_revoked");
            platform.advance(1);
        }
        assert_eq!(refusals(platform, &ticket).await.as_array().unwrap().len(), 15);
        for _ in 0..15 {
            platform.viewer("a").validate(code(&ticket)).await.refused(403, "ticket_revoked");
            platform.advance(1);
        }
        let kept = refusals(platform, &ticket).await;
        assert_eq!(kept.as_array().unwrap().len(), 20);
        assert_eq!(kept[0]["at"], UnixMillis(NOON + 29_000).to_iso());
        assert_eq!(kept[19]["at"], UnixMillis(NOON + 10_000).to_iso());
    }

    async fn the_viewers_of_an_event_are_listed_with_what_they_use(platform: TestPlatform) {
        let admin = platform.admin();
        let event = admin.create_event().await;
        let tickets = admin.tickets(&event, 3).await;
        let path = format!("/api/admin/events/{}/viewers", id(&event));
        assert_eq!(get(platform, &path).await["data"], json!([]));
        let token = platform.viewer("a").watch(&tickets[0]).await;
        platform.advance(30);
        platform.viewer("b").watch(&tickets[1]).await;
        let Ok(Claims::Playback(claims)) = platform.verifier().verify(&token, UnixMillis(platform.now())) else {
            panic!("a playback token")
        };
        platform.edge("north").report(&[(&claims.session_id.to_string(), 0, 1_000, 3)]).await.expect(204);
        let list = get(platform, &path).await;
        assert_eq!(list["pagination"], json!({ "page": 1, "limit": 50, "total": 2, "totalPages": 1 }));
        assert_eq!(list["data"][0]["ticketId"], tickets[1]["id"]);
        assert_eq!(list["data"][1], json!({
            "ticketId": tickets[0]["id"], "label": null, "since": "2026-06-01T12:00:00.000Z",
            "lastSeenAt": "2026-06-01T12:00:30.000Z", "edgeId": "north", "device": null, "bytes": 1_000,
            "clients": 3, "isShared": true,
        }));
        let found = get(platform, &format!("{path}?search={}", code(&tickets[1]).to_lowercase())).await;
        assert_eq!((&found["data"][0], &found["pagination"]["total"]), (&list["data"][0], &json!(1)));
        let none = get(platform, &format!("{path}?search=row%204")).await;
        assert_eq!((&none["data"], &none["pagination"]["total"]), (&json!([]), &json!(0)));
        platform.advance(61);
        assert_eq!(get(platform, &path).await["data"], json!([]));
        let unknown = "/api/admin/events/no-such-event/viewers";
        admin.send(Method::GET, unknown, None).await.refused(404, "not_found");
    }

    async fn a_preview_watches_without_a_ticket_and_counts_as_nobody(platform: TestPlatform) {
        let (event, ticket) = platform.admin().event_with_ticket().await;
        let path = format!("/api/admin/events/{}/preview", id(&event));
        let preview = platform.admin().send(Method::POST, &path, None).await.expect(200).json()["data"].take();
        assert_eq!(preview["streamPath"], format!("/streams/{}/stream.m3u8", id(&event)));
        assert_eq!((&preview["playbackBaseUrl"], &preview["tokenExpiresIn"]), (&json!(""), &json!(3_600)));
        let token = preview["playbackToken"].as_str().unwrap();
        let Ok(Claims::Playback(claims)) = platform.verifier().verify(token, UnixMillis(platform.now())) else {
            panic!("a playback token")
        };
        assert_eq!((claims.code, claims.event_id.as_str()), (Code::preview(), id(&event)));
        let viewer = platform.viewer("a");
        viewer.heartbeat(token).await.refused(401, "invalid_token");
        viewer.refresh(token).await.refused(401, "invalid_token");
        let after = get(platform, &format!("/api/admin/events/{}", id(&event))).await;
        assert_eq!(after["data"]["liveViewers"], 0);
        viewer.validate(code(&ticket)).await.expect(200);
        let log = get(platform, "/api/admin/audit-log?kind=preview_started").await;
        assert_eq!(log["data"][0]["eventId"], event["id"]);
        assert!(!log.to_string().contains(token));
        platform.admin().deactivate(&event).await.expect(200);
        platform.admin().send(Method::POST, &path, None).await.refused(409, "event_unavailable");
        let unknown = "/api/admin/events/no-such-event/preview";
        platform.admin().send(Method::POST, unknown, None).await.refused(404, "not_found");
    }
}
