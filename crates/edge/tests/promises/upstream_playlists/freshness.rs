//! How often an origin is asked, and how old a copy may be.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::{at, ended, media, modified, text};
use crate::objects::Site;
use crate::objects::origin::{Gate, Step, status};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn an_origin_is_asked_once_a_second_however_many_viewers_ask() {
    let site = Site::new().await;
    for round in 0..4u64 {
        site.publish("x.m3u8", &media(round, round + 3));
        let answers = join_all((0..200).map(|_| site.rig.watch("x.m3u8", &[]))).await;
        assert!(answers.iter().all(|answer| answer.status == 200));
        assert_eq!(site.body("x.m3u8").await, media(round, round + 3));
        assert_eq!(
            site.origin.gets(&at("x.m3u8")),
            usize::try_from(round).unwrap() + 1
        );
        site.rig.clock.advance(Duration::from_millis(999));
        assert_eq!(site.body("x.m3u8").await, media(round, round + 3));
        site.rig.clock.advance(Duration::from_millis(1));
    }
}

#[tokio::test]
async fn after_a_pause_nobody_gets_the_past() {
    let site = Site::new().await;
    site.publish("x.m3u8", &media(0, 3));
    site.body("x.m3u8").await;
    site.rig.clock.advance(Duration::from_mins(10));
    site.publish("x.m3u8", &media(300, 303));
    for answer in join_all((0..50).map(|_| site.rig.watch("x.m3u8", &[]))).await {
        assert_eq!(answer.text(), media(300, 303));
    }
    assert_eq!(site.origin.gets(&at("x.m3u8")), 2);
}

// K-02
#[tokio::test]
async fn a_clock_that_is_set_back_holds_no_live_playlist_up() {
    let site = Site::new().await;
    site.publish("x.m3u8", &media(0, 3));
    site.body("x.m3u8").await;
    site.rig.clock.set(site.rig.now().0 - 600_000);
    site.publish("x.m3u8", &media(1, 4));
    site.rig.clock.advance(SECOND);
    assert_eq!(site.body("x.m3u8").await, media(1, 4));
}

#[tokio::test]
async fn while_viewers_ask_the_next_copy_is_there_before_they_have_to_wait() {
    let site = Site::new().await;
    site.publish("x.m3u8", &media(0, 3));
    site.body("x.m3u8").await;
    let started = std::time::Instant::now();
    site.publish("x.m3u8", &media(1, 4));
    // The edge's clock is moved, and nobody asks: the refresh begins by itself.
    site.rig.clock.advance(SECOND);
    while site.origin.gets(&at("x.m3u8")) < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert!(started.elapsed() < Duration::from_secs(5));
    }
    assert!(started.elapsed() > Duration::from_millis(900));
}

#[tokio::test]
async fn a_slow_refresh_keeps_nobody_waiting_who_may_have_the_copy() {
    let site = Site::new().await;
    let gate = Gate::new();
    let mut slow = text(&media(1, 4), "");
    slow.insert(0, Step::Gate(gate.clone()));
    site.origin
        .script(&at("x.m3u8"), vec![text(&media(0, 3), ""), slow]);
    site.body("x.m3u8").await;
    site.rig.clock.advance(SECOND);
    // Whoever begins the refresh waits for it; the others need not.
    let first = async { site.body("x.m3u8").await };
    let others = async {
        site.origin.until_asked(&at("x.m3u8")).await;
        let other = site.body("x.m3u8").await;
        gate.open();
        other
    };
    assert_eq!(tokio::join!(first, others), (media(1, 4), media(0, 3)));
}

#[tokio::test]
async fn the_first_askers_disconnect_harms_nobody() {
    let site = Arc::new(Site::new().await);
    let gate = Gate::new();
    let mut slow = text(&media(0, 3), "");
    slow.insert(0, Step::Gate(gate.clone()));
    site.origin.script(&at("x.m3u8"), vec![slow]);
    let asker = Arc::clone(&site);
    let first = tokio::spawn(async move { asker.body("x.m3u8").await });
    site.origin.until_asked(&at("x.m3u8")).await;
    first.abort();
    first.await.unwrap_err();
    gate.open();
    assert_eq!(site.body("x.m3u8").await, media(0, 3));
    assert_eq!(site.origin.gets(&at("x.m3u8")), 1);
}

#[tokio::test]
async fn what_ended_recently_is_asked_for_often_and_what_ended_long_ago_once_a_minute() {
    for (age, every) in [
        (Duration::ZERO, 2),
        (Duration::from_mins(5), 30),
        (Duration::from_hours(2), 60),
    ] {
        let site = Site::new().await;
        let headers = format!("ETag: \"v1\"\r\n{}", modified(&site, age));
        let not_modified = status("304 Not Modified", "");
        site.origin
            .script(&at("x.m3u8"), vec![text(&ended(0, 3), &headers), not_modified]);
        for round in 1..=2 {
            assert_eq!(site.body("x.m3u8").await, ended(0, 3));
            site.rig.clock.advance(Duration::from_millis(every * 1000 - 1));
            assert_eq!(site.body("x.m3u8").await, ended(0, 3));
            assert_eq!(site.origin.gets(&at("x.m3u8")), round, "{age:?}");
            site.rig.clock.advance(Duration::from_millis(1));
        }
        site.body("x.m3u8").await;
        let asked = site.origin.asked();
        let second = asked[1].head.to_ascii_lowercase();
        assert!(second.contains("if-none-match: \"v1\"\r\n"), "{second}");
        assert!(second.contains("if-modified-since: "), "{second}");
    }
}
