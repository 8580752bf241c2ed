//! The one function from untrusted request text to a safe path of a stream.
//!
//! 1. Split off the route: `/streams/{eventId}/` or `/t/{token}/streams/{eventId}/`.
//! 2. Decode percent-encoding exactly once; what then still holds a `%` was encoded twice and is refused.
//! 3. Split at `/` (an encoded one is one, too) and refuse every segment that a file system or a URL could take for
//!    something else than a plain name.
//! 4. Require a listed extension.
//!
//! Permission check, cache key, file access and upstream request all use the [`MediaPath`] and never the raw text;
//! two spellings of one object are equal here or one of them is refused.

mod media_type;

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::ids::EventId;

pub use media_type::MediaKind;
use media_type::MediaType;

/// Segments of a path below its event at most.
pub const PATH_SEGMENTS_MAX: usize = 16;
/// Bytes of a decoded path below its event at most.
pub const PATH_BYTES_MAX: usize = 1024;

/// Everything but the unreserved characters of RFC 3986 and the separator.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// Why a request text is no path of a stream. The answer is 404 for each: such an object cannot exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PathError {
    /// Neither `/streams/{eventId}/{path}` nor `/t/{token}/streams/{eventId}/{path}`.
    #[error("not the path of a stream")]
    Route,
    /// The event id has other characters or another length than ids have.
    #[error("not an event id")]
    Event,
    /// More than 1,024 bytes.
    #[error("path too long")]
    TooLong,
    /// More than 16 segments.
    #[error("path too deep")]
    TooDeep,
    /// A `%` that two hexadecimal digits do not follow, or one that is left after decoding.
    #[error("bad percent-encoding")]
    Escape,
    /// The decoded bytes are not UTF-8.
    #[error("not UTF-8")]
    Encoding,
    /// A control character, backslash, `?` or `#`.
    #[error("forbidden character")]
    Character,
    /// An empty segment, or one that starts with a dot; `.` and `..` are such.
    #[error("forbidden name")]
    Name,
    /// A name that ends in `.tmp` or `.part`: a file that is still being written.
    #[error("unfinished file")]
    Unfinished,
    /// No extension, or one that is not listed (in lower case).
    #[error("extension not served")]
    Extension,
}

/// The path of an object of one event: decoded, canonical and safe.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MediaPath {
    event: EventId,
    relative: Box<str>,
    media_type: &'static MediaType,
}

/// A request path with the token that it may carry.
#[derive(Clone, PartialEq, Eq)]
pub struct ParsedPath<'a> {
    /// The object that is asked for.
    pub path: MediaPath,
    /// The raw text between `/t/` and the next `/`, not yet looked at and not empty: a secret if it is a token.
    pub token: Option<&'a str>,
}

impl std::fmt::Debug for ParsedPath<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ParsedPath")
            .field("path", &self.path)
            .field("token", &self.token.map(|_| "redacted"))
            .finish()
    }
}

impl MediaPath {
    /// Reads the path of a request target, still percent-encoded and without its query.
    pub fn from_request(raw_path: &str) -> Result<ParsedPath<'_>, PathError> {
        let (token, stream) = match raw_path.strip_prefix("/t/") {
            Some(rest) => {
                let (token, stream) = rest.split_once('/').ok_or(PathError::Route)?;
                (
                    Some(token)
                        .filter(|token| !token.is_empty())
                        .ok_or(PathError::Route)
                        .map(Some)?,
                    stream,
                )
            }
            None => (None, raw_path.strip_prefix('/').ok_or(PathError::Route)?),
        };
        let below = stream.strip_prefix("streams/").ok_or(PathError::Route)?;
        let (event, relative) = below.split_once('/').ok_or(PathError::Route)?;
        let event = EventId::parse(event).map_err(|_| PathError::Event)?;
        Ok(ParsedPath {
            path: Self::parse(event, relative)?,
            token,
        })
    }

    /// Reads a path below an event, still percent-encoded and without a leading slash.
    pub fn parse(event: EventId, raw_relative: &str) -> Result<Self, PathError> {
        let decoded = decode(raw_relative)?;
        check_characters(&decoded)?;
        let mut last = "";
        for (index, segment) in decoded.split('/').enumerate() {
            if index == PATH_SEGMENTS_MAX {
                return Err(PathError::TooDeep);
            }
            check_segment(segment)?;
            last = segment;
        }
        let (_, extension) = last.rsplit_once('.').ok_or(PathError::Extension)?;
        let media_type = MediaType::of_extension(extension).ok_or(PathError::Extension)?;
        Ok(Self {
            event,
            relative: decoded.into(),
            media_type,
        })
    }

    /// Returns the event that the object belongs to.
    pub const fn event(&self) -> &EventId {
        &self.event
    }

    /// Returns the decoded path below the event, without a leading slash.
    pub fn relative(&self) -> &str {
        &self.relative
    }

    /// Returns what the object is, by its extension.
    pub const fn kind(&self) -> MediaKind {
        self.media_type.kind
    }

    /// Returns the media type for `Content-Type`, by the extension.
    pub const fn content_type(&self) -> &'static str {
        self.media_type.content_type
    }

    /// Returns the path for a request or a playlist: `/streams/{eventId}/{path}`, percent-encoded wherever a
    /// character is not unreserved. Reads back as this very path.
    pub fn to_request_path(&self) -> String {
        format!("/streams/{}/{}", self.event, self.to_encoded())
    }

    /// Returns the path below the event, percent-encoded as in [`Self::to_request_path`].
    pub fn to_encoded(&self) -> impl std::fmt::Display {
        utf8_percent_encode(&self.relative, ESCAPED)
    }
}

/// Decodes percent-encoding once. Longer input than a legal path can have is refused unread.
fn decode(raw: &str) -> Result<Cow<'_, str>, PathError> {
    if raw.len() > 3 * PATH_BYTES_MAX {
        return Err(PathError::TooLong);
    }
    let mut parts = raw.split('%');
    parts.next();
    let well_formed = |part: &str| part.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if !parts.all(well_formed) {
        return Err(PathError::Escape);
    }
    let decoded = percent_decode_str(raw)
        .decode_utf8()
        .map_err(|_| PathError::Encoding)?;
    if decoded.len() > PATH_BYTES_MAX {
        Err(PathError::TooLong)
    } else {
        Ok(decoded)
    }
}

fn check_characters(decoded: &str) -> Result<(), PathError> {
    for character in decoded.chars() {
        match character {
            // Encoded twice: whoever decodes once more would see another path.
            '%' => return Err(PathError::Escape),
            '\\' | '?' | '#' => return Err(PathError::Character),
            // C0, DEL and C1.
            control if control.is_control() => return Err(PathError::Character),
            _ => {}
        }
    }
    Ok(())
}

fn check_segment(segment: &str) -> Result<(), PathError> {
    if segment.is_empty() || segment.starts_with('.') {
        return Err(PathError::Name);
    }
    match segment.rsplit_once('.') {
        Some((_, "tmp" | "part")) => Err(PathError::Unfinished),
        _ => Ok(()),
    }
}
