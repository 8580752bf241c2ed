//! Checking tokens.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::secret::{Key, SigningSecret};
use super::{TokenError, header, payload};
use crate::claims::{Claims, TOKEN_BYTES_MAX};
use crate::time::UnixMillis;

/// Bytes of an HS256 signature.
const TAG_BYTES: usize = 32;
/// Its characters in base64url.
const TAG_CHARS: usize = 43;

/// Checks tokens against the current and, while a rotation lasts, the previous key.
pub struct Verifier {
    current: Key,
    previous: Option<Key>,
}

impl Verifier {
    /// Makes a verifier; `previous` is accepted for verification only.
    pub fn new(current: &SigningSecret, previous: Option<&SigningSecret>) -> Self {
        Self {
            current: Key::new(current),
            previous: previous.map(Key::new),
        }
    }

    /// Decides whether a token is one of ours and what it claims; every refusal but an `exp` in the past.
    ///
    /// `now` is the edge's clock, corrected with the feed's. Work and allocations are bounded by the 2 KiB that a
    /// token may have.
    pub fn verify(&self, token: &str, now: UnixMillis) -> Result<Claims, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::TooLong);
        }
        if !token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        {
            return Err(TokenError::Charset);
        }
        let (signed, tag) = token.rsplit_once('.').ok_or(TokenError::Parts)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Parts)?;
        if claims.contains('.') {
            return Err(TokenError::Parts);
        }
        let header = decode(header).and_then(|bytes| text(bytes, TokenError::Header))?;
        let key_id = header::key_id(&header)?;
        self.check_signature(key_id.as_deref(), signed, tag)?;
        let claims = decode(claims).and_then(|bytes| text(bytes, super::ClaimsError::Malformed.into()))?;
        payload::claims(&claims, now)
    }

    /// Checks the signature with the key that `key_id` names, or with each key if it names none.
    fn check_signature(&self, key_id: Option<&str>, signed: &str, tag: &str) -> Result<(), TokenError> {
        let tag = decode_tag(tag)?;
        let mut candidates = [Some(&self.current), self.previous.as_ref()]
            .into_iter()
            .flatten()
            .filter(|key| key_id.is_none_or(|key_id| key_id == key.id))
            .peekable();
        if candidates.peek().is_none() {
            return Err(TokenError::UnknownKey);
        }
        if candidates.any(|key| hmac::verify(&key.hmac, signed.as_bytes(), &tag).is_ok()) {
            Ok(())
        } else {
            Err(TokenError::Signature)
        }
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(redacted)")
    }
}

/// Decodes a part. The engine refuses padding and set bits after the end, so that one content has one text.
fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Encoding)
}

fn text(bytes: Vec<u8>, refusal: TokenError) -> Result<String, TokenError> {
    String::from_utf8(bytes).map_err(|_| refusal)
}

/// Decodes the signature, whose length is known; any other length is a wrong signature.
fn decode_tag(tag: &str) -> Result<[u8; TAG_BYTES], TokenError> {
    if tag.len() != TAG_CHARS {
        return Err(TokenError::Signature);
    }
    let mut bytes = [0; TAG_BYTES];
    match URL_SAFE_NO_PAD.decode_slice(tag, &mut bytes) {
        Ok(TAG_BYTES) => Ok(bytes),
        Ok(_) | Err(_) => Err(TokenError::Encoding),
    }
}
