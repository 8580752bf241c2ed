//! Promises: exactly the tokens of the contract verify, and any other text is refused for the right reason, in the
//! fixed order, without a panic.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test support may panic")]

mod claims;
mod header;
mod text;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use streamgate_contract::claims::{Claims, PlaybackClaims};
use streamgate_contract::ids::{Code, EventId, SessionId};
use streamgate_contract::playback_token::{Signer, SigningSecret, TokenError, Verifier};
use streamgate_contract::time::UnixMillis;

const KEY: &[u8] = b"0123456789abcdef0123456789abcdef";
const IAT: i64 = 1_800_000_000;
const NOW: UnixMillis = UnixMillis(IAT * 1000);
const SID: &str = "07070707-0707-4707-8707-070707070707";

fn secret(byte: u8) -> SigningSecret {
    SigningSecret::new(vec![byte; 32]).unwrap()
}

fn main_secret() -> SigningSecret {
    SigningSecret::new(KEY.to_vec()).unwrap()
}

fn verifier() -> Verifier {
    Verifier::new(&main_secret(), None)
}

fn playback() -> PlaybackClaims {
    PlaybackClaims {
        code: Code::parse("aBcD1234XyZ9").unwrap(),
        event_id: EventId::parse("ev").unwrap(),
        session_id: SessionId::parse(SID).unwrap(),
        issued_at: IAT,
        expires_at: IAT + 3600,
    }
}

fn valid() -> String {
    Signer::new(&main_secret(), false).sign_playback(&playback())
}

/// Signs any header and any claims with the right key, as a forger with the secret could.
fn forge(header: &str, claims: &str) -> String {
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims)
    );
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, KEY), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

fn verify(token: &str) -> Result<Claims, TokenError> {
    verifier().verify(token, NOW)
}

fn header_refusal(header: &str) -> TokenError {
    let claims = format!(
        r#"{{"sub":"a","eid":"ev","sid":"{SID}","sp":"/streams/ev/","iat":{IAT},"exp":{}}}"#,
        IAT + 60
    );
    verify(&forge(header, &claims)).expect_err(header)
}

/// Verifies claims in which one member of a good set is replaced by `member` (or left out, if that is empty).
fn with_member(name: &str, member: &str) -> Result<Claims, TokenError> {
    let good = [
        ("sub", r#""sub":"a""#.to_owned()),
        ("eid", r#""eid":"ev""#.to_owned()),
        ("sid", format!(r#""sid":"{SID}""#)),
        ("sp", r#""sp":"/streams/ev/""#.to_owned()),
        ("iat", format!(r#""iat":{IAT}"#)),
        ("exp", format!(r#""exp":{}"#, IAT + 60)),
    ];
    let mut members: Vec<String> = good
        .into_iter()
        .filter(|(key, _)| *key != name)
        .map(|(_, text)| text)
        .collect();
    if !member.is_empty() {
        members.push(member.to_owned());
    }
    verify(&forge(
        r#"{"alg":"HS256"}"#,
        &format!("{{{}}}", members.join(",")),
    ))
}
