//! Promises: no request text leaves its event's folder, whatever is encoded how often; what parses is canonical and
//! reads back from its re-encoded form; ordinary names of encoders are served.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test support may panic")]

use proptest::prelude::*;
use streamgate_contract::ids::EventId;
use streamgate_contract::media_path::{MediaKind, MediaPath, PathError};

fn event() -> EventId {
    EventId::parse("ev").unwrap()
}

fn refusal(raw: &str) -> PathError {
    MediaPath::parse(event(), raw).expect_err(raw)
}

#[test]
fn ordinary_paths_are_served_with_their_media_types() {
    for (raw, relative, kind, content_type) in [
        (
            "stream.m3u8",
            "stream.m3u8",
            MediaKind::Playlist,
            "application/vnd.apple.mpegurl",
        ),
        (
            "720p/seg_001.ts",
            "720p/seg_001.ts",
            MediaKind::Segment,
            "video/mp2t",
        ),
        ("a/b/c.m4s", "a/b/c.m4s", MediaKind::Segment, "video/iso.segment"),
        ("init.mp4", "init.mp4", MediaKind::Segment, "video/mp4"),
        ("k.key", "k.key", MediaKind::Key, "application/octet-stream"),
        ("de.vtt", "de.vtt", MediaKind::Captions, "text/vtt; charset=utf-8"),
        ("poster.webp", "poster.webp", MediaKind::Image, "image/webp"),
        (
            "Teil%201/%C3%BCber.ts",
            "Teil 1/über.ts",
            MediaKind::Segment,
            "video/mp2t",
        ),
        ("a..b.ts", "a..b.ts", MediaKind::Segment, "video/mp2t"),
        ("a;b=c,d+e.ts", "a;b=c,d+e.ts", MediaKind::Segment, "video/mp2t"),
        (
            "part/tmp/x.part.ts",
            "part/tmp/x.part.ts",
            MediaKind::Segment,
            "video/mp2t",
        ),
    ] {
        let path = MediaPath::parse(event(), raw).expect(raw);
        assert_eq!(
            (path.relative(), path.kind(), path.content_type()),
            (relative, kind, content_type)
        );
        assert_eq!(path.event(), &event());
    }
}

// P-01
#[test]
fn dot_dot_in_any_encoding_never_leaves_the_event_folder() {
    for raw in [
        "../x.ts",
        "a/../x.ts",
        "a/..",
        "./x.ts",
        "%2e%2e/x.ts",
        ".%2e/x.ts",
        "%2e%2e%2fx.ts",
        "a%2f..%2fx.ts",
        "....//x.ts",
        "..;/x.ts",
        "..%ef%bc%8fx.ts",
    ] {
        assert_eq!(refusal(raw), PathError::Name, "{raw}");
    }
    for raw in ["..\\x.ts", "a%5c..%5cx.ts", "..%5cx.ts"] {
        assert_eq!(refusal(raw), PathError::Character, "{raw}");
    }
    for raw in [
        "%252e%252e/x.ts",
        "%252e%252e%252fx.ts",
        "%25.ts",
        "%u002e%u002e/x.ts",
        "%",
        "%2",
        "a%2/x.ts",
        "%%32%65.ts",
        "%+1.ts",
    ] {
        assert_eq!(refusal(raw), PathError::Escape, "{raw}");
    }
    assert_eq!(refusal("..%c0%af"), PathError::Encoding);
}

// P-02
#[test]
fn absolute_paths_are_refused() {
    for raw in ["/etc/passwd.ts", "//etc/x.ts", "///", "%2fetc/x.ts", "", "/"] {
        assert_eq!(refusal(raw), PathError::Name, "{raw}");
    }
    for raw in ["/proc/self/environ", "/dev/zero", "/dev/stdin"] {
        assert!(MediaPath::from_request(raw).is_err(), "{raw}");
        assert_eq!(refusal(raw), PathError::Name, "{raw}");
    }
}

// P-03, P-14
#[test]
fn nul_and_other_control_characters_are_refused() {
    for raw in [
        "%00.ts",
        "a.m3u8%00.ts",
        "a\0.ts",
        "a%0d%0ab.ts",
        "a\n.ts",
        "a%7f.ts",
        "a%1b.ts",
        "a%C2%80.ts",
        "a%C2%9F.ts",
        "a\u{85}.ts",
    ] {
        assert_eq!(refusal(raw), PathError::Character, "{raw:?}");
    }
}

// P-04
#[test]
fn backslashes_and_drives_are_refused_or_plain_names() {
    for raw in ["C:\\x.ts", "\\\\host\\share.ts", "%5c..%5cx.ts"] {
        assert_eq!(refusal(raw), PathError::Character, "{raw}");
    }
    assert_eq!(refusal("file:///x.ts"), PathError::Name);
}

// P-07
#[test]
fn overlong_and_invalid_utf8_is_refused() {
    for raw in ["%c0%ae.ts", "%fe.ts", "%ff.ts", "%ed%a0%80.ts", "%C3.ts"] {
        assert_eq!(refusal(raw), PathError::Encoding, "{raw}");
    }
}

// P-08
#[test]
fn hidden_unfinished_and_left_over_files_are_refused() {
    for raw in [".git/config.ts", ".env", "..hidden.ts", "a/.x.ts", ".ts"] {
        assert_eq!(refusal(raw), PathError::Name, "{raw}");
    }
    for raw in ["a.ts.tmp", "a.ts.part", "a.part/b.ts", "%61.tm%70"] {
        assert_eq!(refusal(raw), PathError::Unfinished, "{raw}");
    }
    for raw in [
        "index.m3u8~",
        "index.m3u8.",
        "index.m3u8 ",
        "index.m3u8%20",
        "a.bak",
        "#x#.ts%00",
    ] {
        assert!(MediaPath::parse(event(), raw).is_err(), "{raw}");
    }
}

// P-09
#[test]
fn length_and_depth_end_exactly_at_their_limits() {
    let name = |bytes: usize| format!("{}.ts", "a".repeat(bytes - 3));
    assert!(MediaPath::parse(event(), &name(1024)).is_ok());
    assert_eq!(refusal(&name(1025)), PathError::TooLong);
    assert!(MediaPath::parse(event(), &format!("{}.ts", "%61".repeat(1021))).is_ok());
    assert_eq!(refusal(&"/".repeat(1_000_000)), PathError::TooLong);
    assert!(MediaPath::parse(event(), &format!("{}x.ts", "d/".repeat(15))).is_ok());
    assert_eq!(refusal(&format!("{}x.ts", "d/".repeat(16))), PathError::TooDeep);
    assert_eq!(refusal(&format!("{}x.ts", "d/".repeat(500))), PathError::TooDeep);
}

// P-10, P-11, P-12
// C-04
#[test]
fn only_listed_extensions_in_lower_case_and_no_query_in_disguise() {
    for raw in [
        "INDEX.M3U8",
        "a.Ts",
        "a",
        "a.ts/b",
        "a.mpd",
        "x.html",
        "index.m3u8;a=b",
        "a.ts/x.css",
        "a.",
    ] {
        assert_eq!(refusal(raw), PathError::Extension, "{raw}");
    }
    for raw in ["index.m3u8%3ftoken.ts", "index.m3u8%23.ts", "a?b.ts", "a#b.ts"] {
        assert_eq!(refusal(raw), PathError::Character, "{raw}");
    }
}

#[test]
fn both_url_forms_are_read_and_the_token_stays_raw() {
    let plain = MediaPath::from_request("/streams/ev/a/b.ts").unwrap();
    assert_eq!((plain.path.relative(), plain.token), ("a/b.ts", None));
    let carried = MediaPath::from_request("/t/a.b%20.c/streams/ev/a/b.ts").unwrap();
    assert_eq!((&carried.path, carried.token), (&plain.path, Some("a.b%20.c")));
    assert!(!format!("{carried:?}").contains("a.b%20.c"));
}

// P-13, J-18
#[test]
fn other_routes_and_other_spellings_of_an_event_are_refused() {
    for raw in [
        "",
        "/",
        "*",
        "streams/ev/a.ts",
        "//streams/ev/a.ts",
        "/Streams/ev/a.ts",
        "/streams/",
        "/streams/ev",
        "/t/",
        "/t/x",
        "/t//streams/ev/a.ts",
        "/t/x/streams/ev",
        "/t/x/y/streams/ev/a.ts",
        "/t/x//streams/ev/a.ts",
        "/T/x/streams/ev/a.ts",
        "/t/x/t/x/streams/ev/a.ts",
        "http://evil/streams/ev/a.ts",
        "/health",
        "/%73treams/ev/a.ts",
    ] {
        assert_eq!(
            MediaPath::from_request(raw).expect_err(raw),
            PathError::Route,
            "{raw}"
        );
    }
    for raw in [
        "/streams//a.ts",
        "/streams/../ev/a.ts",
        "/streams/%65v/a.ts",
        "/streams/e v/a.ts",
        "/streams/ev%2Fx/a.ts",
    ] {
        assert_eq!(
            MediaPath::from_request(raw).expect_err(raw),
            PathError::Event,
            "{raw}"
        );
    }
    assert_eq!(
        MediaPath::from_request("/streams/ev/").expect_err("folder"),
        PathError::Name
    );
    assert_eq!(
        MediaPath::from_request("/streams/ev/../ev2/a.ts").expect_err("other"),
        PathError::Name
    );
    assert_ne!(
        MediaPath::from_request("/streams/ev/a.ts").unwrap().path,
        MediaPath::from_request("/streams/Ev/a.ts").unwrap().path
    );
}

// P-15
#[test]
fn two_encodings_of_one_object_are_one_path() {
    let path = MediaPath::parse(event(), "a/b c.ts").unwrap();
    for raw in ["%61/b%20c.ts", "a%2fb c.ts", "a%2Fb%20c%2Ets"] {
        assert_eq!(MediaPath::parse(event(), raw).as_ref(), Ok(&path));
    }
    assert_eq!(path.to_request_path(), "/streams/ev/a/b%20c.ts");
}

/// Raw paths that are strange and mostly legal, so that the properties meet many accepted ones.
fn raw_path() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z0-9 äß漢😀~!$&'()*+,;=:@_.|<>\"^`{}-]{1,20}(/[a-z0-9. ü-]{1,8}){0,3}\\.(ts|m3u8|key)",
        2 => "(%[0-9a-f]{2}|[a-z./]){0,40}\\.ts",
        1 => "\\PC{0,60}",
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    // P-19
    #[test]
    fn whatever_parses_is_canonical_and_safe(raw in raw_path()) {
        if let Ok(path) = MediaPath::parse(event(), &raw) {
            let request_path = path.to_request_path();
            let again = MediaPath::from_request(&request_path).unwrap();
            prop_assert_eq!(again.token, None);
            prop_assert_eq!(&again.path, &path);
            prop_assert_eq!(again.path.to_request_path(), path.to_request_path());
            prop_assert!(path.to_request_path().is_ascii());
            prop_assert!(path.relative().len() <= 1024);
            let segments = path.relative().split('/').collect::<Vec<_>>();
            prop_assert!(segments.len() <= 16);
            for segment in segments {
                prop_assert!(!segment.is_empty() && !segment.starts_with('.'));
                prop_assert!(!segment.contains(['\\', '\0', '%', '?', '#']));
                prop_assert!(!segment.chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), prefix in 0..3_usize) {
        let text = String::from_utf8_lossy(&bytes);
        let prefix = ["", "/streams/ev/", "/t/x/streams/ev/"].get(prefix).copied().unwrap_or_default();
        drop(MediaPath::from_request(&format!("{prefix}{text}")));
    }
}
