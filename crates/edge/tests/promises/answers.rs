//! Headers, ranges, conditions, encodings and origins of answers.

use std::io::Read as _;
use std::time::Duration;

use flate2::read::GzDecoder;

use crate::support::{ORIGIN, Rig};

const HOUR: Duration = Duration::from_hours(1);
const MEDIA: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n";

fn ended() -> String {
    format!("{MEDIA}#EXT-X-ENDLIST\n")
}

#[tokio::test]
async fn a_segment_has_type_length_validators_and_ranges() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("a.ts", "0123456789");
    let whole = rig.watch("a.ts", &[]).await;
    assert_eq!((whole.status, whole.text()), (200, "0123456789"));
    assert_eq!(whole.header("content-type"), "video/mp2t");
    assert_eq!(whole.header("content-length"), "10");
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert_eq!(whole.header("cache-control"), "private, max-age=60");
    assert_eq!(whole.header("x-content-type-options"), "nosniff");
    let etag = whole.header("etag").to_owned();
    assert!(etag.starts_with('"') && whole.header("last-modified").ends_with("GMT"));

    for (range, status, content_range, body) in [
        ("bytes=2-4", 206, "bytes 2-4/10", "234"),
        ("bytes=8-", 206, "bytes 8-9/10", "89"),
        ("bytes=-3", 206, "bytes 7-9/10", "789"),
        ("bytes=0-999", 206, "bytes 0-9/10", "0123456789"),
        ("bytes=0-0,5-6", 200, "", "0123456789"),
        ("nonsense", 200, "", "0123456789"),
    ] {
        let answer = rig.watch("a.ts", &[("range", range)]).await;
        assert_eq!(
            (answer.status, answer.header("content-range"), answer.text()),
            (status, content_range, body)
        );
        assert_eq!(answer.header("content-length"), body.len().to_string());
    }
    let answer = rig.watch("a.ts", &[("range", "bytes=10-")]).await;
    assert_eq!(
        (answer.status, answer.header("content-range")),
        (416, "bytes */10")
    );
    assert_eq!(answer.header("cache-control"), "no-store");

    let same = rig
        .watch("a.ts", &[("range", "bytes=2-4"), ("if-range", &etag)])
        .await;
    assert_eq!(same.status, 206);
    let other = rig
        .watch("a.ts", &[("range", "bytes=2-4"), ("if-range", "\"other\"")])
        .await;
    assert_eq!((other.status, other.text()), (200, "0123456789"));
    let again = rig
        .watch("a.ts", &[("if-none-match", &etag), ("range", "bytes=2-4")])
        .await;
    assert_eq!(
        (again.status, again.header("etag"), again.text()),
        (304, etag.as_str(), "")
    );
}

#[tokio::test]
async fn a_head_has_the_headers_of_a_get_and_no_body() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("a.ts", "0123456789");
    rig.write("stream.m3u8", MEDIA);
    for name in ["a.ts", "stream.m3u8"] {
        for encoding in ["identity", "gzip"] {
            let headers = [("accept-encoding", encoding)];
            let get = rig.watch(name, &headers).await;
            let head = rig.watch_by("HEAD", name, &headers).await;
            assert_eq!(
                (head.status, head.headers, head.body.len()),
                (200, get.headers, 0)
            );
        }
    }
}

#[tokio::test]
async fn versions_of_one_second_and_one_size_have_different_entity_tags() {
    let (rig, _feed) = Rig::ready().await;
    let mut tags = Vec::new();
    for content in ["aaaa", "bbbb", "cccc"] {
        let fresh = rig.write("next.ts", content);
        std::fs::rename(&fresh, fresh.with_file_name("a.ts")).unwrap();
        tags.push(rig.watch("a.ts", &[]).await.header("etag").to_owned());
    }
    tags.dedup();
    assert_eq!(tags.len(), 3);
}

#[tokio::test]
async fn how_long_an_answer_may_be_kept_follows_from_the_streams_end() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("a.ts", "x");
    rig.write("loose.ts", "x");
    for (playlist, age, of_playlist, of_segment) in [
        (MEDIA.to_owned(), HOUR * 2, "no-cache", "private, max-age=60"),
        (
            ended(),
            Duration::from_secs(3_599),
            "no-cache",
            "private, max-age=60",
        ),
        (ended(), HOUR, "private, max-age=86400", "private, max-age=360"),
        (
            ended(),
            HOUR * 10,
            "private, max-age=86400",
            "private, max-age=3600",
        ),
        (
            ended(),
            HOUR * 240,
            "private, max-age=86400",
            "private, max-age=86400, immutable",
        ),
    ] {
        rig.write_aged("stream.m3u8", &playlist, age);
        let answer = rig.watch("stream.m3u8", &[]).await;
        assert_eq!(answer.header("cache-control"), of_playlist);
        assert!(!answer.header("etag").is_empty() && answer.header("accept-ranges").is_empty());
        assert_eq!(rig.watch("a.ts", &[]).await.header("cache-control"), of_segment);
        assert_eq!(
            rig.watch("loose.ts", &[]).await.header("cache-control"),
            "private, max-age=60"
        );
    }
}

#[tokio::test]
async fn a_recording_that_was_put_there_whole_may_be_kept() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("a.ts", "x");
    rig.write("stream.m3u8", ended());
    assert_eq!(rig.watch("stream.m3u8", &[]).await.status, 200);
    assert_eq!(
        rig.watch("a.ts", &[]).await.header("cache-control"),
        "private, max-age=86400, immutable"
    );
}

#[tokio::test]
async fn an_old_recordings_master_may_be_kept_and_a_live_streams_may_not() {
    let (rig, _feed) = Rig::ready().await;
    rig.write_aged(
        "stream.m3u8",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nv/x.m3u8\n",
        HOUR * 5,
    );
    rig.write_aged("v/x.m3u8", MEDIA, Duration::from_secs(1));
    assert_eq!(
        rig.watch("stream.m3u8", &[]).await.header("cache-control"),
        "no-cache"
    );
    rig.write_aged("v/x.m3u8", ended(), HOUR * 5);
    rig.clock.advance(Duration::from_secs(1));
    assert_eq!(
        rig.watch("stream.m3u8", &[]).await.header("cache-control"),
        "private, max-age=86400"
    );
}

#[tokio::test]
async fn playlists_are_gzipped_for_those_who_take_it_with_a_tag_of_their_own() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("stream.m3u8", MEDIA);
    let plain = rig.watch("stream.m3u8", &[]).await;
    let gzipped = rig
        .watch("stream.m3u8", &[("accept-encoding", "br, gzip;q=0.8")])
        .await;
    let mut text = String::new();
    GzDecoder::new(gzipped.body.as_ref())
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!((plain.text(), text.as_str()), (MEDIA, MEDIA));
    assert_eq!(gzipped.header("content-encoding"), "gzip");
    assert_eq!(gzipped.header("content-length"), gzipped.body.len().to_string());
    assert_ne!(gzipped.header("etag"), plain.header("etag"));
    for answer in [&plain, &gzipped] {
        let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
        assert_eq!(vary, ["Accept-Encoding", "Origin"]);
    }
    let etag = gzipped.header("etag").to_owned();
    let again = rig
        .watch(
            "stream.m3u8",
            &[("accept-encoding", "gzip"), ("if-none-match", &etag)],
        )
        .await;
    assert_eq!(again.status, 304);
    assert_eq!(
        rig.watch("stream.m3u8", &[("if-none-match", &etag)]).await.status,
        200
    );
    assert_eq!(
        rig.watch("stream.m3u8", &[("accept-encoding", "gzip;q=0")])
            .await
            .text(),
        MEDIA
    );
}

#[tokio::test]
async fn the_entry_file_may_have_the_encoders_own_name() {
    let (rig, _feed) = Rig::ready().await;
    assert_eq!(rig.watch("stream.m3u8", &[]).await.status, 404);
    rig.write("index.m3u8", "#EXTM3U\n#index\n");
    assert_eq!(rig.watch("stream.m3u8", &[]).await.text(), "#EXTM3U\n#index\n");
    rig.write("master.m3u8", "#EXTM3U\n#master\n");
    assert_eq!(rig.watch("stream.m3u8", &[]).await.text(), "#EXTM3U\n#master\n");
    rig.write("stream.m3u8", "#EXTM3U\n#stream\n");
    assert_eq!(rig.watch("stream.m3u8", &[]).await.text(), "#EXTM3U\n#stream\n");
    rig.write("sub/index.m3u8", "#EXTM3U\n");
    assert_eq!(rig.watch("sub/stream.m3u8", &[]).await.status, 404);
}

#[tokio::test]
async fn pages_of_allowed_origins_may_read_every_answer_and_others_none() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("a.ts", "x");
    for target in ["/streams/evt/a.ts", "/streams/evt/a.exe", "/health", "/nowhere"] {
        let answer = rig.get(target, &[("origin", ORIGIN)]).await;
        assert_eq!(answer.header("access-control-allow-origin"), ORIGIN, "{target}");
        assert_eq!(answer.header("timing-allow-origin"), ORIGIN);
        assert!(
            answer
                .header("access-control-expose-headers")
                .contains("Content-Range")
        );
        let answer = rig.get(target, &[("origin", "https://evil.example")]).await;
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
        assert_eq!(answer.header("vary"), "Origin");
    }
    assert_eq!(
        rig.watch("a.ts", &[("origin", ORIGIN)])
            .await
            .header("access-control-allow-origin"),
        ORIGIN
    );
    let preflight = rig
        .ask("OPTIONS", "/streams/evt/a.ts", &[("origin", ORIGIN)])
        .await;
    assert_eq!(preflight.status, 204);
    assert_eq!(
        preflight.header("access-control-allow-methods"),
        "GET, HEAD, OPTIONS"
    );
    assert_eq!(
        preflight.header("access-control-allow-headers"),
        "Authorization, Range"
    );
    assert_eq!(preflight.header("access-control-max-age"), "86400");
}

#[tokio::test]
async fn health_has_exactly_the_fields_of_the_contract() {
    let (rig, _feed) = Rig::ready().await;
    let expected = serde_json::json!({
        "status": "ok", "mode": "local", "revocationCacheSize": 0, "lastSyncAgo": "0s", "feedSeq": 0,
        "segmentCacheEvents": 0, "segmentCacheSizeMB": 0,
    });
    assert_eq!(rig.health().await, expected);
    assert_eq!(rig.get("/ready", &[]).await.status, 200);
}
