//! What viewers get of an upstream's playlist: its URIs, its name, how long it may be kept, and where it comes from.

use std::sync::Arc;
use std::time::Duration;

use streamgate_contract::feed::FeedChange;
use streamgate_edge::AllowedHosts;

use super::{at, ended, media, modified, text};
use crate::objects::Site;
use crate::objects::origin::{Step, ok, status};
use crate::support::event;

// S-12
#[tokio::test]
async fn uris_of_the_event_at_its_origin_become_relative_and_foreign_ones_are_neither_changed_nor_asked() {
    let site = Site::new().await;
    let host = site.origin.address;
    let body = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-NEW:URI=\"http://{host}/live/evt/n.ts\"\n\
         #EXT-X-KEY:METHOD=AES-128,URI=\"http://{host}/live/evt/k/1.key\"\n#EXT-X-MAP:URI=\"/live/evt/v/i.mp4\"\n\
         #EXTINF:2,\nhttp://{host}/live/evt/v/a.m4s?x=1\n#EXTINF:2,\nb.m4s\n#EXTINF:2,\nhttp://{host}/live/other/c.m4s\n\
         #EXTINF:2,\nhttp://169.254.169.254/latest/d.m4s\n#EXTINF:2,\n/streams/evt/e.m4s\n"
    );
    site.publish("v/x.m3u8", &body);
    let plain = body
        .replace(&format!("\"http://{host}/live/evt/k/1.key\""), "\"../k/1.key\"")
        .replace("\"/live/evt/v/i.mp4\"", "\"i.mp4\"")
        .replace(&format!("http://{host}/live/evt/v/a.m4s?x=1"), "a.m4s?x=1");
    assert_eq!(site.body("v/x.m3u8").await, plain);

    let token = site.rig.token();
    let personal = site
        .rig
        .get(&format!("/streams/evt/v/x.m3u8?__token={token}"), &[])
        .await;
    let base = format!("../../../t/{token}/streams/evt/");
    let expected = plain
        .replace("\"../k/1.key\"", &format!("\"{base}k/1.key\""))
        .replace("\"i.mp4\"", &format!("\"{base}v/i.mp4\""))
        .replace("\na.m4s?x=1", &format!("\n{base}v/a.m4s?x=1"))
        .replace("\nb.m4s", &format!("\n{base}v/b.m4s"));
    assert_eq!(
        (personal.text(), personal.header("cache-control")),
        (expected.as_str(), "no-store")
    );
    assert!(!personal.headers.contains_key("etag"));
    let targets: Vec<String> = site
        .origin
        .asked()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    assert_eq!(targets, [at("v/x.m3u8")]);
}

#[tokio::test]
async fn the_entry_file_is_found_under_its_own_name_and_the_others_are_not_asked_for_again_and_again() {
    let site = Site::new().await;
    site.publish("index.m3u8", &media(0, 3));
    for _ in 0..5 {
        assert_eq!(site.body("stream.m3u8").await, media(0, 3));
        site.rig.clock.advance(Duration::from_secs(1));
    }
    let gets = |name| site.origin.gets(&at(name));
    assert_eq!(
        [gets("stream.m3u8"), gets("master.m3u8"), gets("index.m3u8")],
        [1, 1, 5]
    );
    site.origin
        .script(&at("index.m3u8"), vec![status("404 Not Found", "")]);
    site.publish("master.m3u8", &media(7, 9));
    site.rig.clock.advance(Duration::from_secs(10));
    assert_eq!(site.body("stream.m3u8").await, media(7, 9));
}

#[tokio::test]
async fn a_source_that_names_a_playlist_has_it_as_its_entry_file_and_nothing_else() {
    let site = Site::with(|settings| {
        settings.upstream.allowed_hosts = AllowedHosts::parse("127.0.0.1").unwrap();
    })
    .await;
    site.publish("stream.m3u8", &media(0, 3));
    assert_eq!(site.body("stream.m3u8").await, media(0, 3));
    let host = site.origin.address;
    site.origin
        .script("/own/the%20show.m3u8?sig=s", vec![text(&media(5, 7), "")]);
    site.origin
        .script("/own/low/x.m3u8?sig=s", vec![text(&media(6, 8), "")]);
    let change = FeedChange::EventSource {
        event_id: event(),
        url: Some(format!("http://{host}/own/the%20show.m3u8?sig=s")),
    };
    site.rig.tell(&site.feed, change).await;
    assert_eq!(site.body("stream.m3u8").await, media(5, 7));
    assert_eq!(site.body("low/x.m3u8").await, media(6, 8));
    assert_eq!(site.rig.watch("index.m3u8", &[]).await.status, 404);
}

#[tokio::test]
async fn in_hybrid_mode_local_playlists_come_first_under_any_name_of_an_entry_file() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let streams = folder.path().join("streams");
    let site = Site::in_folder(folder, |settings| settings.stream_root = Some(streams)).await;
    site.publish("stream.m3u8", &media(0, 3));
    site.publish("v/x.m3u8", &media(1, 3));
    assert_eq!(site.body("stream.m3u8").await, media(0, 3));
    let local = site.rig.write("index.m3u8", media(9, 12));
    assert_eq!(site.body("stream.m3u8").await, media(9, 12));
    assert_eq!(site.body("v/x.m3u8").await, media(1, 3));
    std::fs::remove_file(local).unwrap();
    assert_eq!(site.body("stream.m3u8").await, media(0, 3));
}

#[tokio::test]
async fn how_long_answers_may_be_kept_follows_from_how_the_stream_is_doing() {
    let site = Site::new().await;
    for name in ["live", "fresh", "old"] {
        site.origin.script(&at(&format!("{name}/0.ts")), vec![ok(b"x")]);
    }
    let script = |name: &str, body: &str, age| {
        let headers = format!(
            "Cache-Control: public, max-age=9\r\nAge: 7\r\n{}",
            modified(&site, age)
        );
        site.origin.script(&at(name), vec![text(body, &headers)]);
    };
    script("live/x.m3u8", &media(0, 3), Duration::ZERO);
    script("fresh/x.m3u8", &ended(0, 3), Duration::from_mins(59));
    script("old/x.m3u8", &ended(0, 3), Duration::from_mins(61));
    for (name, playlist, segment) in [
        ("live", "no-cache", "private, max-age=60"),
        ("fresh", "no-cache", "private, max-age=86400, immutable"),
        (
            "old",
            "private, max-age=86400",
            "private, max-age=86400, immutable",
        ),
    ] {
        let answer = site.rig.watch(&format!("{name}/x.m3u8"), &[]).await;
        assert_eq!(answer.header("cache-control"), playlist, "{name}");
        // What another cache has held it for counts.
        assert_eq!(answer.header("age"), "7");
        assert_eq!(answer.header("content-type"), "application/vnd.apple.mpegurl");
        let tag = answer.header("etag").to_owned();
        let again = site
            .rig
            .watch(&format!("{name}/x.m3u8"), &[("if-none-match", &tag)])
            .await;
        assert_eq!((again.status, again.header("cache-control")), (304, playlist));
        let answer = site.rig.watch(&format!("{name}/0.ts"), &[]).await;
        assert_eq!(answer.header("cache-control"), segment, "{name}");
    }
    // A master is final when its renditions are.
    let master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nold/x.m3u8\n";
    site.publish("stream.m3u8", master);
    let answer = site.rig.watch("stream.m3u8", &[]).await;
    assert_eq!(answer.header("cache-control"), "private, max-age=86400");
    site.publish(
        "stream.m3u8",
        &format!("{master}#EXT-X-STREAM-INF:BANDWIDTH=2\nlive/x.m3u8\n"),
    );
    site.rig.clock.advance(Duration::from_mins(1));
    let answer = site.rig.watch("stream.m3u8", &[]).await;
    assert_eq!(answer.header("cache-control"), "no-cache");
}

#[tokio::test]
async fn a_segment_that_the_newest_playlist_lists_is_waited_for_until_its_origin_has_it() {
    let site = Site::new().await;
    site.publish("x.m3u8", &media(0, 3));
    site.body("x.m3u8").await;
    let absent = || status("404 Not Found", "");
    site.origin
        .script(&at("2.ts"), vec![absent(), absent(), ok(b"here")]);
    assert_eq!(site.body("2.ts").await, "here");
    site.origin.script(&at("3.ts"), vec![absent(), ok(b"here")]);
    assert_eq!(site.rig.watch("3.ts", &[]).await.status, 404);
}

#[tokio::test]
async fn nothing_of_a_viewers_request_reaches_the_origin_of_a_playlist() {
    let site = Site::new().await;
    site.publish("x.m3u8", &media(0, 3));
    let token = site.rig.token();
    let target = format!("/streams/evt/x.m3u8?__token={token}&CMCD=canary&_HLS_msn=9&_HLS_push=canary");
    let headers = [
        ("cookie", "canary=1"),
        ("user-agent", "canary"),
        ("referer", "https://canary.example/"),
        ("if-none-match", "\"canary\""),
        ("accept-encoding", "gzip"),
    ];
    let answer = site.rig.get(&target, &headers).await;
    assert_eq!((answer.status, answer.header("content-encoding")), (200, "gzip"));
    let asked = site.origin.asked();
    assert_eq!(
        (asked.len(), asked[0].target.as_str()),
        (1, at("x.m3u8").as_str())
    );
    let head = asked[0].head.to_ascii_lowercase();
    for secret in ["canary", "authorization", "eyj", "gzip"] {
        assert!(!head.contains(secret), "{secret}: {head}");
    }
}

#[tokio::test]
async fn a_playlist_of_megabytes_arrives_whole_in_drips() {
    let site = Site::new().await;
    let long = media(0, 100_000);
    let Step::Send(bytes) = text(&long, "").remove(0) else {
        unreachable!()
    };
    let drips = bytes
        .chunks(50_000)
        .map(|piece| Step::Send(piece.to_vec()))
        .collect();
    site.origin.script(&at("x.m3u8"), vec![drips]);
    assert!(site.body("x.m3u8").await == long);
}
