//! What the platform hears about who is watching.

use std::collections::HashSet;
use std::sync::atomic::Ordering;

use streamgate_contract::activity::ActivityReport;
use streamgate_contract::claims::PlaybackClaims;
use streamgate_contract::feed::FeedChange;
use streamgate_contract::ids::SessionId;

use crate::support::{Rig, epoch, event, sid, until};

fn last_with_sessions(rig: &Rig) -> Option<ActivityReport> {
    rig.platform
        .reports
        .lock()
        .unwrap()
        .iter()
        .rev()
        .find(|report| !report.sessions.is_empty())
        .cloned()
}

#[tokio::test]
async fn an_applied_record_is_reported_at_once() {
    let (rig, feed) = Rig::ready().await;
    rig.tell(&feed, FeedChange::Purge { event_id: event() }).await;
    let report = until(|| {
        let reports = rig.platform.reports.lock().unwrap();
        reports
            .iter()
            .find(|report| report.applied_seq == Some(1))
            .cloned()
    });
    let report = tokio::time::timeout(std::time::Duration::from_secs(2), report)
        .await
        .unwrap();
    assert_eq!((report.mode.as_str(), report.epoch), ("local", Some(epoch("e1"))));
}

#[tokio::test(start_paused = true)]
async fn permitted_gets_are_activity_and_heads_and_refusals_are_not() {
    let (rig, feed) = Rig::ready().await;
    rig.write("a.ts", "0123456789");
    rig.watch_by("HEAD", "a.ts", &[]).await;
    rig.get("/streams/evt/a.ts", &[]).await;
    rig.tell(&feed, FeedChange::Purge { event_id: event() }).await;
    until(|| {
        rig.platform
            .reports
            .lock()
            .unwrap()
            .iter()
            .any(|r| r.applied_seq == Some(1))
            .then_some(())
    })
    .await;
    assert_eq!(last_with_sessions(&rig), None);

    rig.watch("a.ts", &[("user-agent", "one")]).await;
    rig.watch("a.ts", &[("user-agent", "two"), ("range", "bytes=0-3")])
        .await;
    rig.tell(&feed, FeedChange::Purge { event_id: event() }).await;
    let report = until(|| last_with_sessions(&rig)).await;
    let session = &report.sessions[0];
    assert_eq!((session.sid, session.bytes, session.clients), (sid(1), 14, 2));
}

#[tokio::test(start_paused = true)]
async fn a_burst_of_records_does_not_repeat_the_sessions() {
    let (rig, feed) = Rig::ready().await;
    rig.write("a.ts", "0123456789");
    rig.watch("a.ts", &[]).await;
    until(|| last_with_sessions(&rig)).await;
    rig.watch("a.ts", &[]).await;
    for seq in 1..=5u64 {
        rig.tell(&feed, FeedChange::Purge { event_id: event() }).await;
        until(|| {
            let reports = rig.platform.reports.lock().unwrap();
            reports
                .iter()
                .any(|report| report.applied_seq == Some(seq))
                .then_some(())
        })
        .await;
    }
    let with_sessions = |rig: &Rig| {
        let reports = rig.platform.reports.lock().unwrap();
        reports
            .iter()
            .filter(|report| !report.sessions.is_empty())
            .count()
    };
    assert_eq!(with_sessions(&rig), 1);
    until(|| (with_sessions(&rig) == 2).then_some(())).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_platform_did_not_take_is_told_again() {
    let (rig, feed) = Rig::ready().await;
    rig.write("a.ts", "0123456789");
    rig.platform.refuses_reports.store(true, Ordering::SeqCst);
    rig.watch("a.ts", &[]).await;
    rig.tell(&feed, FeedChange::Purge { event_id: event() }).await;
    assert_eq!(until(|| last_with_sessions(&rig)).await.sessions[0].bytes, 10);
    rig.platform.refuses_reports.store(false, Ordering::SeqCst);
    rig.watch("a.ts", &[]).await;
    rig.tell(&feed, FeedChange::Purge { event_id: event() }).await;
    until(|| last_with_sessions(&rig).filter(|report| report.sessions[0].bytes == 20)).await;
}

#[tokio::test(start_paused = true)]
async fn a_full_house_is_told_in_several_reports_of_at_most_two_thousand_sessions() {
    const SESSIONS: u16 = 2_300;
    let (rig, _feed) = Rig::ready().await;
    rig.write("a.ts", "0123456789");
    for number in 0..SESSIONS {
        let mut bytes = [1; 16];
        bytes[..2].copy_from_slice(&number.to_be_bytes());
        let token = rig.sign(&PlaybackClaims {
            session_id: SessionId::from_random_bytes(bytes),
            ..rig.claims()
        });
        let answer = rig.get(&format!("/t/{token}/streams/evt/a.ts"), &[]).await;
        assert_eq!(answer.status, 200);
    }
    // Whatever was reported while they came: the next time all of them are told of once.
    rig.platform.reports.lock().unwrap().clear();
    let sizes = until(|| {
        let reports = rig.platform.reports.lock().unwrap();
        let sizes: Vec<usize> = reports.iter().map(|report| report.sessions.len()).collect();
        let sids = reports.iter().flat_map(|report| &report.sessions);
        let sids: HashSet<_> = sids.map(|session| session.sid).collect();
        (sids.len() == usize::from(SESSIONS)).then_some(sizes)
    })
    .await;
    assert!(sizes.contains(&2_000) && sizes.contains(&300), "{sizes:?}");
    assert!(sizes.iter().all(|size| *size <= 2_000), "{sizes:?}");
}
