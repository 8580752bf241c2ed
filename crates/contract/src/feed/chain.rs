//! Identity and integrity of a history of records.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{Context, SHA256};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::FeedError;
use crate::hex;

/// Bytes of SHA-256 in a chain hash.
const CHAIN_HASH_BYTES: usize = 8;

/// The hash of a history of records: 16 lower-case hex digits.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct ChainHash(Cow<'static, str>);

impl ChainHash {
    /// The hash before the first record, at `seq` 0.
    pub const GENESIS: Self = Self(Cow::Borrowed("0000000000000000"));

    /// Reads 16 lower-case hex digits.
    pub fn parse(text: &str) -> Result<Self, FeedError> {
        if hex::is_lower(text, 2 * CHAIN_HASH_BYTES) {
            Ok(Self(Cow::Owned(text.to_owned())))
        } else {
            Err(FeedError::ChainHash)
        }
    }

    /// Returns the 16 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Returns the hash after a record: the first 8 bytes of SHA-256 over the previous hash's text and the record's JSON
/// without `h`, as [`record_body`](super::record_body) writes it.
pub fn chain(previous: &ChainHash, body: &str) -> ChainHash {
    let mut context = Context::new(&SHA256);
    context.update(previous.0.as_bytes());
    context.update(body.as_bytes());
    let hash = context.finish();
    let start = hash
        .as_ref()
        .iter()
        .copied()
        .take(CHAIN_HASH_BYTES)
        .collect::<Vec<_>>();
    ChainHash(Cow::Owned(hex::lower(&start)))
}

/// The identity of the database that a feed comes from: opaque, 1 to 64 characters of `A-Za-z0-9_-`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Epoch(Box<str>);

impl Epoch {
    /// Reads an epoch; the text is kept exactly.
    pub fn parse(text: &str) -> Result<Self, FeedError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.into()))
        } else {
            Err(FeedError::Epoch)
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

macro_rules! text_forms {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = FeedError;

            fn from_str(text: &str) -> Result<Self, FeedError> {
                Self::parse(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    };
}

text_forms!(ChainHash);
text_forms!(Epoch);
