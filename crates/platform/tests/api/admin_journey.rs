//! An integrator's evening, by `ADMIN_API_KEY` alone: from a new event to its removal.

use http::Method;
use serde_json::{Value, json};
use streamgate_contract::stream_state::StreamState;
use streamgate_contract::time::UnixMillis;

use crate::harness::{Admin, NOON, code, id};

const HOUR_MS: i64 = 3_600_000;

async fn ask(admin: &Admin<'_>, method: Method, path: &str, body: Option<Value>, status: u16) -> Value {
    let path = format!("/api/admin/{path}");
    let mut answer = admin
        .send(method, &path, body.as_ref())
        .await
        .expect(status)
        .json();
    answer["data"].take()
}

on_both_databases! {
    async fn an_integrator_runs_an_event_from_its_announcement_to_its_removal(platform: TestPlatform) {
        let admin = platform.admin();
        // Announced, with a typing error that a second look mends.
        let event = ask(&admin, Method::POST, "events", Some(json!({
            "title": "Annual metting", "startsAt": UnixMillis(NOON + HOUR_MS).to_iso(),
            "endsAt": UnixMillis(NOON + 3 * HOUR_MS).to_iso(),
        })), 201).await;
        let event_path = format!("events/{}", id(&event));
        let event = ask(&admin, Method::PUT, &event_path, Some(json!({
            "title": "Annual meeting 50% off", "startsAt": event["startsAt"], "endsAt": event["endsAt"],
            "accessWindowHours": 24, "devicePolicy": "takeover",
        })), 200).await;

        // Tickets for two groups, found again by label, and sent out as a file.
        let generate = format!("{event_path}/tokens/generate");
        let members = ask(&admin, Method::POST, &generate, Some(json!({ "count": 3, "label": "Member" })), 201).await;
        let press = ask(&admin, Method::POST, &generate, Some(json!({ "count": 2, "label": "Press" })), 201).await;
        let found = ask(&admin, Method::GET, "tokens?search=PRESS", None, 200).await;
        assert_eq!(found.as_array().unwrap().len(), 2);
        let export = format!("/api/admin/{event_path}/tokens/export");
        let file = admin.send(Method::GET, &export, None).await.expect(200);
        assert_eq!(String::from_utf8_lossy(&file.body).lines().count(), 6);

        // The encoder runs; the organiser looks at the picture; a member watches, on a second device too.
        platform.probe.set(id(&event), Some(StreamState::Live));
        let test = ask(&admin, Method::POST, &format!("{event_path}/test-stream"), None, 200).await;
        assert_eq!(test["state"], "live");
        ask(&admin, Method::POST, &format!("{event_path}/preview"), None, 200).await;
        platform.advance(3_600);
        let phone = platform.viewer("phone");
        phone.validate(code(&members[0])).await.expect(200);
        let token = platform.viewer("tablet").watch(&members[0]).await;
        let viewers = ask(&admin, Method::GET, &format!("{event_path}/viewers"), None, 200).await;
        assert_eq!(viewers[0]["label"], "Member");

        // A code is on a public page: it is revoked, and the help desk sees why its holder calls.
        ask(&admin, Method::PATCH, &format!("tokens/{}/revoke", id(&press[0])), None, 200).await;
        platform.viewer("reader").validate(code(&press[0])).await.refused(403, "ticket_revoked");
        let ticket = ask(&admin, Method::GET, &format!("tokens/{}", id(&press[0])), None, 200).await;
        assert_eq!((&ticket["status"], &ticket["refusals"][0]["reason"]), (&json!("revoked"), &json!("ticket_revoked")));
        let seq = ask(&admin, Method::GET, "edges", None, 200).await["headSeq"].as_u64().unwrap();

        // A stuck ticket is freed; all press tickets go at once.
        let freed = ask(&admin, Method::POST, &format!("tokens/{}/end-session", id(&members[0])), None, 200).await;
        assert_eq!(freed["feedSeq"], seq + 1);
        platform.viewer("tablet").heartbeat(&token).await.refused(404, "session_not_found");
        let bulk = json!({ "filter": { "eventId": id(&event), "search": "press" } });
        let bulk = ask(&admin, Method::POST, "tokens/bulk-revoke", Some(bulk), 200).await;
        assert_eq!(bulk, json!({ "revokedCount": 1, "feedSeq": seq + 2 }));

        // Afterwards: the figures, the log, the archive, and the end.
        let breakdown = ask(&admin, Method::GET, &event_path, None, 200).await["tokenBreakdown"].take();
        assert_eq!(breakdown, json!({ "unused": 2, "redeemed": 1, "expired": 0, "revoked": 2 }));
        platform.advance(30 * 3_600);
        let breakdown = ask(&admin, Method::GET, &event_path, None, 200).await["tokenBreakdown"].take();
        assert_eq!(breakdown, json!({ "unused": 0, "redeemed": 0, "expired": 3, "revoked": 2 }));
        ask(&admin, Method::PATCH, &format!("{event_path}/archive"), None, 200).await;
        assert_eq!(ask(&admin, Method::GET, "events", None, 200).await, json!([]));
        assert_eq!(ask(&admin, Method::GET, "events?status=archived", None, 200).await[0]["tokenCount"], 5);
        let deleted = admin.delete(&json!({ "id": event["id"], "title": "Annual meeting 50%25 off" })).await;
        assert_eq!(deleted.expect(204).header("x-feed-seq"), (seq + 4).to_string());
        let log = ask(&admin, Method::GET, &format!("audit-log?eventId={}", id(&event)), None, 200).await;
        // Of one moment there is no order.
        let mut kinds: Vec<&str> = log.as_array().unwrap().iter().map(|row| row["kind"].as_str().unwrap()).collect();
        kinds.sort_unstable();
        assert_eq!(kinds, [
            "event_archived", "event_created", "event_deleted", "event_edited", "preview_started", "session_ended",
            "ticket_redeemed", "ticket_revoked", "tickets_exported", "tickets_generated", "tickets_generated",
        ]);
        assert!(!log.to_string().contains(code(&members[0])));
    }
}
