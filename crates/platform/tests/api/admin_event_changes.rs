//! Events: what edges and tickets learn of a change.

use std::net::SocketAddr;

use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use streamgate_contract::feed::{ChainHash, FeedChange, FeedRecord, chain, record_body};
use streamgate_contract::time::UnixMillis;

use crate::harness::{ADMIN_KEY, Admin, Answer, NOON, TestPlatform, code, id, request, send};

/// Reads all records of the feed and checks their order and their chain.
pub(crate) async fn feed(platform: &TestPlatform) -> Vec<FeedChange> {
    let epoch = platform.edge("e").feed("").await["snapshot"]["epoch"]
        .as_str()
        .unwrap()
        .to_owned();
    let start = ChainHash::GENESIS;
    let query = format!("after=0&h={}&epoch={epoch}", start.as_str());
    let page = platform.edge("e").feed(&query).await;
    let mut previous = start;
    let mut changes = Vec::new();
    for (index, record) in page["records"].as_array().unwrap().iter().enumerate() {
        let record = FeedRecord::parse(&record.to_string()).unwrap();
        assert_eq!(record.seq, index as u64 + 1);
        let change = record.change.unwrap();
        previous = chain(&previous, &record_body(record.seq, &change));
        assert_eq!(record.h, previous);
        changes.push(change);
    }
    assert_eq!(page["seq"], changes.len());
    changes
}

/// Returns the `kind` of each record.
pub(crate) async fn feed_kinds(platform: &TestPlatform) -> Vec<String> {
    let changes = feed(platform).await;
    let kinds = changes
        .iter()
        .map(|change| serde_json::to_value(change).unwrap()["kind"].take());
    kinds.map(|kind| kind.as_str().unwrap().to_owned()).collect()
}

async fn delete(platform: &TestPlatform, event: &Value, confirmation: Option<&str>) -> Answer {
    let key = format!("Bearer {ADMIN_KEY}");
    let mut headers = vec![("authorization", key.as_str())];
    headers.extend(confirmation.map(|title| ("x-confirm-delete", title)));
    let request = request(
        Method::DELETE,
        &format!("/api/admin/events/{}", id(event)),
        &headers,
        None,
    );
    send(
        &platform.platform,
        SocketAddr::from(([192, 0, 2, 9], 40_000)),
        request,
    )
    .await
}

async fn ticket_expiry(platform: &TestPlatform, ticket: &Value) -> String {
    let path = format!("/api/admin/tokens/{}", id(ticket));
    let answer = platform
        .admin()
        .send(Method::GET, &path, None)
        .await
        .expect(200)
        .json();
    answer["data"]["expiresAt"].as_str().unwrap().to_owned()
}

on_both_databases! {
    async fn switching_off_and_on_is_told_to_edges_in_order_and_once(platform: TestPlatform) {
        let admin = platform.admin();
        let event = admin.create_event().await;
        let off = admin.deactivate(&event).await.expect(200).json()["data"].take();
        assert_eq!((&off["isActive"], &off["feedSeq"]), (&json!(false), &json!(1)));
        assert_eq!(off["title"], event["title"]);
        platform.advance(3);
        let again = admin.deactivate(&event).await.expect(200).json()["data"].take();
        assert_eq!(again, off);
        let on = admin.reactivate(&event).await.expect(200).json()["data"].take();
        assert_eq!((&on["isActive"], &on["feedSeq"]), (&json!(true), &json!(2)));
        admin.reactivate(&event).await.expect(200);
        let event_id = streamgate_contract::ids::EventId::parse(id(&event)).unwrap();
        assert_eq!(
            feed(platform).await,
            [
                FeedChange::EventOff { event_id: event_id.clone(), at: UnixMillis(NOON) },
                FeedChange::EventOn { event_id },
            ]
        );
    }

    async fn nobody_watches_an_event_that_is_off(platform: TestPlatform) {
        let admin = platform.admin();
        let (event, ticket) = admin.event_with_ticket().await;
        admin.deactivate(&event).await.expect(200);
        platform.viewer("a").validate(code(&ticket)).await.refused(403, "event_unavailable");
        admin.reactivate(&event).await.expect(200);
        platform.viewer("a").validate(code(&ticket)).await.expect(200);
    }

    async fn edges_hear_of_a_source_when_it_changes_and_only_then(platform: TestPlatform) {
        let admin = platform.admin();
        let event = admin.create_event_with(json!({ "streamUrl": "http://one.example/live" })).await;
        admin.edit(&event, json!({ "title": "Renamed" })).await;
        admin.edit(&event, json!({ "streamUrl": "http://two.example/live" })).await;
        admin.edit(&event, json!({ "streamUrl": null })).await;
        admin.create_event().await;
        let urls: Vec<Option<String>> = feed(platform)
            .await
            .into_iter()
            .map(|change| match change {
                FeedChange::EventSource { url, .. } => url,
                other => panic!("another record: {other:?}"),
            })
            .collect();
        assert_eq!(
            urls,
            [Some("http://one.example/live".to_owned()), Some("http://two.example/live".to_owned()), None]
        );
    }

    async fn tickets_follow_every_edit_of_the_schedule(platform: TestPlatform) {
        let admin = platform.admin();
        let (event, ticket) = admin.event_with_ticket().await;
        assert_eq!(ticket_expiry(platform, &ticket).await, "2026-06-03T13:00:00.000Z");
        admin.edit(&event, json!({ "endsAt": "2026-06-11T13:00:00Z" })).await;
        assert_eq!(ticket_expiry(platform, &ticket).await, "2026-06-13T13:00:00.000Z");
        admin.edit(&event, json!({ "accessWindowHours": 1 })).await;
        assert_eq!(ticket_expiry(platform, &ticket).await, "2026-06-01T14:00:00.000Z");
        admin.edit(&event, json!({ "startsAt": "2026-05-01T10:00:00Z", "endsAt": "2026-05-01T11:00:00Z" })).await;
        platform.viewer("a").validate(code(&ticket)).await.refused(410, "ticket_expired");
        admin.edit(&event, json!({ "accessWindowHours": 168 })).await;
        platform.viewer("a").validate(code(&ticket)).await.expect(200);
    }

    async fn tickets_that_are_made_during_an_edit_follow_it_too(platform: TestPlatform) {
        let other = platform.another_process(2).await;
        let (here, there) = (platform.admin(), Admin { platform: &other, now: platform.now() });
        let event = here.create_event().await;
        for hours in 1..=12 {
            let changes = json!({ "accessWindowHours": hours });
            tokio::join!(here.tickets(&event, 5), there.edit(&event, changes), there.tickets(&event, 5));
        }
        let path = format!("/api/admin/events/{}/tokens?limit=200", id(&event));
        let tickets = here.send(Method::GET, &path, None).await.expect(200).json();
        let tickets = tickets["data"].as_array().unwrap();
        assert_eq!(tickets.len(), 120);
        assert!(tickets.iter().all(|ticket| ticket["expiresAt"] == "2026-06-02T01:00:00.000Z"));
        other.app().db.close().await;
    }

    async fn the_device_policy_can_be_changed_while_people_watch(platform: TestPlatform) {
        let admin = platform.admin();
        let (event, ticket) = admin.event_with_ticket().await;
        platform.viewer("a").validate(code(&ticket)).await.expect(200);
        platform.viewer("b").validate(code(&ticket)).await.refused(409, "in_use");
        admin.edit(&event, json!({ "devicePolicy": "takeover" })).await;
        platform.viewer("b").validate(code(&ticket)).await.expect(200);
    }

    async fn deleting_takes_the_exact_title(platform: TestPlatform) {
        let admin = platform.admin();
        let event = admin.create_event().await;
        admin.tickets(&event, 3).await;
        for wrong in [None, Some(""), Some("a%20concert"), Some("A%20concert%20"), Some("A"), Some("%FF")] {
            let answer = delete(platform, &event, wrong).await.refused(400, "delete_not_confirmed");
            assert_eq!(answer.json()["tickets"], 3);
            assert!(answer.json()["error"].as_str().unwrap().contains("3 tickets"));
        }
        assert!(feed(platform).await.is_empty());
        delete(platform, &event, Some("A%20concert")).await.expect(204);
    }

    async fn an_event_with_any_title_can_be_deleted(platform: TestPlatform) {
        let admin = platform.admin();
        // "Fête" is written with an e and a combining accent: no form of it is made into another.
        let title = "Fe\u{302}te ★ 100% «日本語» 🎸";
        let event = admin.create_event_with(json!({ "title": title })).await;
        let ticket = admin.tickets(&event, 1).await.remove(0);
        platform.viewer("a").validate(code(&ticket)).await.expect(200);
        let encoded = utf8_percent_encode(title, NON_ALPHANUMERIC).to_string();
        let composed = utf8_percent_encode("F\u{ea}te ★ 100% «日本語» 🎸", NON_ALPHANUMERIC).to_string();
        delete(platform, &event, Some(&composed)).await.refused(400, "delete_not_confirmed");
        let answer = delete(platform, &event, Some(&encoded)).await.expect(204);
        assert_eq!(answer.header("x-feed-seq"), "2");
        assert!(answer.body.is_empty());
        assert_eq!(feed_kinds(platform).await, ["event_off", "purge"]);
        platform.viewer("a").validate(code(&ticket)).await.refused(401, "invalid_code");
        let path = format!("/api/admin/tokens/{}", id(&ticket));
        admin.send(Method::GET, &path, None).await.refused(404, "not_found");
        delete(platform, &event, Some(&encoded)).await.refused(404, "not_found");
    }

    async fn an_edge_without_state_learns_of_a_deleted_event(platform: TestPlatform) {
        let admin = platform.admin();
        let event = admin.create_event_with(json!({ "streamUrl": "http://one.example/" })).await;
        admin.delete(&event).await.expect(204);
        let snapshot = platform.edge("new").feed("").await["snapshot"].take();
        assert_eq!(snapshot["eventsOff"], json!([{ "eventId": id(&event), "at": "2026-06-01T12:00:00.000Z" }]));
        assert_eq!(snapshot["sources"], json!([]));
    }
}
