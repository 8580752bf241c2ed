//! Counters and lists agree with the rows, whatever happened to these.

use http::Method;
use serde_json::{Value, json};
use streamgate_contract::time::UnixMillis;
use streamgate_platform::housekeeping;

use crate::harness::{NOON, TestPlatform, code, id, setting};

const HOUR_MS: i64 = 3_600_000;
const STATUSES: [&str; 4] = ["unused", "redeemed", "expired", "revoked"];

/// How many steps each run takes; `cargo xtask test --deep` asks for more, and each run says its seed.
fn steps() -> u64 {
    setting("STREAMGATE_CONTENDED_ROUNDS").map_or(60, |rounds| rounds.parse::<u64>().unwrap().min(600))
}

/// A small generator (xorshift64*), so that a seed tells everything that happened.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let rolled = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(rolled).unwrap() % sides
    }

    fn pick<'a>(&mut self, from: &'a [Value]) -> Option<&'a Value> {
        (!from.is_empty()).then(|| &from[self.roll(from.len())])
    }
}

async fn get(platform: &TestPlatform, path: &str) -> Value {
    platform
        .admin()
        .send(Method::GET, path, None)
        .await
        .expect(200)
        .json()
}

/// Reads a list to its end, in pages of an odd size.
async fn all(platform: &TestPlatform, path: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    for page in 1.. {
        let join = if path.contains('?') { '&' } else { '?' };
        let mut list = get(platform, &format!("{path}{join}limit=37&page={page}")).await;
        let Value::Array(data) = list["data"].take() else {
            panic!("no list: {list}")
        };
        let done = data.len() < 37;
        rows.extend(data);
        if done {
            assert_eq!(list["pagination"]["total"], rows.len(), "{path}");
            return rows;
        }
    }
    rows
}

/// Does one thing that changes counts.
async fn step(platform: &TestPlatform, dice: &mut Dice, events: &mut Vec<Value>, tickets: &[Value]) {
    let admin = platform.admin();
    match dice.roll(12) {
        0 => {
            let title = format!("Event {}", platform.now());
            events.push(admin.create_event_with(json!({ "title": title })).await);
        }
        1..=3 => {
            if let Some(event) = dice.pick(events).cloned() {
                let path = format!("/api/admin/events/{}/tokens/generate", id(&event));
                let label = ["Press", "Guest 50%", "A_B", "Ä"][dice.roll(4)];
                let body = json!({ "count": 1 + dice.roll(60), "label": label });
                admin.send(Method::POST, &path, Some(&body)).await;
            }
        }
        4 | 5 => {
            if let Some(ticket) = dice.pick(tickets) {
                let viewer = platform.viewer("a").at([10, 0, 0, 1]);
                viewer.validate(code(ticket)).await;
            }
        }
        6 => {
            if let Some(ticket) = dice.pick(tickets) {
                // Those that were read before their event was deleted are gone.
                let is_there = events.iter().any(|event| id(event) == ticket["eventId"]);
                admin
                    .revoke(ticket)
                    .await
                    .expect(if is_there { 200 } else { 404 });
            }
        }
        7 => {
            if let Some(ticket) = dice.pick(tickets) {
                admin.unrevoke(ticket).await;
            }
        }
        8 => {
            let some: Vec<&str> = tickets.iter().skip(dice.roll(7)).step_by(7).map(id).collect();
            let body = if dice.roll(2) == 0 {
                json!({ "tokenIds": some })
            } else {
                json!({ "filter": { "search": "a_b", "status": STATUSES[dice.roll(4)] } })
            };
            admin
                .send(Method::POST, "/api/admin/tokens/bulk-revoke", Some(&body))
                .await
                .expect(200);
        }
        9 => {
            if let Some(event) = dice.pick(events).cloned() {
                let hours = i64::try_from(dice.roll(10)).unwrap() - 5;
                let ends_at = UnixMillis(platform.now() + hours * HOUR_MS).to_iso();
                let starts_at = UnixMillis(platform.now() - 20 * HOUR_MS).to_iso();
                let edited = admin
                    .edit(
                        &event,
                        json!({
                            "startsAt": starts_at, "endsAt": ends_at, "accessWindowHours": 1 + dice.roll(4),
                        }),
                    )
                    .await;
                events.retain(|known| id(known) != id(&edited));
                events.push(edited);
            }
        }
        10 => platform.advance(u64::try_from(dice.roll(3_000)).unwrap()),
        _ => {
            if events.len() > 3 {
                let event = events.remove(dice.roll(events.len()));
                admin.delete(&event).await.expect(204);
            }
        }
    }
}

/// Compares every counter and every list with the rows themselves.
async fn compare(platform: &TestPlatform, seed: u64) -> Vec<Value> {
    let tickets = all(platform, "/api/admin/tokens").await;
    let count = |event: Option<&str>, status: Option<&str>| {
        let of_event = |ticket: &&Value| event.is_none_or(|event| ticket["eventId"] == event);
        let of_status = |ticket: &&Value| status.is_none_or(|status| ticket["status"] == status);
        tickets.iter().filter(of_event).filter(of_status).count()
    };
    let breakdown = |event: Option<&str>| {
        let [unused, redeemed, expired, revoked] = STATUSES.map(|status| count(event, Some(status)));
        json!({ "unused": unused, "redeemed": redeemed, "expired": expired, "revoked": revoked })
    };
    let dashboard = get(platform, "/api/admin/dashboard").await["data"].take();
    assert_eq!(dashboard["totalTokens"], tickets.len(), "seed {seed}");
    assert_eq!(dashboard["tokenBreakdown"], breakdown(None), "seed {seed}");
    let events = all(platform, "/api/admin/events").await;
    let mut watching = 0;
    for event in &events {
        assert_eq!(event["tokenCount"], count(Some(id(event)), None), "seed {seed}");
        let detail = get(platform, &format!("/api/admin/events/{}", id(event))).await["data"].take();
        assert_eq!(
            detail["tokenBreakdown"],
            breakdown(Some(id(event))),
            "seed {seed}"
        );
        let viewers = all(platform, &format!("/api/admin/events/{}/viewers", id(event))).await;
        assert_eq!(event["liveViewers"], viewers.len(), "seed {seed}");
        watching += viewers.len();
    }
    assert_eq!(dashboard["liveViewers"], watching, "seed {seed}");
    for status in STATUSES {
        for filter in [
            String::new(),
            "&search=A_B".to_owned(),
            "&search=%C3%84".to_owned(),
            event_filter(&events),
        ] {
            let listed = all(platform, &format!("/api/admin/tokens?status={status}{filter}")).await;
            let expected: Vec<Value> = all(
                platform,
                &format!("/api/admin/tokens?{}", filter.trim_start_matches('&')),
            )
            .await
            .into_iter()
            .filter(|ticket| ticket["status"] == status)
            .collect();
            assert_eq!(listed, expected, "{status}{filter}, seed {seed}");
        }
    }
    tickets
}

fn event_filter(events: &[Value]) -> String {
    events
        .first()
        .map_or_else(String::new, |event| format!("&eventId={}", id(event)))
}

on_both_databases! {
    async fn counters_and_lists_equal_what_the_rows_say_after_anything(platform: TestPlatform) {
        let seed = u64::from(std::process::id()) + 0x9E37_79B9;
        let mut dice = Dice(seed);
        let mut events = vec![platform.admin().create_event().await];
        let mut tickets = platform.admin().tickets(&events[0], 90).await;
        for number in 1..=steps() {
            step(platform, &mut dice, &mut events, &tickets).await;
            if number % 15 == 0 {
                if number % 30 == 0 {
                    // What is folded together counts as before.
                    housekeeping::once(platform.platform.app(), None).await.unwrap();
                }
                tickets = compare(platform, seed).await;
            }
        }
        assert!(platform.now() >= NOON);
    }

    async fn a_list_is_the_same_from_either_end(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        for _ in 0..5 {
            platform.admin().tickets(&event, 20).await;
            platform.advance(1);
        }
        let at_once = get(platform, "/api/admin/tokens?limit=200").await["data"].take();
        let order = |ticket: &Value| (ticket["createdAt"].to_string(), ticket["id"].to_string());
        assert!(at_once.as_array().unwrap().is_sorted_by(|one, next| order(one) > order(next)));
        for limit in [1, 7, 33, 99, 100] {
            for page in 1..=100_usize.div_ceil(limit) + 1 {
                let list = get(platform, &format!("/api/admin/tokens?limit={limit}&page={page}")).await;
                let begin = ((page - 1) * limit).min(100);
                let expected = &at_once.as_array().unwrap()[begin..(begin + limit).min(100)];
                assert_eq!(list["data"], json!(expected), "limit {limit} page {page}");
                assert_eq!(list["pagination"]["total"], 100);
            }
        }
    }
}
