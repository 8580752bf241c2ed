//! An encoder that begins anew under the old names: viewers get the new stream and no byte of the old one.

use std::time::Duration;

use super::{at, ended, media, modified, text};
use crate::objects::Site;
use crate::objects::origin::ok;

const TARGET: Duration = Duration::from_secs(2);

async fn watch_both(site: &Site) -> (String, String) {
    let playlist = site.body("x.m3u8").await;
    (playlist, site.body("0.ts").await)
}

#[tokio::test]
async fn after_an_end_the_new_stream_is_there_within_a_target_duration() {
    let site = Site::new().await;
    let now = modified(&site, Duration::ZERO);
    site.origin.script(&at("x.m3u8"), vec![text(&ended(0, 3), &now)]);
    site.origin.script(&at("0.ts"), vec![ok(b"rehearsal")]);
    assert_eq!(watch_both(&site).await, (ended(0, 3), "rehearsal".to_owned()));
    site.until_health("segmentCacheEvents", 1).await;

    site.publish("x.m3u8", &media(0, 1));
    site.origin.script(&at("0.ts"), vec![ok(b"the show")]);
    site.rig.clock.advance(TARGET);
    assert_eq!(watch_both(&site).await, (media(0, 1), "the show".to_owned()));
    // It goes on as a live one.
    site.publish("x.m3u8", &media(0, 2));
    site.rig.clock.advance(Duration::from_secs(1));
    assert_eq!(watch_both(&site).await, (media(0, 2), "the show".to_owned()));
    assert_eq!(site.origin.gets(&at("0.ts")), 2);
}

#[tokio::test]
async fn numbers_that_go_back_make_the_old_bytes_unreachable() {
    let site = Site::new().await;
    site.publish("x.m3u8", &media(0, 9));
    site.origin.script(&at("0.ts"), vec![ok(b"first run")]);
    assert_eq!(watch_both(&site).await, (media(0, 9), "first run".to_owned()));
    let tag = site.rig.watch("0.ts", &[]).await.header("etag").to_owned();
    site.publish("x.m3u8", &media(0, 2));
    site.origin.script(
        &at("0.ts"),
        vec![text(
            "second run",
            "Last-Modified: Tue, 24 Nov 2026 12:00:09 GMT\r\n",
        )],
    );
    site.rig.clock.advance(Duration::from_secs(1));
    assert_eq!(watch_both(&site).await, (media(0, 2), "second run".to_owned()));
    let stale = site.rig.watch("0.ts", &[("if-none-match", &tag)]).await;
    assert_eq!((stale.status, stale.text()), (200, "second run"));
}

#[tokio::test]
async fn a_cache_on_the_way_that_is_a_moment_behind_is_no_restart() {
    let site = Site::new().await;
    site.origin.script(&at("2.ts"), vec![ok(b"bytes")]);
    for (first, expected) in [(0, 0), (1, 1), (0, 1), (2, 2)] {
        site.publish("x.m3u8", &media(first, first + 3));
        assert_eq!(site.body("x.m3u8").await, media(expected, expected + 3));
        assert_eq!(site.body("2.ts").await, "bytes");
        site.rig.clock.advance(Duration::from_secs(1));
    }
    assert_eq!(site.origin.gets(&at("2.ts")), 1);
}

#[tokio::test]
async fn emptying_an_event_forgets_its_playlists_too() {
    let site = Site::new().await;
    site.publish("x.m3u8", &ended(0, 3));
    site.body("x.m3u8").await;
    site.publish("x.m3u8", &ended(0, 4));
    let key = [("x-internal-api-key", crate::support::API_KEY)];
    let emptied = site.rig.ask("DELETE", "/admin/cache/evt", &key).await;
    assert_eq!(emptied.status, 204);
    assert_eq!(site.body("x.m3u8").await, ended(0, 4));
}

#[tokio::test]
async fn segments_of_a_show_that_has_just_ended_are_not_kept_as_those_of_a_recording() {
    let site = Site::new().await;
    site.origin.script(&at("0.ts"), vec![ok(b"bytes")]);
    site.publish("x.m3u8", &media(0, 2));
    assert_eq!(watch_both(&site).await.0, media(0, 2));
    site.publish("x.m3u8", &ended(0, 2));
    site.rig.clock.advance(Duration::from_secs(1));
    assert_eq!(watch_both(&site).await.0, ended(0, 2));
    let segment = site.rig.watch("0.ts", &[]).await;
    assert_eq!(segment.header("cache-control"), "private, max-age=60");
}
