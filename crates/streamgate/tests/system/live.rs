//! A stream that begins is noticed, and the demo shows it all.

use rustix::process::Signal;
use serde_json::json;
use streamgate_contract::time::UnixMillis;

use crate::harness::actors::{HOUR_MS, Player, Viewer, token_of};
use crate::harness::http::client;
use crate::harness::media::live_encoder;
use crate::harness::process::{Process, free_port, program};
use crate::harness::site::Site;
use crate::harness::{SOON, now_ms, until};

#[tokio::test]
async fn an_upcoming_event_is_live_once_its_encoder_writes() {
    let site = Site::serve().await;
    let times = json!({
        "startsAt": UnixMillis(now_ms() + HOUR_MS).to_iso(),
        "endsAt": UnixMillis(now_ms() + 2 * HOUR_MS).to_iso(),
    });
    let event = site.admin().event(times).await;
    let ticket = site.admin().ticket(&event).await;
    let viewer = site.viewer("a");
    let ask = || viewer.status(&event, &ticket);
    until(SOON, "not started", ask, |answer| {
        answer.json()["status"] == "not-started"
    })
    .await;
    let _encoder = live_encoder(&site.event_folder(&event), site.folder.path());
    until(SOON, "live", ask, |answer| answer.json()["status"] == "live").await;
    let answer = viewer
        .validate(ticket["code"].as_str().unwrap())
        .await
        .expect(200);
    assert_eq!(answer.json()["status"], "live");
    assert_eq!(answer.json()["event"]["isLive"], true);
}

/// Returns the media sequence number of a media playlist.
fn media_sequence(playlist: &str) -> Option<u64> {
    playlist
        .lines()
        .find_map(|line| line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:"))?
        .parse()
        .ok()
}

#[tokio::test]
async fn the_demo_plays_a_moving_stream_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (temporary, logs) = (folder.path().join("tmp"), folder.path().join("logs"));
    std::fs::create_dir(&temporary).unwrap();
    std::fs::create_dir(&logs).unwrap();
    let base = format!("http://127.0.0.1:{}", free_port());
    let mut command = program(&["demo"]);
    command
        .env("TMPDIR", &temporary)
        .env("PORT", base.rsplit(':').next().unwrap());
    let mut demo = Process::spawn(command, &logs, "demo");
    let shown = || async { demo.output() };
    let text = until(SOON, "the instructions", shown, |output| {
        output.contains("Ctrl-C ends it")
    })
    .await;
    assert!(text.contains(&base.replace("127.0.0.1", "localhost")), "{text}");
    assert!(text.contains("Admin password: "), "{text}");
    demo.answers(&base, "/ready", Some(200)).await;

    let codes = text
        .lines()
        .skip_while(|line| !line.starts_with("Codes to type"))
        .nth(1)
        .unwrap();
    let code = codes.split_whitespace().find(|word| is_code(word)).unwrap();
    let viewer = Viewer {
        base: base.clone(),
        client: client(),
        device_id: "device-of-a-newcomer".to_owned(),
    };
    let answer = viewer.validate(code).await.expect(200);
    assert_eq!(answer.json()["status"], "live");
    let event = json!({ "id": answer.json()["event"]["id"] });
    let (player, token) = (
        Player {
            base,
            client: client(),
        },
        token_of(&answer),
    );
    let master = player.get(&event, "stream.m3u8", &token).await.expect(200).text();
    let variant = master
        .lines()
        .find(|line| !line.starts_with('#') && !line.is_empty())
        .unwrap();
    let ask = || player.get(&event, variant, &token);
    let first = media_sequence(&ask().await.expect(200).text()).unwrap();
    until(SOON, "the playlist moves on", ask, |answer| {
        media_sequence(&answer.text()) > Some(first)
    })
    .await;

    demo.signal(Signal::INT);
    assert_eq!(demo.end(SOON).await.code(), Some(0));
    let left: Vec<_> = std::fs::read_dir(&temporary).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Whether a word looks like a code: a title's words are shorter.
fn is_code(word: &str) -> bool {
    word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
