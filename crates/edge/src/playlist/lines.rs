//! Where the URIs of a playlist stand: byte ranges of URI lines and of the attributes that carry URIs.
//!
//! Works on bytes and only reports positions, so that whatever is not a URI reaches the player byte for byte.

use std::ops::Range;

/// Attributes that carry a URI, by tag. Tags that are not named here are never touched.
const URI_ATTRIBUTES: [(&[u8], &[&[u8]]); 12] = [
    (b"#EXT-X-MAP:", &[b"URI"]),
    (b"#EXT-X-KEY:", &[b"URI"]),
    (b"#EXT-X-SESSION-KEY:", &[b"URI"]),
    (b"#EXT-X-MEDIA:", &[b"URI"]),
    (b"#EXT-X-I-FRAME-STREAM-INF:", &[b"URI"]),
    (b"#EXT-X-IMAGE-STREAM-INF:", &[b"URI"]),
    (b"#EXT-X-PART:", &[b"URI"]),
    (b"#EXT-X-PRELOAD-HINT:", &[b"URI"]),
    (b"#EXT-X-RENDITION-REPORT:", &[b"URI"]),
    (b"#EXT-X-SESSION-DATA:", &[b"URI"]),
    (b"#EXT-X-CONTENT-STEERING:", &[b"SERVER-URI"]),
    (b"#EXT-X-DATERANGE:", &[b"X-ASSET-URI", b"X-ASSET-LIST"]),
];

/// Returns the byte ranges of all URIs, in the order in which they stand.
pub(crate) fn uri_spans(playlist: &[u8]) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut line_start = 0;
    for line in playlist.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"#") {
            tag_spans(line, line_start, &mut spans);
        } else {
            let uri = line.trim_ascii();
            if !uri.is_empty() {
                let start = line_start + (line.len() - line.trim_ascii_start().len());
                spans.push(start..start + uri.len());
            }
        }
        line_start += line.len();
    }
    spans
}

fn tag_spans(line: &[u8], line_start: usize, spans: &mut Vec<Range<usize>>) {
    let Some((tag, names)) = URI_ATTRIBUTES.iter().find(|(tag, _)| line.starts_with(tag)) else {
        return;
    };
    for (name, value) in attributes(line, tag.len()) {
        if names.contains(&name) {
            spans.push(line_start + value.start..line_start + value.end);
        }
    }
}

/// Walks an attribute list that begins at `offset` of `line`: quoted values, without their quotes.
fn attributes(line: &[u8], offset: usize) -> impl Iterator<Item = (&[u8], Range<usize>)> {
    let mut at = offset;
    std::iter::from_fn(move || {
        loop {
            let rest = line.get(at..)?;
            let equals = rest.iter().position(|byte| *byte == b'=')?;
            let name = rest.get(..equals)?.trim_ascii();
            let value_start = at + equals + 1;
            let value = line.get(value_start..)?;
            if value.first() == Some(&b'"') {
                let text_start = value_start + 1;
                let length = line.get(text_start..)?.iter().position(|byte| *byte == b'"')?;
                at = after_comma(line, text_start + length);
                return Some((name, text_start..text_start + length));
            }
            at = after_comma(line, value_start);
        }
    })
}

fn after_comma(line: &[u8], from: usize) -> usize {
    let rest = line.get(from..).unwrap_or_default();
    rest.iter()
        .position(|byte| *byte == b',')
        .map_or(line.len(), |comma| from + comma + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uris(playlist: &str) -> Vec<&str> {
        uri_spans(playlist.as_bytes())
            .into_iter()
            .map(|span| &playlist[span])
            .collect()
    }

    #[test]
    fn every_tag_that_carries_a_uri_is_found() {
        for (tag, names) in URI_ATTRIBUTES {
            for name in names {
                let tag = std::str::from_utf8(tag).unwrap();
                let name = std::str::from_utf8(name).unwrap();
                let line = format!("{tag}A=1,B=\"x,URI=no\",{name}=\"a/b.m3u8\",C=\"z\"\n");
                assert_eq!(uris(&line), ["a/b.m3u8"], "{line}");
            }
        }
    }

    #[test]
    fn uri_lines_are_found_with_either_line_end_and_without_one() {
        assert_eq!(
            uris("#EXTM3U\r\n#EXTINF:2,\r\na.ts\r\n\r\n  b.ts \nc.ts"),
            ["a.ts", "b.ts", "c.ts"]
        );
    }

    #[test]
    fn comments_unknown_tags_and_broken_attributes_carry_nothing() {
        assert_eq!(
            uris(
                "#EXTM3U\n# URI=\"a\"\n#EXT-X-NEW:URI=\"b\"\n#EXT-X-MAP:URI=c\n#EXT-X-MAP:URI=\"d\n#EXT-X-KEY:\n"
            ),
            Vec::<&str>::new()
        );
    }
}
