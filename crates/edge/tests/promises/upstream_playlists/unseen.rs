//! An encoder that begins anew while nobody looks: what is cached under its names is served again only once its
//! upstream has vouched for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;

use super::{at, ended, media, text};
use crate::objects::Site;
use crate::objects::disk::objects;
use crate::objects::origin::{Gate, Step, ok, status};
use crate::support::until;

const OLD: &str = "Last-Modified: Tue, 24 Nov 2026 12:00:00 GMT\r\n";
const NEW: &str = "Last-Modified: Tue, 24 Nov 2026 12:30:00 GMT\r\n";
const HOUR: Duration = Duration::from_hours(1);

impl Site {
    /// Puts a file at the origin, and has it forget what was asked.
    fn file(&self, name: &str, body: &str, modified: &str) {
        self.origin.forget();
        self.origin.script(&at(name), vec![text(body, modified)]);
    }

    /// The file is as it was: the origin says so and nothing else.
    fn unchanged(&self, name: &str) {
        self.origin.forget();
        self.origin
            .script(&at(name), vec![status("304 Not Modified", OLD)]);
    }

    /// Has a viewer watch some objects, so that they are stored.
    async fn store(&self, names: &[&str]) {
        for name in names {
            self.file(name, "rehearsal", OLD);
            assert_eq!(self.body(name).await, "rehearsal");
        }
        until(|| (objects(self).len() == names.len()).then_some(())).await;
    }

    /// What a viewer gets of `name`, which takes so many requests to the origin.
    async fn costs(&self, name: &str, requests: usize) -> String {
        self.origin.forget();
        let body = self.body(name).await;
        assert_eq!(self.origin.gets(&at(name)), requests, "{name}");
        body
    }
}

/// An edge that has some objects of a stream, was down for `down`, and then sees that the stream goes to `end`.
async fn back_after(down: Duration, end: u64) -> Site {
    let site = Site::new().await;
    site.publish("x.m3u8", &media(0, 3));
    site.body("x.m3u8").await;
    site.store(&["0.ts", "1.ts", "2.ts"]).await;
    let site = site.again_after(down).await;
    site.publish("x.m3u8", &media(0, end));
    assert_eq!(site.body("x.m3u8").await, media(0, end));
    site
}

#[tokio::test]
async fn an_edge_that_was_down_meanwhile_asks_once_for_each_object_that_it_has() {
    // The encoder has begun anew, and is further on, or not as far.
    for (down, end) in [(HOUR / 60, 9), (Duration::from_secs(2), 2)] {
        let site = back_after(down, end).await;
        site.file("0.ts", "the show", NEW);
        site.unchanged("1.ts");
        assert_eq!(site.costs("0.ts", 1).await, "the show");
        assert_eq!(site.costs("1.ts", 1).await, "rehearsal");
        let head = site.origin.asked()[0].head.to_ascii_lowercase();
        assert!(
            head.contains("if-modified-since: tue, 24 nov 2026 12:00:00 gmt"),
            "{head}"
        );
        // An origin that knows no conditions says the same with the head of its answer.
        site.file("2.ts", "rehearsal", OLD);
        assert_eq!(site.costs("2.ts", 1).await, "rehearsal");
        for (name, body) in [("0.ts", "the show"), ("1.ts", "rehearsal"), ("2.ts", "rehearsal")] {
            assert_eq!(site.costs(name, 0).await, body);
        }
        // What was in doubt and nobody asked for stays so.
        let site = back_after(down, end).await.again_after(Duration::ZERO).await;
        site.body("x.m3u8").await;
        site.file("0.ts", "the show", NEW);
        assert_eq!(site.costs("0.ts", 1).await, "the show");
    }
}

#[tokio::test]
async fn an_edge_that_starts_again_in_the_middle_of_a_stream_asks_for_nothing() {
    let site = back_after(Duration::from_secs(4), 5).await;
    for name in ["0.ts", "1.ts", "2.ts"] {
        assert_eq!(site.costs(name, 0).await, "rehearsal");
    }
}

#[tokio::test]
async fn an_edge_that_has_lost_what_it_knew_of_a_stream_asks_once_for_each_object() {
    let site = Site::new().await;
    site.publish("x.m3u8", &media(0, 3));
    site.body("x.m3u8").await;
    site.store(&["0.ts", "1.ts"]).await;
    let lost = site.rig.folder.path().join("cache/v1/evt/generations");
    std::fs::remove_file(lost).unwrap();
    let site = site.again_after(Duration::from_secs(1)).await;
    site.body("x.m3u8").await;
    site.unchanged("0.ts");
    for requests in [1, 0] {
        assert_eq!(site.costs("0.ts", requests).await, "rehearsal");
    }
}

#[tokio::test]
async fn a_stream_that_nobody_has_watched_for_long_may_be_another_one() {
    let site = Site::new().await;
    site.publish("x.m3u8", &media(0, 3));
    site.body("x.m3u8").await;
    site.store(&["0.ts", "1.ts"]).await;
    assert_eq!(site.costs("0.ts", 0).await, "rehearsal");
    site.rig.clock.advance(HOUR);
    site.publish("x.m3u8", &media(0, 9));
    site.body("x.m3u8").await;
    site.file("0.ts", "the show", NEW);
    site.unchanged("1.ts");
    for requests in [1, 0] {
        assert_eq!(site.costs("0.ts", requests).await, "the show");
        assert_eq!(site.costs("1.ts", requests).await, "rehearsal");
    }
}

/// Has the edge forget its playlists: it asks for more than it remembers, and the longest unwanted go first.
async fn forget_playlists(site: &Site) {
    site.rig.clock.advance(Duration::from_secs(1));
    for number in 0..4_200 {
        site.rig.watch(&format!("{number}.m3u8"), &[]).await;
    }
}

#[tokio::test]
async fn so_may_one_whose_playlist_was_forgotten_while_the_edge_was_up() {
    let site = Site::new().await;
    site.publish("x.m3u8", &media(0, 3));
    site.body("x.m3u8").await;
    site.store(&["0.ts"]).await;
    forget_playlists(&site).await;
    site.publish("x.m3u8", &media(0, 4));
    site.body("x.m3u8").await;
    assert_eq!(site.costs("0.ts", 0).await, "rehearsal");
    forget_playlists(&site).await;
    // The same numbers again: a restart.
    site.publish("x.m3u8", &media(0, 1));
    site.body("x.m3u8").await;
    site.file("0.ts", "the show", NEW);
    for requests in [1, 0] {
        assert_eq!(site.costs("0.ts", requests).await, "the show");
    }
}

#[tokio::test]
async fn looking_in_now_and_then_is_enough_for_a_stream_that_goes_on() {
    let site = Site::new().await;
    for step in 0..10 {
        // A platform asks how the stream is doing every ten seconds.
        site.publish("x.m3u8", &media(5 * step, 5 * step + 6));
        site.body("x.m3u8").await;
        if step == 1 {
            site.store(&["0.ts"]).await;
        }
        if step > 1 {
            assert_eq!(site.costs("0.ts", 0).await, "rehearsal");
        }
        site.rig.clock.advance(Duration::from_secs(10));
    }
}

#[tokio::test]
async fn a_recording_with_the_same_text_is_the_same_after_a_restart_and_one_made_again_is_not() {
    let site = Site::new().await;
    let playlist = |modified: &str| vec![text(&ended(0, 2), modified)];
    site.origin.script(&at("x.m3u8"), playlist(OLD));
    site.body("x.m3u8").await;
    site.store(&["0.ts", "1.ts"]).await;
    let mut site = site;
    for _ in 0..2 {
        site = site.again_after(HOUR / 30).await;
        site.body("x.m3u8").await;
        for name in ["0.ts", "1.ts"] {
            assert_eq!(site.costs(name, 0).await, "rehearsal");
        }
    }
    // Made again while the edge was down, then while it was up and nobody watched: the same text each time.
    for (round, show) in [(0, "the show"), (1, "the show again")] {
        if round == 0 {
            site = site.again_after(Duration::from_secs(1)).await;
        } else {
            site.rig.clock.advance(Duration::from_mins(2));
        }
        let newer = NEW.replace("30:00", &format!("3{round}:00"));
        site.origin.script(&at("x.m3u8"), playlist(&newer));
        site.body("x.m3u8").await;
        site.file("0.ts", show, &newer);
        for requests in [1, 0] {
            assert_eq!(site.costs("0.ts", requests).await, show);
        }
    }
    // And what nobody asked for meanwhile is as doubtful after another restart under the text that it came to.
    let site = site.again_after(HOUR / 60).await;
    site.body("x.m3u8").await;
    assert_eq!(site.costs("0.ts", 0).await, "the show again");
    site.file("1.ts", "the show's end", NEW);
    assert_eq!(site.costs("1.ts", 1).await, "the show's end");
}

#[tokio::test]
async fn a_crowd_costs_one_request_for_an_object() {
    let site = Arc::new(back_after(HOUR / 60, 9).await);
    let gate = Gate::new();
    let mut held = vec![Step::Gate(gate.clone())];
    held.extend(status("304 Not Modified", OLD));
    site.origin.forget();
    site.origin.script(&at("0.ts"), vec![held]);
    let crowd = (0..200).map(|_| {
        let site = Arc::clone(&site);
        tokio::spawn(async move { site.body("0.ts").await })
    });
    let crowd: Vec<_> = crowd.collect();
    site.origin.until_asked(&at("0.ts")).await;
    gate.open();
    for body in join_all(crowd).await {
        assert_eq!(body.unwrap(), "rehearsal");
    }
    assert_eq!(site.origin.gets(&at("0.ts")), 1);
}

#[tokio::test]
async fn an_upstream_that_fails_or_hangs_is_no_reason_to_refuse_what_is_there() {
    let failing = status("503 Service Unavailable", "");
    let (refusing, hanging) = (status("403 Forbidden", ""), vec![Step::Hang]);
    for (answer, name) in [(failing, "fails"), (refusing, "refuses"), (hanging, "hangs")] {
        let site = back_after(HOUR / 60, 9).await;
        site.origin.script(&at("0.ts"), vec![answer.clone()]);
        site.origin.script(&at("1.ts"), vec![answer]);
        let started = Instant::now();
        assert_eq!(site.costs("0.ts", 1).await, "rehearsal", "{name}");
        // It is not asked for each of a thousand objects, nor does anybody wait for each.
        assert_eq!(site.costs("1.ts", 0).await, "rehearsal", "{name}");
        assert_eq!(site.costs("0.ts", 0).await, "rehearsal", "{name}");
        assert!(started.elapsed() < Duration::from_secs(30), "{name}");
        // Once it answers again, it is.
        site.rig.clock.advance(Duration::from_secs(1));
        site.publish("x.m3u8", &media(0, 10));
        site.body("x.m3u8").await;
        site.file("0.ts", "the show", NEW);
        assert_eq!(site.costs("0.ts", 1).await, "the show", "{name}");
    }
}

#[tokio::test]
async fn what_the_upstream_has_no_more_is_gone_for_good() {
    let site = back_after(HOUR / 60, 9).await;
    site.publish("x.m3u8", &media(5, 9));
    site.rig.clock.advance(Duration::from_secs(1));
    site.body("x.m3u8").await;
    site.origin.script(&at("0.ts"), vec![status("404 Not Found", "")]);
    assert_eq!(site.rig.watch("0.ts", &[]).await.status, 404);
    let site = site.again_after(Duration::ZERO).await;
    site.origin
        .script(&at("0.ts"), vec![status("503 Service Unavailable", "")]);
    assert_eq!(site.rig.watch("0.ts", &[]).await.status, 502);
}

#[tokio::test]
async fn an_upstream_that_goes_by_time_alone_is_asked_again_when_it_names_another_version() {
    let site = Site::new().await;
    site.publish("x.m3u8", &media(0, 3));
    site.body("x.m3u8").await;
    let (one, other) = ("ETag: \"one\"\r\n", "ETag: \"two\"\r\n");
    let older = "Last-Modified: Tue, 24 Nov 2026 11:00:00 GMT\r\n";
    for name in ["0.ts", "1.ts"] {
        site.origin
            .script(&at(name), vec![text("rehearsal", &[OLD, one].concat())]);
        assert_eq!(site.body(name).await, "rehearsal");
    }
    site.rig.clock.advance(HOUR / 60);
    site.publish("x.m3u8", &media(0, 9));
    site.body("x.m3u8").await;
    let denied = status("304 Not Modified", other);
    let show = text("an older show", &[older, other].concat());
    site.origin.script(&at("0.ts"), vec![denied, show]);
    assert_eq!(site.costs("0.ts", 2).await, "an older show");
    // One that names the same is believed.
    site.origin
        .script(&at("1.ts"), vec![status("304 Not Modified", one)]);
    for (name, requests, body) in [
        ("1.ts", 1, "rehearsal"),
        ("1.ts", 0, "rehearsal"),
        ("0.ts", 0, "an older show"),
    ] {
        assert_eq!(site.costs(name, requests).await, body);
    }
}

#[tokio::test]
async fn a_head_tells_what_the_upstream_has_and_what_is_there_when_it_is_silent() {
    let site = back_after(HOUR / 60, 9).await;
    let length = async || {
        let answer = site.rig.watch_by("HEAD", "0.ts", &[]).await;
        assert_eq!(answer.status, 200);
        answer.header("content-length").to_owned()
    };
    site.origin.script(
        &at("0.ts"),
        vec![ok(b"a show"), status("503 Service Unavailable", "")],
    );
    assert_eq!(length().await, "6");
    assert_eq!(length().await, "9");
}
