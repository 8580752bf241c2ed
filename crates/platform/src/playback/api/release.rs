//! `POST /api/playback/release`: a player gives its session back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use bytes::Bytes;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use streamgate_contract::claims::Claims;
use streamgate_contract::feed::FeedChange;
use streamgate_contract::ids::SessionId;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{self, Entry, Kind};
use crate::error::ApiError;
use crate::extract::Client;
use crate::feed;
use crate::playback::queries::HeldTicket;
use crate::playback::rules::session_claims;
use crate::playback::{EndReason, queries, token};

/// A token where no header can be sent: `sendBeacon`, whose body may be declared as plain text.
#[derive(Deserialize, ToSchema)]
pub(crate) struct ReleaseRequest {
    token: String,
}

/// The session no longer holds its ticket.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReleaseResponse {
    released: bool,
}

/// Ends the token's own session, so that the ticket is free for another device at once.
#[utoipa::path(
    post, path = "/api/playback/release", tag = "viewer",
    params(("Authorization" = Option<String>, Header, description = "Bearer and the playback token")),
    request_body(content = Option<ReleaseRequest>, description = "Where no header can be sent"),
    responses(
        (status = 200, description = "Ended, now or before", body = ReleaseResponse),
        (status = 401, description = "invalid_token", body = Object),
    )
)]
pub(super) async fn release(
    State(app): State<Arc<App>>,
    client: Client,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<ReleaseResponse>, ApiError> {
    let in_body = serde_json::from_slice::<ReleaseRequest>(&body)
        .ok()
        .map(|request| request.token);
    let claims = token::read(&app, token::bearer(&headers).or(in_body.as_deref()))?;
    end(&app, &client, claims).await?;
    Ok(Json(ReleaseResponse { released: true }))
}

async fn end(app: &App, client: &Client, claims: Claims) -> Result<(), ApiError> {
    let mut tx = app.db.write().await?;
    let claims = session_claims(claims, tx.now().await?).ok_or(ApiError::InvalidToken)?;
    // A refresh under way mints its token first; an end that is dated earlier would be forgotten before it dies.
    let Some(ticket) = queries::lock_ticket_by_code(&mut tx, &claims.code).await? else {
        return Ok(());
    };
    let now = tx.now().await?;
    if queries::end_session(&mut tx, claims.session_id, EndReason::Released, now).await? {
        let sid = claims.session_id;
        feed::queries::append(&mut tx, now, &[FeedChange::SessionEnded { sid, at: now }]).await?;
        tx.commit().await?;
        tell(app, client, &ticket, sid);
    }
    Ok(())
}

fn tell(app: &App, client: &Client, ticket: &HeldTicket, sid: SessionId) {
    app.feed.wake();
    let entry = Entry::new(Kind::SessionEnded, client).event(ticket.event_id.as_str());
    audit::log(&entry.ticket(&ticket.id).detail(&format!("{sid} released")));
}
