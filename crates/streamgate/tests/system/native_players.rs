//! ffmpeg plays what it made itself, by path token and by query token, in each shape, and stops when it must.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::harness::actors::{Player, id};
use crate::harness::media::{Shape, live_encoder, record};
use crate::harness::process::Process;
use crate::harness::site::Site;
use crate::harness::{SOON, until};

/// ffmpeg gives up on a live stream after a few refused reloads, each a target duration apart.
const GIVES_UP: Duration = Duration::from_secs(20);

/// Returns the frames that ffprobe decoded, by kind of stream.
async fn frames(url: String, seconds: &'static str) -> (u64, u64) {
    let output = tokio::task::spawn_blocking(move || {
        Command::new("ffprobe")
            .args(["-v", "error", "-count_frames", "-read_intervals", seconds])
            .args([
                "-show_entries",
                "stream=codec_type,nb_read_frames",
                "-of",
                "json",
                &url,
            ])
            .stdin(Stdio::null())
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let most = |kind: &str| {
        let streams = report["streams"].as_array().unwrap().iter();
        streams
            .filter(|stream| stream["codec_type"] == kind)
            .filter_map(|stream| stream["nb_read_frames"].as_str()?.parse().ok())
            .max()
            .unwrap_or(0)
    };
    (most("video"), most("audio"))
}

/// Plays `url` to its end, or for two seconds of a live stream, as a native player does.
async fn play(url: String, is_live: bool) {
    let output = tokio::task::spawn_blocking(move || {
        let mut command = Command::new("ffmpeg");
        command.args(["-v", "error"]);
        if is_live {
            command.args(["-t", "2"]);
        }
        command
            .args(["-i", &url, "-map", "0", "-f", "null", "-"])
            .stdin(Stdio::null())
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{errors}");
}

/// Both URLs that a native player may be given.
fn native_urls(player: &Player, event: &Value, token: &str) -> [String; 2] {
    ["stream.m3u8"]
        .map(|file| player.path_url(event, file, token))
        .into_iter()
        .chain([player.query_url(event, "stream.m3u8", token)])
        .collect::<Vec<_>>()
        .try_into()
        .unwrap()
}

async fn plays_and_stops(shape: Shape) {
    let site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    let folder = site.event_folder(&event);
    std::fs::remove_dir_all(&folder).unwrap();
    record(&site.event_folder(&event), shape);
    let token = site.viewer("a").watch(&ticket).await;
    let urls = native_urls(&site.player(), &event, &token);
    for url in urls.clone() {
        play(url.clone(), false).await;
        let (video, audio) = frames(url, "%+60").await;
        assert_eq!(video, 75, "three seconds of picture");
        assert!((139..=145).contains(&audio), "three seconds of sound: {audio}");
    }
    site.admin().to_ticket(&ticket, "revoke").await.expect(200);
    for url in urls {
        let ended = Command::new("ffmpeg")
            .args(["-v", "error", "-i", &url, "-f", "null", "-"])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(!ended.status.success());
        assert!(String::from_utf8_lossy(&ended.stderr).contains("403"));
    }
}

#[tokio::test]
async fn a_native_player_plays_nested_mpeg_ts_and_is_refused_after_revocation() {
    plays_and_stops(Shape::NestedTs).await;
}

#[tokio::test]
async fn a_native_player_plays_fmp4_with_an_init_segment_and_is_refused_after_revocation() {
    plays_and_stops(Shape::Fmp4).await;
}

#[tokio::test]
async fn a_native_player_plays_a_stream_that_is_being_written_and_stops_after_revocation() {
    let site = Site::serve().await;
    let event = site.admin().event(Value::Null).await;
    let ticket = site.admin().ticket(&event).await;
    let folder = site.event_folder(&event);
    let _encoder = live_encoder(&folder, site.folder.path());
    let token = site.viewer("a").watch(&ticket).await;
    let player = site.player();
    let ask = || player.get(&event, "stream.m3u8", &token);
    until(SOON, "three segments", ask, |answer| {
        answer.text().matches("#EXTINF").count() >= 3
    })
    .await;
    let urls = native_urls(&player, &event, &token);
    for url in urls.clone() {
        play(url, true).await;
    }
    let mut watchers: Vec<Process> = urls
        .iter()
        .enumerate()
        .map(|(number, url)| {
            let mut command = Command::new("ffmpeg");
            command
                .args(["-v", "info", "-i", url, "-f", "null", "-"])
                .stdin(Stdio::null());
            Process::spawn(command, site.folder.path(), &format!("watcher-{number}"))
        })
        .collect();
    for watcher in &watchers {
        let shown = || async { watcher.output() };
        until(SOON, "a picture", shown, |output| output.contains("frame=")).await;
    }
    site.admin().to_ticket(&ticket, "revoke").await.expect(200);
    for watcher in &mut watchers {
        watcher.end(GIVES_UP).await;
        assert!(watcher.output().contains("403"), "{}", watcher.output());
    }
}

#[tokio::test]
async fn every_playlist_hands_the_token_on_and_equal_names_stay_apart() {
    let site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    let folder = site.event_folder(&event);
    std::fs::remove_dir_all(&folder).unwrap();
    record(&site.event_folder(&event), Shape::NestedTs);
    let token = site.viewer("a").watch(&ticket).await;
    let mut pages =
        vec![reqwest::Url::parse(&site.player().query_url(&event, "stream.m3u8", &token)).unwrap()];
    let mut segments = Vec::new();
    while let Some(page) = pages.pop() {
        let path = page.as_str().strip_prefix(&site.platform.base).unwrap();
        let playlist = site.player().get_path(path).await.expect(200).text();
        for uri in playlist
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
        {
            let next = page.join(uri).unwrap();
            assert!(
                next.path()
                    .starts_with(&format!("/t/{token}/streams/{}/", id(&event))),
                "{next}"
            );
            match next.path().rsplit('.').next() {
                Some("m3u8") => pages.push(next),
                _ => segments.push(next),
            }
        }
    }
    assert_eq!(segments.len(), 6, "three segments in each rendition");
    for segment in &segments {
        let relative = segment.path().rsplit_once(&format!("{}/", id(&event))).unwrap().1;
        let served = site.player().get_path(segment.path()).await.expect(200).body;
        assert!(
            served == std::fs::read(folder.join(relative)).unwrap(),
            "{relative}"
        );
    }
    let player = site.player();
    let of = |name| player.get(&event, name, &token);
    let (small, large) = (
        of("360p/000.ts").await.expect(200),
        of("720p/000.ts").await.expect(200),
    );
    assert!(small.body != large.body);
    assert_ne!(small.header("etag"), large.header("etag"));
}
