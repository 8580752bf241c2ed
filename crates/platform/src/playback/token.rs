//! Playback tokens at the platform: minted under the ticket's lock, read from requests.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use streamgate_contract::claims::{Claims, PlaybackClaims};
use streamgate_contract::ids::{Code, EventId, SessionId};
use streamgate_contract::time::UnixMillis;

use super::rules::token_life;
use crate::app::App;
use crate::error::ApiError;

/// A token for a player, and the seconds that it lives.
#[derive(Debug)]
pub(crate) struct Minted {
    pub(crate) token: String,
    pub(crate) expires_in: i64,
}

/// Mints the token of a session. `now` is the database's time, taken after the ticket was locked.
pub(crate) fn mint(
    app: &App,
    code: &Code,
    event_id: &EventId,
    session_id: SessionId,
    now: UnixMillis,
    ticket_expires_at: UnixMillis,
) -> Minted {
    let life = token_life(now, ticket_expires_at);
    let token = app.signer.sign_playback(&PlaybackClaims {
        code: code.clone(),
        event_id: event_id.clone(),
        session_id,
        issued_at: life.issued_at,
        expires_at: life.expires_at,
    });
    Minted {
        token,
        expires_in: life.secs(),
    }
}

/// Returns the token of `Authorization: Bearer`; another scheme counts as none.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Returns what a token claims if its signature is ours.
///
/// Its times are for the caller to judge by the database's clock, with [`super::rules::session_claims`]; this
/// process's clock decides nothing, so that a wrong one ejects nobody.
pub(crate) fn read(app: &App, token: Option<&str>) -> Result<Claims, ApiError> {
    let token = token.ok_or(ApiError::InvalidToken)?;
    app.verifier
        .verify(token, UnixMillis(i64::MAX))
        .map_err(|_| ApiError::InvalidToken)
}
