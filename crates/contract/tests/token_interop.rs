//! Promises: tokens minted here verify with another JWT implementation, and tokens minted there verify here (J-29).
#![expect(clippy::unwrap_used, reason = "test support may panic")]

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde_json::{Value, json};
use streamgate_contract::claims::{Claims, PlaybackClaims, ProbeClaims};
use streamgate_contract::ids::{Code, EventId, SessionId};
use streamgate_contract::playback_token::{Signer, SigningSecret, TokenError, Verifier};
use streamgate_contract::time::UnixMillis;

const KEY: &[u8] = b"an interoperability key, 40 bytes long..";
const IAT: i64 = 1_800_000_000;
const NOW: UnixMillis = UnixMillis(IAT * 1000);

fn secret() -> SigningSecret {
    SigningSecret::new(KEY.to_vec()).unwrap()
}

fn claims() -> PlaybackClaims {
    PlaybackClaims {
        code: Code::parse("aBcD1234XyZ9").unwrap(),
        event_id: EventId::parse("Event_7-b").unwrap(),
        session_id: SessionId::from_random_bytes([42; 16]),
        issued_at: IAT,
        expires_at: IAT + 3600,
    }
}

fn claims_json() -> Value {
    let claims = claims();
    json!({
        "sub": "aBcD1234XyZ9", "eid": "Event_7-b", "sid": claims.session_id.to_string(),
        "sp": "/streams/Event_7-b/", "iat": IAT, "exp": IAT + 3600,
    })
}

fn theirs(token: &str) -> Value {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["exp"]);
    decode::<Value>(token, &DecodingKey::from_secret(KEY), &validation)
        .unwrap()
        .claims
}

#[test]
fn tokens_minted_here_verify_there() {
    for with_kid in [false, true] {
        let signer = Signer::new(&secret(), with_kid);
        assert_eq!(theirs(&signer.sign_playback(&claims())), claims_json());
        let probe = ProbeClaims {
            event_id: claims().event_id,
            issued_at: IAT,
            expires_at: IAT + 10,
        };
        assert_eq!(
            theirs(&signer.sign_probe(&probe)),
            json!({"eid": "Event_7-b", "sp": "/streams/Event_7-b/", "iat": IAT, "exp": IAT + 10, "probe": true})
        );
    }
}

#[test]
fn tokens_minted_there_verify_here() {
    let token = encode(&Header::default(), &claims_json(), &EncodingKey::from_secret(KEY)).unwrap();
    assert_eq!(
        Verifier::new(&secret(), None).verify(&token, NOW),
        Ok(Claims::Playback(claims()))
    );
}

// J-03
#[test]
fn tokens_minted_there_with_another_algorithm_are_refused_here() {
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = encode(
            &Header::new(algorithm),
            &claims_json(),
            &EncodingKey::from_secret(KEY),
        )
        .unwrap();
        assert_eq!(
            Verifier::new(&secret(), None).verify(&token, NOW),
            Err(TokenError::Algorithm)
        );
    }
}
