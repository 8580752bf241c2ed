//! Creating and editing events.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use streamgate_contract::feed::FeedChange;
use streamgate_contract::ids::EventId;

use super::{EventBody, with_counts};
use crate::app::App;
use crate::audit::{self, Entry, Kind};
use crate::auth::Admin;
use crate::error::ApiError;
use crate::events::rules::EventForm;
use crate::events::{Event, queries};
use crate::extract::{ApiJson, ApiPath};
use crate::feed;
use crate::paging::Data;

/// Creates an event.
#[utoipa::path(
    post, path = "/api/admin/events", operation_id = "create_event", tag = "admin", request_body = EventForm,
    responses((status = 201, body = Data<EventBody>), (status = 400), (status = 401))
)]
pub(super) async fn create(
    State(app): State<Arc<App>>,
    admin: Admin,
    ApiJson(form): ApiJson<EventForm>,
) -> Result<(StatusCode, Json<Data<EventBody>>), ApiError> {
    let plan = form.validate(None, is_https(&app))?;
    let mut tx = app.db.write().await?;
    let now = tx.now().await?;
    let event = Event::new(new_event_id(&app, now)?, plan, now);
    queries::insert(&mut tx, &event).await?;
    let entry = Entry::new(Kind::EventCreated, &admin.client).event(event.id.as_str());
    audit::record(&app, &mut tx, now, &entry).await?;
    let data = with_counts(&app, &mut tx, now, event.clone()).await?;
    if event.plan.stream_url.is_some() {
        feed::queries::append(&mut tx, now, &[source_change(&event)]).await?;
    }
    tx.commit().await?;
    app.feed.wake();
    Ok((StatusCode::CREATED, Json(Data { data })))
}

/// Edits an event; omitted optional fields keep their value. All its tickets get the new expiry at once.
#[utoipa::path(
    put, path = "/api/admin/events/{id}", operation_id = "edit_event", tag = "admin", params(("id" = String, Path)), request_body = EventForm,
    responses((status = 200, body = Data<EventBody>), (status = 400), (status = 401), (status = 404))
)]
pub(super) async fn edit(
    State(app): State<Arc<App>>,
    admin: Admin,
    ApiPath(id): ApiPath<EventId>,
    ApiJson(form): ApiJson<EventForm>,
) -> Result<Json<Data<EventBody>>, ApiError> {
    let mut tx = app.db.write().await?;
    let before = queries::lock_with_tickets(&mut tx, &id)
        .await?
        .ok_or(ApiError::NotFound)?;
    let now = tx.now().await?;
    let plan = form.validate(Some(&before.plan), is_https(&app))?;
    let event = Event {
        plan,
        updated_at: now,
        ..before.clone()
    };
    queries::update(&mut tx, &event).await?;
    if event.plan.tickets_expire_at() != before.plan.tickets_expire_at() {
        queries::move_ticket_expiry(&mut tx, &id, event.plan.tickets_expire_at()).await?;
    }
    let entry = Entry::new(Kind::EventEdited, &admin.client).event(id.as_str());
    audit::record(&app, &mut tx, now, &entry).await?;
    let data = with_counts(&app, &mut tx, now, event.clone()).await?;
    if event.plan.stream_url != before.plan.stream_url {
        feed::queries::append(&mut tx, now, &[source_change(&event)]).await?;
    }
    tx.commit().await?;
    app.feed.wake();
    Ok(Json(Data { data }))
}

fn source_change(event: &Event) -> FeedChange {
    FeedChange::EventSource {
        event_id: event.id.clone(),
        url: event.plan.stream_url.clone(),
    }
}

fn new_event_id(app: &App, now: streamgate_contract::time::UnixMillis) -> Result<EventId, ApiError> {
    EventId::parse(&app.new_id(now)).map_err(|_| ApiError::Internal("a new id is no event id"))
}

fn is_https(app: &App) -> bool {
    app.settings.public_url.scheme() == "https"
}
