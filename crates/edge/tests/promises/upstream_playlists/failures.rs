//! An origin that fails: what viewers still get, for how long, and what they are told then.

use std::time::Duration;

use super::{at, ended, media, modified, text};
use crate::objects::origin::{Step, status};
use crate::objects::{Site, impatient};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_live_playlist_outlives_its_origin_by_three_target_durations_and_is_then_out_of_time() {
    let site = Site::new().await;
    site.publish("x.m3u8", &media(0, 3));
    site.body("x.m3u8").await;
    site.origin.script(&at("x.m3u8"), vec![status("500 Oh", "")]);
    for second in 1..=6 {
        site.rig.clock.advance(SECOND);
        let answer = site.rig.watch("x.m3u8", &[]).await;
        assert_eq!(
            (answer.status, answer.header("age")),
            (200, second.to_string().as_str())
        );
    }
    site.rig.clock.advance(Duration::from_millis(1));
    let answer = site.rig.watch("x.m3u8", &[]).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (504, "source_unavailable")
    );
    // Each second it was asked, and no oftener.
    assert_eq!(site.origin.gets(&at("x.m3u8")), 7);
    site.publish("x.m3u8", &media(4, 7));
    site.rig.clock.advance(SECOND);
    assert_eq!(site.body("x.m3u8").await, media(4, 7));
}

#[tokio::test]
async fn an_encoder_that_removes_its_playlist_for_a_moment_stops_no_player() {
    let site = Site::new().await;
    site.publish("x.m3u8", &media(0, 3));
    site.body("x.m3u8").await;
    site.origin
        .script(&at("x.m3u8"), vec![status("404 Not Found", "")]);
    site.rig.clock.advance(SECOND * 6);
    assert_eq!(site.body("x.m3u8").await, media(0, 3));
    site.rig.clock.advance(SECOND);
    assert_eq!(site.rig.watch("x.m3u8", &[]).await.status, 404);
}

#[tokio::test]
async fn a_recording_outlives_its_origin_by_a_day_but_not_its_removal() {
    let site = Site::new().await;
    let old = modified(&site, Duration::from_hours(2));
    let gone = status("503 No", "");
    site.origin
        .script(&at("x.m3u8"), vec![text(&ended(0, 3), &old), gone]);
    site.body("x.m3u8").await;
    site.rig.clock.advance(Duration::from_hours(24));
    let answer = site.rig.watch("x.m3u8", &[]).await;
    assert_eq!(
        (answer.status, answer.header("cache-control")),
        (200, "private, max-age=86400")
    );
    site.rig.clock.advance(Duration::from_mins(1));
    assert_eq!(site.rig.watch("x.m3u8", &[]).await.status, 502);

    let gone = status("404 Not Found", "");
    site.origin
        .script(&at("y.m3u8"), vec![text(&ended(0, 3), &old), gone]);
    site.body("y.m3u8").await;
    site.rig.clock.advance(Duration::from_mins(1));
    assert_eq!(site.rig.watch("y.m3u8", &[]).await.status, 404);
}

/// Answers that are no playlist, with the status that they are.
fn misdeeds(site: &Site) -> Vec<(&'static str, Vec<Step>, u16)> {
    let elsewhere = format!("Location: http://{}/live/evt/other.m3u8\r\n", site.origin.address);
    let cut = media(0, 3);
    let mut short = text(&cut, "");
    short.push(Step::Close);
    let Step::Send(bytes) = &mut short[0] else {
        unreachable!()
    };
    bytes.truncate(bytes.len() - 10);
    vec![
        ("refused", status("500 Oh", ""), 502),
        ("forbidden", status("403 No", ""), 502),
        ("redirect", status("302 Found", &elsewhere), 502),
        (
            "html",
            text("<html>not here</html>\n", "Content-Type: text/html\r\n"),
            502,
        ),
        ("page", text("<html>not here</html>\n", ""), 502),
        ("bom", text(&format!("\u{feff}{}", media(0, 3)), ""), 502),
        ("empty", text("", ""), 502),
        ("gzip", text(&media(0, 3), "Content-Encoding: gzip\r\n"), 502),
        (
            "huge",
            text(&format!("#EXTM3U\n{}", "# \n".repeat(3 << 20)), ""),
            502,
        ),
        ("short", short, 502),
        ("torn", text(media(0, 3).trim_end(), ""), 502),
        ("reset", vec![Step::Close], 502),
        ("silent", vec![Step::Hang], 504),
        (
            "stalled",
            vec![
                Step::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n#EXT".to_vec()),
                Step::Hang,
            ],
            504,
        ),
        ("absent", status("404 Not Found", ""), 404),
        ("gone", status("410 Gone", ""), 404),
    ]
}

// S-10
#[tokio::test]
async fn what_is_no_playlist_is_never_served_and_told_apart() {
    let site = Site::with(impatient).await;
    for (name, script, code) in misdeeds(&site) {
        let name = format!("{name}.m3u8");
        site.origin.script(&at(&name), vec![script]);
        let answer = site.rig.watch(&name, &[]).await;
        assert_eq!(answer.status, code, "{name}");
        assert_eq!(answer.header("cache-control"), "no-store");
        // It counts for a second.
        assert_eq!(site.rig.watch(&name, &[]).await.status, code, "{name}");
        assert_eq!(site.origin.gets(&at(&name)), 1, "{name}");
    }
    assert_eq!(site.origin.gets(&at("other.m3u8")), 0);
}

#[tokio::test]
async fn whatever_an_origin_sends_instead_the_last_good_playlist_is_served() {
    let site = Site::with(impatient).await;
    for (name, script, _) in misdeeds(&site) {
        let name = format!("{name}.m3u8");
        site.origin
            .script(&at(&name), vec![text(&media(0, 3), ""), script]);
        site.body(&name).await;
        site.rig.clock.advance(SECOND);
        assert_eq!(site.body(&name).await, media(0, 3), "{name}");
        assert_eq!(site.origin.gets(&at(&name)), 2, "{name}");
    }
}

#[tokio::test]
async fn a_server_that_never_ends_its_last_line_is_believed_the_second_time() {
    let site = Site::new().await;
    let torn = media(0, 3);
    let torn = torn.trim_end();
    site.publish("x.m3u8", torn);
    assert_eq!(site.rig.watch("x.m3u8", &[]).await.status, 502);
    site.rig.clock.advance(SECOND);
    assert_eq!(site.body("x.m3u8").await, torn);
    let ended = ended(0, 3);
    site.publish("y.m3u8", ended.trim_end());
    assert_eq!(site.body("y.m3u8").await, ended.trim_end());
}
