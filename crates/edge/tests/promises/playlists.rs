//! Playlists arrive whole, complete and with the URIs that a player can follow.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::time::Duration;

use flate2::read::GzDecoder;
use m3u8_rs::Playlist;

use crate::support::Rig;

/// Long enough ago for a text that was written in place to be whole.
const WRITTEN: Duration = Duration::from_millis(20);

const MASTER: &str = concat!(
    "#EXTM3U\n",
    "#EXT-X-VERSION:7\n",
    "#EXT-X-UNKNOWN-TAG:URI=\"a/x.m3u8\"\n",
    "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"au\",NAME=\"English\",URI=\"audio/x.m3u8\"\n",
    "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"au\",NAME=\"Foreign\",URI=\"https://cdn.example/x.m3u8\"\n",
    "#EXT-X-STREAM-INF:BANDWIDTH=1000000,AUDIO=\"au\"\n",
    "a/x.m3u8?q=1\n",
    "#EXT-X-STREAM-INF:BANDWIDTH=2000000,AUDIO=\"au\"\n",
    "/streams/evt/b/x.m3u8\n",
    "#EXT-X-STREAM-INF:BANDWIDTH=3000000\n",
    "../other/x.m3u8\n",
);

fn media(segments: &[&str]) -> String {
    let mut text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n".to_owned();
    for segment in segments {
        text.push_str("#EXTINF:1,\n");
        text.push_str(segment);
        text.push('\n');
    }
    text
}

#[tokio::test]
async fn a_token_in_the_query_moves_into_the_path_of_every_uri_of_the_event() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("stream.m3u8", MASTER);
    let token = rig.token();
    let answer = rig
        .get(&format!("/streams/evt/stream.m3u8?__token={token}"), &[])
        .await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    assert!(!answer.headers.contains_key("etag") && !answer.headers.contains_key("last-modified"));

    let base = format!("../../t/{token}/streams/evt/");
    let Ok(Playlist::MasterPlaylist(master)) = m3u8_rs::parse_playlist_res(&answer.body) else {
        panic!("no master: {}", answer.text());
    };
    let variants: Vec<&str> = master
        .variants
        .iter()
        .map(|variant| variant.uri.as_str())
        .collect();
    assert_eq!(
        variants,
        [
            &format!("{base}a/x.m3u8?q=1"),
            &format!("{base}b/x.m3u8"),
            "../other/x.m3u8"
        ]
    );
    let audio: Vec<&str> = master
        .alternatives
        .iter()
        .filter_map(|audio| audio.uri.as_deref())
        .collect();
    assert_eq!(
        audio,
        [&format!("{base}audio/x.m3u8"), "https://cdn.example/x.m3u8"]
    );

    // All else is byte for byte what the encoder wrote.
    let undone = answer
        .text()
        .replace(&base, "")
        .replace("\nb/x.m3u8", "\n/streams/evt/b/x.m3u8");
    assert_eq!(undone, MASTER);
}

#[tokio::test]
async fn a_rewritten_uri_plays_without_any_header_from_nested_folders_too() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("v/x.m3u8", media(&["s.ts", "../t.ts"]));
    rig.write("v/s.ts", "nested");
    rig.write("t.ts", "top");
    let token = rig.token();
    let base = url::Url::parse("https://tickets.example.org/behind/a/proxy/streams/evt/v/x.m3u8").unwrap();
    let answer = rig
        .get(&format!("/streams/evt/v/x.m3u8?__token={token}"), &[])
        .await;
    let Ok(Playlist::MediaPlaylist(playlist)) = m3u8_rs::parse_playlist_res(&answer.body) else {
        panic!()
    };
    let mut bodies = Vec::new();
    for segment in &playlist.segments {
        let target = base.join(&segment.uri).unwrap();
        let path = target.path().strip_prefix("/behind/a/proxy").unwrap();
        bodies.push(rig.get(path, &[]).await.text().to_owned());
    }
    assert_eq!(bodies, ["nested", "top"]);
}

#[tokio::test]
async fn header_and_path_clients_get_relative_uris_of_the_event_and_no_token() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("stream.m3u8", MASTER);
    let expected = MASTER.replace("\n/streams/evt/b/x.m3u8", "\nb/x.m3u8");
    let by_header = rig.watch("stream.m3u8", &[]).await;
    let by_path = rig
        .get(&format!("/t/{}/streams/evt/stream.m3u8", rig.token()), &[])
        .await;
    assert_eq!(
        (by_header.text(), by_path.text()),
        (expected.as_str(), expected.as_str())
    );
    assert_eq!(by_header.header("etag"), by_path.header("etag"));
}

#[tokio::test]
async fn a_playlist_of_megabytes_is_the_same_in_every_form() {
    let (rig, _feed) = Rig::ready().await;
    let long = media(&vec!["s.ts"; 200_000]);
    rig.write("stream.m3u8", &long);
    let token = rig.token();
    let personal = long.replace("s.ts", &format!("../../t/{token}/streams/evt/s.ts"));
    for (target, expected) in [
        (format!("/t/{token}/streams/evt/stream.m3u8"), &long),
        (format!("/streams/evt/stream.m3u8?__token={token}"), &personal),
    ] {
        let plain = rig.get(&target, &[]).await;
        assert!(plain.text() == expected, "{target}");
        let gzipped = rig.get(&target, &[("accept-encoding", "gzip")]).await;
        let mut text = String::new();
        GzDecoder::new(gzipped.body.as_ref())
            .read_to_string(&mut text)
            .unwrap();
        assert!(text == *expected, "{target}");
    }
}

#[tokio::test]
async fn a_torn_playlist_is_never_seen() {
    let (rig, _feed) = Rig::ready().await;
    let (first, second) = (media(&["a.ts"]), media(&["a.ts", "b.ts"]));
    rig.write_aged("stream.m3u8", &first, WRITTEN);
    assert_eq!(rig.watch("stream.m3u8", &[]).await.text(), first);
    // Line ends are cuts, too: some encoders write line by line.
    for cut in 0..second.len() {
        rig.write_aged("stream.m3u8", &second[..cut], Duration::ZERO);
        assert_eq!(rig.watch("stream.m3u8", &[]).await.text(), first, "{cut}");
    }
    rig.write_aged("stream.m3u8", &second, WRITTEN);
    assert_eq!(rig.watch("stream.m3u8", &[]).await.text(), second);
}

#[tokio::test]
async fn a_playlist_that_was_written_in_place_a_moment_ago_is_served_as_it_is_now() {
    let (rig, _feed) = Rig::ready().await;
    let (first, second) = (media(&["a.ts"]), media(&["a.ts", "b.ts"]));
    rig.write_aged("stream.m3u8", &first, WRITTEN);
    assert_eq!(rig.watch("stream.m3u8", &[]).await.text(), first);
    rig.write_aged("stream.m3u8", &second, Duration::ZERO);
    let (answer, ()) = tokio::join!(rig.watch("stream.m3u8", &[]), async {
        tokio::task::yield_now().await;
        rig.clock.advance(WRITTEN);
    });
    assert_eq!(answer.text(), second);
}

#[tokio::test]
async fn a_playlist_that_is_renamed_into_its_place_is_served_from_its_first_moment() {
    let (rig, _feed) = Rig::ready().await;
    let (first, second) = (media(&["a.ts"]), media(&["a.ts", "b.ts"]));
    let path = rig.write_aged("stream.m3u8", &first, WRITTEN);
    assert_eq!(rig.watch("stream.m3u8", &[]).await.text(), first);
    let fresh = rig.write_aged("stream.m3u8.tmp", &second, Duration::ZERO);
    std::fs::rename(fresh, path).unwrap();
    assert_eq!(rig.watch("stream.m3u8", &[]).await.text(), second);
}

#[tokio::test]
async fn a_playlist_without_a_last_line_end_is_served_once_its_writer_is_quiet() {
    let (rig, _feed) = Rig::ready().await;
    let text = media(&["a.ts"]);
    let text = text.trim_end();
    rig.write_aged("stream.m3u8", text, Duration::from_secs(2));
    assert_eq!(rig.watch("stream.m3u8", &[]).await.text(), text);
}

#[tokio::test]
async fn the_first_version_ever_is_waited_for_while_it_is_written() {
    let (rig, _feed) = Rig::ready().await;
    let text = media(&["a.ts"]);
    let path = rig.write_aged("stream.m3u8", &text[..20], Duration::ZERO);
    let (answer, ()) = tokio::join!(rig.watch("stream.m3u8", &[]), async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        File::options()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(&text.as_bytes()[20..])
            .unwrap();
    });
    assert_eq!(answer.text(), text);
}

#[tokio::test]
async fn a_segment_that_is_being_written_is_held_until_it_is_listed() {
    let (rig, _feed) = Rig::ready().await;
    rig.write_aged("v/x.m3u8", media(&["old.ts"]), Duration::from_secs(1));
    rig.write_aged("v/new.ts", "half", Duration::ZERO);
    let (answer, ()) = tokio::join!(rig.watch("v/new.ts", &[]), async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        rig.write_aged("v/new.ts", "half and half", Duration::ZERO);
        rig.write_aged("v/x.m3u8", media(&["old.ts", "new.ts"]), WRITTEN);
    });
    assert_eq!((answer.status, answer.text()), (200, "half and half"));
}

#[tokio::test]
async fn a_segment_that_nobody_lists_and_that_grows_on_is_not_served_short() {
    let (rig, _feed) = Rig::ready().await;
    rig.write_aged("v/x.m3u8", media(&["old.ts"]), Duration::from_secs(1));
    rig.watch("v/x.m3u8", &[]).await;
    rig.write_aged("v/new.ts", "half", Duration::ZERO);
    let started = std::time::Instant::now();
    assert_eq!(rig.watch("v/new.ts", &[]).await.status, 404);
    // One target duration of its playlist, which is a second.
    assert!((900..3_000).contains(&started.elapsed().as_millis()));
    rig.clock.advance(Duration::from_secs(2));
    assert_eq!(rig.watch("v/new.ts", &[]).await.text(), "half");
}

#[tokio::test]
async fn versions_of_one_size_in_one_second_are_told_apart_whatever_their_inode() {
    let (rig, _feed) = Rig::ready().await;
    let mut tags = std::collections::HashSet::new();
    for number in 0..10 {
        let text = media(&[&format!("{number}.ts")]);
        // Renamed into place, so that inodes are used again, within one second of the wall's clock.
        let path = rig.write("stream.m3u8.tmp", &text);
        std::fs::rename(&path, path.with_extension("")).unwrap();
        let answer = rig.watch("stream.m3u8", &[]).await;
        assert_eq!(answer.text(), text);
        tags.insert(answer.header("etag").to_owned());
    }
    assert_eq!(tags.len(), 10);
}

#[tokio::test]
async fn many_who_wait_for_a_growing_segment_get_it_whole() {
    let (rig, _feed) = Rig::ready().await;
    rig.write_aged("v/x.m3u8", media(&["old.ts"]), Duration::from_secs(1));
    rig.write_aged("v/new.ts", "half", Duration::ZERO);
    let waiting = futures_util::future::join_all((0..100).map(|_| rig.watch("v/new.ts", &[])));
    let (answers, ()) = tokio::join!(waiting, async {
        tokio::time::sleep(Duration::from_millis(150)).await;
        rig.write_aged("v/new.ts", "half and half", Duration::ZERO);
        rig.write_aged("v/x.m3u8", media(&["old.ts", "new.ts"]), WRITTEN);
    });
    for answer in answers {
        assert_eq!((answer.status, answer.text()), (200, "half and half"));
        assert_eq!(answer.header("cache-control"), "private, max-age=60");
    }
}
