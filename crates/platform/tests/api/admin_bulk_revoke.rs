//! Revoking many tickets: by id or by filter, in one transaction.

use std::collections::HashSet;

use http::Method;
use serde_json::{Value, json};
use streamgate_contract::feed::{ChainHash, FeedChange, FeedRecord, chain, record_body};

use crate::admin_event_changes::feed;
use crate::harness::{Admin, Answer, TestPlatform, code, id};

async fn bulk(platform: &TestPlatform, body: &Value) -> Answer {
    platform
        .admin()
        .send(Method::POST, "/api/admin/tokens/bulk-revoke", Some(body))
        .await
}

async fn revoked_total(platform: &TestPlatform) -> Value {
    let path = "/api/admin/tokens?status=revoked&limit=1";
    platform
        .admin()
        .send(Method::GET, path, None)
        .await
        .expect(200)
        .json()["pagination"]["total"]
        .take()
}

on_both_databases! {
    async fn five_hundred_tickets_are_revoked_by_their_ids(platform: TestPlatform) {
        let admin = platform.admin();
        let event = admin.create_event().await;
        let tickets = admin.tickets(&event, 500).await;
        let bystander = admin.tickets(&event, 1).await.remove(0);
        admin.revoke(&tickets[0]).await.expect(200);
        let mut ids: Vec<&str> = tickets.iter().map(id).collect();
        ids.extend(["no-such-id", "%", "\0", "0190a0b0-0000-7000-8000-000000000000", ids[0]]);
        let answer = bulk(platform, &json!({ "tokenIds": ids })).await.expect(200).json();
        assert_eq!(answer, json!({ "data": { "revokedCount": 499, "feedSeq": 500 } }));
        let told: HashSet<String> = feed(platform)
            .await
            .into_iter()
            .map(|change| match change {
                FeedChange::TicketRevoked { code, .. } => code.as_str().to_owned(),
                other => panic!("another record: {other:?}"),
            })
            .collect();
        assert_eq!(told, tickets.iter().map(|ticket| code(ticket).to_owned()).collect());
        platform.viewer("a").validate(code(&bystander)).await.expect(200);
        let again = bulk(platform, &json!({ "tokenIds": ids })).await.expect(200).json();
        assert_eq!(again, json!({ "data": { "revokedCount": 0, "feedSeq": 500 } }));
    }

    async fn a_filter_reaches_what_the_same_list_shows(platform: TestPlatform) {
        let admin = platform.admin();
        let (one, two) = (admin.create_event().await, admin.create_event().await);
        let path = format!("/api/admin/events/{}/tokens/generate", id(&one));
        let labelled = json!({ "count": 250, "label": "Batch_7%" });
        admin.send(Method::POST, &path, Some(&labelled)).await.expect(201);
        let others = admin.tickets(&one, 250).await;
        admin.tickets(&two, 3).await;
        platform.viewer("a").validate(code(&others[0])).await.expect(200);
        for (filter, count) in [
            (json!({ "eventId": "0190a0b0-0000-7000-8000-000000000000" }), 0),
            (json!({ "search": "batch_7%" }), 250),
            (json!({ "search": "batch_7%" }), 0),
            (json!({ "eventId": id(&one), "status": "redeemed" }), 1),
            (json!({ "eventId": id(&one) }), 249),
            (json!({ "status": "expired" }), 0),
            (json!({}), 3),
        ] {
            let answer = bulk(platform, &json!({ "filter": filter })).await.expect(200).json();
            assert_eq!(answer["data"]["revokedCount"], count, "{filter}");
        }
        assert_eq!(revoked_total(platform).await, 503);
        assert_eq!(feed(platform).await.len(), 503);
    }

    async fn a_bulk_request_names_tickets_in_exactly_one_way(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        platform.admin().tickets(&event, 2).await;
        for body in [
            json!({}),
            json!({ "tokenIds": null }),
            json!({ "tokenIds": [], "filter": {} }),
            json!({ "tokenIds": "x" }),
            json!({ "tokenIds": [5] }),
            json!({ "filter": [] }),
            json!({ "filter": { "status": "gone" } }),
            json!({ "filter": { "eventID": "x" } }),
            json!({ "filter": { "search": "\0" } }),
            json!({ "filter": {}, "all": true }),
        ] {
            bulk(platform, &body).await.refused(400, "invalid_request");
        }
        let none = bulk(platform, &json!({ "tokenIds": [] })).await.expect(200).json();
        assert_eq!(none["data"]["revokedCount"], 0);
        assert_eq!(revoked_total(platform).await, 0);
    }

    async fn more_tickets_than_one_statement_or_page_holds_are_revoked_without_a_gap(platform: TestPlatform) {
        let (admin, edge) = (platform.admin(), platform.edge("edge-1"));
        let event = admin.create_event().await;
        for count in [500, 500, 2] {
            admin.tickets(&event, count).await;
        }
        let epoch = edge.feed("").await["snapshot"]["epoch"].as_str().unwrap().to_owned();
        let answer = bulk(platform, &json!({ "filter": { "eventId": id(&event) } })).await.expect(200).json();
        assert_eq!(answer, json!({ "data": { "revokedCount": 1_002, "feedSeq": 1_002 } }));
        let (mut h, mut seq) = (ChainHash::GENESIS.clone(), 0);
        for count in [1_000, 2] {
            let page = edge.feed(&format!("after={seq}&h={h}&epoch={epoch}")).await;
            let records = page["records"].as_array().unwrap();
            assert_eq!(records.len(), count);
            for record in records {
                seq += 1;
                let change = FeedRecord::parse(&record.to_string()).unwrap().change.unwrap();
                h = chain(&h, &record_body(seq, &change));
                assert_eq!(record["h"], h.as_str());
            }
        }
    }

    async fn two_processes_that_revoke_the_same_tickets_count_each_once(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        let tickets = platform.admin().tickets(&event, 60).await;
        let other = platform.another_process(2).await;
        let there = Admin { platform: &other, now: platform.now() };
        let here = platform.admin();
        let ids: Vec<&str> = tickets.iter().map(id).collect();
        let mut backwards = ids.clone();
        backwards.reverse();
        let (listed, reversed) = (json!({ "tokenIds": ids }), json!({ "tokenIds": backwards }));
        let path = "/api/admin/tokens/bulk-revoke";
        let (first, second) = tokio::join!(
            here.send(Method::POST, path, Some(&listed)),
            there.send(Method::POST, path, Some(&reversed)),
        );
        let counts = [first, second].map(|answer| {
            answer.expect(200).json()["data"]["revokedCount"].as_u64().unwrap()
        });
        assert_eq!(counts.iter().sum::<u64>(), 60);
        assert_eq!(feed(platform).await.len(), 60);
        other.app().db.close().await;
    }
}
