//! How a stream is doing, as the platform asks for it.

use std::time::Duration;

use crate::support::{Answer, Rig};

const LIVE: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\na.ts\n";

async fn probe(rig: &Rig) -> Answer {
    let bearer = format!("Bearer {}", rig.probe_token());
    rig.ask("HEAD", "/streams/evt/stream.m3u8", &[("authorization", &bearer)])
        .await
}

fn seconds(date: &str) -> u64 {
    httpdate::parse_http_date(date)
        .unwrap()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

#[tokio::test]
async fn a_media_playlist_is_live_then_stalled_then_ended() {
    let (rig, _feed) = Rig::ready().await;
    assert_eq!(probe(&rig).await.status, 404);
    for (content, age, state) in [
        (LIVE.to_owned(), 6, "live"),
        (LIVE.to_owned(), 7, "stalled"),
        (format!("{LIVE}#EXT-X-ENDLIST\n"), 1, "ended"),
    ] {
        rig.write_aged("stream.m3u8", content, Duration::from_secs(age));
        let answer = probe(&rig).await;
        assert_eq!((answer.status, answer.header("x-stream-state")), (200, state));
        assert_eq!(answer.header("x-stream-renditions"), "1");
        assert!(!answer.header("etag").is_empty());
        let changed = seconds(answer.header("last-modified"));
        assert_eq!(changed, u64::try_from(rig.now().0 / 1000).unwrap() - age);
    }
}

#[tokio::test]
async fn a_masters_state_comes_from_its_renditions_and_is_kept_for_a_second() {
    let (rig, _feed) = Rig::ready().await;
    let hour = Duration::from_hours(1);
    let master =
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na/x.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nb/x.m3u8\n";
    rig.write_aged("stream.m3u8", master, hour);
    let answer = probe(&rig).await;
    assert_eq!(
        (
            answer.header("x-stream-state"),
            answer.header("x-stream-renditions")
        ),
        ("stalled", "2")
    );

    rig.write_aged("a/x.m3u8", LIVE, hour);
    rig.write_aged("b/x.m3u8", LIVE, Duration::from_secs(1));
    assert_eq!(probe(&rig).await.header("x-stream-state"), "stalled");
    rig.clock.advance(Duration::from_secs(1));
    let answer = probe(&rig).await;
    assert_eq!(answer.header("x-stream-state"), "live");
    assert_eq!(
        seconds(answer.header("last-modified")),
        u64::try_from(rig.now().0 / 1000).unwrap() - 2
    );

    for rendition in ["a/x.m3u8", "b/x.m3u8"] {
        rig.write_aged(rendition, format!("{LIVE}#EXT-X-ENDLIST\n"), hour);
    }
    rig.clock.advance(Duration::from_secs(1));
    assert_eq!(probe(&rig).await.header("x-stream-state"), "ended");
}

#[tokio::test]
async fn a_rendition_that_is_still_being_written_for_the_first_time_keeps_no_master_waiting() {
    let (rig, _feed) = Rig::ready().await;
    let master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na/x.m3u8\n";
    rig.write_aged("stream.m3u8", master, Duration::from_mins(1));
    rig.write_aged("a/x.m3u8", "#EXTM", Duration::ZERO);
    let answers = async { (rig.watch("stream.m3u8", &[]).await, probe(&rig).await) };
    let (playlist, probed) = tokio::time::timeout(Duration::from_secs(1), answers)
        .await
        .unwrap();
    assert_eq!(
        (playlist.text(), playlist.header("cache-control")),
        (master, "no-cache")
    );
    assert_eq!(probed.header("x-stream-state"), "stalled");
}

// J-15
#[tokio::test]
async fn only_a_probe_is_told_and_a_probe_may_only_ask() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("stream.m3u8", LIVE);
    let answer = rig.watch_by("HEAD", "stream.m3u8", &[]).await;
    assert!(answer.status == 200 && !answer.headers.contains_key("x-stream-state"));
    let bearer = format!("Bearer {}", rig.probe_token());
    let answer = rig
        .get("/streams/evt/stream.m3u8", &[("authorization", &bearer)])
        .await;
    assert_eq!(answer.code(), "access_denied");
}
