//! A shared key between machines.

use std::fmt;

use subtle::ConstantTimeEq;

/// A key that another machine shows. Compared in constant time, never printed.
#[derive(Clone)]
pub struct ApiKey(Box<[u8]>);

impl ApiKey {
    /// Wraps the key's text.
    pub fn new(text: &str) -> Self {
        Self(text.as_bytes().into())
    }

    /// Tells whether `shown` is this key. An empty key matches nothing.
    pub fn matches(&self, shown: &[u8]) -> bool {
        !self.0.is_empty() && bool::from(self.0.ct_eq(shown))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::ApiKey;

    #[test]
    fn an_empty_key_matches_nothing_not_even_itself() {
        assert!(!ApiKey::new("").matches(b""));
        assert!(ApiKey::new("0123456789abcdef").matches(b"0123456789abcdef"));
        assert!(!ApiKey::new("0123456789abcdef").matches(b"0123456789abcdeF"));
    }

    #[test]
    fn a_key_is_never_printed() {
        assert!(!format!("{:?}", ApiKey::new("0123456789abcdef")).contains("0123"));
    }
}
