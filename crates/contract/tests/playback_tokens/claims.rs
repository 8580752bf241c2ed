//! Promises: the claims are read strictly, once the signature has proved right.

use streamgate_contract::claims::Claims;
use streamgate_contract::playback_token::{ClaimsError, TokenError};
use streamgate_contract::time::UnixMillis;

use super::{IAT, SID, forge, valid, verifier, verify, with_member};

// J-10, J-11
#[test]
fn times_must_be_whole_numbers() {
    for name in ["exp", "iat", "nbf"] {
        for value in [
            r#""1800000001""#,
            "1800000001.0",
            "1800000001.5",
            "1.8e9",
            "18446744073709551616",
            "1e400",
            "null",
            "NaN",
            "[1]",
            "true",
            "{}",
            "-0",
        ] {
            let member = format!(r#""{name}":{value}"#);
            assert_eq!(
                with_member(name, &member),
                Err(ClaimsError::Malformed.into()),
                "{member}"
            );
        }
    }
    for name in ["exp", "iat"] {
        assert_eq!(with_member(name, ""), Err(ClaimsError::Missing(name).into()));
        assert_eq!(
            with_member(name, &format!(r#""{name}":-1"#)),
            Err(ClaimsError::Invalid(name).into())
        );
    }
    for value in [9_007_199_254_740_992, i64::MAX] {
        assert_eq!(
            with_member("exp", &format!(r#""exp":{value}"#)),
            Err(TokenError::Lifetime)
        );
    }
    assert!(with_member("", r#""nbf":0"#).is_ok());
    assert!(with_member("", r#""nbf":-9223372036854775808"#).is_ok());
}

// J-11, J-12
#[test]
fn a_token_from_the_future_is_refused_beyond_the_leeway_exactly() {
    let at = |ms: i64| verifier().verify(&valid(), UnixMillis(IAT * 1000 + ms));
    assert!(at(-5000).is_ok());
    assert_eq!(at(-5001), Err(TokenError::FromTheFuture));
    assert!(with_member("", &format!(r#""nbf":{}"#, IAT + 5)).is_ok());
    assert_eq!(
        with_member("", &format!(r#""nbf":{}"#, IAT + 6)),
        Err(TokenError::FromTheFuture)
    );
}

// J-12
#[test]
fn a_life_longer_than_the_lifetime_and_the_leeway_is_refused() {
    for (life, verifies) in [
        (-1, false),
        (0, false),
        (1, true),
        (3600, true),
        (3605, true),
        (3606, false),
    ] {
        let result = with_member("exp", &format!(r#""exp":{}"#, IAT + life));
        assert_eq!(result.is_ok(), verifies, "{life}");
        assert!(verifies || result == Err(TokenError::Lifetime));
    }
}

// J-13
#[test]
fn an_expired_token_verifies_and_says_that_it_is_expired() {
    let later = UnixMillis((IAT + 3605) * 1000);
    let claims = verifier().verify(&valid(), later).unwrap();
    assert!(claims.is_expired(later));
    assert!(!claims.is_expired(later.plus_millis(-1)));
}

// J-16, J-17
#[test]
fn duplicate_wrong_typed_and_impossible_claims_are_refused() {
    for member in [
        r#""exp":1"#,
        r#""\u0065xp":1"#,
        r#""sid":"x""#,
        r#""x":1,"x":1"#,
        r#""x":1,"\u0078":2"#,
        r#""probe":1"#,
        r#""probe":"true""#,
        r#""probe":null"#,
        r#""probe":false,"probe":false"#,
    ] {
        assert_eq!(
            with_member("", member),
            Err(ClaimsError::Malformed.into()),
            "{member}"
        );
    }
    for name in ["sub", "eid", "sid", "sp"] {
        for value in ["1", "[]", "{}", "null", "true", r#""\ud800""#] {
            let member = format!(r#""{name}":{value}"#);
            assert_eq!(
                with_member(name, &member),
                Err(ClaimsError::Malformed.into()),
                "{member}"
            );
        }
        assert_eq!(with_member(name, ""), Err(ClaimsError::Missing(name).into()));
    }
    for name in ["sub", "eid", "sid"] {
        for value in ["", "a\\u0000", "a b", "\\u202ea", "a/b", &"a".repeat(200)] {
            let member = format!(r#""{name}":"{value}""#);
            assert_eq!(
                with_member(name, &member),
                Err(ClaimsError::Invalid(name).into()),
                "{member}"
            );
        }
    }
    for claims in ["", "null", "[]", "1", r#""x""#, "{", "{}x"] {
        assert_eq!(
            verify(&forge(r#"{"alg":"HS256"}"#, claims)),
            Err(ClaimsError::Malformed.into()),
            "{claims}"
        );
    }
}

// J-14: claims that the contract does not know are no reason to refuse.
#[test]
fn unknown_claims_are_ignored_and_escapes_are_resolved() {
    assert!(with_member("", r#""aud":["x"],"iss":null,"jti":{"a":1.5}"#).is_ok());
    assert_eq!(with_member("eid", r#""eid":"\u0065v""#), with_member("", ""));
}

// J-18
// J-14
#[test]
fn the_scope_is_exactly_the_events_own_prefix() {
    for scope in [
        "",
        "/",
        "/streams/",
        "/streams/ev",
        "/streams/ev/x",
        "/streams/ev2/",
        "/streams/EV/",
        "/streams/../streams/ev/",
        "/streams/ev//",
    ] {
        assert_eq!(
            with_member("sp", &format!(r#""sp":"{scope}""#)),
            Err(TokenError::Scope),
            "{scope}"
        );
    }
}

// J-15
#[test]
fn a_probe_names_no_viewer_and_lives_for_seconds() {
    let probe = |extra: &str, life: i64| {
        verify(&forge(
            r#"{"alg":"HS256","typ":"JWT"}"#,
            &format!(
                r#"{{"eid":"ev","sp":"/streams/ev/","iat":{IAT},"exp":{}{extra}}}"#,
                IAT + life
            ),
        ))
    };
    assert!(matches!(probe(r#","probe":true"#, 15), Ok(Claims::Probe(_))));
    assert_eq!(probe(r#","probe":true"#, 16), Err(TokenError::Lifetime));
    assert_eq!(
        probe(r#","probe":true,"sub":"a""#, 10),
        Err(ClaimsError::ProbeWithViewer.into())
    );
    assert_eq!(
        probe(&format!(r#","probe":true,"sid":"{SID}""#), 10),
        Err(ClaimsError::ProbeWithViewer.into())
    );
    assert_eq!(
        probe(r#","probe":false"#, 10),
        Err(ClaimsError::Missing("sub").into())
    );
    assert_eq!(probe("", 10), Err(ClaimsError::Missing("sub").into()));
    assert!(matches!(
        with_member("", r#""probe":false"#),
        Ok(Claims::Playback(_))
    ));
}
