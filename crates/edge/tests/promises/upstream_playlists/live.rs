//! A live stream and its audience, by the clock on the wall.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{at, follow_the_wall, text};
use crate::objects::Site;
use crate::objects::origin::Step;

const TARGET: Duration = Duration::from_secs(1);
const WINDOW: u64 = 6;
const ASKERS_PER_SECOND: u32 = 200;
/// Seconds of every test run; `STREAMGATE_LIVE_SECONDS=60` watches as long as the product promises.
const SECONDS: u64 = 5;

/// How many segments a stream has after `elapsed`: six at its start, then one each target duration.
fn end_after(elapsed: Duration) -> u64 {
    WINDOW + elapsed.as_secs() / TARGET.as_secs()
}

fn playlist(elapsed: Duration) -> String {
    let end = end_after(elapsed);
    let first = end - WINDOW;
    let mut text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:{first}\n");
    for number in first..end {
        text.extend(["#EXTINF:1,\n", &number.to_string(), ".ts\n"]);
    }
    text
}

/// The number behind the newest segment of a playlist.
fn end_of(playlist: &str) -> u64 {
    let last = playlist.lines().last().unwrap();
    last.strip_suffix(".ts").unwrap().parse::<u64>().unwrap() + 1
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_askers_a_second_cost_one_request_a_second_and_see_nothing_old() {
    let seconds = std::env::vars()
        .find_map(|(name, value)| (name == "STREAMGATE_LIVE_SECONDS").then_some(value))
        .map_or(SECONDS, |text| text.parse().expect("a number"));
    let site = Arc::new(Site::new().await);
    let started = Instant::now();
    site.origin.script(
        &at("x.m3u8"),
        vec![vec![Step::Make(Arc::new(move || {
            let Step::Send(bytes) = text(&playlist(started.elapsed()), "").remove(0) else {
                unreachable!()
            };
            bytes
        }))]],
    );
    let ticking = follow_the_wall(&site.rig);
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / ASKERS_PER_SECOND);
    let mut askers = Vec::new();
    while started.elapsed() < Duration::from_secs(seconds) {
        ticks.tick().await;
        let site = Arc::clone(&site);
        askers.push(tokio::spawn(async move {
            let answer = site.rig.watch("x.m3u8", &[]).await;
            (answer.status, end_of(answer.text()), started.elapsed())
        }));
    }
    let asked = askers.len();
    for asker in askers {
        let (status, end, at) = asker.await.unwrap();
        assert_eq!(status, 200);
        let behind = TARGET * u32::try_from(end_after(at) - end).unwrap();
        assert!(
            behind <= TARGET + Duration::from_secs(1),
            "{behind:?} behind at {at:?}"
        );
    }
    ticking.abort();
    assert!(
        asked as u64 >= seconds * u64::from(ASKERS_PER_SECOND) / 2,
        "only {asked} asked"
    );
    let requests = site.origin.gets(&at("x.m3u8")) as u64;
    assert!(requests <= started.elapsed().as_secs() + 1, "{requests} requests");
    // They were not spared by serving something old.
    assert!(requests >= seconds - 1, "{requests} requests");
}
