//! The signing secret and what is derived from it once.

use std::fmt;

use aws_lc_rs::hmac;

use crate::hex;

/// Bytes of a signing secret at least: the output length of SHA-256 (RFC 7518 §3.2).
pub const SIGNING_SECRET_BYTES_MIN: usize = 32;
/// Bytes of SHA-256 in a `kid`: 8 hex digits.
const KEY_ID_BYTES: usize = 4;

/// The bytes that platform and edges share; shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

/// The signing secret has fewer than 32 bytes; the service must not start with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the signing secret has fewer than {SIGNING_SECRET_BYTES_MIN} bytes")]
pub struct SecretTooShort;

impl SigningSecret {
    /// Takes a secret of at least 32 bytes.
    pub fn new(bytes: Vec<u8>) -> Result<Self, SecretTooShort> {
        if bytes.len() >= SIGNING_SECRET_BYTES_MIN {
            Ok(Self(bytes))
        } else {
            Err(SecretTooShort)
        }
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(redacted)")
    }
}

/// A secret made ready: the padded HMAC state and the key's public name.
pub(super) struct Key {
    pub(super) hmac: hmac::Key,
    pub(super) id: String,
}

impl Key {
    pub(super) fn new(secret: &SigningSecret) -> Self {
        Self {
            hmac: hmac::Key::new(hmac::HMAC_SHA256, &secret.0),
            id: hex::sha256_prefix(&secret.0, KEY_ID_BYTES),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // J-19: the length is refused here; known and guessable secrets are the settings' business.
    #[test]
    fn a_secret_has_32_bytes_at_least_and_is_never_shown() {
        assert_eq!(SigningSecret::new(Vec::new()), Err(SecretTooShort));
        assert_eq!(SigningSecret::new(vec![b'x'; 31]), Err(SecretTooShort));
        let secret = SigningSecret::new(vec![b'x'; 32]).unwrap();
        assert_eq!(format!("{secret:?}"), "SigningSecret(redacted)");
    }
}
