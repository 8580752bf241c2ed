//! Minting tokens.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use super::secret::{Key, SigningSecret};
use crate::claims::{PlaybackClaims, ProbeClaims};
use crate::json;

/// Mints tokens with one key.
pub struct Signer {
    key: hmac::Key,
    /// The encoded header and the dot after it: the same for every token.
    header: String,
}

/// The header as it is minted; `typ` says nothing that the contract does not fix.
#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

/// The claims of a viewer's token in their order on the wire.
#[derive(Serialize)]
struct PlaybackPayload<'a> {
    sub: &'a str,
    eid: &'a str,
    sid: String,
    sp: String,
    iat: i64,
    exp: i64,
}

/// The claims of a probe token in their order on the wire.
#[derive(Serialize)]
struct ProbePayload<'a> {
    eid: &'a str,
    sp: String,
    iat: i64,
    exp: i64,
    probe: bool,
}

impl Signer {
    /// Makes a signer; `with_kid` when verifiers know several keys.
    pub fn new(secret: &SigningSecret, with_kid: bool) -> Self {
        let key = Key::new(secret);
        let header = json::to_string(&Header {
            alg: "HS256",
            kid: with_kid.then_some(key.id.as_str()),
        });
        Self {
            key: key.hmac,
            header: URL_SAFE_NO_PAD.encode(header) + ".",
        }
    }

    /// Mints a viewer's token, about 400 bytes.
    pub fn sign_playback(&self, claims: &PlaybackClaims) -> String {
        self.sign(&PlaybackPayload {
            sub: claims.code.as_str(),
            eid: claims.event_id.as_str(),
            sid: claims.session_id.to_string(),
            sp: claims.event_id.path_prefix(),
            iat: claims.issued_at,
            exp: claims.expires_at,
        })
    }

    /// Mints a probe token.
    pub fn sign_probe(&self, claims: &ProbeClaims) -> String {
        self.sign(&ProbePayload {
            eid: claims.event_id.as_str(),
            sp: claims.event_id.path_prefix(),
            iat: claims.issued_at,
            exp: claims.expires_at,
            probe: true,
        })
    }

    fn sign(&self, payload: &impl Serialize) -> String {
        let mut token = self.header.clone();
        URL_SAFE_NO_PAD.encode_string(json::to_string(payload), &mut token);
        let tag = hmac::sign(&self.key, token.as_bytes());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(tag.as_ref(), &mut token);
        token
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(redacted)")
    }
}
