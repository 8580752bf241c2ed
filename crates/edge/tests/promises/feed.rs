//! What is denied stays denied: over gaps, restarts, restores, and losses of the platform.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http_body_util::BodyExt as _;
use streamgate_contract::claims::PlaybackClaims;
use streamgate_contract::feed::{ChainHash, FeedChange, FeedEvent, FeedRecord, RevokedEntry, Snapshot};
use streamgate_contract::ids::Code;
use streamgate_edge::LinkError;

use crate::support::{PEER, Rig, code, epoch, sid, until};

async fn code_of(rig: &Rig) -> String {
    let answer = rig.watch("a.ts", &[]).await;
    if answer.status == 200 {
        "200".to_owned()
    } else {
        answer.code()
    }
}

fn revoked(rig: &Rig, epoch_name: &str, seq: u64) -> Snapshot {
    Snapshot {
        revoked: vec![RevokedEntry {
            code: code(),
            at: rig.now(),
        }],
        ..rig.snapshot(epoch_name, seq)
    }
}

#[tokio::test]
async fn a_break_is_continued_where_it_was() {
    let (rig, feed) = Rig::ready().await;
    rig.write("a.ts", "x");
    rig.tell(
        &feed,
        FeedChange::TicketRevoked {
            code: code(),
            at: rig.now(),
        },
    )
    .await;
    feed.fail(LinkError::Silent);
    let cursor = rig.platform.connection().await.cursor.unwrap();
    assert_eq!((cursor.after, cursor.epoch), (1, epoch("e1")));
    assert_ne!(cursor.h, ChainHash::GENESIS);
    assert_eq!(code_of(&rig).await, "ticket_revoked");
}

// V-05
#[tokio::test]
async fn a_gap_asks_for_a_snapshot_that_replaces_everything() {
    let (rig, feed) = Rig::ready().await;
    rig.write("a.ts", "x");
    let change = Some(FeedChange::TicketRestored { code: code() });
    feed.say(FeedEvent::Record(FeedRecord {
        seq: 2,
        change,
        h: ChainHash::GENESIS,
    }));
    let feed = rig.platform.connection().await;
    assert!(feed.cursor.is_none());
    feed.say(FeedEvent::Snapshot(revoked(&rig, "e1", 7)));
    rig.until_seq(7).await;
    assert_eq!(code_of(&rig).await, "ticket_revoked");
}

#[tokio::test]
async fn a_head_of_another_history_asks_for_a_snapshot() {
    for (seq, other_h, epoch_name) in [(0, false, "e2"), (0, true, "e1"), (9, false, "e1")] {
        let (rig, feed) = Rig::ready().await;
        let h = if other_h {
            ChainHash::parse("00000000000000ff").unwrap()
        } else {
            ChainHash::GENESIS
        };
        let head = || streamgate_contract::feed::Head {
            epoch: epoch(epoch_name),
            seq,
            h: h.clone(),
            now: rig.now(),
        };
        feed.say(FeedEvent::Head(head()));
        // Records may be on their way when a head is written; by the next head they have arrived.
        feed.say_if_heard(FeedEvent::Head(head()));
        assert!(
            rig.platform.connection().await.cursor.is_none(),
            "{seq} {epoch_name}"
        );
    }
}

// V-06
#[tokio::test]
async fn a_restored_database_brings_its_own_truth() {
    let (rig, feed) = Rig::ready().await;
    rig.write("a.ts", "x");
    rig.tell(
        &feed,
        FeedChange::TicketRevoked {
            code: code(),
            at: rig.now(),
        },
    )
    .await;
    feed.say(FeedEvent::Snapshot(rig.snapshot("e2", 40)));
    rig.until_seq(40).await;
    assert_eq!(code_of(&rig).await, "200");
}

#[tokio::test]
async fn a_restart_while_the_platform_is_down_forgets_nothing() {
    let (mut rig, feed) = Rig::ready().await;
    rig.tell(
        &feed,
        FeedChange::TicketRevoked {
            code: code(),
            at: rig.now(),
        },
    )
    .await;
    rig.stop().await;

    let mut again = Rig::with(Arc::clone(&rig.folder), |_| {});
    again.platform.is_down.store(true, Ordering::SeqCst);
    again.write("a.ts", "x");
    assert_eq!(again.get("/ready", &[]).await.status, 200);
    assert_eq!(code_of(&again).await, "ticket_revoked");
    assert_eq!(again.health().await["lastSyncAgo"], "never");
    again.run();
    again.platform.is_down.store(false, Ordering::SeqCst);
    assert_eq!(again.platform.connection().await.cursor.unwrap().after, 1);
}

// V-03
#[tokio::test]
async fn a_change_is_on_the_disk_within_a_second_without_a_graceful_end() {
    let (rig, feed) = Rig::ready().await;
    rig.tell(
        &feed,
        FeedChange::TicketRevoked {
            code: code(),
            at: rig.now(),
        },
    )
    .await;
    let file = rig.folder.path().join("deny.state");
    let stored = until(|| {
        fs::read_to_string(&file)
            .ok()
            .filter(|text| text.contains(code().as_str()))
    });
    tokio::time::timeout(Duration::from_secs(1), stored)
        .await
        .unwrap();
}

#[tokio::test]
async fn another_history_of_the_same_length_is_on_the_disk_too() {
    let (rig, feed) = Rig::ready().await;
    let file = rig.folder.path().join("deny.state");
    until(|| fs::read_to_string(&file).ok()).await;
    let mut restored = revoked(&rig, "e1", 0);
    restored.h = ChainHash::parse("00000000000000ff").unwrap();
    feed.say(FeedEvent::Snapshot(restored));
    until(|| {
        fs::read_to_string(&file)
            .ok()
            .filter(|text| text.contains(code().as_str()))
    })
    .await;
}

#[tokio::test]
async fn a_damaged_state_file_counts_as_none() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    fs::write(folder.path().join("deny.state"), "streamgate-deny-state-1 00\n{}").unwrap();
    let rig = Rig::with(folder, |_| {});
    rig.write("a.ts", "x");
    assert_eq!(code_of(&rig).await, "unavailable");
}

#[tokio::test]
async fn while_the_feed_is_lost_long_only_sessions_seen_before_continue() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("a.ts", "x");
    let watch = async |number: u8| {
        let token = rig.sign(&PlaybackClaims {
            session_id: sid(number),
            ..rig.claims()
        });
        rig.get(&format!("/t/{token}/streams/evt/a.ts"), &[]).await.status
    };
    assert_eq!(watch(1).await, 200);
    rig.clock.advance(Duration::from_secs(30));
    assert_eq!(rig.health().await["status"], "degraded");
    assert_eq!(watch(2).await, 200);
    rig.clock.advance(Duration::from_secs(870));
    assert_eq!([watch(1).await, watch(2).await, watch(3).await], [200, 200, 503]);
}

#[tokio::test]
async fn a_strict_edge_closes_when_the_feed_is_lost_long_and_opens_with_it_again() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let mut rig = Rig::with(folder, |settings| settings.feed_strict = true);
    let feed = rig.start().await;
    rig.write("a.ts", "x");
    assert_eq!(code_of(&rig).await, "200");
    rig.write("large.ts", vec![7; 1024 * 1024]);
    let target = format!("/t/{}/streams/evt/large.ts", rig.token());
    let large = rig.edge.handle(Rig::request("GET", &target, &[]), PEER).await;
    rig.clock.advance(Duration::from_mins(15));
    assert_eq!(code_of(&rig).await, "unavailable");
    large.into_body().collect().await.unwrap_err();
    feed.say(rig.head(0));
    while rig.health().await["status"] != "ok" {
        tokio::task::yield_now().await;
    }
    assert_eq!(code_of(&rig).await, "200");
}

// V-10
#[tokio::test]
async fn ten_minutes_without_a_platform_refuse_nobody_wrongly() {
    let (rig, feed) = Rig::ready().await;
    rig.write("a.ts", "x");
    let revoked = PlaybackClaims {
        code: Code::parse("Another2Code").unwrap(),
        ..rig.claims()
    };
    let change = FeedChange::TicketRevoked {
        code: revoked.code.clone(),
        at: rig.now(),
    };
    rig.tell(&feed, change).await;
    rig.platform.is_down.store(true, Ordering::SeqCst);
    feed.fail(LinkError::Silent);
    let token = rig.token();
    for minute in 1..=10u8 {
        rig.clock.advance(Duration::from_mins(1));
        assert_eq!(rig.health().await["status"], "degraded");
        // The viewer who is in the room, and one whose ticket was checked just before the loss.
        let newcomer = rig.sign(&PlaybackClaims {
            session_id: sid(minute),
            ..rig.claims()
        });
        for token in [&token, &newcomer] {
            let answer = rig.get(&format!("/t/{token}/streams/evt/a.ts"), &[]).await;
            assert_eq!(answer.status, 200, "minute {minute}");
        }
        let answer = rig
            .get(&format!("/t/{}/streams/evt/a.ts", rig.sign(&revoked)), &[])
            .await;
        assert_eq!(answer.code(), "ticket_revoked");
    }
}

// K-02
#[tokio::test]
async fn a_clock_that_is_set_refuses_nobody_and_hides_no_silence() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("a.ts", "x");
    let watch = async |number: u8| {
        let claims = PlaybackClaims {
            session_id: sid(number),
            ..rig.claims()
        };
        let token = rig.sign(&claims);
        rig.get(&format!("/t/{token}/streams/evt/a.ts"), &[]).await.status
    };
    let (token, right) = (rig.token(), rig.now().0);
    // Nothing is heard meanwhile: what the edge knows of the platform's clock must do.
    for off_ms in [30_000, -30_000, 7_200_000, -7_200_000] {
        rig.clock.set(right + off_ms);
        assert_eq!(rig.health().await["status"], "degraded");
        let answer = rig.get(&format!("/t/{token}/streams/evt/a.ts"), &[]).await;
        assert_eq!(answer.status, 200, "{off_ms}");
    }
    rig.clock.advance(Duration::from_mins(15));
    rig.clock.set(right + 900_000);
    assert_eq!([watch(1).await, watch(2).await], [200, 503]);
}

// K-01, V-13
#[tokio::test]
async fn an_edge_whose_clock_is_thirty_seconds_off_serves_right_tokens_and_says_degraded() {
    for off_ms in [30_000, -30_000] {
        let (rig, feed) = Rig::ready().await;
        rig.write("a.ts", "x");
        let (token, now) = (rig.token(), rig.now());
        let ending = rig.sign(&PlaybackClaims {
            issued_at: now.as_secs() - 3590,
            expires_at: now.as_secs() + 10,
            ..rig.claims()
        });
        let ended = rig.sign(&PlaybackClaims {
            issued_at: now.as_secs() - 3610,
            expires_at: now.as_secs() - 10,
            ..rig.claims()
        });
        let head = rig.head(0);
        // The platform's clock stays; the edge's own is off from now on.
        rig.clock.set(now.0 + off_ms);
        feed.say(head);
        // Heard again, and degraded all the same.
        while rig.health().await["lastSyncAgo"] != "0s" || rig.health().await["status"] != "degraded" {
            tokio::task::yield_now().await;
        }
        for (token, status) in [(&token, 200), (&ending, 200), (&ended, 403)] {
            let answer = rig.get(&format!("/t/{token}/streams/evt/a.ts"), &[]).await;
            assert_eq!(answer.status, status, "{off_ms}");
        }
    }
}
