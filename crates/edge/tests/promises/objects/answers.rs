//! What viewers are told of an object, fetched or stored, and what an origin is told of viewers.

use super::origin::{Gate, Step, bytes_of, half, ok, rest, status};
use super::{Site, open};

#[tokio::test]
async fn equal_names_in_two_renditions_are_two_objects_and_the_second_request_needs_no_origin() {
    let site = Site::new().await;
    let bytes = ["720p/s%201.ts", "1080p/s%201.ts"].map(|name| (name, site.origin.put(name, 2000)));
    for _ in 0..3 {
        for (name, bytes) in &bytes {
            assert!(site.rig.watch(name, &[]).await.body == *bytes, "{name}");
            site.until_health("segmentCacheEvents", 1).await;
        }
    }
    for (name, _) in &bytes {
        assert_eq!(site.origin.gets(&format!("/live/evt/{name}")), 1, "{name}");
    }
    // What the origin does not have in the event's folder itself is not found there either.
    assert_eq!(site.rig.watch("s%201.ts", &[]).await.status, 404);
}

#[tokio::test]
async fn ranges_and_conditions_hold_while_an_object_is_fetched_and_after() {
    let site = Site::new().await;
    let (gate, bytes) = (Gate::new(), bytes_of("a.ts", 10_000));
    site.origin.script(
        "/live/evt/a.ts",
        vec![half(&bytes, vec![Step::Gate(gate.clone()), rest()])],
    );
    let whole = site.open("a.ts").await;
    let tag = whole.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(whole.headers["last-modified"], "Tue, 24 Nov 2026 12:00:00 GMT");
    assert_eq!(whole.headers["content-length"], "10000");
    let part = open(&site.rig, "a.ts", &[("range", "bytes=4990-5009")]).await;
    assert_eq!(
        (part.status, part.headers["content-range"].to_str().unwrap()),
        (206, "bytes 4990-5009/10000")
    );
    let behind = open(&site.rig, "a.ts", &[("range", "bytes=10000-")]).await;
    assert_eq!(
        (behind.status, behind.headers["content-range"].to_str().unwrap()),
        (416, "bytes */10000")
    );
    let same = open(&site.rig, "a.ts", &[("if-none-match", &tag)]).await;
    assert_eq!(
        (same.status, same.headers["etag"].to_str().unwrap()),
        (304, tag.as_str())
    );
    gate.open();
    assert_eq!(part.rest().await.unwrap(), bytes[4990..5010]);
    assert_eq!(whole.rest().await.unwrap(), bytes);

    site.until_health("segmentCacheEvents", 1).await;
    let part = site
        .rig
        .watch("a.ts", &[("range", "bytes=-5"), ("if-range", &tag)])
        .await;
    assert_eq!((part.status, part.header("etag")), (206, tag.as_str()));
    assert_eq!(part.body, bytes[9995..]);
    assert_eq!(
        site.rig.watch("a.ts", &[("if-none-match", &tag)]).await.status,
        304
    );
    let other = site
        .rig
        .watch("a.ts", &[("range", "bytes=0-0"), ("if-range", "\"other\"")])
        .await;
    assert_eq!((other.status, other.body.len()), (200, 10_000));
    assert_eq!(site.origin.gets("/live/evt/a.ts"), 1);
}

#[tokio::test]
async fn an_object_of_undeclared_length_is_sent_to_its_end_and_then_has_one() {
    let site = Site::new().await;
    let text = "HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n5\r\nfghij\r\n0\r\n\r\n";
    site.origin
        .script("/live/evt/a.ts", vec![vec![Step::Send(text.as_bytes().to_vec())]]);
    let first = site.rig.watch("a.ts", &[]).await;
    assert_eq!((first.status, first.text()), (200, "abcdefghij"));
    assert!(!first.headers.contains_key("content-length"));
    site.until_health("segmentCacheEvents", 1).await;
    let second = site.rig.watch("a.ts", &[("range", "bytes=2-3")]).await;
    assert_eq!((second.status, second.text()), (206, "cd"));
    assert_eq!(second.header("etag"), first.header("etag"));
}

// C-05
#[tokio::test]
async fn head_equals_get_without_the_body_and_downloads_nothing() {
    let site = Site::new().await;
    let bytes = site.origin.put("a.ts", 300_000);
    site.origin.script(
        "/live/evt/b.ts",
        vec![status("405 No", "Allow: GET\r\n"), ok(&bytes)],
    );
    for name in ["a.ts", "b.ts"] {
        let head = site.rig.watch_by("HEAD", name, &[]).await;
        assert_eq!(
            (head.status, head.header("content-length")),
            (200, "300000"),
            "{name}"
        );
        assert!(head.body.is_empty());
        let get = site.rig.watch(name, &[]).await;
        assert_eq!(head.headers, get.headers, "{name}");
    }
    assert_eq!(site.origin.gets("/live/evt/a.ts"), 1);
    let asked = site.origin.asked().len();
    assert_eq!(
        site.rig
            .watch_by("HEAD", "a.ts", &[])
            .await
            .header("content-length"),
        "300000"
    );
    assert_eq!(site.origin.asked().len(), asked);
    assert_eq!(site.rig.watch_by("HEAD", "none.ts", &[]).await.status, 404);
}

// C-02, S-17, S-18
#[tokio::test]
async fn nothing_of_a_viewers_request_reaches_the_origin_and_nothing_of_the_origin_the_viewer() {
    let site = Site::new().await;
    site.origin.put("a.ts", 100);
    let token = site.rig.token();
    let target = format!("/streams/evt/a.ts?__token={token}&x=canary&_HLS_msn=1");
    let headers = [
        ("cookie", "canary=1"),
        ("referer", "https://canary.example/"),
        ("user-agent", "canary"),
        ("x-forwarded-for", "203.0.113.9"),
        ("accept-encoding", "gzip, br"),
        ("range", "bytes=0-1"),
    ];
    let answer = site.rig.get(&target, &headers).await;
    assert_eq!(answer.status, 206);
    let asked = site.origin.asked();
    assert_eq!(asked[0].target, "/live/evt/a.ts");
    let head = asked[0].head.to_ascii_lowercase();
    for secret in [
        "canary",
        "authorization",
        "cookie",
        "eyj",
        "203.0.113.9",
        "gzip",
        "range",
    ] {
        assert!(!head.contains(secret), "{secret}: {head}");
    }
    for name in ["set-cookie", "server", "location"] {
        assert!(!answer.headers.contains_key(name), "{name}");
    }
    assert_eq!(answer.header("content-type"), "video/mp2t");
}
