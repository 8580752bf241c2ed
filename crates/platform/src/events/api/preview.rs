//! Watching an event without spending a ticket.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use streamgate_contract::ids::{Code, EventId, SessionId};
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::{self, Entry, Kind};
use crate::auth::Admin;
use crate::error::ApiError;
use crate::events::queries;
use crate::extract::ApiPath;
use crate::paging::Data;
use crate::playback::token;

/// What a player needs for a preview.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Preview {
    playback_token: String,
    /// Where the streams are; empty for the page's own origin.
    playback_base_url: String,
    /// The playlist's path under `playbackBaseUrl`.
    stream_path: String,
    /// Seconds that the token lives.
    token_expires_in: i64,
}

/// Returns a token to watch an event with. It counts as no viewer; refresh and heartbeat answer it 401, so ask for
/// another one every 15 minutes.
#[utoipa::path(
    post, path = "/api/admin/events/{id}/preview", operation_id = "preview_event", tag = "admin", params(("id" = String, Path)),
    responses(
        (status = 200, body = Data<Preview>),
        (status = 401),
        (status = 404),
        (status = 409, description = "`event_unavailable`: the event is switched off")
    )
)]
pub(super) async fn preview(
    State(app): State<Arc<App>>,
    admin: Admin,
    ApiPath(id): ApiPath<EventId>,
) -> Result<Json<Data<Preview>>, ApiError> {
    let mut tx = app.db.write().await?;
    // Held until the token is minted, as a claim holds its ticket: whoever switches the event off waits, and its
    // record is then younger than the token.
    let event = queries::lock(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
    if !event.is_active {
        return Err(ApiError::PreviewUnavailable);
    }
    let now = tx.now().await?;
    let entry = Entry::new(Kind::PreviewStarted, &admin.client).event(id.as_str());
    audit::record(&app, &mut tx, now, &entry).await?;
    let sid = SessionId::from_random_bytes(app.new_random_uuid().into_bytes());
    // No ticket, so no ticket's expiry: the organiser looks at recordings too.
    let never = UnixMillis(i64::MAX / 2);
    let minted = token::mint(&app, &Code::preview(), &id, sid, now, never);
    tx.commit().await?;
    Ok(Json(Data {
        data: Preview {
            playback_token: minted.token,
            playback_base_url: app.settings.playback_base_url.clone(),
            stream_path: format!("{}stream.m3u8", id.path_prefix()),
            token_expires_in: minted.expires_in,
        },
    }))
}
