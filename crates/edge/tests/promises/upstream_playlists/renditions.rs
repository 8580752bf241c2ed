//! An encoder of one rendition that begins anew: its old segments are gone, those of the others are hits as before.

use std::sync::Arc;
use std::time::Duration;

use super::{at, media};
use crate::objects::Site;
use crate::objects::disk::objects;
use crate::objects::origin::{Gate, Step, half, ok, rest};
use crate::support::until;

const SECOND: Duration = Duration::from_secs(1);

/// The playlist [`media`] with its segments at another place.
fn listed_at(prefix: &str, first: u64, end: u64) -> String {
    media(first, end).replace("\n#EXTINF:2,\n", &format!("\n#EXTINF:2,\n{prefix}"))
}

impl Site {
    fn has(&self, name: &str, body: &str) {
        self.origin.script(&at(name), vec![ok(body.as_bytes())]);
    }

    /// Has each object served with its body, asked for `gets` times in all.
    async fn expect(&self, objects: &[(&str, &str, usize)]) {
        for (name, body, gets) in objects {
            assert_eq!((self.body(name).await.as_str(), *name), (*body, *name));
            assert_eq!((self.origin.gets(&at(name)), *name), (*gets, *name));
        }
    }

    /// Has the clock go on and each playlist fetched again.
    async fn refresh(&self, playlists: &[&str]) {
        self.rig.clock.advance(SECOND);
        for name in playlists {
            self.body(name).await;
        }
    }
}

/// Two renditions, each with its objects in the cache.
async fn two(high: &str, low: &str) -> Site {
    let site = Site::new().await;
    site.publish("high/x.m3u8", &listed_at(high, 0, 9));
    site.publish("low/x.m3u8", &listed_at(low, 0, 9));
    site.refresh(&["high/x.m3u8", "low/x.m3u8"]).await;
    site
}

#[tokio::test]
async fn the_segments_of_the_other_rendition_stay_hits() {
    let site = two("", "").await;
    for name in ["high/0.ts", "high/8.ts", "low/0.ts", "low/8.ts"] {
        site.has(name, "old");
        site.expect(&[(name, "old", 1)]).await;
    }
    let tag = site.rig.watch("high/0.ts", &[]).await.header("etag").to_owned();

    for name in ["high/0.ts", "high/8.ts"] {
        site.has(name, "new bytes");
    }
    site.publish("high/x.m3u8", &media(0, 2));
    site.refresh(&["low/x.m3u8", "high/x.m3u8"]).await;
    site.expect(&[
        ("high/0.ts", "new bytes", 2),
        ("low/0.ts", "old", 1),
        ("low/8.ts", "old", 1),
        // Not listed yet: an old name all the same.
        ("high/8.ts", "new bytes", 2),
        ("high/0.ts", "new bytes", 2),
    ])
    .await;
    let stale = site.rig.watch("high/0.ts", &[("if-none-match", &tag)]).await;
    assert_eq!(stale.status, 200);

    // Then the other one, and what is new stays.
    for name in ["low/0.ts", "low/8.ts"] {
        site.has(name, "newer");
    }
    site.publish("low/x.m3u8", &media(0, 2));
    site.refresh(&["high/x.m3u8", "low/x.m3u8"]).await;
    site.expect(&[
        ("low/0.ts", "newer", 2),
        ("low/8.ts", "newer", 2),
        ("high/0.ts", "new bytes", 2),
        // No playlist listed it when it was fetched, so it might be anybody's.
        ("high/8.ts", "new bytes", 3),
    ])
    .await;
}

#[tokio::test]
async fn segments_belong_to_the_playlist_that_lists_them_wherever_they_lie() {
    let site = two("../media/h", "../media/l").await;
    for name in ["media/h0.ts", "media/l0.ts"] {
        site.has(name, "old");
        site.expect(&[(name, "old", 1)]).await;
        site.has(name, "new");
    }
    site.publish("high/x.m3u8", &listed_at("../media/h", 0, 1));
    site.refresh(&["low/x.m3u8", "high/x.m3u8"]).await;
    site.expect(&[("media/h0.ts", "new", 2), ("media/l0.ts", "old", 1)])
        .await;
}

#[tokio::test]
async fn renditions_that_share_segments_lose_them_together() {
    // The same stream with a longer and a shorter window, and one that has nothing to do with it.
    let site = two("../s", "../s").await;
    site.publish("other/x.m3u8", &media(0, 9));
    site.refresh(&["other/x.m3u8"]).await;
    for name in ["s0.ts", "s5.ts", "other/0.ts"] {
        site.has(name, "old");
        site.expect(&[(name, "old", 1)]).await;
        site.has(name, "new");
    }
    site.publish("high/x.m3u8", &listed_at("../s", 0, 1));
    site.refresh(&["low/x.m3u8", "other/x.m3u8", "high/x.m3u8"]).await;
    site.expect(&[("s0.ts", "new", 2), ("s5.ts", "new", 2), ("other/0.ts", "old", 1)])
        .await;
}

#[tokio::test]
async fn headers_and_keys_are_asked_for_again_since_renditions_share_them() {
    let site = Site::new().await;
    let with_header = |end| {
        media(0, end).replacen(
            "#EXTINF",
            "#EXT-X-MAP:URI=\"../i.mp4\"\n#EXT-X-KEY:METHOD=AES-128,URI=\"../k.key\"\n#EXTINF",
            1,
        )
    };
    for name in ["low/x.m3u8", "high/x.m3u8"] {
        site.publish(name, &with_header(9));
        site.body(name).await;
        for shared in ["i.mp4", "k.key", "low/0.ts"] {
            site.has(shared, "old");
            site.expect(&[(shared, "old", 1)]).await;
        }
    }
    for shared in ["i.mp4", "k.key", "low/0.ts"] {
        site.has(shared, "new");
    }
    site.publish("high/x.m3u8", &with_header(1));
    site.refresh(&["low/x.m3u8", "high/x.m3u8"]).await;
    site.expect(&[("i.mp4", "new", 2), ("k.key", "new", 2), ("low/0.ts", "old", 1)])
        .await;
}

#[tokio::test]
async fn a_playlist_that_nobody_has_wanted_for_long_keeps_nothing() {
    let site = two("", "").await;
    site.has("low/0.ts", "old");
    site.expect(&[("low/0.ts", "old", 1)]).await;
    site.has("low/0.ts", "new");
    // Its encoder may have begun anew, too, and nobody has seen it.
    for end in 10..18 {
        site.publish("high/x.m3u8", &media(0, end));
        site.refresh(&["high/x.m3u8"]).await;
    }
    site.publish("high/x.m3u8", &media(0, 1));
    site.refresh(&["high/x.m3u8"]).await;
    site.expect(&[("low/0.ts", "new", 2)]).await;
}

#[tokio::test]
async fn what_is_being_fetched_meanwhile_is_kept_for_the_one_and_not_for_the_other() {
    let site = Arc::new(two("", "").await);
    let (gate, mut readers) = (Gate::new(), Vec::new());
    let old = vec![b'o'; 5000];
    for name in ["high/0.ts", "low/0.ts"] {
        let held = half(&old, vec![Step::Gate(gate.clone()), rest()]);
        site.origin.script(&at(name), vec![held, ok(b"new")]);
        let reader = Arc::clone(&site);
        readers.push(tokio::spawn(async move { reader.body(name).await }));
        site.origin.until_asked(&at(name)).await;
    }
    site.publish("high/x.m3u8", &media(0, 2));
    site.refresh(&["low/x.m3u8", "high/x.m3u8"]).await;
    // Whoever comes now gets the new one, while the old one is still coming.
    site.expect(&[("high/0.ts", "new", 2)]).await;
    let joined = Arc::clone(&site);
    let joined = tokio::spawn(async move { joined.body("low/0.ts").await });
    gate.open();
    gate.open();
    for reader in readers.into_iter().chain([joined]) {
        assert!(reader.await.unwrap().as_bytes() == old);
    }
    let old = String::from_utf8(old).unwrap();
    site.expect(&[("high/0.ts", "new", 2), ("low/0.ts", &old, 1)])
        .await;
}

#[tokio::test]
async fn an_edge_that_starts_again_does_not_find_the_old_segments_either() {
    let site = two("", "").await;
    for name in ["high/0.ts", "low/0.ts"] {
        site.has(name, "old");
        site.expect(&[(name, "old", 1)]).await;
        site.has(name, "new");
    }
    until(|| (objects(&site).len() == 2).then_some(())).await;
    site.publish("high/x.m3u8", &media(0, 2));
    site.refresh(&["low/x.m3u8", "high/x.m3u8"]).await;
    site.has("low/0.ts", "old");
    let site = site.again().await;
    site.refresh(&["high/x.m3u8", "low/x.m3u8"]).await;
    site.expect(&[("high/0.ts", "new", 2), ("low/0.ts", "old", 1)])
        .await;
}
