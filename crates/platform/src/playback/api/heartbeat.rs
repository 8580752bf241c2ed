//! `POST /api/playback/heartbeat`: a player says that it is still there.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::refusals::{self, Place};
use crate::error::ApiError;
use crate::playback::token;

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
        (status = 503, description = "unavailable, with Retry-After", body = Object),
    )
)]
pub(super) async fn heartbeat(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Json<HeartbeatResponse>, ApiError> {
    let claims = token::read(&app, token::bearer(&headers))?;
    app.heartbeats.beat(claims).await.map_err(|refusal| {
        if let Some((ticket_id, at)) = &refusal.ticket {
            refusals::note(&app, ticket_id, Place::Heartbeat, &refusal.error, *at);
        }
        refusal.error
    })?;
    Ok(Json(HeartbeatResponse { ok: true }))
}
