//! What an operator decides about an edge, parsed and ready to use.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use streamgate_contract::ids::EdgeId;
use streamgate_contract::playback_token::SigningSecret;
use streamgate_serving::client_ip::TrustedProxies;
use subtle::ConstantTimeEq as _;

/// The key that platform and edges show each other.
#[derive(Clone)]
pub struct InternalApiKey(String);

impl InternalApiKey {
    /// The shortest key that is accepted, in characters.
    pub const CHARACTERS_MIN: usize = 16;

    /// Takes a key of at least [`Self::CHARACTERS_MIN`] visible ASCII characters.
    pub fn new(key: String) -> Result<Self, InternalApiKeyError> {
        if key.len() < Self::CHARACTERS_MIN {
            return Err(InternalApiKeyError::TooShort);
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(InternalApiKeyError::Charset);
        }
        Ok(Self(key))
    }

    /// Compares in a time that tells nothing about where the first difference is.
    pub fn matches(&self, shown: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(shown).into()
    }

    /// Returns the text, for the request header that carries it.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for InternalApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("InternalApiKey(redacted)")
    }
}

/// Why a text is no internal API key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InternalApiKeyError {
    /// Fewer than [`InternalApiKey::CHARACTERS_MIN`] characters.
    #[error("an internal API key has at least 16 characters")]
    TooShort,
    /// A character that a request header cannot carry as it is.
    #[error("an internal API key consists of visible ASCII characters without spaces")]
    Charset,
}

/// What an operator decides about an edge.
#[derive(Clone, Debug)]
pub struct EdgeSettings {
    /// The name under which this edge reports.
    pub edge_id: EdgeId,
    /// The folder that holds one folder of HLS files per event.
    pub stream_root: PathBuf,
    /// The file that keeps the deny state over a restart.
    pub state_file: PathBuf,
    /// The key of the internal API, asked for by `DELETE /admin/cache/{eventId}`.
    pub internal_api_key: InternalApiKey,
    /// The secret that playback tokens are signed with.
    pub signing_secret: SigningSecret,
    /// The secret before it, accepted during a rotation.
    pub previous_signing_secret: Option<SigningSecret>,
    /// Exact origins whose pages may read answers; none means no cross-origin headers.
    pub cors_allowed_origins: Vec<String>,
    /// The proxies that are believed about a client's address.
    pub trusted_proxies: TrustedProxies,
    /// The share of requests that is logged, 0 to 1.
    pub access_log_sample: f64,
    /// Whether a long loss of the feed closes this edge for everybody.
    pub feed_strict: bool,
    /// How long the feed may be lost before new sessions are refused. Default 15 minutes.
    pub feed_strict_after: Duration,
    /// How often the feed is polled while the platform cannot push. Default 30 s.
    pub poll_interval: Duration,
    /// Whether clients come over TLS, so that browsers are told to stay there.
    pub hsts: bool,
}

/// Why an edge does not start.
#[derive(Debug, thiserror::Error)]
pub enum EdgeBootError {
    /// An allowed origin is no `scheme://host[:port]`.
    #[error("CORS_ALLOWED_ORIGIN: {0:?} is not an origin such as https://tickets.example.org")]
    Origin(String),
    /// The share of logged requests is out of range.
    #[error("ACCESS_LOG_SAMPLE: {0} is not between 0 and 1")]
    LogSample(f64),
    /// The stream folder is missing or no folder.
    #[error("STREAM_ROOT: {} is not a folder that can be read", .0.display())]
    StreamRoot(PathBuf),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_matches_only_itself_and_is_never_printed() {
        let key = InternalApiKey::new("0123456789abcdef".to_owned()).unwrap();
        assert!(key.matches(b"0123456789abcdef"));
        assert!(!key.matches(b"0123456789abcdeF") && !key.matches(b"0123456789abcde") && !key.matches(b""));
        assert!(!format!("{key:?}").contains("0123"));
    }

    #[test]
    fn short_keys_and_keys_that_no_header_carries_are_refused() {
        assert_eq!(
            InternalApiKey::new("0123456789abcde".to_owned()).unwrap_err(),
            InternalApiKeyError::TooShort
        );
        assert_eq!(
            InternalApiKey::new("0123456789abcde\n".to_owned()).unwrap_err(),
            InternalApiKeyError::Charset
        );
    }
}
