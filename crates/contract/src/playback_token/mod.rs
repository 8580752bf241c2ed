//! Playback tokens: JWT with HS256 and nothing else.
//!
//! A verifier looks at a token in this order, and the first thing that is wrong ends it:
//! 1. size and character set, before anything is parsed;
//! 2. three parts;
//! 3. the header, whose every member must be known;
//! 4. the key, by `kid` or by trying current and previous;
//! 5. the signature, in constant time;
//! 6. the claims, strictly typed and without duplicates.
//!
//! Whether `exp` has passed is not decided here: the edge gives that reason apart from the others
//! ([`Claims::is_expired`](crate::claims::Claims::is_expired)).

mod header;
mod payload;
mod secret;
mod signer;
mod verifier;

pub use secret::{SIGNING_SECRET_BYTES_MIN, SecretTooShort, SigningSecret};
pub use signer::Signer;
pub use verifier::Verifier;

/// Why a token is refused. The client learns none of it: before the signature proves right all refusals are the
/// same bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TokenError {
    /// More than [`TOKEN_BYTES_MAX`](crate::claims::TOKEN_BYTES_MAX) bytes.
    #[error("token too long")]
    TooLong,
    /// A byte outside `A-Za-z0-9_.-`.
    #[error("token has a forbidden character")]
    Charset,
    /// More or less than three parts.
    #[error("token has not three parts")]
    Parts,
    /// A part is not canonical base64url without padding.
    #[error("token is not canonical base64url")]
    Encoding,
    /// The header is not a JSON object, or has an unknown, duplicate or wrong-typed member.
    #[error("token header malformed")]
    Header,
    /// `alg` is missing or anything but exactly `HS256`.
    #[error("token algorithm not allowed")]
    Algorithm,
    /// The header has `crit`: it demands something that is not understood.
    #[error("token demands an extension")]
    Critical,
    /// `kid` names no configured key.
    #[error("token key unknown")]
    UnknownKey,
    /// The signature is not that of a configured key.
    #[error("token signature wrong")]
    Signature,
    /// A claim is missing, wrong-typed, duplicate, or not what its name allows.
    #[error("token claims refused: {0}")]
    Claims(#[from] ClaimsError),
    /// `sp` is not exactly the path prefix of `eid`.
    #[error("token scope wrong")]
    Scope,
    /// `exp` is not after `iat`, or later than the lifetime and the leeway allow.
    #[error("token lifetime not allowed")]
    Lifetime,
    /// `iat` or `nbf` lies in the future beyond the leeway.
    #[error("token from the future")]
    FromTheFuture,
}

/// What is wrong with a token's claims.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ClaimsError {
    /// Not a JSON object, or one with a duplicate or wrong-typed member.
    #[error("malformed")]
    Malformed,
    /// The named claim is missing.
    #[error("{0} missing")]
    Missing(&'static str),
    /// The named claim has a value that it cannot have.
    #[error("{0} invalid")]
    Invalid(&'static str),
    /// A probe token names a viewer.
    #[error("probe with sub or sid")]
    ProbeWithViewer,
}
