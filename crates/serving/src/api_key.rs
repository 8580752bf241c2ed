//! A key that one machine shows to another: compared in constant time, never printed.

use std::fmt;

use subtle::ConstantTimeEq as _;

/// A shared key.
#[derive(Clone)]
pub struct ApiKey(Box<str>);

impl ApiKey {
    /// The shortest key that is accepted, in characters.
    pub const CHARACTERS_MIN: usize = 16;

    /// Takes a key of at least [`Self::CHARACTERS_MIN`] visible ASCII characters.
    pub fn new(text: &str) -> Result<Self, ApiKeyError> {
        if text.len() < Self::CHARACTERS_MIN {
            return Err(ApiKeyError::TooShort);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiKeyError::Charset);
        }
        Ok(Self(text.into()))
    }

    /// Compares in a time that tells nothing about where the first difference is.
    pub fn matches(&self, shown: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(shown).into()
    }

    /// Returns the text, for the request header that carries it and for nothing else.
    pub const fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(redacted)")
    }
}

/// Why a text is no key. It never repeats the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// Fewer than [`ApiKey::CHARACTERS_MIN`] characters.
    #[error("it must have at least 16 characters")]
    TooShort,
    /// A character that a request header cannot carry as it is.
    #[error("it must consist of visible ASCII characters without spaces")]
    Charset,
}

#[cfg(test)]
mod tests {
    use super::{ApiKey, ApiKeyError};

    #[test]
    fn a_key_matches_only_itself_and_is_never_printed() {
        let key = ApiKey::new("0123456789abcdef").unwrap();
        assert!(key.matches(b"0123456789abcdef"));
        assert!(!key.matches(b"0123456789abcdeF") && !key.matches(b"0123456789abcde") && !key.matches(b""));
        assert!(!format!("{key:?}").contains("0123"));
    }

    #[test]
    fn short_keys_and_keys_that_no_header_carries_are_refused() {
        assert_eq!(ApiKey::new("0123456789abcde").unwrap_err(), ApiKeyError::TooShort);
        assert_eq!(
            ApiKey::new("0123456789abcde\n").unwrap_err(),
            ApiKeyError::Charset
        );
    }
}
