//! Generating tickets.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use streamgate_contract::ids::EventId;

use super::TicketBody;
use crate::app::App;
use crate::audit::{self, Entry, Kind};
use crate::auth::Admin;
use crate::error::ApiError;
use crate::events;
use crate::extract::{ApiJson, ApiPath};
use crate::paging::Data;
use crate::tickets::rules::GenerateForm;
use crate::tickets::{TicketDraft, counted, store_drafts};

/// Generates tickets for an event, all or none.
#[utoipa::path(
    post, path = "/api/admin/events/{id}/tokens/generate", operation_id = "generate_tickets", tag = "admin", params(("id" = String, Path)),
    request_body = GenerateForm,
    responses(
        (status = 201, body = Data<Vec<TicketBody>>),
        (status = 400),
        (status = 401),
        (status = 404),
        (status = 409, description = "the event's access window is over")
    )
)]
pub(super) async fn generate(
    State(app): State<Arc<App>>,
    admin: Admin,
    ApiPath(id): ApiPath<EventId>,
    ApiJson(form): ApiJson<GenerateForm>,
) -> Result<(StatusCode, Json<Data<Vec<TicketBody>>>), ApiError> {
    let generation = form.validate()?;
    let mut tx = app.db.write().await?;
    let event = events::queries::lock(&mut tx, &id)
        .await?
        .ok_or(ApiError::NotFound)?;
    let now = tx.now().await?;
    let expires_at = event.plan.tickets_expire_at();
    if expires_at <= now {
        return Err(ApiError::BornExpired);
    }
    let (event_id, label) = (id.clone(), generation.label);
    let draft = TicketDraft {
        event_id,
        label,
        revoked_at: None,
        redeemed_at: None,
        expires_at,
        created_at: now,
    };
    let tickets = store_drafts(&app, &mut tx, vec![draft; generation.count]).await?;
    let detail = counted(tickets.len());
    let entry = Entry::new(Kind::TicketsGenerated, &admin.client)
        .event(id.as_str())
        .detail(&detail);
    audit::record(&app, &mut tx, now, &entry).await?;
    tx.commit().await?;
    let title = event.plan.title;
    let data = tickets
        .into_iter()
        .map(|ticket| TicketBody::new(ticket, title.clone(), now))
        .collect();
    Ok((StatusCode::CREATED, Json(Data { data })))
}
