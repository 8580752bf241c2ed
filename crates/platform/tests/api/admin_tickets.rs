//! Tickets: generated, listed, revoked, restored, freed.

use std::collections::HashSet;

use http::Method;
use serde_json::{Value, json};
use streamgate_contract::feed::FeedChange;
use streamgate_contract::ids::Code;
use streamgate_contract::time::UnixMillis;

use crate::admin_event_changes::{feed, feed_kinds};
use crate::harness::{Admin, NOON, TestPlatform, code, id};

async fn list(platform: &TestPlatform, query: &str) -> Value {
    platform
        .admin()
        .send(Method::GET, &format!("/api/admin/tokens?{query}"), None)
        .await
        .expect(200)
        .json()
}

async fn read(platform: &TestPlatform, ticket: &Value) -> Value {
    let path = format!("/api/admin/tokens/{}", id(ticket));
    platform
        .admin()
        .send(Method::GET, &path, None)
        .await
        .expect(200)
        .json()["data"]
        .take()
}

on_both_databases! {
    async fn a_generated_ticket_has_exactly_the_members_of_the_contract(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        let path = format!("/api/admin/events/{}/tokens/generate", id(&event));
        let body = json!({ "count": 1, "label": " Press " });
        let answer = platform.admin().send(Method::POST, &path, Some(&body)).await.expect(201).json();
        let mut ticket = answer["data"][0].clone();
        assert!(Code::from_typed(code(&ticket)).is_some());
        uuid::Uuid::parse_str(id(&ticket)).unwrap();
        ticket["id"] = json!("x");
        ticket["code"] = json!("y");
        assert_eq!(ticket, json!({
            "id": "x", "code": "y", "eventId": event["id"], "eventTitle": "A concert", "label": "Press",
            "status": "unused", "isRevoked": false, "revokedAt": null, "redeemedAt": null, "redeemedIp": null,
            "expiresAt": "2026-06-03T13:00:00.000Z", "createdAt": "2026-06-01T12:00:00.000Z",
        }));
    }

    async fn five_hundred_tickets_have_five_hundred_codes(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        let tickets = platform.admin().tickets(&event, 500).await;
        let codes: HashSet<&str> = tickets.iter().map(code).collect();
        assert_eq!(codes.len(), 500);
        assert_eq!(list(platform, "limit=1").await["pagination"]["total"], 500);
    }

    // I-11
    async fn a_generation_is_refused_by_field(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        let path = format!("/api/admin/events/{}/tokens/generate", id(&event));
        for (body, field) in [
            (json!({}), "count"),
            (json!({ "count": 0 }), "count"),
            (json!({ "count": 501 }), "count"),
            (json!({ "count": 1.5 }), "count"),
            (json!({ "count": "5" }), "count"),
            (json!({ "count": -1 }), "count"),
            (json!({ "count": 9_007_199_254_740_993_i64 }), "count"),
            (json!({ "count": 1, "label": 5 }), "label"),
            (json!({ "count": 1, "label": "x".repeat(201) }), "label"),
            (json!({ "count": 1, "label": "a\nb" }), "label"),
        ] {
            let answer = platform.admin().send(Method::POST, &path, Some(&body)).await;
            let answer = answer.refused(400, "validation_failed");
            assert!(answer.json()["fields"][field].is_string(), "{body}");
        }
        let smuggled = json!({ "count": 1, "code": "AAAAAAAAAAAA" });
        platform.admin().send(Method::POST, &path, Some(&smuggled)).await.refused(400, "invalid_request");
        assert_eq!(list(platform, "").await["pagination"]["total"], 0);
    }

    async fn no_ticket_is_born_expired(platform: TestPlatform) {
        let event = platform.admin().create_event_with(json!({ "accessWindowHours": 1 })).await;
        let path = format!("/api/admin/events/{}/tokens/generate", id(&event));
        let body = json!({ "count": 1 });
        platform.advance(2 * 3_600 - 1);
        platform.admin().send(Method::POST, &path, Some(&body)).await.expect(201);
        platform.advance(1);
        let answer = platform.admin().send(Method::POST, &path, Some(&body)).await;
        answer.refused(409, "tickets_would_be_expired");
    }

    //
    async fn two_processes_with_the_same_luck_still_draw_different_codes(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        let first = platform.admin().tickets(&event, 20).await;
        // The same seed as the first process, and the same requests: it draws codes that are taken already.
        let twin = platform.another_process(1).await;
        platform.advance(1);
        let admin = Admin { platform: &twin, now: platform.now() };
        let event = admin.create_event().await;
        let mut codes: HashSet<String> = first.iter().map(|ticket| code(ticket).to_owned()).collect();
        for _ in 0..3 {
            codes.extend(admin.tickets(&event, 20).await.iter().map(|ticket| code(ticket).to_owned()));
        }
        assert_eq!(codes.len(), 80);
        twin.app().db.close().await;
    }

    async fn tickets_are_listed_by_event_status_and_search(platform: TestPlatform) {
        let admin = platform.admin();
        let (one, two) = (admin.create_event().await, admin.create_event().await);
        let of_one = admin.tickets(&one, 3).await;
        let path = format!("/api/admin/events/{}/tokens/generate", id(&two));
        let labelled = json!({ "count": 2, "label": "50%_Off Ünd" });
        let of_two = admin.send(Method::POST, &path, Some(&labelled)).await.expect(201).json();
        admin.revoke(&of_one[0]).await.expect(200);
        platform.viewer("a").validate(code(&of_one[1])).await.expect(200);
        for (query, total) in [
            (String::new(), 5),
            (format!("eventId={}", id(&one)), 3),
            (format!("eventId={}&status=unused", id(&one)), 1),
            ("status=revoked".to_owned(), 1),
            ("status=redeemed".to_owned(), 1),
            ("status=expired".to_owned(), 0),
            ("search=50%25_o".to_owned(), 2),
            ("search=_".to_owned(), 2),
            ("search=%25%25".to_owned(), 0),
            ("search=%C3%9Cnd".to_owned(), 2),
            (format!("search={}", code(&of_one[2])), 1),
            (format!("search={}", &code(&of_two["data"][0])[2..9].to_ascii_lowercase()), 1),
            ("eventId=0190a0b0-0000-7000-8000-000000000000".to_owned(), 0),
            ("eventId=%00".to_owned(), 0),
        ] {
            assert_eq!(list(platform, &query).await["pagination"]["total"], total, "{query}");
        }
        let path = format!("/api/admin/events/{}/tokens?status=unused&limit=1", id(&two));
        let answer = admin.send(Method::GET, &path, None).await.expect(200).json();
        assert_eq!(answer["pagination"], json!({ "page": 1, "limit": 1, "total": 2, "totalPages": 2 }));
        assert_eq!(answer["data"][0]["eventId"], two["id"]);
    }

    // I-10
    async fn pages_hold_every_ticket_once_newest_first(platform: TestPlatform) {
        let admin = platform.admin();
        let event = admin.create_event().await;
        let old = admin.tickets(&event, 4).await;
        platform.advance(1);
        admin.tickets(&event, 3).await;
        let mut ids = Vec::new();
        for page in 1..=3 {
            let answer = list(platform, &format!("limit=3&page={page}")).await;
            ids.extend(answer["data"].as_array().unwrap().iter().map(|ticket| id(ticket).to_owned()));
        }
        assert_eq!(ids.len(), 7);
        let last: HashSet<&str> = ids[3..].iter().map(String::as_str).collect();
        assert_eq!(last, old.iter().map(id).collect());
    }

    async fn a_ticket_is_read_with_its_live_session(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        assert_eq!(read(platform, &ticket).await["session"], Value::Null);
        platform.viewer("a").validate(code(&ticket)).await.expect(200);
        let read_back = read(platform, &ticket).await;
        assert_eq!(read_back["status"], "redeemed");
        assert_eq!(read_back["redeemedAt"], "2026-06-01T12:00:00.000Z");
        assert_eq!(read_back["redeemedIp"], "198.51.100.7");
        assert_eq!(read_back["session"]["since"], "2026-06-01T12:00:00.000Z");
        assert_eq!(read_back["session"]["edgeId"], Value::Null);
        platform.advance(61);
        assert_eq!(read(platform, &ticket).await["session"], Value::Null);
    }

    async fn a_revocation_is_told_to_edges_once_and_keeps_its_first_time(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let revoked = platform.admin().revoke(&ticket).await.expect(200).json()["data"].take();
        assert_eq!((&revoked["status"], &revoked["isRevoked"]), (&json!("revoked"), &json!(true)));
        assert_eq!((&revoked["revokedAt"], &revoked["feedSeq"]), (&json!("2026-06-01T12:00:00.000Z"), &json!(1)));
        platform.advance(10);
        let again = platform.admin().revoke(&ticket).await.expect(200).json()["data"].take();
        assert_eq!(again, revoked);
        platform.viewer("a").validate(code(&ticket)).await.refused(403, "ticket_revoked");
        let restored = platform.admin().unrevoke(&ticket).await.expect(200).json()["data"].take();
        assert_eq!((&restored["status"], &restored["revokedAt"]), (&json!("unused"), &Value::Null));
        assert_eq!(restored["feedSeq"], 2);
        let still = platform.admin().unrevoke(&ticket).await.expect(200).json()["data"].take();
        assert_eq!(still, restored);
        platform.viewer("a").validate(code(&ticket)).await.expect(200);
        let code = Code::parse(code(&ticket)).unwrap();
        assert_eq!(
            feed(platform).await,
            [
                FeedChange::TicketRevoked { code: code.clone(), at: UnixMillis(NOON) },
                FeedChange::TicketRestored { code },
            ]
        );
    }

    async fn an_expired_ticket_cannot_be_restored(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        platform.admin().revoke(&ticket).await.expect(200);
        platform.advance(49 * 3_600);
        platform.admin().unrevoke(&ticket).await.refused(409, "ticket_expired");
        assert_eq!(read(platform, &ticket).await["status"], "revoked");
        assert_eq!(feed_kinds(platform).await, ["ticket_revoked"]);
    }

    async fn ending_a_session_frees_the_ticket_for_another_device(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let token = platform.viewer("a").watch(&ticket).await;
        platform.viewer("b").validate(code(&ticket)).await.refused(409, "in_use");
        let ended = platform.admin().end_session(&ticket).await.expect(200).json()["data"].take();
        assert_eq!((&ended["id"], &ended["feedSeq"]), (&ticket["id"], &json!(1)));
        assert_eq!(feed_kinds(platform).await, ["session_ended"]);
        platform.viewer("a").refresh(&token).await.refused(401, "session_ended");
        platform.viewer("b").validate(code(&ticket)).await.expect(200);
    }

    async fn ending_no_session_is_fine_and_tells_edges_nothing(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let ended = platform.admin().end_session(&ticket).await.expect(200).json()["data"].take();
        assert_eq!(ended["feedSeq"], 0);
        assert!(feed(platform).await.is_empty());
    }
}
