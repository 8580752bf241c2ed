//! Names of things, validated once and trusted afterwards.
//!
//! Two names are equal if and only if their texts are: no case folding, no Unicode, no percent-encoding.

mod code;
mod session_id;

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

pub use code::Code;
pub use session_id::SessionId;

/// Why a text is no id. Does not repeat the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IdError {
    /// Not 1 to 64 characters of `A-Za-z0-9_-`.
    #[error("not an event id")]
    Event,
    /// Not a UUID in lower case with hyphens.
    #[error("not a session id")]
    Session,
    /// Not 1 to 64 characters of `A-Za-z0-9`.
    #[error("not a code")]
    Code,
    /// Not 16 to 64 characters of `A-Za-z0-9_-`.
    #[error("not a device id")]
    Device,
    /// Not 1 to 64 characters of `A-Za-z0-9._-`.
    #[error("not an edge id")]
    Edge,
}

/// A text id: parsing, text and JSON forms.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $lengths:expr, $extra:literal, $error:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
        pub struct $name(Box<str>);

        impl $name {
            /// Reads an id; the text is kept exactly.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                let allowed = |byte: u8| byte.is_ascii_alphanumeric() || $extra.contains(&byte);
                if $lengths.contains(&text.len()) && text.bytes().all(allowed) {
                    Ok(Self(text.into()))
                } else {
                    Err($error)
                }
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        // Lets maps be asked with a `&str`.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    };
}

text_id!(
    /// An event's id: 1 to 64 characters of `A-Za-z0-9_-`.
    EventId, (1..=64), b"_-", IdError::Event
);
text_id!(
    /// The name that a browser gave itself: 16 to 64 characters of `A-Za-z0-9_-`.
    DeviceId, (16..=64), b"_-", IdError::Device
);
text_id!(
    /// An edge's name: 1 to 64 characters of `A-Za-z0-9._-`.
    EdgeId, (1..=64), b"._-", IdError::Edge
);

impl EventId {
    /// Returns the prefix of every path of this event, `/streams/{id}/`.
    pub fn path_prefix(&self) -> String {
        format!("/streams/{}/", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_alphabets_are_exact_at_their_edges() {
        assert!(EventId::parse("").is_err());
        assert!(EventId::parse(&"a".repeat(64)).is_ok());
        assert!(EventId::parse(&"a".repeat(65)).is_err());
        assert!(DeviceId::parse(&"d".repeat(15)).is_err());
        assert!(DeviceId::parse(&"d".repeat(16)).is_ok());
        assert!(DeviceId::parse(&"d".repeat(65)).is_err());
        assert!(EdgeId::parse("eu-west.1_a").is_ok());
        for hostile in ["a.b", "a/b", "..", "a b", "a%41", "é", "a\0", "a\n", "İ"] {
            assert_eq!(EventId::parse(hostile), Err(IdError::Event), "{hostile:?}");
        }
    }

    #[test]
    fn json_is_the_text_and_is_validated() {
        let id: EventId = serde_json::from_str("\"Ev_1-x\"").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"Ev_1-x\"");
        assert_eq!(
            (id.to_string().as_str(), id.path_prefix().as_str()),
            ("Ev_1-x", "/streams/Ev_1-x/")
        );
        assert!(serde_json::from_str::<EventId>("\"a/b\"").is_err());
        assert!(serde_json::from_str::<EventId>("7").is_err());
    }

    #[test]
    fn ids_differ_by_case() {
        assert_ne!("A".parse::<EventId>().unwrap(), "a".parse::<EventId>().unwrap());
    }
}
