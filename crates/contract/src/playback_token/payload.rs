//! The strict reading of a token's claims, once the signature has proved right.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{ClaimsError, TokenError};
use crate::claims::{
    CLOCK_LEEWAY_SECS, Claims, PLAYBACK_TOKEN_LIFETIME_SECS, PROBE_TOKEN_LIFETIME_SECS, PlaybackClaims,
    ProbeClaims,
};
use crate::ids::{Code, EventId, SessionId};
use crate::time::UnixMillis;

/// A JSON string, borrowed where it holds no escapes.
#[derive(Deserialize)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// The claims as they stand in the JSON, correctly typed and none of them twice.
#[derive(Default)]
struct Payload<'a> {
    sub: Option<Text<'a>>,
    eid: Option<Text<'a>>,
    sid: Option<Text<'a>>,
    sp: Option<Text<'a>>,
    iat: Option<i64>,
    exp: Option<i64>,
    nbf: Option<i64>,
    probe: Option<bool>,
}

/// A member's name, its escapes resolved.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Name {
    Sub,
    Eid,
    Sid,
    Sp,
    Iat,
    Exp,
    Nbf,
    Probe,
    Other(String),
}

impl<'de: 'a, 'a> Deserialize<'de> for Payload<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PayloadVisitor)
    }
}

struct PayloadVisitor;

impl<'de> Visitor<'de> for PayloadVisitor {
    type Value = Payload<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut payload = Payload::default();
        let mut others = Vec::new();
        while let Some(name) = members.next_key()? {
            match name {
                Name::Sub => once(&mut payload.sub, &mut members)?,
                Name::Eid => once(&mut payload.eid, &mut members)?,
                Name::Sid => once(&mut payload.sid, &mut members)?,
                Name::Sp => once(&mut payload.sp, &mut members)?,
                Name::Iat => once(&mut payload.iat, &mut members)?,
                Name::Exp => once(&mut payload.exp, &mut members)?,
                Name::Nbf => once(&mut payload.nbf, &mut members)?,
                Name::Probe => once(&mut payload.probe, &mut members)?,
                Name::Other(other) => {
                    members.next_value::<IgnoredAny>()?;
                    if others.contains(&other) {
                        return Err(A::Error::custom("duplicate claim"));
                    }
                    others.push(other);
                }
            }
        }
        Ok(payload)
    }
}

/// Reads a claim's value unless it stands there already.
fn once<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    claim: &mut Option<T>,
    members: &mut A,
) -> Result<(), A::Error> {
    match claim.replace(members.next_value()?) {
        Some(_) => Err(A::Error::custom("duplicate claim")),
        None => Ok(()),
    }
}

/// Reads the claims' JSON; every rule but whether `exp` has passed.
pub(super) fn claims(json: &str, now: UnixMillis) -> Result<Claims, TokenError> {
    let payload: Payload<'_> = serde_json::from_str(json).map_err(|_| ClaimsError::Malformed)?;
    let event_id =
        EventId::parse(text("eid", payload.eid.as_ref())?).map_err(|_| ClaimsError::Invalid("eid"))?;
    if text("sp", payload.sp.as_ref())? != event_id.path_prefix() {
        return Err(TokenError::Scope);
    }
    let issued_at = seconds("iat", payload.iat)?;
    let expires_at = seconds("exp", payload.exp)?;
    let lifetime_max = match payload.probe {
        Some(true) => PROBE_TOKEN_LIFETIME_SECS,
        _ => PLAYBACK_TOKEN_LIFETIME_SECS,
    };
    let lifetime = expires_at.saturating_sub(issued_at);
    if !(1..=lifetime_max + CLOCK_LEEWAY_SECS).contains(&lifetime) {
        return Err(TokenError::Lifetime);
    }
    let starts_at = payload
        .nbf
        .map_or(issued_at, |not_before| not_before.max(issued_at));
    if UnixMillis::from_secs(starts_at) > now.plus_millis(CLOCK_LEEWAY_SECS * 1000) {
        return Err(TokenError::FromTheFuture);
    }
    if payload.probe == Some(true) {
        if payload.sub.is_some() || payload.sid.is_some() {
            return Err(ClaimsError::ProbeWithViewer.into());
        }
        return Ok(Claims::Probe(ProbeClaims {
            event_id,
            issued_at,
            expires_at,
        }));
    }
    let code = Code::parse(text("sub", payload.sub.as_ref())?).map_err(|_| ClaimsError::Invalid("sub"))?;
    let session_id =
        SessionId::parse(text("sid", payload.sid.as_ref())?).map_err(|_| ClaimsError::Invalid("sid"))?;
    Ok(Claims::Playback(PlaybackClaims {
        code,
        event_id,
        session_id,
        issued_at,
        expires_at,
    }))
}

fn text<'a>(name: &'static str, claim: Option<&'a Text<'_>>) -> Result<&'a str, ClaimsError> {
    claim
        .map(|text| text.0.as_ref())
        .ok_or(ClaimsError::Missing(name))
}

/// Whole seconds since 1970; nothing was minted before.
fn seconds(name: &'static str, claim: Option<i64>) -> Result<i64, ClaimsError> {
    let seconds = claim.ok_or(ClaimsError::Missing(name))?;
    if seconds >= 0 {
        Ok(seconds)
    } else {
        Err(ClaimsError::Invalid(name))
    }
}
