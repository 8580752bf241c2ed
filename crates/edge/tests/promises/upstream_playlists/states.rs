//! How a fetched stream is doing, as the platform asks for it.

use std::time::Duration;

use super::{at, ended, media, modified, text};
use crate::objects::Site;
use crate::objects::origin::Origin;
use crate::support::Answer;

const MASTER: &str = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na/x.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nb/x.m3u8\n\
                      #EXT-X-STREAM-INF:BANDWIDTH=3\nc/x.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=4\nd/x.m3u8\n";

async fn probe(site: &Site) -> Answer {
    let bearer = format!("Bearer {}", site.rig.probe_token());
    let headers = [("authorization", bearer.as_str())];
    site.rig.ask("HEAD", "/streams/evt/stream.m3u8", &headers).await
}

fn state(answer: &Answer) -> (&str, &str) {
    (
        answer.header("x-stream-state"),
        answer.header("x-stream-renditions"),
    )
}

#[tokio::test]
async fn without_a_date_of_its_origin_a_stream_is_live_while_its_bytes_change() {
    let site = Site::new().await;
    assert_eq!(probe(&site).await.status, 404);
    site.rig.clock.advance(Duration::from_secs(1));
    site.publish("stream.m3u8", &media(0, 3));
    assert_eq!(state(&probe(&site).await), ("live", "1"));
    let first_seen = httpdate::fmt_http_date(
        std::time::UNIX_EPOCH + Duration::from_millis(site.rig.now().0.unsigned_abs()),
    );
    site.rig.clock.advance(Duration::from_secs(6));
    let answer = probe(&site).await;
    assert_eq!(
        (state(&answer).0, answer.header("last-modified")),
        ("live", first_seen.as_str())
    );
    site.rig.clock.advance(Duration::from_secs(1));
    assert_eq!(state(&probe(&site).await).0, "stalled");
    site.publish("stream.m3u8", &media(1, 4));
    site.rig.clock.advance(Duration::from_secs(1));
    assert_eq!(state(&probe(&site).await).0, "live");
    site.publish("stream.m3u8", &ended(1, 4));
    site.rig.clock.advance(Duration::from_secs(1));
    assert_eq!(state(&probe(&site).await).0, "ended");
}

#[tokio::test]
async fn the_origins_date_says_when_a_playlist_changed() {
    let site = Site::new().await;
    let old = modified(&site, Duration::from_mins(1));
    site.origin
        .script(&at("stream.m3u8"), vec![text(&media(0, 3), &old)]);
    let answer = probe(&site).await;
    assert_eq!(state(&answer).0, "stalled");
    assert_eq!(
        format!("Last-Modified: {}\r\n", answer.header("last-modified")),
        old
    );
}

#[tokio::test]
async fn what_a_playlist_names_elsewhere_is_never_asked_for_and_gets_no_token() {
    let (site, elsewhere) = (Site::new().await, Origin::start().await);
    elsewhere.have_everything(100);
    let mut master = "#EXTM3U\n".to_owned();
    for uri in [
        format!("{}/evt/x.m3u8", elsewhere.url()),
        format!("//{}/x.m3u8", elsewhere.url().authority()),
        site.origin.url().join("/live/other/x.m3u8").unwrap().to_string(),
        "file:///etc/passwd".to_owned(),
    ] {
        master.extend(["#EXT-X-STREAM-INF:BANDWIDTH=1\n", &uri, "\n"]);
    }
    site.publish("stream.m3u8", &master);
    let target = format!("/streams/evt/stream.m3u8?__token={}", site.rig.token());
    assert_eq!(site.rig.get(&target, &[]).await.text(), master);
    assert_eq!(state(&probe(&site).await).0, "stalled");
    assert!(elsewhere.asked().is_empty());
    let asked = site.origin.asked();
    assert!(
        asked.iter().all(|asked| asked.target == at("stream.m3u8")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn a_masters_state_comes_from_three_of_its_renditions_which_are_asked_at_the_same_time() {
    let site = Site::new().await;
    site.publish("stream.m3u8", MASTER);
    assert_eq!(state(&probe(&site).await), ("stalled", "4"));
    site.rig.clock.advance(Duration::from_secs(1));
    for name in ["a/x.m3u8", "b/x.m3u8", "c/x.m3u8", "d/x.m3u8"] {
        site.publish(name, &media(0, 3));
    }
    let answers = tokio::join!(probe(&site), probe(&site));
    assert_eq!((state(&answers.0).0, state(&answers.1).0), ("live", "live"));
    let gets = |name| site.origin.gets(&at(name));
    assert_eq!([gets("a/x.m3u8"), gets("c/x.m3u8"), gets("d/x.m3u8")], [2, 2, 0]);
    for name in ["a/x.m3u8", "b/x.m3u8", "c/x.m3u8"] {
        site.publish(name, &ended(0, 3));
    }
    site.rig.clock.advance(Duration::from_secs(1));
    assert_eq!(state(&probe(&site).await).0, "ended");
}
