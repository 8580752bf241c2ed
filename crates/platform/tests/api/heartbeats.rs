//! Heartbeats are written in batches, and each caller hears the truth about its own session.

use futures_util::future::join_all;
use serde_json::Value;
use sqlx::{Connection as _, Executor as _, PgConnection};
use streamgate_platform::db::DatabaseUrl;
use tokio::time::{Duration, timeout};

use crate::harness::{Kind, NOON, TestPlatform, Viewer, code};

/// A kind of viewer in the crowd: what happened to it, and what its heartbeat must be told.
struct Fate {
    ticket: Value,
    token: String,
    status: u16,
    code: &'static str,
    reason: Option<&'static str>,
}

const LIVE: (u16, &str, Option<&str>) = (200, "", None);

/// Makes viewers of every fate that a heartbeat can meet.
async fn crowd(platform: &TestPlatform) -> Vec<Fate> {
    let admin = platform.admin();
    let event = admin.create_event().await;
    let off = admin.create_event().await;
    let gone = admin.create_event().await;
    let over = admin.create_event().await;
    let mut crowd = Vec::new();
    let fates = [
        (&event, LIVE),
        (&event, (403, "ticket_revoked", None)),
        (&off, (403, "event_unavailable", None)),
        (&gone, (403, "event_unavailable", None)),
        (&over, (410, "ticket_expired", None)),
        (&event, (409, "session_conflict", Some("superseded_same_device"))),
        (&event, (404, "session_not_found", Some("released"))),
        (&event, (404, "session_not_found", Some("kicked"))),
        (&event, LIVE),
    ];
    for (event, (status, code, reason)) in fates {
        let ticket = admin.tickets(event, 1).await.remove(0);
        let token = platform.viewer("anna").watch(&ticket).await;
        crowd.push(Fate {
            ticket,
            token,
            status,
            code,
            reason,
        });
    }
    admin.revoke(&crowd[1].ticket).await.expect(200);
    admin.deactivate(&off).await.expect(200);
    admin.delete(&gone).await.expect(204);
    // 60 s and more after the end of the access window of one hour.
    let ended = streamgate_contract::time::UnixMillis(NOON - 3_660_000).to_iso();
    let began = streamgate_contract::time::UnixMillis(NOON - 7_200_000).to_iso();
    admin
        .edit(
            &over,
            serde_json::json!({ "startsAt": began, "endsAt": ended, "accessWindowHours": 1 }),
        )
        .await;
    platform.viewer("anna").watch(&crowd[5].ticket).await;
    platform.viewer("anna").release(&crowd[6].token).await.expect(200);
    admin.end_session(&crowd[7].ticket).await.expect(200);
    crowd
}

on_both_databases! {
    async fn each_of_a_crowd_that_beats_at_once_hears_its_own_outcome(platform: TestPlatform) {
        let crowd = crowd(platform).await;
        let anna = platform.viewer("anna");
        let many = crowd.iter().cycle().take(crowd.len() * 20);
        let beats = many.map(|fate| {
            let anna = &anna;
            async move { (fate, anna.heartbeat(&fate.token).await) }
        });
        for (fate, answer) in join_all(beats).await {
            let answer = answer.expect(fate.status);
            let json = answer.json();
            assert_eq!(json["code"].as_str().unwrap_or_default(), fate.code);
            assert_eq!(json["reason"].as_str(), fate.reason);
        }
        anna.heartbeat("no.token.at_all").await.refused(401, "invalid_token");
    }

    async fn of_a_crowd_that_is_silent_only_those_who_beat_stay(platform: TestPlatform) {
        let admin = platform.admin();
        let event = admin.create_event().await;
        let tickets = admin.tickets(&event, 40).await;
        let anna = platform.viewer("anna");
        let tokens = join_all(tickets.iter().map(|ticket| anna.watch(ticket))).await;
        platform.advance(45);
        let beating: Vec<_> = tokens.iter().step_by(2).collect();
        for answer in join_all(beating.iter().map(|token| anna.heartbeat(token))).await {
            answer.expect(200);
        }
        platform.advance(30);
        for (number, answer) in join_all(tokens.iter().map(|token| anna.heartbeat(token))).await.into_iter().enumerate() {
            if number % 2 == 0 {
                answer.expect(200);
            } else {
                assert_eq!(answer.refused(404, "session_not_found").json()["reason"], "lapsed");
            }
        }
        let bert = platform.viewer("bert");
        bert.validate(code(&tickets[0])).await.refused(409, "in_use");
        bert.validate(code(&tickets[1])).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_somebody_holds_locked_delays_its_own_viewer_and_nobody_else() {
    let platform = TestPlatform::start(Kind::Postgres).await;
    let event = platform.admin().create_event().await;
    let tickets = platform.admin().tickets(&event, 3).await;
    let mut tokens = Vec::new();
    for ticket in &tickets {
        tokens.push(platform.viewer("anna").watch(ticket).await);
    }
    let DatabaseUrl::Postgres(url) = platform.database.url() else {
        panic!("no PostgreSQL")
    };
    let mut holder = PgConnection::connect(&url).await.unwrap();
    holder.execute("BEGIN").await.unwrap();
    sqlx::query("UPDATE sessions SET ended_at = 1, end_reason = 'kicked' WHERE ticket_id = $1")
        .bind(tickets[1]["id"].as_str())
        .execute(&mut holder)
        .await
        .unwrap();

    let process = platform.platform.clone();
    let locked_token = tokens[1].clone();
    let mut locked =
        tokio::spawn(async move { Viewer::new(&process, "anna").heartbeat(&locked_token).await });
    for _ in 0..3 {
        for token in [&tokens[0], &tokens[2]] {
            let beat = platform.viewer("anna");
            timeout(Duration::from_secs(3), beat.heartbeat(token))
                .await
                .expect("nobody else waits")
                .expect(200);
        }
    }
    assert!(timeout(Duration::from_millis(1), &mut locked).await.is_err());
    holder.execute("COMMIT").await.unwrap();
    let answer = locked.await.unwrap().refused(404, "session_not_found");
    assert_eq!(answer.json()["reason"], "kicked", "the truth after the wait");
    holder.close().await.unwrap();
    platform.close().await;
}
