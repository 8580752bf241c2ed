//! One fetch for everybody, whatever becomes of it and of those who asked.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::origin::{Gate, Step, bytes_of, half, ok, rest, status};
use super::{Site, impatient, open};
use crate::sockets::listen;

const SEGMENT: &str = "/live/evt/a.ts";

// C-06, M-02
#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_askers_cause_one_request_and_all_get_bytes_while_they_arrive() {
    const ASKERS: u32 = 5_000;
    let site = Arc::new(Site::new().await);
    let (gate, bytes) = (Gate::new(), Arc::new(bytes_of("a.ts", 64 * 1024)));
    site.origin.script(
        SEGMENT,
        vec![half(&bytes, vec![Step::Gate(gate.clone()), rest()])],
    );
    let begun = Arc::new(Semaphore::new(0));
    let mut askers = Vec::new();
    for _ in 0..ASKERS {
        let (site, bytes, begun) = (Arc::clone(&site), Arc::clone(&bytes), Arc::clone(&begun));
        askers.push(tokio::spawn(async move {
            let mut reading = site.open("a.ts").await;
            let mut got = reading.piece().await.unwrap().unwrap().to_vec();
            begun.add_permits(1);
            got.extend(reading.rest().await.unwrap());
            assert!(got == *bytes);
        }));
    }
    // The second half is not sent before each of them has bytes of the first.
    let _all = begun.acquire_many(ASKERS).await.unwrap();
    gate.open();
    for asker in askers {
        asker.await.unwrap();
    }
    assert_eq!(site.origin.gets(SEGMENT), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_comes_while_a_fetch_ends_causes_no_second_one() {
    const ROUNDS: usize = 200;
    let site = Arc::new(Site::new().await);
    for round in 0..ROUNDS {
        let name = format!("{round}.ts");
        site.origin.put(&name, 2_000);
        let askers = (0..4).map(|_| {
            let (site, name) = (Arc::clone(&site), name.clone());
            tokio::spawn(async move {
                // From before the object is asked for until it lies on the disk.
                for _ in 0..8 {
                    let answer = site.rig.watch(&name, &[]).await;
                    assert_eq!((answer.status, answer.body.len()), (200, 2_000), "{name}");
                }
            })
        });
        for asker in askers.collect::<Vec<_>>() {
            asker.await.unwrap();
        }
        assert_eq!(site.origin.gets(&format!("/live/evt/{name}")), 1, "{name}");
    }
}

// C-06
#[tokio::test]
async fn the_first_askers_disconnect_harms_nobody() {
    let site = Site::new().await;
    let (gate, bytes) = (Gate::new(), bytes_of("a.ts", 64 * 1024));
    site.origin.script(
        SEGMENT,
        vec![half(&bytes, vec![Step::Gate(gate.clone()), rest()])],
    );
    let mut first = site.open("a.ts").await;
    first.piece().await.unwrap().unwrap();
    let second = site.open("a.ts").await;
    drop(first);
    gate.open();
    assert_eq!(second.rest().await.unwrap(), bytes);
    assert_eq!(site.origin.gets(SEGMENT), 1);
}

#[tokio::test]
async fn a_fetch_that_everybody_has_left_runs_to_its_end_and_serves_who_comes_later() {
    let site = Site::new().await;
    let (gate, bytes) = (Gate::new(), bytes_of("a.ts", 64 * 1024));
    site.origin.script(
        SEGMENT,
        vec![half(&bytes, vec![Step::Gate(gate.clone()), rest()])],
    );
    drop(site.open("a.ts").await);
    gate.open();
    site.until_health("segmentCacheEvents", 1).await;
    assert_eq!(site.rig.watch("a.ts", &[]).await.body, bytes);
    assert_eq!(site.origin.gets(SEGMENT), 1);
}

#[tokio::test]
async fn a_slow_reader_holds_nobody_back_and_gets_every_byte() {
    let site = Site::new().await;
    // More than is kept in memory for those who keep up.
    let bytes = site.origin.put("a.ts", 5 << 20);
    let mut slow = site.open("a.ts").await;
    let fast = site.open("a.ts").await;
    assert_eq!(fast.rest().await.unwrap(), bytes);
    site.until_health("segmentCacheEvents", 1).await;
    let mut got = slow.piece().await.unwrap().unwrap().to_vec();
    got.extend(slow.rest().await.unwrap());
    assert!(got == bytes);
    assert_eq!(site.origin.gets(SEGMENT), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sockets_too_bytes_go_out_while_they_arrive_and_none_is_lost_or_changed() {
    let site = Site::new().await;
    // No page equals another.
    let bytes: Vec<u8> = (0_u32..5 << 20)
        .map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect();
    let gate = Gate::new();
    site.origin.script(
        SEGMENT,
        vec![half(&bytes, vec![Step::Gate(gate.clone()), rest()])],
    );
    let (address, shutdown) = listen(&site.rig);
    let mut readers = Vec::new();
    // The whole, and from a place where no page begins.
    for (range, skipped) in [("", 0), ("Range: bytes=5001-\r\n", 5001)] {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "GET /t/{}/streams/evt/a.ts HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n{range}\r\n",
            site.rig.token()
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut got = Vec::new();
        while got.len() < 1 << 20 {
            assert_ne!(socket.read_buf(&mut got).await.unwrap(), 0);
        }
        readers.push((socket, got, skipped));
    }
    gate.open();
    for (mut socket, mut got, skipped) in readers {
        socket.read_to_end(&mut got).await.unwrap();
        let head = got.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        assert!(got[head + 4..] == bytes[skipped..]);
    }
    assert_eq!(site.origin.gets(SEGMENT), 1);
    shutdown.cancel();
}

// S-15
#[tokio::test]
async fn a_body_that_breaks_off_is_broken_off_for_all_never_stored_and_fetched_again_later() {
    let bytes = bytes_of("a.ts", 64 * 1024);
    let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8000\r\n".to_vec();
    chunked.extend(&bytes[..0x8000]);
    let gate = Gate::new();
    for broken in [
        half(&bytes, vec![Step::Gate(gate.clone()), Step::Close]),
        half(&bytes, vec![Step::Gate(gate.clone()), Step::Hang]),
        vec![Step::Send(chunked), Step::Gate(gate.clone()), Step::Close],
    ] {
        let site = Site::with(impatient).await;
        site.origin.script(SEGMENT, vec![broken, ok(&bytes)]);
        let readings = [site.open("a.ts").await, site.open("a.ts").await];
        gate.open();
        for reading in readings {
            assert_eq!(reading.status, 200);
            reading.rest().await.unwrap_err();
        }
        // The failure counts for a quarter of a second, then the object is fetched.
        let later = loop {
            if let Ok(whole) = site.open("a.ts").await.rest().await
                && site.origin.gets(SEGMENT) == 2
            {
                break whole;
            }
        };
        assert!(later == bytes);
    }
}

#[tokio::test]
async fn an_end_that_may_be_a_cut_is_passed_on_and_not_stored() {
    let site = Site::new().await;
    let script = vec![
        Step::Send(b"HTTP/1.0 200 OK\r\n\r\nsome bytes".to_vec()),
        Step::Close,
    ];
    site.origin.script(SEGMENT, vec![script]);
    let answer = site.rig.watch("a.ts", &[]).await;
    assert_eq!((answer.status, answer.text()), (200, "some bytes"));
    assert_eq!(site.rig.health().await["segmentCacheEvents"], 0);
}

// S-07, S-10, S-14
#[tokio::test]
async fn upstreams_that_refuse_break_redirect_or_send_pages_are_unavailable_and_slow_ones_time_out() {
    let site = Site::with(impatient).await;
    let elsewhere = format!("Location: http://{}/live/evt/b.ts\r\n", site.origin.address);
    site.origin.put("b.ts", 10);
    for (script, code) in [
        (status("500 Oh", ""), 502),
        (status("403 No", ""), 502),
        (status("302 Found", &elsewhere), 502),
        (status("206 Part", "Content-Range: bytes 0-0/1\r\n"), 502),
        (status("304 Not Modified", ""), 502),
        (status("200 OK", "Content-Type: text/html\r\n"), 502),
        (status("200 OK", "Content-Encoding: gzip\r\n"), 502),
        (vec![Step::Send(b"nonsense\r\n\r\n".to_vec())], 502),
        (vec![Step::Close], 502),
        (vec![Step::Hang], 504),
        (vec![Step::Send(b"HTTP/1.1 200".to_vec()), Step::Hang], 504),
        (status("404 Not Found", ""), 404),
        (status("410 Gone", ""), 404),
    ] {
        let name = format!("{}.ts", site.origin.asked().len());
        site.origin.script(&format!("/live/evt/{name}"), vec![script]);
        let answer = site.rig.watch(&name, &[]).await;
        assert_eq!(answer.status, code, "{name}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(!answer.headers.contains_key("location"));
    }
    assert_eq!(site.origin.gets("/live/evt/b.ts"), 0);
}

// S-16
#[tokio::test]
async fn an_upstream_that_is_gone_is_unavailable_at_once_and_what_is_stored_is_served() {
    let mut site = Site::new().await;
    let bytes = site.origin.put("a.ts", 1000);
    assert_eq!(site.rig.watch("a.ts", &[]).await.body, bytes);
    site.until_health("segmentCacheEvents", 1).await;
    site.origin = super::origin::Origin::start().await;
    let answer = site.rig.watch("b.ts", &[]).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (502, "source_unavailable")
    );
    assert_eq!(site.rig.watch("a.ts", &[]).await.body, bytes);
}

// C-05
#[tokio::test]
async fn an_absent_object_is_asked_for_once_a_second() {
    let site = Site::new().await;
    for _ in 0..20 {
        assert_eq!(site.rig.watch("a.ts", &[]).await.status, 404);
    }
    assert_eq!(site.origin.gets(SEGMENT), 1);
}

#[tokio::test]
async fn a_listed_segment_that_is_not_there_yet_is_waited_for_and_an_unlisted_one_is_not() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let streams = folder.path().join("streams");
    let site = Site::in_folder(folder, |settings| settings.stream_root = Some(streams)).await;
    // Written by an encoder here; its segments lie at the origin.
    site.rig.write(
        "i.m3u8",
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n#EXTINF:2,\nnever.ts\n",
    );
    assert_eq!(site.rig.watch("i.m3u8", &[]).await.status, 200);
    let absent = || status("404 Not Found", "");
    site.origin
        .script(SEGMENT, vec![absent(), absent(), absent(), ok(b"here at last")]);
    let answers = tokio::join!(site.rig.watch("a.ts", &[]), site.rig.watch("a.ts", &[]));
    assert_eq!(
        (answers.0.text(), answers.1.text()),
        ("here at last", "here at last")
    );
    assert_eq!(site.origin.gets(SEGMENT), 4);

    let started = tokio::time::Instant::now();
    assert_eq!(site.rig.watch("never.ts", &[]).await.status, 404);
    let waited = started.elapsed();
    // One and a half target durations at most.
    assert!(
        waited > Duration::from_millis(1_400) && waited < Duration::from_millis(3_500),
        "{waited:?}"
    );
    assert_eq!(site.rig.watch("unlisted.ts", &[]).await.status, 404);
    assert_eq!(site.origin.gets("/live/evt/unlisted.ts"), 1);
}

// S-16
#[tokio::test]
async fn an_origin_that_hangs_costs_the_others_an_answer_and_never_a_refusal() {
    let site = Arc::new(
        Site::with(|settings| {
            settings.upstream.timeouts.first_byte = Duration::from_secs(3);
        })
        .await,
    );
    let mut askers = Vec::new();
    for number in 0..140 {
        let name = format!("{number}.ts");
        site.origin
            .script(&format!("/live/evt/{name}"), vec![vec![Step::Hang]]);
        let site = Arc::clone(&site);
        askers.push(tokio::spawn(async move { open(&site.rig, &name, &[]).await }));
    }
    let mut counts = std::collections::BTreeMap::new();
    for asker in askers {
        let answer = asker.await.unwrap();
        *counts.entry(answer.status).or_insert(0) += 1;
        assert_eq!(answer.status == 503, answer.headers.contains_key("retry-after"));
    }
    // As many as one origin is asked for objects at a time; the rest is told to come back, long before.
    assert_eq!(counts, [(503, 44), (504, 96)].into());
}
