//! Promises: the header is read strictly and chooses the key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use streamgate_contract::playback_token::{Signer, SigningSecret, TokenError, Verifier};

use super::{IAT, NOW, SID, forge, header_refusal, main_secret, playback, secret, valid, verifier, verify};

#[test]
fn the_header_on_the_wire_is_the_contracts_and_the_claims_have_its_names() {
    let token = valid();
    let mut parts = token
        .split('.')
        .map(|part| String::from_utf8_lossy(&URL_SAFE_NO_PAD.decode(part).unwrap()).into_owned());
    assert_eq!(parts.next().unwrap(), r#"{"alg":"HS256"}"#);
    assert_eq!(
        parts.next().unwrap(),
        format!(
            r#"{{"sub":"aBcD1234XyZ9","eid":"ev","sid":"{SID}","sp":"/streams/ev/","iat":{IAT},"exp":{}}}"#,
            IAT + 3600
        )
    );
}

// J-02, J-03
#[test]
fn any_other_algorithm_in_any_spelling_is_refused() {
    for alg in [
        r#""none""#,
        r#""None""#,
        r#""NONE""#,
        r#""nOnE""#,
        r#""""#,
        r#""hs256""#,
        r#""HS256 ""#,
        r#""HS384""#,
        r#""HS512""#,
        r#""RS256""#,
        r#""ES256""#,
        r#""EdDSA""#,
        "256",
        "null",
        "true",
        r#"["HS256"]"#,
        r#"{"HS256":1}"#,
    ] {
        assert_eq!(
            header_refusal(&format!(r#"{{"alg":{alg}}}"#)),
            TokenError::Algorithm,
            "{alg}"
        );
    }
    assert_eq!(header_refusal("{}"), TokenError::Algorithm);
    assert!(
        verify(&forge(r#"{"\u0061lg":"HS25\u0036"}"#, "{}"))
            .is_err_and(|error| error != TokenError::Algorithm)
    );
}

// J-09, J-16
#[test]
fn unknown_duplicate_and_wrong_typed_header_members_are_refused() {
    for member in [
        r#""jku":"https://evil""#,
        r#""x5u":"x""#,
        r#""jwk":{}"#,
        r#""x5c":[]"#,
        r#""b64":false"#,
        r#""zip":"DEF""#,
        r#""cty":"x""#,
        r#""typ":1"#,
        r#""typ":null"#,
        r#""kid":1"#,
        r#""kid":null"#,
        r#""kid":["x"]"#,
        r#""alg":"HS256""#,
        r#""\u0061lg":"none""#,
        r#""typ":"JWT","typ":"JWT""#,
        r#""ALG":"HS256""#,
    ] {
        assert_eq!(
            header_refusal(&format!(r#"{{"alg":"HS256",{member}}}"#)),
            TokenError::Header,
            "{member}"
        );
    }
    for crit in [r#"["exp"]"#, "[]", "null"] {
        assert_eq!(
            header_refusal(&format!(r#"{{"alg":"HS256","crit":{crit}}}"#)),
            TokenError::Critical
        );
    }
    for header in [
        "",
        "null",
        "1",
        r#""HS256""#,
        r#"["HS256"]"#,
        r#" ["HS256","JWT","x",true]"#,
        r#"{"alg":"HS256"}x"#,
        "{",
        r#"{"alg":"HS256",}"#,
    ] {
        assert_eq!(header_refusal(header), TokenError::Header, "{header}");
    }
}

// J-09, J-21
#[test]
fn a_key_is_chosen_by_kid_or_tried_current_first_then_previous() {
    let (old, new, other) = (secret(1), secret(2), secret(3));
    let rotating = Verifier::new(&new, Some(&old));
    for with_kid in [false, true] {
        let token = |key: &SigningSecret| Signer::new(key, with_kid).sign_playback(&playback());
        assert!(rotating.verify(&token(&new), NOW).is_ok());
        assert!(rotating.verify(&token(&old), NOW).is_ok());
        let refusal = if with_kid {
            TokenError::UnknownKey
        } else {
            TokenError::Signature
        };
        assert_eq!(rotating.verify(&token(&other), NOW), Err(refusal));
        assert_eq!(Verifier::new(&new, None).verify(&token(&old), NOW), Err(refusal));
    }
    for kid in ["../../etc/passwd", "' OR 1=1", "", "deadbeef", &"a".repeat(500)] {
        assert_eq!(
            header_refusal(&format!(r#"{{"alg":"HS256","kid":"{kid}"}}"#)),
            TokenError::UnknownKey
        );
    }
}

#[test]
fn the_kid_is_the_first_8_hex_digits_of_the_keys_sha256() {
    let token = Signer::new(&main_secret(), true).sign_playback(&playback());
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    // printf 0123456789abcdef0123456789abcdef | sha256sum | cut -c1-8
    assert_eq!(
        String::from_utf8(header).unwrap(),
        r#"{"alg":"HS256","kid":"3eb1bd43"}"#
    );
    assert_eq!(
        header_refusal(r#"{"alg":"HS256","kid":"3EB1BD43"}"#),
        TokenError::UnknownKey
    );
}

#[test]
fn debug_output_shows_no_key() {
    let text = format!("{:?} {:?}", verifier(), Signer::new(&main_secret(), true));
    assert_eq!(text, "Verifier(redacted) Signer(redacted)");
}
