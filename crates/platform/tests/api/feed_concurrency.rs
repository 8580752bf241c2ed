//! Sixteen writers at once, and a subscriber that sees every record, in order.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use streamgate_contract::feed::{FeedChange, FeedEvent};
use streamgate_platform::Platform;
use streamgate_platform::feed::subscribe;

use crate::harness::{Kind, TestPlatform, Viewer, run};

const WRITERS: usize = 16;
const CLAIMS_PER_WRITER: usize = 12;
const PATIENCE: Duration = Duration::from_mins(1);

/// Each writer's device takes its own session back again and again: one record each time but the first.
async fn every_record_is_seen_in_order(writers_on: &[Platform], reader: &Platform, platform: &TestPlatform) {
    let event = platform.admin().create_event().await;
    let tickets = platform
        .admin()
        .tickets(&event, u32::try_from(WRITERS).unwrap())
        .await;
    let mut events = Box::pin(subscribe(Arc::clone(reader.app()), None));
    let Some(FeedEvent::Snapshot(start)) = events.next().await else {
        panic!("no snapshot first")
    };

    let mut writers = tokio::task::JoinSet::new();
    for (index, ticket) in tickets.into_iter().enumerate() {
        let platform = writers_on[index % writers_on.len()].clone();
        writers.spawn(async move {
            for _ in 0..CLAIMS_PER_WRITER {
                Viewer::new(&platform, &format!("writer-{index}"))
                    .watch(&ticket)
                    .await;
            }
        });
    }

    let expected = start.seq + u64::try_from(WRITERS * (CLAIMS_PER_WRITER - 1)).unwrap();
    let mut seq = start.seq;
    let mut ended = std::collections::HashSet::new();
    let all = async {
        while seq < expected {
            if let FeedEvent::Record(record) = events.next().await.expect("the stream goes on") {
                seq += 1;
                assert_eq!(record.seq, seq);
                let Some(FeedChange::SessionEnded { sid, .. }) = record.change else {
                    panic!("another kind")
                };
                assert!(ended.insert(sid), "a session ended twice");
            }
        }
    };
    tokio::time::timeout(PATIENCE, all)
        .await
        .expect("every record arrives");
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
    assert_eq!(ended.len(), WRITERS * (CLAIMS_PER_WRITER - 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_record_of_sixteen_writers_is_seen_in_order_on_sqlite() {
    let platform = TestPlatform::start(Kind::Sqlite).await;
    let process = platform.platform.clone();
    every_record_is_seen_in_order(std::slice::from_ref(&process), &process, &platform).await;
    platform.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_record_of_sixteen_writers_in_two_processes_is_seen_in_order_by_a_third() {
    let platform = TestPlatform::start(Kind::Postgres).await;
    let (second, reader) = (
        platform.another_process(2).await,
        platform.another_process(3).await,
    );
    let running = run(reader.clone());
    every_record_is_seen_in_order(&[platform.platform.clone(), second.clone()], &reader, &platform).await;
    drop(running);
    second.app().db.close().await;
    platform.close().await;
}
