//! The feed as edges read it: nothing is lost, nothing is out of order, and another history is noticed.

use std::time::Duration;

use axum::body::Body;
use http::{Method, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use streamgate_contract::feed::{ChainHash, FeedEvent, chain};
use streamgate_contract::time::UnixMillis;
use streamgate_platform::playback::upkeep;
use streamgate_serving::listeners::Peer;
use tower::ServiceExt as _;

use crate::harness::{INTERNAL_KEY, NOON, TestPlatform, code, id, request, run, send};

/// Longest wait for something that happens at once; only a broken program uses it up.
const PATIENCE: Duration = Duration::from_secs(20);
const GENESIS: &str = "0000000000000000";

fn cursor(after: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    format!(
        "after={}&h={}&epoch={}",
        after["seq"],
        text(&after["h"]),
        text(&after["epoch"])
    )
}

/// An open stream of server-sent events.
struct Events {
    body: Body,
    text: String,
}

impl Events {
    async fn open(platform: &TestPlatform, query: &str) -> Self {
        let mut request = Request::get(format!("/api/internal/feed?{query}"))
            .header("x-internal-api-key", INTERNAL_KEY)
            .body(Body::empty())
            .unwrap();
        request.extensions_mut().insert(Peer(([10, 0, 0, 2], 1).into()));
        let response = platform.platform.router().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        assert!(!response.headers().contains_key("content-encoding"));
        Self {
            body: response.into_body(),
            text: String::new(),
        }
    }

    /// Returns the next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<FeedEvent> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let member = |name: &str| {
                    event
                        .lines()
                        .find_map(|line| line.strip_prefix(name))
                        .unwrap_or_default()
                };
                let parsed = FeedEvent::parse_sse(member("event: "), member("data: ")).unwrap();
                let rest = rest.to_owned();
                self.text = rest;
                return Some(parsed.expect("an event of the contract"));
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame())
                .await
                .expect("an event in time")?;
            self.text
                .push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
        }
    }
}

on_both_databases! {
    async fn records_are_numbered_without_gaps_and_chained(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let start = platform.edge("edge").feed("").await["snapshot"].take();
        assert_eq!((&start["seq"], &start["h"]), (&json!(0), &json!(GENESIS)));
        platform.admin().revoke(&ticket).await.expect(200);
        platform.admin().unrevoke(&ticket).await.expect(200);
        platform.viewer("anna").watch(&ticket).await;
        platform.viewer("anna").watch(&ticket).await;
        let page = platform.edge("edge").feed(&cursor(&start)).await;
        let records = page["records"].as_array().unwrap();
        let kinds: Vec<_> = records.iter().map(|record| record["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["ticket_revoked", "ticket_restored", "session_ended"]);
        let mut h = ChainHash::GENESIS;
        for (seq, record) in (1..).zip(records) {
            assert_eq!(record["seq"], seq);
            h = ChainHash::parse(record["h"].as_str().unwrap()).unwrap();
        }
        let first = format!(
            r#"{{"seq":1,"kind":"ticket_revoked","code":"{}","at":"{}"}}"#,
            code(&ticket),
            UnixMillis(NOON).to_iso()
        );
        assert_eq!(records[0]["h"], chain(&ChainHash::GENESIS, &first).as_str());
        assert_eq!((&page["seq"], page["h"].as_str().unwrap()), (&json!(3), h.as_str()));
        assert_eq!(page["now"], UnixMillis(NOON).to_iso());
        let nothing_new = platform.edge("edge").feed(&cursor(&page)).await;
        assert_eq!(nothing_new["records"], json!([]));
    }

    // V-06
    async fn whatever_does_not_continue_this_very_history_gets_a_snapshot(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        platform.admin().revoke(&ticket).await.expect(200);
        platform.admin().unrevoke(&ticket).await.expect(200);
        let head = platform.edge("edge").feed("").await["snapshot"].take();
        let epoch = head["epoch"].as_str().unwrap();
        let h = head["h"].as_str().unwrap();
        for query in [
            String::new(),
            format!("after=2&h={h}"),
            format!("after=2&epoch={epoch}"),
            format!("after=2&h={h}&epoch=another"),
            format!("after=2&h={GENESIS}&epoch={epoch}"),
            format!("after=2&h=malformed&epoch={epoch}"),
            format!("after=3&h={h}&epoch={epoch}"),
            format!("after=1&h={h}&epoch={epoch}"),
            format!("after=0&h={h}&epoch={epoch}"),
        ] {
            let answer = platform.edge("edge").feed(&query).await;
            assert_eq!(answer["snapshot"]["seq"], 2, "{query}: {answer}");
        }
        let answer = platform.edge("edge").feed(&format!("after=0&h={GENESIS}&epoch={epoch}")).await;
        assert_eq!(answer["records"].as_array().unwrap().len(), 2);
        let accept = [("accept", "application/json")];
        platform.edge("edge").get("/api/internal/feed?after=x", &accept).await.refused(400, "invalid_request");
    }

    async fn a_snapshot_holds_what_is_refused_and_can_still_matter(platform: TestPlatform) {
        let admin = platform.admin();
        let (event, first) = admin.event_with_ticket().await;
        let second = admin.tickets(&event, 1).await.remove(0);
        let off = admin.create_event().await;
        let own = admin.create_event_with(json!({ "streamUrl": "https://origin.example.com/live" })).await;
        let token = platform.viewer("anna").watch(&first).await;
        platform.viewer("anna").release(&token).await.expect(200);
        admin.revoke(&first).await.expect(200);
        admin.revoke(&second).await.expect(200);
        admin.unrevoke(&second).await.expect(200);
        admin.deactivate(&off).await.expect(200);
        let at = UnixMillis(NOON).to_iso();
        let snapshot = platform.edge("edge").feed("").await["snapshot"].take();
        assert_eq!(snapshot["revoked"], json!([{ "code": first["code"], "at": at }]));
        assert_eq!(snapshot["eventsOff"], json!([{ "eventId": off["id"], "at": at }]));
        assert_eq!(snapshot["sessionsEnded"].as_array().unwrap().len(), 1);
        let source = json!([{ "eventId": own["id"], "url": "https://origin.example.com/live" }]);
        assert_eq!(snapshot["sources"], source);

        platform.advance(3_606);
        let later = platform.edge("edge").feed("").await["snapshot"].take();
        assert_eq!((&later["revoked"], &later["eventsOff"]), (&json!([]), &json!([])));
        assert_eq!(later["sessionsEnded"], json!([]));
        assert_eq!(later["sources"], source, "a source does not wear off");
        assert_eq!((&later["seq"], &later["h"]), (&snapshot["seq"], &snapshot["h"]));
    }

    async fn records_are_kept_for_two_hours_and_an_older_cursor_gets_a_snapshot(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let start = platform.edge("edge").feed("").await["snapshot"].take();
        platform.admin().revoke(&ticket).await.expect(200);
        let middle = platform.edge("edge").feed(&cursor(&start)).await;
        platform.advance(7_200);
        platform.admin().unrevoke(&ticket).await.expect(200);
        upkeep::once(platform.platform.app()).await.unwrap();
        let page = platform.edge("edge").feed(&cursor(&start)).await;
        assert_eq!(page["records"].as_array().unwrap().len(), 2);
        platform.clock.set(platform.now() + 1);
        upkeep::once(platform.platform.app()).await.unwrap();
        let older = platform.edge("edge").feed(&cursor(&start)).await;
        assert_eq!(older["snapshot"]["seq"], 2);
        // The record at the cursor is gone, so its hash cannot be checked any more.
        let at_the_gap = platform.edge("edge").feed(&cursor(&middle)).await;
        assert_eq!(at_the_gap["snapshot"]["seq"], 2);
        let head = platform.edge("edge").feed("").await["snapshot"].take();
        platform.advance(7_201);
        upkeep::once(platform.platform.app()).await.unwrap();
        assert_eq!(platform.edge("edge").feed(&cursor(&head)).await["records"], json!([]), "an empty tail continues");
    }

    async fn a_long_poll_ends_with_the_first_record(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let start = platform.edge("edge").feed("").await["snapshot"].take();
        let query = format!("{}&wait=25", cursor(&start));
        let edge = platform.edge("edge");
        let (page, _) = tokio::join!(tokio::time::timeout(PATIENCE, edge.feed(&query)), async {
            platform.admin().revoke(&ticket).await.expect(200)
        });
        assert_eq!(page.expect("before the wait is over")["records"][0]["kind"], "ticket_revoked");
    }

    async fn a_stream_begins_with_the_state_and_pushes_each_record(platform: TestPlatform) {
        let _running = platform.run_in_background();
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let mut events = Events::open(platform, "").await;
        let Some(FeedEvent::Snapshot(snapshot)) = events.next().await else { panic!("no snapshot first") };
        let Some(FeedEvent::Head(head)) = events.next().await else { panic!("no head at once") };
        assert_eq!((head.seq, head.now), (snapshot.seq, UnixMillis(NOON)));
        platform.admin().revoke(&ticket).await.expect(200);
        let Some(FeedEvent::Record(record)) = events.next().await else { panic!("no record") };
        assert_eq!(record.seq, head.seq + 1);

        let cursor = format!("after={}&h={}&epoch={}", head.seq, head.h, head.epoch.as_str());
        let mut resumed = Events::open(platform, &cursor).await;
        assert_eq!(resumed.next().await, Some(FeedEvent::Record(record)));
    }

    async fn a_quiet_stream_shows_its_head_every_five_seconds(platform: TestPlatform) {
        let mut events = Events::open(platform, "").await;
        events.next().await;
        assert!(matches!(events.next().await, Some(FeedEvent::Head(_))));
        let quiet = tokio::time::timeout(Duration::from_secs(5), events.next()).await.expect("within 5 s");
        assert!(matches!(quiet, Some(FeedEvent::Head(_))));
    }

    async fn streams_end_when_the_platform_shuts_down(platform: TestPlatform) {
        let other = platform.another_process(5).await;
        let running = run(other.clone());
        let mut request = Request::get("/api/internal/feed").body(Body::empty()).unwrap();
        request.headers_mut().insert("x-internal-api-key", INTERNAL_KEY.parse().unwrap());
        let response = other.router().oneshot(request).await.unwrap();
        drop(running);
        tokio::time::timeout(PATIENCE, response.into_body().collect()).await.expect("the stream ends").unwrap();
    }

    async fn a_restarted_platform_continues_the_same_feed(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        platform.admin().revoke(&ticket).await.expect(200);
        let before = platform.edge("edge").feed("").await["snapshot"].take();
        let restarted = platform.another_process(6).await;
        let path = format!("/api/internal/feed?{}", cursor(&before));
        let headers = [("x-internal-api-key", INTERNAL_KEY), ("accept", "application/json")];
        let poll = request(Method::GET, &path, &headers, None);
        let after = send(&restarted, ([10, 0, 0, 2], 1).into(), poll).await.expect(200).json();
        assert_eq!(after["records"], json!([]));
        assert_eq!((&after["epoch"], &after["h"]), (&before["epoch"], &before["h"]));
        restarted.app().db.close().await;
    }

    // V-07
    async fn the_feed_and_the_revocations_need_the_internal_key(platform: TestPlatform) {
        for path in ["/api/internal/feed", "/api/revocations?since=2026-01-01T00:00:00Z"] {
            for headers in [vec![], vec![("x-internal-api-key", "wrong")], vec![("authorization", INTERNAL_KEY)]] {
                platform.viewer("anna").get(path, &headers).await.refused(401, "unauthorized");
            }
        }
    }

    async fn revocations_are_listed_from_their_very_time_on(platform: TestPlatform) {
        let admin = platform.admin();
        let (event, first) = admin.event_with_ticket().await;
        let second = admin.tickets(&event, 1).await.remove(0);
        admin.revoke(&first).await.expect(200);
        platform.advance(10);
        let admin = platform.admin();
        admin.revoke(&second).await.expect(200);
        let (off, third) = admin.event_with_ticket().await;
        let fourth = admin.tickets(&off, 1).await.remove(0);
        admin.revoke(&fourth).await.expect(200);
        admin.deactivate(&off).await.expect(200);
        let edge = platform.edge("edge");
        let at = UnixMillis(NOON + 10_000).to_iso();
        let list = |since: i64| format!("/api/revocations?since={}", UnixMillis(since).to_iso());
        let answer = edge.get(&list(NOON), &[]).await.expect(200).json();
        assert_eq!(answer["revocations"].as_array().unwrap().len(), 3);
        assert_eq!(answer["serverTime"], UnixMillis(NOON + 5_000).to_iso());
        let answer = edge.get(&list(NOON + 10_000), &[]).await.expect(200).json();
        let codes: Vec<_> = answer["revocations"].as_array().unwrap().iter().map(|row| &row["code"]).collect();
        assert!(codes.contains(&&second["code"]) && codes.contains(&&fourth["code"]) && codes.len() == 2);
        assert!(answer["revocations"].as_array().unwrap().iter().all(|row| row["revokedAt"] == at));
        let deactivation = &answer["eventDeactivations"][0];
        assert_eq!((deactivation["eventId"].as_str().unwrap(), &deactivation["deactivatedAt"]), (id(&off), &json!(at)));
        let mut codes: Vec<_> = deactivation["tokenCodes"].as_array().unwrap().iter().map(Value::to_string).collect();
        let mut expected = vec![third["code"].to_string(), fourth["code"].to_string()];
        codes.sort();
        expected.sort();
        assert_eq!(codes, expected);
        let answer = edge.get(&list(NOON + 10_001), &[]).await.expect(200).json();
        assert_eq!((&answer["revocations"], &answer["eventDeactivations"]), (&json!([]), &json!([])));
        for path in ["/api/revocations", "/api/revocations?since=yesterday", "/api/revocations?since="] {
            edge.get(path, &[]).await.refused(400, "invalid_request");
        }
    }
}
