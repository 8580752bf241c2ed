//! The strict reading of a token's header.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::TokenError;
use super::payload::Text;

/// The only algorithm, in the only spelling.
const ALGORITHM: &str = "HS256";

/// Every member that may stand in a header. serde refuses unknown ones (`jku`, `jwk`, `x5u`, `x5c`, `b64`, `zip` ...)
/// and duplicates, however their names are escaped.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    /// Of any type here, so that every wrong algorithm is the same refusal.
    #[serde(default)]
    alg: Value,
    #[serde(borrow, default, rename = "typ", deserialize_with = "text")]
    _typ: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "text")]
    kid: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

/// Reads a string; `null` is none.
fn text<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    Text::deserialize(deserializer).map(|text| Some(text.0))
}

/// Reads anything: that the member stands there is enough.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// Reads the header's JSON and returns its `kid`.
pub(super) fn key_id(json: &str) -> Result<Option<Cow<'_, str>>, TokenError> {
    // serde reads structs from arrays, too.
    if !json.trim_ascii_start().starts_with('{') {
        return Err(TokenError::Header);
    }
    let header: Header<'_> = serde_json::from_str(json).map_err(|_| TokenError::Header)?;
    if header.crit {
        return Err(TokenError::Critical);
    }
    if header.alg.as_str() != Some(ALGORITHM) {
        return Err(TokenError::Algorithm);
    }
    Ok(header.kid)
}
