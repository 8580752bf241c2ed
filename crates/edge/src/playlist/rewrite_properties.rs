//! What holds for every playlist that is rewritten, whatever stands in it. Another parser of playlists and a browser's
//! idea of URLs are the judges.

use m3u8_rs::Playlist;
use proptest::prelude::*;
use streamgate_contract::ids::EventId;
use streamgate_contract::media_path::MediaPath;
use url::Url;

use crate::playlist::lines::uri_spans;
use crate::playlist::resolve::Address;
use crate::playlist::rewrite::{Form, rewrite};

const TOKEN: &str = "TOKEN";
/// Where the playlist lies at its source, and where a viewer reads it.
const SOURCE: &str = "https://o.example:8443/live/one/";
const VIEWER: &str = "https://v.example/behind/streams/evt/";
const PLAYLIST: &str = "a/b/x.m3u8";

fn address() -> Address {
    let path = MediaPath::parse(EventId::parse("evt").unwrap(), PLAYLIST).unwrap();
    Address::new("/streams/evt/", &path.to_request_path()).at(&Url::parse(SOURCE).unwrap())
}

/// Returns what an object of the event is called below it; `None` for all else.
fn below(base: &str, file: &str, uri: &str) -> Option<String> {
    let url = Url::parse(base).unwrap().join(file).unwrap().join(uri).ok()?;
    let rest = url.as_str().strip_prefix(base)?;
    (!rest.is_empty() && !rest.starts_with(['?', '#'])).then(|| rest.to_owned())
}

/// URIs as encoders and mischief-makers write them.
fn uri() -> impl Strategy<Value = String> {
    let name = "[a-z0-9_%.-]{0,3}[a-z0-9]{1,6}\\.(ts|m4s|m3u8|key)(\\?[a-z=&]{0,6})?";
    let start = prop::sample::select(vec![
        "",
        "./",
        "../",
        "../../",
        "../../../",
        "../../../../",
        "c/",
        "/",
        "/live/one/",
        "/live/two/",
        "/streams/evt/",
        "//o.example:8443/live/one/",
        "//evil.example/live/one/",
        "https://o.example:8443/live/one/",
        "https://o.example:8443/live/one/../one/c/",
        "https://o.example:8443/live/two/",
        "https://o.example/live/one/",
        "http://o.example:8443/live/one/",
        "https://u:p@o.example:8443/live/one/",
        "https://o.example:8443@evil.example/live/one/",
        "HTTPS://O.EXAMPLE:8443/live/one/",
        "http://169.254.169.254/",
        "file:///etc/",
        "data:text/plain,",
        "skd://",
        "{$host}/",
        "\\\\evil.example\\",
    ]);
    (start, name).prop_map(|(start, name)| format!("{start}{name}"))
}

fn media() -> impl Strategy<Value = (String, Vec<String>)> {
    prop::collection::vec(uri(), 1..12).prop_map(|uris| {
        let mut text =
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:2\n#EXT-X-UNKNOWN:URI=\"x.ts\"\n".to_owned();
        for uri in &uris {
            text.extend(["#EXTINF:2.0,\n", uri, "\n"]);
        }
        (text, uris)
    })
}

fn rewritten(text: &str, form: Form<'_>) -> String {
    String::from_utf8(rewrite(text.as_bytes(), &address(), form).into_owned()).unwrap()
}

fn segments(text: &str) -> Vec<String> {
    let Ok(Playlist::MediaPlaylist(playlist)) = m3u8_rs::parse_playlist_res(text.as_bytes()) else {
        panic!("no media playlist: {text}");
    };
    playlist.segments.into_iter().map(|segment| segment.uri).collect()
}

proptest! {
    #[test]
    fn a_viewer_with_a_path_token_is_led_to_the_same_objects_and_carries_the_token_nowhere_else(
        (text, uris) in media()
    ) {
        let personal = rewritten(&text, Form::PathToken(TOKEN));
        let with_token = format!("https://v.example/behind/t/{TOKEN}/streams/evt/");
        for (uri, reference) in uris.iter().zip(segments(&personal)) {
            let target = Url::parse(VIEWER).unwrap().join(PLAYLIST).unwrap().join(&reference);
            let led = target.ok().and_then(|url| Some(url.as_str().strip_prefix(&with_token)?.to_owned()));
            // What hides its host from us could hide it from the player, so it is left alone.
            let is_told = !uri.contains(['\\', '{']) && !uri.contains('@');
            prop_assert_eq!(led, below(SOURCE, PLAYLIST, uri).filter(|_| is_told), "{}", uri);
            prop_assert_eq!(reference.contains(TOKEN), reference != *uri);
        }
    }

    #[test]
    fn without_a_token_absolute_uris_of_the_event_become_relative_and_all_else_keeps_its_bytes(
        (text, uris) in media()
    ) {
        let plain = rewritten(&text, Form::Plain);
        for (uri, reference) in uris.iter().zip(segments(&plain)) {
            if reference == *uri {
                continue;
            }
            prop_assert!(uri.starts_with('/') || uri.contains("://"), "{}", uri);
            prop_assert!(!reference.starts_with('/') && !reference.contains("://"), "{}", reference);
            prop_assert_eq!(below(VIEWER, PLAYLIST, &reference), below(SOURCE, PLAYLIST, uri), "{}", uri);
        }
        // Put the URIs back, and it is the text that it was.
        let mut restored = String::new();
        let mut copied = 0;
        let spans = uri_spans(plain.as_bytes());
        prop_assert_eq!(spans.len(), uris.len());
        for (span, uri) in spans.into_iter().zip(&uris) {
            restored.extend([&plain[copied..span.start], uri]);
            copied = span.end;
        }
        restored.push_str(&plain[copied..]);
        prop_assert_eq!(restored, text);
    }

    #[test]
    fn whatever_the_bytes_are_only_uris_are_touched(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut text = b"#EXTM3U\n".to_vec();
        text.extend(bytes);
        let personal = rewrite(&text, &address(), Form::PathToken(TOKEN)).into_owned();
        let lines = |text: &[u8]| text.split(|byte| *byte == b'\n').count();
        prop_assert_eq!(lines(&personal), lines(&text));
        if personal != text {
            prop_assert!(!uri_spans(&text).is_empty());
        }
    }
}
