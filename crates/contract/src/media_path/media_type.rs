//! The extensions that are served, and their media types.

/// What an object of a stream is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MediaKind {
    /// A master or media playlist.
    Playlist,
    /// Audio or video, also initialisation sections.
    Segment,
    /// A decryption key.
    Key,
    /// `WebVTT` captions.
    Captions,
    /// A poster or thumbnail.
    Image,
}

/// One line of the contract's table.
#[derive(PartialEq, Eq, Hash, Debug)]
pub(crate) struct MediaType {
    extension: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) kind: MediaKind,
}

const fn media_type(extension: &'static str, content_type: &'static str, kind: MediaKind) -> MediaType {
    MediaType {
        extension,
        content_type,
        kind,
    }
}

static MEDIA_TYPES: [MediaType; 19] = [
    media_type("m3u8", "application/vnd.apple.mpegurl", MediaKind::Playlist),
    media_type("ts", "video/mp2t", MediaKind::Segment),
    media_type("m4s", "video/iso.segment", MediaKind::Segment),
    media_type("fmp4", "video/mp4", MediaKind::Segment),
    media_type("mp4", "video/mp4", MediaKind::Segment),
    media_type("m4v", "video/mp4", MediaKind::Segment),
    media_type("cmfv", "video/mp4", MediaKind::Segment),
    media_type("m4a", "audio/mp4", MediaKind::Segment),
    media_type("cmfa", "audio/mp4", MediaKind::Segment),
    media_type("aac", "audio/aac", MediaKind::Segment),
    media_type("mp3", "audio/mpeg", MediaKind::Segment),
    media_type("ac3", "audio/ac3", MediaKind::Segment),
    media_type("ec3", "audio/eac3", MediaKind::Segment),
    media_type("vtt", "text/vtt; charset=utf-8", MediaKind::Captions),
    media_type("webvtt", "text/vtt; charset=utf-8", MediaKind::Captions),
    media_type("key", "application/octet-stream", MediaKind::Key),
    media_type("jpg", "image/jpeg", MediaKind::Image),
    media_type("png", "image/png", MediaKind::Image),
    media_type("webp", "image/webp", MediaKind::Image),
];

impl MediaType {
    /// Finds the line of an extension, which is case-sensitive and has no dot.
    pub(crate) fn of_extension(extension: &str) -> Option<&'static Self> {
        MEDIA_TYPES
            .iter()
            .find(|media_type| media_type.extension == extension)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // P-11
    #[test]
    fn exactly_the_listed_extensions_are_served_in_lower_case() {
        for line in &MEDIA_TYPES {
            assert!(MediaType::of_extension(line.extension).is_some());
            assert!(MediaType::of_extension(&line.extension.to_uppercase()).is_none());
            assert!(MediaType::of_extension(&format!("{} ", line.extension)).is_none());
        }
        for extension in [
            "", "exe", "html", "js", "svg", "json", "mpd", "jpeg", "m3u", "bak", "m3u8~", "ts;a=b",
        ] {
            assert!(MediaType::of_extension(extension).is_none(), "{extension}");
        }
    }
}
