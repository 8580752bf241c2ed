//! Fuzz targets: the five readers of foreign text are given damaged versions of the texts in `corpus/`, and must keep what
//! they promise. Eight times proptest's usual number of cases; `PROPTEST_CASES` scales it (`cargo xtask test --deep`).

use proptest::prelude::*;
use proptest::sample::{Index, select};
use streamgate_contract::claims::PlaybackClaims;
use streamgate_contract::feed::FeedEvent;
use streamgate_contract::ids::{Code, EventId, SessionId};
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::playback_token::{Signer, SigningSecret, Verifier};
use streamgate_contract::time::UnixMillis;
use url::Url;

use crate::playlist::lines::uri_spans;
use crate::playlist::resolve::Address;
use crate::playlist::rewrite::{Form, rewrite};
use crate::reply::range::{Selection, select as select_range};

const PATHS: &str = include_str!("../corpus/paths.txt");
const RANGES: &str = include_str!("../corpus/ranges.txt");
const FEED: &str = include_str!("../corpus/feed.txt");
const PLAYLISTS: [&str; 2] = [
    include_str!("../corpus/media.m3u8"),
    include_str!("../corpus/master.m3u8"),
];
/// What readers stumble over, to be put anywhere.
const SNAGS: &[&str] = &[
    "",
    "/",
    "..",
    "%2e",
    "%2f",
    "%00",
    "%25",
    "\\",
    "\0",
    "\r\n",
    "\n",
    "\"",
    ",",
    "-",
    "=",
    "0",
    "18446744073709551615",
    "{",
    "[",
    "}",
    ":",
    "https://",
    "//",
    "@",
    "#",
    "?",
    "\u{feff}",
    "\u{202e}",
    "ÿ",
    ".",
    "_",
    "URI=\"",
];

/// One damage: at a place, some characters are taken out and something is put in.
type Damage = (Index, usize, &'static str);

fn damaged(texts: Vec<String>) -> impl Strategy<Value = String> {
    let damage = (any::<Index>(), 0..4_usize, select(SNAGS));
    let many = prop::collection::vec(damage, 0..6);
    (
        select(texts.clone()),
        select(texts),
        any::<Index>(),
        any::<Index>(),
        any::<bool>(),
        many,
    )
        .prop_map(|(text, other, head, tail, is_spliced, damages)| {
            let chars: Vec<char> = text.chars().collect();
            let mut chars = if is_spliced {
                let others: Vec<char> = other.chars().collect();
                let head = chars.iter().take(head.index(chars.len() + 1));
                head.chain(others.iter().skip(tail.index(others.len() + 1)))
                    .copied()
                    .collect()
            } else {
                chars
            };
            for damage in damages {
                apply(&mut chars, damage);
            }
            chars.into_iter().collect()
        })
}

fn apply(chars: &mut Vec<char>, (at, taken, put): Damage) {
    let at = at.index(chars.len() + 1);
    let end = (at + taken).min(chars.len());
    chars.splice(at..end, put.chars());
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn secret() -> SigningSecret {
    SigningSecret::new(vec![7; 32]).unwrap()
}

const NOW: UnixMillis = UnixMillis(1_800_000_000_000);

fn tokens() -> Vec<String> {
    let signer = Signer::new(&secret(), true);
    let token = |event: &str| {
        signer.sign_playback(&PlaybackClaims {
            code: Code::parse("aBcD1234XyZ9").unwrap(),
            event_id: EventId::parse(event).unwrap(),
            session_id: SessionId::from_random_bytes([7; 16]),
            issued_at: NOW.0 / 1_000,
            expires_at: NOW.0 / 1_000 + 3_600,
        })
    };
    vec![token("evt"), token("other")]
}

fn playlist_address() -> Address {
    let path = MediaPath::parse(EventId::parse("evt").unwrap(), "a/b/x.m3u8").unwrap();
    let source = Url::parse("https://o.example:8443/live/one/").unwrap();
    Address::new("/streams/evt/", &path.to_request_path()).at(&source)
}

fn cases() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig::with_cases(usual.cases.saturating_mul(8))
}

proptest! {
    #![proptest_config(cases())]

    // P-19
    #[test]
    fn a_path_is_canonical_and_inside_its_event_or_none(text in damaged(lines(PATHS))) {
        if let Ok(parsed) = MediaPath::from_request(&text) {
            let path = parsed.path;
            let canonical = path.to_request_path();
            prop_assert_eq!(&MediaPath::from_request(&canonical).unwrap().path, &path);
            let names: Vec<&str> = path.relative().split('/').collect();
            prop_assert!(names.iter().all(|name| !name.is_empty() && !name.starts_with('.')), "{}", path.relative());
            prop_assert!(!path.relative().contains(['\\', '\0', '\n', '\r']), "{}", path.relative());
        }
    }

    // J-30
    #[test]
    fn a_token_is_one_that_was_signed_or_none(text in damaged(tokens())) {
        let is_good = Verifier::new(&secret(), None).verify(&text, NOW).is_ok();
        prop_assert_eq!(is_good, tokens().contains(&text), "{}", text);
    }

    // H-15
    #[test]
    fn any_range_is_inside_the_object_or_none(text in damaged(lines(RANGES)), length in prop_oneof![0..20_u64, any::<u64>()]) {
        match select_range(&text, length) {
            Selection::Part(part) => {
                prop_assert!(part.start < part.end && part.end <= length, "{:?} of {}", part, length);
                prop_assert!(!text.contains(','));
            }
            Selection::Unsatisfiable => prop_assert!(text.contains('=') && !text.contains(',')),
            Selection::Whole => {}
        }
    }

    // S-12
    #[test]
    fn a_token_goes_into_uris_of_its_event_and_nowhere_else(text in damaged(PLAYLISTS.map(str::to_owned).to_vec())) {
        let personal = rewrite(text.as_bytes(), &playlist_address(), Form::PathToken("TOKEN")).into_owned();
        let personal = String::from_utf8(personal).unwrap();
        prop_assert_eq!(personal.split('\n').count(), text.split('\n').count());
        let spans = uri_spans(personal.as_bytes());
        let within: usize = spans.iter().map(|span| personal[span.clone()].matches("TOKEN").count()).sum();
        prop_assert_eq!(within, personal.matches("TOKEN").count(), "{}", personal);
        let viewer = Url::parse("https://v.example/behind/streams/evt/a/b/x.m3u8").unwrap();
        for span in spans {
            let uri = &personal[span];
            if uri.contains("TOKEN") {
                let led = viewer.join(uri).unwrap();
                prop_assert!(led.as_str().starts_with("https://v.example/behind/t/TOKEN/streams/evt/"), "{}", uri);
            }
        }
    }

    // V-05
    #[test]
    fn what_is_read_of_the_feed_is_written_as_it_was_read(
        name in select(vec!["record", "head", "snapshot"]), text in damaged(lines(FEED))
    ) {
        let again = match FeedEvent::parse_sse(name, &text) {
            Ok(Some(FeedEvent::Head(head))) => serde_json::to_string(&head).unwrap(),
            Ok(Some(FeedEvent::Snapshot(snapshot))) => serde_json::to_string(&snapshot).unwrap(),
            Ok(Some(FeedEvent::Record(record))) if record.change.is_some() => serde_json::to_string(&record).unwrap(),
            _ => return Ok(()),
        };
        prop_assert_eq!(FeedEvent::parse_sse(name, &again), FeedEvent::parse_sse(name, &text), "{}", again);
    }
}
