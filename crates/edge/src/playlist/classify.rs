//! What a playlist is: a list of renditions or of segments, ended or not, and which files it names.

use std::collections::HashMap;
use std::time::Duration;

use streamgate_contract::media_path::MediaPath;

use crate::playlist::lines::uri_spans;
use crate::playlist::resolve::{Address, Target};

// Past this a declared target duration is an encoder's mistake; waiting and state keep sane figures.
const TARGET_DURATION_MAX: Duration = Duration::from_mins(1);

/// What the bytes of one playlist version say.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlaylistFacts {
    /// Whether it lists renditions rather than segments.
    pub(crate) multivariant: bool,
    /// Whether it says that nothing will be added.
    pub(crate) ended: bool,
    /// The number of the first segment that it lists or skips.
    pub(crate) first: u64,
    /// How many segments it lists or skips.
    pub(crate) segments: u64,
    /// How long the segments that it lists are together.
    pub(crate) listed: Duration,
    /// How many parts follow the last whole segment.
    pub(crate) open_parts: u64,
    pub(crate) offers: Offers,
    /// The longest segment's duration, as declared; at most 60 s.
    pub(crate) target_duration: Option<Duration>,
    /// The media playlists that a multivariant playlist lists, in order; only those of this event.
    pub(crate) variants: Vec<MediaPath>,
    /// How many renditions a multivariant playlist lists, foreign ones too.
    pub(crate) renditions: usize,
    /// The relative paths of all files of this event that it names.
    pub(crate) names: HashMap<Box<str>, Role>,
}

/// What a file is to the playlist that names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Role {
    /// A key, a header, another playlist: something that several may name.
    Other,
    /// A segment, or a part of one.
    Segment,
    /// Ranges of it are listed, and there will be more: it is longer the next time.
    Growing,
}

/// What a playlist's server does for players that ask for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Offers {
    /// Holds requests for what is still to come.
    pub(crate) holding: bool,
    /// Leaves out what the player has.
    pub(crate) skipping: bool,
}

/// Reads the playlist at `path`, whose address at its source is `address`.
pub(crate) fn classify(playlist: &[u8], path: &MediaPath, address: &Address) -> PlaylistFacts {
    let mut facts = PlaylistFacts::default();
    let (mut variant_follows, mut is_range, mut ends_with_range) = (false, false, false);
    for line in playlist.split(|byte| *byte == b'\n') {
        let line = line.trim_ascii();
        if line.starts_with(b"#") {
            variant_follows |= read_tag(line, &mut facts);
            is_range |= line.starts_with(b"#EXT-X-BYTERANGE:");
        } else if !line.is_empty() && variant_follows {
            variant_follows = false;
            facts.renditions += 1;
            facts.variants.extend(named(line, path, address));
        } else if !line.is_empty() {
            facts.segments += 1;
            facts.open_parts = 0;
            ends_with_range = std::mem::take(&mut is_range);
        }
    }
    let spans = uri_spans(playlist);
    let last_whole = spans
        .iter()
        .rfind(|span| !line_at(playlist, span.start).starts_with(b"#"));
    let open_from = last_whole.map_or(0, |span| span.end);
    // All segments in one file, or in few: the next one may be in the last.
    let grows = last_whole.filter(|_| ends_with_range && !facts.ended).cloned();
    for span in spans {
        let is_open = !facts.ended && span.start >= open_from;
        let role = if Some(&span) == grows.as_ref() {
            Role::Growing
        } else {
            role(line_at(playlist, span.start), is_open)
        };
        let name = playlist.get(span).and_then(|uri| named(uri, path, address));
        if let Some(name) = name {
            let known = facts.names.entry(name.relative().into()).or_insert(role);
            *known = role.max(*known);
        }
    }
    facts
}

/// Returns the line around a place.
fn line_at(playlist: &[u8], at: usize) -> &[u8] {
    let (before, behind) = playlist.split_at_checked(at).unwrap_or_default();
    let is_end = |byte: &u8| *byte == b'\n';
    let start = before.iter().rposition(is_end).map_or(0, |end| end + 1);
    let end = behind.iter().position(is_end).unwrap_or(behind.len());
    playlist.get(start..at + end).unwrap_or_default()
}

/// Tells by the line of a URI what it names. `is_open` when no whole segment follows it.
fn role(line: &[u8], is_open: bool) -> Role {
    let hint = line.strip_prefix(b"#EXT-X-PRELOAD-HINT:");
    let hint = hint.filter(|hint| after(hint, b"TYPE=PART").is_some());
    let is_range =
        |part: &[u8]| after(part, b"BYTERANGE=").is_some() || after(part, b"BYTERANGE-START=").is_some();
    match line.strip_prefix(b"#EXT-X-PART:").or(hint) {
        Some(part) if is_open && is_range(part) => Role::Growing,
        None if line.starts_with(b"#") => Role::Other,
        Some(_) | None => Role::Segment,
    }
}

/// Takes in one tag line; answers whether the next URI line is a rendition.
fn read_tag(line: &[u8], facts: &mut PlaylistFacts) -> bool {
    if line.starts_with(b"#EXT-X-STREAM-INF:") {
        facts.multivariant = true;
        return true;
    }
    if line.starts_with(b"#EXT-X-MEDIA:") || line.starts_with(b"#EXT-X-I-FRAME-STREAM-INF:") {
        facts.multivariant = true;
    } else if line == b"#EXT-X-ENDLIST" {
        facts.ended = true;
    } else if let Some(duration) = line.strip_prefix(b"#EXTINF:") {
        let seconds = duration.split(|byte| *byte == b',').next().and_then(seconds_in);
        facts.listed = facts.listed.saturating_add(seconds.unwrap_or_default());
    } else if let Some(number) = line.strip_prefix(b"#EXT-X-MEDIA-SEQUENCE:") {
        facts.first = number_in(number);
    } else if let Some(skip) = line.strip_prefix(b"#EXT-X-SKIP:") {
        let count = after(skip, b"SKIPPED-SEGMENTS=").map_or(0, number_in);
        facts.segments = facts.segments.saturating_add(count);
    } else if line.starts_with(b"#EXT-X-PART:") {
        facts.open_parts += 1;
    } else if let Some(control) = line.strip_prefix(b"#EXT-X-SERVER-CONTROL:") {
        facts.offers.holding = after(control, b"CAN-BLOCK-RELOAD=YES").is_some();
        facts.offers.skipping = after(control, b"CAN-SKIP-UNTIL=").is_some();
    } else if let Some(seconds) = line.strip_prefix(b"#EXT-X-TARGETDURATION:") {
        facts.target_duration = seconds_in(seconds)
            .filter(|duration| !duration.is_zero())
            .map(|duration| duration.min(TARGET_DURATION_MAX));
    }
    false
}

fn seconds_in(text: &[u8]) -> Option<Duration> {
    let seconds = std::str::from_utf8(text).ok()?.trim().parse::<f64>().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// Reads the digits that `text` begins with; a number beyond all reason counts as none.
fn number_in(text: &[u8]) -> u64 {
    let digits = text.trim_ascii_start();
    let end = digits.iter().position(|byte| !byte.is_ascii_digit());
    let digits = digits.get(..end.unwrap_or(digits.len())).unwrap_or_default();
    let number = std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok());
    number.filter(|number| *number < u64::MAX / 2).unwrap_or(0)
}

/// Returns what follows the attribute `start`.
fn after<'a>(attributes: &'a [u8], start: &[u8]) -> Option<&'a [u8]> {
    let mut list = attributes.split(|byte| *byte == b',');
    list.find_map(|attribute| attribute.trim_ascii().strip_prefix(start))
}

fn named(uri: &[u8], path: &MediaPath, address: &Address) -> Option<MediaPath> {
    match address.resolve(std::str::from_utf8(uri).ok()?) {
        Target::Here { path: below, .. } => MediaPath::parse(path.event().clone(), &below).ok(),
        Target::Elsewhere => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamgate_contract::ids::EventId;

    fn facts(relative: &str, playlist: &str) -> PlaylistFacts {
        let path = MediaPath::parse(EventId::parse("evt").unwrap(), relative).unwrap();
        let address = Address::new("/streams/evt/", &path.to_request_path());
        classify(playlist.as_bytes(), &path, &address)
    }

    #[test]
    fn a_master_lists_its_renditions_and_never_looks_ended() {
        let master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n\na/x.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nhttps://e.example/y.m3u8\n";
        let facts = facts("stream.m3u8", master);
        assert!(facts.multivariant && !facts.ended);
        assert_eq!(facts.renditions, 2);
        let variants: Vec<&str> = facts.variants.iter().map(MediaPath::relative).collect();
        assert_eq!(variants, ["a/x.m3u8"]);
    }

    #[test]
    fn a_media_playlist_names_its_files_and_its_target_duration() {
        let media = "#EXTM3U\r\n#EXT-X-TARGETDURATION:4\r\n#EXT-X-MAP:URI=\"i.mp4\"\r\n#EXTINF:4,\r\ns%201.m4s?x\r\n#EXTINF:4.000,title\r\n/streams/evt/s2.m4s\r\n#EXT-X-ENDLIST\r\n";
        let facts = facts("a/x.m3u8", media);
        assert!(!facts.multivariant && facts.ended);
        assert_eq!(facts.target_duration, Some(Duration::from_secs(4)));
        assert_eq!(facts.listed, Duration::from_secs(8));
        let mut names: Vec<&str> = facts.names.keys().map(AsRef::as_ref).collect();
        names.sort_unstable();
        assert_eq!(names, ["a/i.mp4", "a/s 1.m4s", "s2.m4s"]);
        assert_eq!(facts.names["a/i.mp4"], Role::Other);
        assert_eq!(facts.names["a/s 1.m4s"], Role::Segment);
    }

    #[test]
    fn a_low_latency_playlist_tells_where_it_is_and_what_its_server_can() {
        let text = concat!(
            "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:266\n",
            "#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=24, CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.0\n",
            "#EXT-X-SKIP:RECENTLY-REMOVED-DATERANGES=\"\",SKIPPED-SEGMENTS=3\n",
            "#EXT-X-PART:DURATION=1,URI=\"269.0.mp4\"\n#EXTINF:4,\n269.mp4\n",
            "#EXT-X-PART:DURATION=1,URI=\"270.0.mp4\"\n#EXT-X-PART:DURATION=1,URI=\"270.1.mp4\"\n",
        );
        let low = facts("x.m3u8", text);
        assert_eq!((low.first, low.segments, low.open_parts), (266, 4, 2));
        assert!(low.offers.holding && low.offers.skipping && low.names["270.1.mp4"] == Role::Segment);
        let plain = facts(
            "x.m3u8",
            "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:99999999999999999999\n#EXTINF:1,\na.ts\n",
        );
        assert_eq!((plain.first, plain.segments), (0, 1));
        assert_eq!(plain.offers, Offers::default());
    }

    #[test]
    fn a_file_grows_while_the_parts_of_the_open_segment_are_ranges_of_it() {
        let part = "#EXT-X-PART:DURATION=1,URI=\"2.mp4\",BYTERANGE=\"9@0\"\n";
        let hint = "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"2.mp4\",BYTERANGE-START=9\n";
        let head = "#EXTM3U\n#EXT-X-PART:DURATION=1,URI=\"1.mp4\",BYTERANGE=\"9@0\"\n#EXTINF:1,\n1.mp4\n";
        for (tail, expected) in [
            (format!("{part}{hint}"), Role::Growing),
            (hint.to_owned(), Role::Growing),
            (part.to_owned(), Role::Growing),
            (format!("{part}#EXTINF:1,\n2.mp4\n"), Role::Segment),
            (format!("{part}#EXT-X-ENDLIST\n"), Role::Segment),
            ("#EXT-X-PART:DURATION=1,URI=\"2.mp4\"\n".to_owned(), Role::Segment),
            (hint.replace("PART", "MAP"), Role::Other),
        ] {
            let facts = facts("x.m3u8", &format!("{head}{tail}"));
            assert_eq!(
                (facts.names["1.mp4"], facts.names["2.mp4"]),
                (Role::Segment, expected),
                "{tail}"
            );
        }
    }

    #[test]
    fn the_file_of_the_last_segment_grows_while_its_segments_are_ranges() {
        let head = "#EXTM3U\n#EXT-X-MAP:URI=\"2.mp4\",BYTERANGE=\"9@0\"\n#EXT-X-BYTERANGE:9@0\n1.mp4\n";
        let last = "#EXTINF:1,\n#EXT-X-BYTERANGE:9@9\n2.mp4\n";
        for (tail, expected) in [
            (last.to_owned(), Role::Growing),
            (format!("{last}#EXT-X-ENDLIST\n"), Role::Segment),
            (format!("{last}#EXTINF:1,\n3.mp4\n"), Role::Segment),
        ] {
            let facts = facts("x.m3u8", &format!("{head}{tail}"));
            assert_eq!(
                (facts.names["1.mp4"], facts.names["2.mp4"]),
                (Role::Segment, expected),
                "{tail}"
            );
        }
    }

    #[test]
    fn senseless_target_durations_count_as_unknown_or_are_capped() {
        for senseless in ["0", "-1", "NaN", "x", ""] {
            let facts = facts("x.m3u8", &format!("#EXTM3U\n#EXT-X-TARGETDURATION:{senseless}\n"));
            assert_eq!(facts.target_duration, None, "{senseless}");
        }
        let facts = facts("x.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1e9\n");
        assert_eq!(facts.target_duration, Some(TARGET_DURATION_MAX));
    }
}
