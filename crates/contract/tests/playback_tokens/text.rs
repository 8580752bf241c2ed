//! Promises: size, character set, parts and signature come first, and no text panics.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use streamgate_contract::claims::{Claims, ProbeClaims};
use streamgate_contract::ids::EventId;
use streamgate_contract::playback_token::{ClaimsError, Signer, TokenError, Verifier};
use streamgate_contract::time::UnixMillis;

use super::{
    IAT, NOW, forge, header_refusal, main_secret, playback, secret, valid, verifier, verify, with_member,
};

#[test]
fn a_minted_token_verifies_and_gives_its_claims_back() {
    assert_eq!(verify(&valid()), Ok(Claims::Playback(playback())));
    let probe = ProbeClaims {
        event_id: EventId::parse("ev").unwrap(),
        issued_at: IAT,
        expires_at: IAT + 10,
    };
    let token = Signer::new(&main_secret(), true).sign_probe(&probe);
    assert_eq!(verify(&token), Ok(Claims::Probe(probe)));
}

// J-04
#[test]
fn each_of_the_256_bits_of_the_signature_counts() {
    let token = valid();
    let (signed, tag) = token.rsplit_once('.').unwrap();
    let tag = URL_SAFE_NO_PAD.decode(tag).unwrap();
    for bit in 0..256 {
        let mut flipped = tag.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(flipped));
        assert_eq!(verify(&forged), Err(TokenError::Signature), "bit {bit}");
    }
    for wrong in [&tag[..0], &tag[..31], &[&tag[..], &[0]].concat()] {
        let forged = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(wrong));
        assert_eq!(verify(&forged), Err(TokenError::Signature));
    }
    let mut other = playback();
    other.issued_at -= 1;
    let other = Signer::new(&main_secret(), false).sign_playback(&other);
    assert_eq!(
        verify(&format!("{signed}.{}", other.rsplit_once('.').unwrap().1)),
        Err(TokenError::Signature)
    );
}

// J-05, J-07
#[test]
fn anything_but_three_parts_of_the_alphabet_is_refused_before_parsing() {
    let token = valid();
    let parts: Vec<&str> = token.split('.').collect();
    let (header, claims, tag) = (parts[0], parts[1], parts[2]);
    for text in [
        String::new(),
        header.to_owned(),
        format!("{header}.{claims}"),
        format!("{token}."),
        format!(".{token}"),
        format!("{token}.x"),
        format!("{token}.x.y"),
        format!("{header}..{claims}.{tag}"),
    ] {
        assert_eq!(verify(&text), Err(TokenError::Parts), "{text}");
    }
    assert!(verify(&format!("{claims}.{header}.{tag}")).is_err());
    for text in [
        format!(" {token}"),
        format!("{token}\n"),
        format!("{header}. {claims}.{tag}"),
        format!("{token}="),
        format!("{token}é"),
        r#"{"payload":"x"}"#.to_owned(),
        format!("{token}\0"),
        format!("{header}+.{claims}.{tag}"),
    ] {
        assert_eq!(verify(&text), Err(TokenError::Charset), "{text}");
    }
}

// J-06
#[test]
fn a_part_has_one_canonical_text_only() {
    let token = valid();
    let last = token.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let index = alphabet.find(last).unwrap();
    // The last character carries two bits that are no part of the bytes; any but zero is another text for them.
    for noise in 1..4 {
        let twin = alphabet.chars().nth(index + noise).unwrap();
        assert_eq!(
            verify(&format!("{}{twin}", &token[..token.len() - 1])),
            Err(TokenError::Encoding)
        );
    }
    assert_eq!(
        verify(&format!("A.{}", token.split_once('.').unwrap().1)),
        Err(TokenError::Encoding)
    );
}

// J-08
#[test]
fn size_is_refused_first_and_nesting_is_bounded() {
    assert_eq!(verify(&"!".repeat(2049)), Err(TokenError::TooLong));
    assert_eq!(verify(&"a".repeat(2048)), Err(TokenError::Parts));
    assert_eq!(verify(&"a".repeat(1 << 20)), Err(TokenError::TooLong));
    assert_eq!(
        header_refusal(&format!(r#"{{"alg":{}"#, "[".repeat(1000))),
        TokenError::Header
    );
    let nested = format!(r#""x":{}1{}"#, "[".repeat(500), "]".repeat(500));
    // Skipped without recursion where it is ignored, refused where it is read.
    assert!(with_member("", &nested).is_ok());
    assert_eq!(
        with_member("eid", &nested.replace('x', "eid")),
        Err(ClaimsError::Malformed.into())
    );
}

#[test]
fn the_signature_is_looked_at_before_the_claims() {
    let token = forge(r#"{"alg":"HS256"}"#, "{}");
    assert_eq!(verify(&token), Err(ClaimsError::Missing("eid").into()));
    assert_eq!(
        Verifier::new(&secret(9), None).verify(&token, NOW),
        Err(TokenError::Signature)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    // J-26
    #[test]
    fn any_other_byte_anywhere_is_refused(position in any::<prop::sample::Index>(), byte in 0_u8..128) {
        let token = valid();
        let mut bytes = token.clone().into_bytes();
        let position = position.index(bytes.len());
        bytes[position] = byte;
        let mutated = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(verify(&mutated).is_ok(), mutated == token);
    }

    // J-04
    #[test]
    fn any_truncation_is_refused(keep in any::<prop::sample::Index>()) {
        let token = valid();
        prop_assert!(verify(&token[..keep.index(token.len())]).is_err());
    }

    // J-30
    #[test]
    fn no_text_panics(text in prop_oneof![any::<String>(), "[A-Za-z0-9_-]{0,60}(\\.[A-Za-z0-9_-]{0,60}){2}"]) {
        prop_assert!(verify(&text).is_err());
    }

    // J-30
    #[test]
    fn no_signed_content_panics(
        header in prop_oneof![Just(r#"{"alg":"HS256"}"#.to_owned()), "[{\\[\"a-z0-9:,}\\]]{0,40}"],
        claims in prop_oneof!["[{\\[\"a-z0-9:,}\\].\\\\-]{0,80}", any::<String>()],
        now: i64,
    ) {
        prop_assert!(verifier().verify(&forge(&header, &claims), UnixMillis(now)).is_err());
    }
}
