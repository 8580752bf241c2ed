//! Freeing a ticket that is stuck on a device.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use streamgate_contract::feed::FeedChange;
use uuid::Uuid;

use super::{ChangedTicketBody, found, settle, ticket_id};
use crate::app::App;
use crate::audit::{self, Entry, Kind};
use crate::auth::Admin;
use crate::error::ApiError;
use crate::extract::ApiPath;
use crate::paging::Data;
use crate::playback;
use crate::playback::EndReason;
use crate::tickets::queries;

/// Ends the ticket's session, so that another device can use it; also 200 when there is none.
#[utoipa::path(
    post, path = "/api/admin/tokens/{id}/end-session", operation_id = "end_session_of_ticket", tag = "admin", params(("id" = String, Path)),
    responses((status = 200, body = Data<ChangedTicketBody>), (status = 401), (status = 404))
)]
pub(super) async fn end_session(
    State(app): State<Arc<App>>,
    admin: Admin,
    ApiPath(id): ApiPath<Uuid>,
) -> Result<Json<Data<ChangedTicketBody>>, ApiError> {
    let mut tx = app.db.write().await?;
    let titled = found(queries::lock(&mut tx, &ticket_id(id)).await?)?;
    let now = tx.now().await?;
    let ticket = &titled.ticket;
    let ended =
        playback::queries::end_session_of_ticket(&mut tx, &ticket.id, EndReason::Kicked, None, now).await?;
    let mut changes = Vec::new();
    if let Some(sid) = ended {
        changes.push(FeedChange::SessionEnded { sid, at: now });
        let entry = Entry::new(Kind::SessionEnded, &admin.client).ticket(&ticket.id);
        let entry = entry
            .event(ticket.event_id.as_str())
            .detail(EndReason::Kicked.as_str());
        audit::record(&app, &mut tx, now, &entry).await?;
    }
    settle(&app, tx, now, titled, &changes).await
}
