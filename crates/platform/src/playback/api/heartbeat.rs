//! `POST /api/playback/heartbeat`: a player says that it is still there.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde::Serialize;
use streamgate_contract::claims::{GRACE_SECS, PlaybackClaims};
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;

use super::admission;
use crate::app::App;
use crate::audit::refusals::{self, Place};
use crate::db::Tx;
use crate::error::ApiError;
use crate::events;
use crate::playback::rules::{admit_with_grace, has_lapsed, session_claims, standing};
use crate::playback::{queries, token};

/// The session is live.
#[derive(Serialize, ToSchema)]
pub(crate) struct HeartbeatResponse {
    ok: bool,
}

/// Keeps a live session alive. One that has lapsed is not revived: its player refreshes.
#[utoipa::path(
    post, path = "/api/playback/heartbeat", tag = "viewer",
    params(("Authorization" = String, Header, description = "Bearer and the playback token")),
    responses(
        (status = 200, description = "The session is live", body = HeartbeatResponse),
        (status = 401, description = "invalid_token", body = Object),
        (status = 403, description = "ticket_revoked or event_unavailable", body = Object),
        (status = 404, description = "session_not_found, with reason", body = Object),
        (status = 409, description = "session_conflict, with reason", body = Object),
        (status = 410, description = "ticket_expired, with expiredAt", body = Object),
    )
)]
pub(super) async fn heartbeat(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Json<HeartbeatResponse>, ApiError> {
    let claims = token::read(&app, token::bearer(&headers))?;
    let mut tx = app.db.write().await?;
    let now = tx.now().await?;
    let claims = session_claims(claims, now).ok_or(ApiError::InvalidToken)?;
    let lapse_limit = app.lapse_limit(now);
    let expires_after = now.plus_millis(-GRACE_SECS * 1_000);
    if queries::beat(
        &mut tx,
        claims.session_id,
        &claims.code,
        now,
        lapse_limit,
        expires_after,
    )
    .await?
    {
        tx.commit().await?;
        return Ok(Json(HeartbeatResponse { ok: true }));
    }
    Err(refusal(&app, &mut tx, &claims, now, lapse_limit).await?)
}

/// Returns why a heartbeat found nothing to extend: the first reason that applies.
async fn refusal(
    app: &App,
    tx: &mut Tx,
    claims: &PlaybackClaims,
    now: UnixMillis,
    lapse_limit: Option<UnixMillis>,
) -> Result<ApiError, ApiError> {
    // A right signature on an unknown code: the ticket was deleted with its event.
    let Some(ticket) = queries::ticket_by_code(tx, Some(&claims.code)).await? else {
        return Ok(ApiError::EventUnavailable);
    };
    let Some(event) = events::queries::by_id(tx, &ticket.event_id).await? else {
        return Ok(ApiError::EventUnavailable);
    };
    if let Err(denial) = admit_with_grace(admission(&ticket, &event), now) {
        let refused = ApiError::from(denial);
        refusals::note(app, &ticket.id, Place::Heartbeat, &refused, now);
        return Ok(refused);
    }
    let holder = queries::holder(tx, &ticket.id).await?;
    let held_by_another = holder.is_some_and(|holder| {
        holder.sid != claims.session_id && !has_lapsed(holder.last_seen_at, lapse_limit)
    });
    let session = queries::session(tx, &ticket.id, claims.session_id).await?;
    // Live again since the update: an edge reported a media request in between. Its player asks anew.
    let reason = standing(session.as_ref(), lapse_limit)
        .reason()
        .unwrap_or("lapsed");
    let refused = if held_by_another {
        ApiError::SessionConflict { reason }
    } else {
        ApiError::SessionNotFound { reason }
    };
    refusals::note(app, &ticket.id, Place::Heartbeat, &refused, now);
    Ok(refused)
}
