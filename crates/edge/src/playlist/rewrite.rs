//! Playlists as one viewer gets them: URIs of this event become relative, or carry the viewer's token in
//! their path for players that asked with `?__token=`. Everything else keeps its bytes.

use std::borrow::Cow;

use crate::playlist::lines::uri_spans;
use crate::playlist::resolve::{Address, Target};

/// How the URIs of this event are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form<'a> {
    /// Absolute ones become relative, relative ones keep their bytes: the token travels in a header or is
    /// inherited from the path.
    Plain,
    /// Each becomes `../../t/<token>/streams/...`, relative so that it survives a base path.
    PathToken(&'a str),
}

/// Rewrites `playlist`, which lies at `address`.
pub(crate) fn rewrite<'p>(playlist: &'p [u8], address: &Address, form: Form<'_>) -> Cow<'p, [u8]> {
    let mut rewritten: Vec<u8> = Vec::new();
    let mut copied = 0;
    for span in uri_spans(playlist) {
        let Some(uri) = playlist
            .get(span.clone())
            .and_then(|uri| std::str::from_utf8(uri).ok())
        else {
            continue;
        };
        let Some(reference) = reference(uri, address, form) else {
            continue;
        };
        rewritten.extend_from_slice(playlist.get(copied..span.start).unwrap_or_default());
        rewritten.extend_from_slice(reference.as_bytes());
        copied = span.end;
    }
    if copied == 0 {
        return Cow::Borrowed(playlist);
    }
    rewritten.extend_from_slice(playlist.get(copied..).unwrap_or_default());
    Cow::Owned(rewritten)
}

/// Returns what is to stand in place of `uri`; `None` keeps it.
fn reference(uri: &str, address: &Address, form: Form<'_>) -> Option<String> {
    let Target::Here {
        path,
        suffix,
        absolute,
    } = address.resolve(uri)
    else {
        return None;
    };
    match form {
        Form::Plain => absolute.then(|| format!("{}{suffix}", address.relative_to(&path))),
        Form::PathToken(token) => {
            // Two more than the folders: out of the event and out of /streams/.
            let up = "../".repeat(address.depth() + 2);
            Some(format!("{up}t/{token}{}{path}{suffix}", address.event_prefix))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAYLIST: &str = concat!(
        "#EXTM3U\r\n",
        "#EXT-X-TARGETDURATION:2\r\n",
        "#EXT-X-UNKNOWN:URI=\"/streams/evt/x.ts\"\r\n",
        "#EXT-X-KEY:METHOD=AES-128,URI=\"/streams/evt/keys/k.key\",IV=0x1\r\n",
        "#EXT-X-MAP:URI=\"init.mp4\",BYTERANGE=\"10@0\"\r\n",
        "#EXT-X-DATERANGE:ID=\"ad\",X-ASSET-URI=\"https://ads.example/a.m3u8\"\r\n",
        "#EXTINF:2,\r\n",
        "seg1.ts\r\n",
        "https://cdn.example/streams/evt/seg2.ts\r\n",
        "/streams/other/seg3.ts\r\n",
        "/streams/evt/a/seg4.ts?x=1\r\n",
        "# a comment\r\n",
    );

    fn rewritten(form: Form<'_>) -> String {
        let address = Address::new("/streams/evt/", "/streams/evt/a/x.m3u8");
        String::from_utf8(rewrite(PLAYLIST.as_bytes(), &address, form).into_owned()).unwrap()
    }

    #[test]
    fn absolute_uris_of_the_event_become_relative_and_nothing_else_changes() {
        let expected = PLAYLIST
            .replace("\"/streams/evt/keys/k.key\"", "\"../keys/k.key\"")
            .replace("/streams/evt/a/seg4.ts?x=1", "seg4.ts?x=1");
        assert_eq!(rewritten(Form::Plain), expected);
    }

    #[test]
    fn with_a_path_token_every_uri_of_the_event_carries_it_and_no_foreign_one_does() {
        let base = "../../../t/TOKEN/streams/evt/";
        let expected = PLAYLIST
            .replace("\"/streams/evt/keys/k.key\"", &format!("\"{base}keys/k.key\""))
            .replace("\"init.mp4\"", &format!("\"{base}a/init.mp4\""))
            .replace("\r\nseg1.ts", &format!("\r\n{base}a/seg1.ts"))
            .replace("/streams/evt/a/seg4.ts?x=1", &format!("{base}a/seg4.ts?x=1"));
        assert_eq!(rewritten(Form::PathToken("TOKEN")), expected);
    }

    #[test]
    fn a_playlist_of_relative_uris_is_not_even_copied() {
        let address = Address::new("/streams/evt/", "/streams/evt/x.m3u8");
        let playlist = b"#EXTM3U\n#EXTINF:2,\na.ts\n";
        assert!(matches!(
            rewrite(playlist, &address, Form::Plain),
            Cow::Borrowed(_)
        ));
    }

    #[test]
    fn bytes_that_are_no_text_are_kept() {
        let address = Address::new("/streams/evt/", "/streams/evt/x.m3u8");
        let playlist = b"#EXTM3U\n\xff\xfe.ts\n/streams/evt/a.ts\n";
        assert_eq!(
            rewrite(playlist, &address, Form::Plain).as_ref(),
            b"#EXTM3U\n\xff\xfe.ts\na.ts\n"
        );
    }
}
