//! Parts of low-latency streams: asked for before they exist, as files of their own or as ranges of a growing one; and
//! what becomes of held requests when there are many, or when the origin fails.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::{at, text};
use crate::objects::origin::{Gate, Step, ok, status};
use crate::objects::{Site, open};

const SECOND: Duration = Duration::from_secs(1);

/// A whole segment, then `tail`.
fn low(tail: &str) -> String {
    format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES\n#EXTINF:1,\n0.mp4\n{tail}"
    )
}

/// An answer that comes in chunks whose number nobody knows, each after its gate.
fn dripping(pieces: &[(&str, Option<&Gate>)]) -> Vec<Step> {
    let mut steps = vec![Step::Send(
        b"HTTP/1.1 200 OK\r\nETag: \"v\"\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
    )];
    for (piece, gate) in pieces {
        steps.extend(gate.map(|gate| Step::Gate(gate.clone())));
        steps.push(Step::Send(
            format!("{:x}\r\n{piece}\r\n", piece.len()).into_bytes(),
        ));
    }
    steps.push(Step::Send(b"0\r\n\r\n".to_vec()));
    steps
}

#[tokio::test]
async fn a_part_that_is_asked_for_before_it_exists_is_asked_for_once_and_streams_as_it_arrives() {
    let site = Site::new().await;
    site.publish("x.m3u8", &low("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"1.0.mp4\"\n"));
    site.body("x.m3u8").await;
    let (exists, goes_on) = (Gate::new(), Gate::new());
    let script = dripping(&[("first", Some(&exists)), ("second", Some(&goes_on))]);
    site.origin.script(&at("1.0.mp4"), vec![script]);
    let (mut readings, ()) = tokio::join!(join_all((0..20).map(|_| site.open("1.0.mp4"))), async {
        site.origin.until_asked(&at("1.0.mp4")).await;
        exists.open();
    });
    for reading in &mut readings {
        assert_eq!(reading.status, 200);
        assert_eq!(reading.piece().await.unwrap().unwrap(), "first");
    }
    goes_on.open();
    for reading in readings {
        assert_eq!(reading.rest().await.unwrap(), b"second");
    }
    assert_eq!(site.body("1.0.mp4").await, "firstsecond");
    assert_eq!(site.origin.gets(&at("1.0.mp4")), 1);
}

#[tokio::test]
async fn ranges_of_a_growing_file_are_answered_as_soon_as_they_are_there() {
    let site = Arc::new(Site::new().await);
    let growing = "#EXT-X-PART:DURATION=0.5,URI=\"1.mp4\",BYTERANGE=\"5@0\"\n\
                   #EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"1.mp4\",BYTERANGE-START=5\n";
    site.publish("x.m3u8", &low(growing));
    site.body("x.m3u8").await;
    let gate = Gate::new();
    let script = dripping(&[("abcde", None), ("fghij", Some(&gate))]);
    site.origin.script(&at("1.mp4"), vec![script, ok(b"abcdefghij")]);

    let first = site.rig.watch("1.mp4", &[("range", "bytes=0-4")]).await;
    assert_eq!((first.status, first.text()), (206, "abcde"));
    assert_eq!(first.header("content-range"), "bytes 0-4/*");
    assert_eq!(first.header("content-length"), "5");
    let asker = Arc::clone(&site);
    let ahead = tokio::spawn(async move { asker.rig.watch("1.mp4", &[("range", "bytes=5-9")]).await });
    let endless = [("range", "bytes=2-9007199254740991")];
    let mut reading = open(&site.rig, "1.mp4", &endless).await;
    assert_eq!(reading.status, 206);
    assert_eq!(reading.headers["content-range"], "bytes 2-9007199254740991/*");
    assert_eq!(reading.piece().await.unwrap().unwrap(), "cde");
    gate.open();
    let ahead = ahead.await.unwrap();
    assert_eq!((ahead.status, ahead.text()), (206, "fghij"));
    assert_eq!(reading.rest().await.unwrap(), b"fghij");
    assert_eq!(site.origin.gets(&at("1.mp4")), 1);

    // The whole segment is an object like any other.
    site.publish("x.m3u8", &low("#EXTINF:1,\n1.mp4\n"));
    site.rig.clock.advance(SECOND);
    site.body("x.m3u8").await;
    for _ in 0..2 {
        assert_eq!(site.body("1.mp4").await, "abcdefghij");
        let behind = site.rig.watch("1.mp4", &[("range", "bytes=10-11")]).await;
        assert_eq!(
            (behind.status, behind.header("content-range")),
            (416, "bytes */10")
        );
    }
    assert_eq!(site.origin.gets(&at("1.mp4")), 2);
}

#[tokio::test]
async fn what_there_is_of_a_growing_file_is_not_taken_for_all_of_it() {
    let site = Site::new().await;
    site.publish(
        "x.m3u8",
        &low("#EXT-X-PART:DURATION=0.5,URI=\"1.mp4\",BYTERANGE=\"5@0\"\n"),
    );
    site.body("x.m3u8").await;
    // This origin declares the length that the file has at the moment.
    site.origin
        .script(&at("1.mp4"), vec![ok(b"abcde"), ok(b"abcdefghij")]);
    for (range, expected) in [("bytes=0-4", "abcde"), ("bytes=5-9", "fghij")] {
        let part = site.rig.watch("1.mp4", &[("range", range)]).await;
        assert_eq!((part.status, part.text()), (206, expected));
    }
    assert_eq!(site.origin.gets(&at("1.mp4")), 2);
    assert_eq!(site.rig.health().await["segmentCacheEvents"], 0);
}

#[tokio::test]
async fn a_range_that_an_object_of_unknown_length_does_not_reach_is_unsatisfiable_and_a_cut_is_an_error() {
    let site = Site::new().await;
    let behind = [("range", "bytes=7-9")];
    site.origin
        .script(&at("short.ts"), vec![dripping(&[("abcde", None)])]);
    let answer = site.rig.watch("short.ts", &behind).await;
    assert_eq!(
        (answer.status, answer.header("content-range")),
        (416, "bytes */5")
    );
    let mut cut = dripping(&[("abcde", None)]);
    cut.pop();
    cut.push(Step::Close);
    site.origin.script(&at("cut.ts"), vec![cut]);
    assert_eq!(site.rig.watch("cut.ts", &behind).await.status, 502);
}

#[tokio::test]
async fn five_hundred_held_viewers_are_one_request_whatever_becomes_of_it() {
    let site = Site::new().await;
    site.publish("x.m3u8", &low(""));
    site.body("x.m3u8").await;
    let next = low("#EXTINF:1,\n1.mp4\n");
    let target = at("x.m3u8?_HLS_msn=1");
    let gate = Gate::new();
    let held = |mut answer: Vec<Step>| {
        answer.insert(0, Step::Gate(gate.clone()));
        answer
    };
    site.origin.script(
        &target,
        vec![
            held(status("503 Busy", "")),
            vec![Step::Hang],
            held(text(&next, "")),
        ],
    );
    for (round, expected) in [(1, 502), (2, 504), (3, 200)] {
        let askers = join_all((0..500).map(|_| site.rig.watch("x.m3u8?_HLS_msn=1", &[])));
        let (answers, ()) = tokio::join!(askers, async {
            while site.origin.gets(&target) < round {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            gate.open();
        });
        for answer in &answers {
            assert_eq!(answer.status, expected);
            assert!(expected != 200 || answer.text() == next);
        }
        assert_eq!(site.origin.gets(&target), round);
        if expected == 504 {
            // Nobody was let through.
            gate.take();
        }
        // Who asks plainly gets what there is.
        site.body("x.m3u8").await;
        site.rig.clock.advance(SECOND);
    }
}
