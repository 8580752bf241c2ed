//! Outages of ours: nobody is ended by them, nobody is told anything but that, and all is well afterwards.

use axum::body::Body;
use futures_util::{StreamExt as _, stream};
use http::{Method, Request};
use serde_json::{Value, json};
use streamgate_contract::claims::Claims;
use streamgate_contract::time::UnixMillis;
use streamgate_platform::Platform;
use streamgate_platform::playback::upkeep;
use tokio::time::{Duration, timeout};

use crate::harness::{Answer, EdgeActor, INTERNAL_KEY, Kind, TestPlatform, Viewer, code, id, run, setting};

/// Viewers of every test run; `STREAMGATE_AUDIENCE=3000` has as many watch as the product promises.
const AUDIENCE: u32 = 300;
const TICKETS_MAX: u32 = 500;
/// Viewers that ask at the same moment.
const AT_ONCE: usize = 64;
const FIVE_MINUTES: u64 = 300;
const PATIENCE: Duration = Duration::from_secs(20);

struct Watching {
    ticket: Value,
    token: String,
    sid: String,
}

/// Lets everybody begin to watch, each on a device of their own.
async fn audience(platform: &TestPlatform) -> Vec<Watching> {
    let size = setting("STREAMGATE_AUDIENCE").map_or(AUDIENCE, |text| text.parse().expect("a number"));
    let admin = platform.admin();
    let event = admin.create_event_with(json!({ "accessWindowHours": 168 })).await;
    let mut tickets = Vec::new();
    let mut left = size;
    while left > 0 {
        let count = left.min(TICKETS_MAX);
        left -= count;
        tickets.extend(admin.tickets(&event, count).await);
    }
    stream::iter(tickets)
        .map(|ticket| async move {
            let token = platform.viewer(id(&ticket)).watch(&ticket).await;
            let sid = match platform.verifier().verify(&token, UnixMillis(platform.now())) {
                Ok(Claims::Playback(claims)) => claims.session_id.to_string(),
                other => panic!("no playback token: {other:?}"),
            };
            Watching { ticket, token, sid }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

/// Fails unless the feed is as it was: nothing is said of sessions that were merely silent.
async fn nothing_was_written(process: &Platform) {
    let feed = EdgeActor::new(process, "edge-1").feed("").await;
    assert_eq!(feed["snapshot"]["seq"], 0);
    assert_eq!(feed["snapshot"]["sessionsEnded"], json!([]));
}

async fn everyone_is_live(process: &Platform, audience: &[Watching]) {
    let answers = stream::iter(audience)
        .map(|watching| async move { Viewer::new(process, "anyone").heartbeat(&watching.token).await });
    let answers: Vec<Answer> = answers.buffer_unordered(512).collect().await;
    for answer in answers {
        answer.expect(200);
    }
}

on_both_databases! {
    // V-10, and twice as bad: first nobody reaches the platform for five minutes, then it is down for five more.
    async fn after_five_minutes_of_silence_and_five_without_the_platform_everybody_still_watches(platform: TestPlatform) {
        let audience = audience(platform).await;
        for _ in 0..FIVE_MINUTES / 30 {
            platform.advance(30);
            upkeep::once(platform.platform.app()).await.unwrap();
        }
        nothing_was_written(&platform.platform).await;
        let edge = platform.edge("edge-1");
        for part in audience.chunks(2_000) {
            let lines: Vec<_> = part.iter().map(|watching| (watching.sid.as_str(), 1_000, 1, 1)).collect();
            edge.report(&lines).await.expect(204);
        }
        everyone_is_live(&platform.platform, &audience).await;

        platform.advance(FIVE_MINUTES);
        // It comes back as another process, which has heard of nobody yet.
        let again = platform.another_process(2).await;
        for _ in 0..2 {
            upkeep::once(again.app()).await.unwrap();
            upkeep::tell_lapses(again.app(), None).await.unwrap();
        }
        for watching in audience.iter().step_by(audience.len() / 10) {
            let thief = Viewer::new(&again, "a-thief");
            thief.validate(code(&watching.ticket)).await.refused(409, "in_use");
        }
        everyone_is_live(&again, &audience).await;
        nothing_was_written(&again).await;
        again.app().db.close().await;
    }
}

/// D-07: PostgreSQL goes away and ends every connection; then it comes back.
// K-04
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_everybody_is_told_to_come_back_and_then_all_is_well() {
    let platform = TestPlatform::start_with(Kind::Postgres, |settings| {
        settings.admin_password_hash = Some(bcrypt::hash("a password", 4).unwrap());
    })
    .await;
    let running = run(platform.platform.clone());
    let (event, ticket) = platform.admin().event_with_ticket().await;
    let anna = platform.viewer("anna");
    let token = anna.watch(&ticket).await;
    let status = format!("/api/events/{}/status?code={}", id(&event), code(&ticket));
    platform.database.let_in(false).await;
    let login = json!({ "password": "a password" });
    let cookie = format!("admin_session={}", "0".repeat(64));
    let asked = async {
        let by_cookie = Request::get("/api/admin/events").header("cookie", &cookie);
        let internal = [
            ("x-internal-api-key", INTERNAL_KEY),
            ("accept", "application/json"),
        ];
        [
            anna.validate(code(&ticket)).await,
            anna.heartbeat(&token).await,
            anna.refresh(&token).await,
            anna.release(&token).await,
            anna.get(&status, &[]).await,
            platform.admin().revoke(&ticket).await,
            platform
                .admin()
                .send(Method::GET, "/api/admin/events", None)
                .await,
            anna.send(by_cookie.body(Body::empty()).unwrap()).await,
            anna.post("/api/admin/login", &[], Some(&login)).await,
            anna.get("/api/internal/feed", &internal).await,
            platform.edge("edge-1").report(&[]).await,
        ]
    };
    for answer in timeout(PATIENCE, asked).await.expect("nobody hangs") {
        assert_eq!(answer.refused(503, "unavailable").header("retry-after"), "5");
    }
    anna.get("/ready", &[]).await.expect(503);
    anna.get("/health", &[]).await.expect(200);
    platform.database.let_in(true).await;
    anna.heartbeat(&token).await.expect(200);
    platform.admin().revoke(&ticket).await.expect(200);
    anna.heartbeat(&token).await.refused(403, "ticket_revoked");
    anna.get("/ready", &[]).await.expect(200);
    drop(running);
    platform.close().await;
}
