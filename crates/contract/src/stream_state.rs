//! What an edge says of a stream, and the headers of a probe's answer that carry it.

use serde::{Deserialize, Serialize};

/// Response header of a probe with the [`StreamState`]; in lower case, as HTTP/2 and `http::HeaderName` want it.
pub const STREAM_STATE_HEADER: &str = "x-stream-state";
/// Response header of a probe with the number of renditions, in decimal.
pub const STREAM_RENDITIONS_HEADER: &str = "x-stream-renditions";

/// What the media playlists of an event say. An absent stream has no state: the edge answers 404.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StreamState {
    /// A media playlist without `EXT-X-ENDLIST` changed within three target durations.
    Live,
    /// No end is declared, yet the playlists have not changed for longer than that.
    Stalled,
    /// The media playlists carry `EXT-X-ENDLIST`.
    Ended,
}

impl StreamState {
    /// Returns the header's text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Stalled => "stalled",
            Self::Ended => "ended",
        }
    }

    /// Reads the header's text; `None` for anything but the three words in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Live, Self::Stalled, Self::Ended]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

impl std::fmt::Display for StreamState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_text_and_json_are_the_same_three_words() {
        for (state, word) in [
            (StreamState::Live, "live"),
            (StreamState::Stalled, "stalled"),
            (StreamState::Ended, "ended"),
        ] {
            assert_eq!(state.as_str(), word);
            assert_eq!(state.to_string(), word);
            assert_eq!(StreamState::parse(word), Some(state));
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{word}\""));
        }
        for word in ["", "LIVE", "live ", "absent"] {
            assert_eq!(StreamState::parse(word), None);
        }
    }
}
