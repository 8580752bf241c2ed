//! Everybody at work at once, on the same few tickets: nobody is told of an outage that is none.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};
use streamgate_contract::claims::Claims;
use streamgate_contract::time::UnixMillis;
use streamgate_platform::Platform;
use streamgate_platform::playback::upkeep;
use tokio::task::JoinSet;

use crate::harness::{Admin, Answer, EdgeActor, Kind, NOON, TestPlatform, Viewer, code, id};

const ROUNDS: usize = 5;
const TICKETS: u32 = 12;
const CROWD: usize = 6;

#[track_caller]
fn not_ours(answer: &Answer) {
    assert!(
        answer.status.as_u16() < 500,
        "{} {:?}",
        answer.status,
        answer.json()
    );
}

async fn watch_and_leave(process: Platform, number: usize, tickets: Arc<Vec<Value>>) {
    for round in 0..ROUNDS {
        for ticket in tickets.iter() {
            let viewer = Viewer::new(&process, &format!("viewer-{}", (number + round) % 3));
            let answer = viewer.validate(code(ticket)).await;
            not_ours(&answer);
            if answer.status.as_u16() != 200 {
                continue;
            }
            let token = answer.json()["playbackToken"].as_str().unwrap().to_owned();
            not_ours(&viewer.heartbeat(&token).await);
            not_ours(&viewer.refresh(&token).await);
            if round % 2 == 0 {
                not_ours(&viewer.release(&token).await);
            }
        }
    }
}

async fn report(process: Platform, mut sids: Vec<String>, edge_id: &str) {
    let edge = EdgeActor::new(&process, edge_id);
    for _ in 0..ROUNDS * 4 {
        let lines: Vec<_> = sids.iter().map(|sid| (sid.as_str(), 0, 1, 1)).collect();
        not_ours(&edge.report(&lines).await);
        sids.rotate_left(1);
        sids.reverse();
    }
}

/// Deletes an event whose sessions an edge reports at the very moment.
async fn delete_while_watched(process: &Platform, admin: &Admin<'_>) {
    let event = admin.create_event().await;
    let mut sids = Vec::new();
    for ticket in admin.tickets(&event, 8).await {
        let token = Viewer::new(process, "viewer-0").watch(&ticket).await;
        sids.push(sid(process, &token));
    }
    let lines: Vec<_> = sids.iter().map(|sid| (sid.as_str(), 0, 1, 1)).collect();
    let (edge, other) = (
        EdgeActor::new(process, "edge-3"),
        EdgeActor::new(process, "edge-4"),
    );
    let (deleted, one, two) = tokio::join!(admin.delete(&event), edge.report(&lines), other.report(&lines));
    not_ours(&deleted);
    not_ours(&one);
    not_ours(&two);
}

fn sid(process: &Platform, token: &str) -> String {
    match process.app().verifier.verify(token, UnixMillis(NOON)) {
        Ok(Claims::Playback(claims)) => claims.session_id.to_string(),
        other => panic!("no playback token: {other:?}"),
    }
}

async fn administer(process: Platform, event: Value, tickets: Arc<Vec<Value>>) {
    let admin = Admin {
        platform: &process,
        now: NOON,
    };
    for round in 0..ROUNDS {
        not_ours(&admin.deactivate(&event).await);
        not_ours(&admin.reactivate(&event).await);
        admin
            .edit(&event, json!({ "accessWindowHours": 1 + round % 5 }))
            .await;
        let all = json!({ "filter": { "eventId": id(&event) } });
        let path = "/api/admin/tokens/bulk-revoke";
        not_ours(&admin.send(Method::POST, path, Some(&all)).await);
        for ticket in tickets.iter() {
            not_ours(&admin.unrevoke(ticket).await);
            not_ours(&admin.end_session(ticket).await);
        }
        admin.tickets(&event, 3).await;
        delete_while_watched(&process, &admin).await;
        upkeep::once(process.app()).await.unwrap();
    }
}

async fn everybody_is_answered(platform: &TestPlatform, processes: [Platform; 2]) {
    let event = platform.admin().create_event().await;
    let tickets = Arc::new(platform.admin().tickets(&event, TICKETS).await);
    let mut sids = Vec::new();
    for ticket in tickets.iter() {
        let token = platform.viewer("viewer-0").watch(ticket).await;
        sids.push(sid(&platform.platform, &token));
    }
    let mut work = JoinSet::new();
    for number in 0..CROWD {
        work.spawn(watch_and_leave(
            processes[number % 2].clone(),
            number,
            Arc::clone(&tickets),
        ));
    }
    for (process, edge_id) in processes.clone().into_iter().zip(["edge-1", "edge-2"]) {
        work.spawn(report(process.clone(), sids.clone(), edge_id));
        work.spawn(administer(process, event.clone(), Arc::clone(&tickets)));
    }
    while let Some(worker) = work.join_next().await {
        worker.unwrap();
    }
}

fn unlimited(settings: &mut streamgate_platform::settings::PlatformSettings) {
    settings.rate_limits.validations_per_minute = 1_000_000;
    settings.rate_limits.refreshes_per_hour = 1_000_000;
}

//
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_stands_in_anybodys_way_on_sqlite() {
    let platform = TestPlatform::start_with(Kind::Sqlite, unlimited).await;
    let process = platform.platform.clone();
    everybody_is_answered(&platform, [process.clone(), process]).await;
    platform.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_stands_in_anybodys_way_with_two_processes_on_postgres() {
    let platform = TestPlatform::start_with(Kind::Postgres, unlimited).await;
    let second = platform.another_process(2).await;
    everybody_is_answered(&platform, [platform.platform.clone(), second.clone()]).await;
    second.app().db.close().await;
    platform.close().await;
}
