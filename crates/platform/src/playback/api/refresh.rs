//! `POST /api/playback/refresh`: a player renews its token, or takes its lapsed session back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde::Serialize;
use streamgate_contract::claims::PlaybackClaims;
use streamgate_contract::feed::FeedChange;
use streamgate_contract::ids::{DeviceId, SessionId};
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;

use super::{admission, tell_claim};
use crate::app::App;
use crate::audit::refusals::{self, Place};
use crate::audit::{self, Entry, Kind};
use crate::db::Tx;
use crate::error::ApiError;
use crate::events;
use crate::extract::Client;
use crate::feed;
use crate::playback::queries::{self, HeldTicket, NewSession};
use crate::playback::rules::{Standing, admit, has_lapsed, session_claims, standing};
use crate::playback::{EndReason, token};

/// A new token for a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefreshResponse {
    playback_token: String,
    /// Seconds that the token lives.
    token_expires_in: i64,
    /// When the ticket stops admitting.
    #[schema(value_type = String, format = DateTime)]
    expires_at: UnixMillis,
}

/// Renews the playback token of a session that holds its ticket, or that lost it by silence alone.
#[utoipa::path(
    post, path = "/api/playback/refresh", tag = "viewer",
    params(("Authorization" = String, Header, description = "Bearer and the playback token")),
    responses(
        (status = 200, description = "A new token", body = RefreshResponse),
        (status = 401, description = "invalid_token, or session_ended with reason", body = Object),
        (status = 403, description = "ticket_revoked or event_unavailable", body = Object),
        (status = 409, description = "in_use, with inUse", body = Object),
        (status = 410, description = "ticket_expired, with expiredAt", body = Object),
        (status = 429, description = "rate_limited, with Retry-After", body = Object),
    )
)]
pub(super) async fn refresh(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
) -> Result<Json<RefreshResponse>, ApiError> {
    let log_refusal = |error: &ApiError| {
        audit::log(&Entry::new(Kind::RefreshRefused, &client).detail(&error.to_string()));
    };
    let claims = token::read(&app, token::bearer(&headers)).inspect_err(log_refusal)?;
    let mut tx = app.db.write().await?;
    let claims = session_claims(claims, tx.now().await?)
        .ok_or(ApiError::InvalidToken)
        .inspect_err(log_refusal)?;
    // A right signature on an unknown code: the ticket was deleted with its event.
    let ticket = queries::lock_ticket_by_code(&mut tx, &claims.code)
        .await?
        .ok_or(ApiError::EventUnavailable)
        .inspect_err(log_refusal)?;
    let outcome = refresh_locked(&app, tx, &client, &claims, &ticket).await;
    let entry = |kind| {
        Entry::new(kind, &client)
            .event(ticket.event_id.as_str())
            .ticket(&ticket.id)
    };
    match &outcome {
        Ok(_) => audit::log(&entry(Kind::TokenRefreshed)),
        Err(error) => {
            refusals::note(
                &app,
                &ticket.id,
                Place::Refresh,
                error,
                UnixMillis(app.clock.unix_millis()),
            );
            audit::log(&entry(Kind::RefreshRefused).detail(&error.to_string()));
        }
    }
    outcome.map(Json)
}

async fn refresh_locked(
    app: &App,
    mut tx: Tx,
    client: &Client,
    claims: &PlaybackClaims,
    ticket: &HeldTicket,
) -> Result<RefreshResponse, ApiError> {
    app.limiters.count_refresh(&ticket.id, app.clock.unix_millis())?;
    let now = tx.now().await?;
    if ticket.event_id != claims.event_id {
        return Err(ApiError::InvalidToken);
    }
    let event = events::queries::by_id(&mut tx, &ticket.event_id)
        .await?
        .ok_or(ApiError::EventUnavailable)?;
    admit(admission(ticket, &event), now)?;
    let holder = queries::lock_holder(&mut tx, &ticket.id).await?;
    let session = queries::session(&mut tx, &ticket.id, claims.session_id).await?;
    let (sid, superseded) = match standing(session.as_ref(), app.lapse_limit(now)) {
        Standing::Ended { reason } => return Err(ApiError::SessionEnded { reason }),
        Standing::Live => {
            queries::touch(&mut tx, claims.session_id, now).await?;
            (claims.session_id, None)
        }
        Standing::Lapsed | Standing::Expired => {
            let held_by_another = holder.as_ref().is_some_and(|holder| {
                holder.sid != claims.session_id && !has_lapsed(holder.last_seen_at, app.lapse_limit(now))
            });
            if held_by_another {
                return Err(ApiError::InUse);
            }
            let device = session.and_then(|session| session.device_id);
            reclaim(app, &mut tx, client, ticket, device.as_deref(), now).await?
        }
    };
    if let Some(sid) = superseded {
        feed::queries::append(&mut tx, now, &[FeedChange::SessionEnded { sid, at: now }]).await?;
    }
    tx.commit().await?;
    if sid != claims.session_id {
        tell_claim(app, client, ticket, sid, superseded);
    }
    let minted = token::mint(app, &claims.code, &ticket.event_id, sid, now, ticket.expires_at);
    Ok(RefreshResponse {
        playback_token: minted.token,
        token_expires_in: minted.expires_in,
        expires_at: ticket.expires_at,
    })
}

/// Opens a new session for the device that held the ticket; returns it and the one that it ends, if any.
async fn reclaim(
    app: &App,
    tx: &mut Tx,
    client: &Client,
    ticket: &HeldTicket,
    device: Option<&str>,
    now: UnixMillis,
) -> Result<(SessionId, Option<SessionId>), ApiError> {
    let superseded =
        queries::end_session_of_ticket(tx, &ticket.id, EndReason::Superseded, device, now).await?;
    let sid = SessionId::from_random_bytes(app.new_random_uuid().into_bytes());
    let device = device.and_then(|text| DeviceId::parse(text).ok());
    let new = NewSession {
        sid,
        ticket_id: &ticket.id,
        device: device.as_ref(),
        client,
        now,
    };
    if !queries::open_session(tx, new).await? {
        return Err(ApiError::InUse);
    }
    Ok((sid, superseded))
}
