//! Switching events off and on, and hiding them from lists.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use streamgate_contract::feed::FeedChange;
use streamgate_contract::ids::EventId;
use streamgate_contract::time::UnixMillis;

use super::{ChangedEventBody, EventBody, with_counts};
use crate::app::App;
use crate::audit::{self, Entry, Kind};
use crate::auth::Admin;
use crate::error::ApiError;
use crate::events::{Event, queries};
use crate::extract::ApiPath;
use crate::feed;
use crate::paging::Data;

/// Switches an event off: nobody watches it any more. The second time changes nothing.
#[utoipa::path(
    patch, path = "/api/admin/events/{id}/deactivate", operation_id = "deactivate_event", tag = "admin", params(("id" = String, Path)),
    responses((status = 200, body = Data<ChangedEventBody>), (status = 401), (status = 404))
)]
pub(super) async fn deactivate(
    State(app): State<Arc<App>>,
    admin: Admin,
    ApiPath(id): ApiPath<EventId>,
) -> Result<Json<Data<ChangedEventBody>>, ApiError> {
    set_active(&app, &admin, &id, Active::Off).await
}

/// Switches an event on again: whoever still holds a session sees the picture at once.
#[utoipa::path(
    patch, path = "/api/admin/events/{id}/reactivate", operation_id = "reactivate_event", tag = "admin", params(("id" = String, Path)),
    responses((status = 200, body = Data<ChangedEventBody>), (status = 401), (status = 404))
)]
pub(super) async fn reactivate(
    State(app): State<Arc<App>>,
    admin: Admin,
    ApiPath(id): ApiPath<EventId>,
) -> Result<Json<Data<ChangedEventBody>>, ApiError> {
    set_active(&app, &admin, &id, Active::On).await
}

/// Hides an event from lists. Changes no access.
#[utoipa::path(
    patch, path = "/api/admin/events/{id}/archive", operation_id = "archive_event", tag = "admin", params(("id" = String, Path)),
    responses((status = 200, body = Data<EventBody>), (status = 401), (status = 404))
)]
pub(super) async fn archive(
    State(app): State<Arc<App>>,
    admin: Admin,
    ApiPath(id): ApiPath<EventId>,
) -> Result<Json<Data<EventBody>>, ApiError> {
    set_archived(&app, &admin, &id, Kind::EventArchived).await
}

/// Shows an event in lists again.
#[utoipa::path(
    patch, path = "/api/admin/events/{id}/unarchive", operation_id = "unarchive_event", tag = "admin", params(("id" = String, Path)),
    responses((status = 200, body = Data<EventBody>), (status = 401), (status = 404))
)]
pub(super) async fn unarchive(
    State(app): State<Arc<App>>,
    admin: Admin,
    ApiPath(id): ApiPath<EventId>,
) -> Result<Json<Data<EventBody>>, ApiError> {
    set_archived(&app, &admin, &id, Kind::EventUnarchived).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Active {
    On,
    Off,
}

impl Active {
    /// Returns the event as switched at `now`, how the audit log calls it, and what edges must hear.
    fn switch(self, before: &Event, now: UnixMillis) -> (Event, Kind, FeedChange) {
        let event_id = before.id.clone();
        let (kind, deactivated_at, change) = match self {
            Self::On => (Kind::EventReactivated, None, FeedChange::EventOn { event_id }),
            Self::Off => (
                Kind::EventDeactivated,
                Some(now),
                FeedChange::EventOff { event_id, at: now },
            ),
        };
        let is_active = self == Self::On;
        (
            Event {
                is_active,
                deactivated_at,
                updated_at: now,
                ..before.clone()
            },
            kind,
            change,
        )
    }
}

async fn set_active(
    app: &App,
    admin: &Admin,
    id: &EventId,
    active: Active,
) -> Result<Json<Data<ChangedEventBody>>, ApiError> {
    let mut tx = app.db.write().await?;
    let before = queries::lock_with_tickets(&mut tx, id)
        .await?
        .ok_or(ApiError::NotFound)?;
    let now = tx.now().await?;
    let mut changes = Vec::new();
    let mut event = before;
    if event.is_active != (active == Active::On) {
        let (switched, kind, change) = active.switch(&event, now);
        queries::update(&mut tx, &switched).await?;
        let entry = Entry::new(kind, &admin.client).event(id.as_str());
        audit::record(app, &mut tx, now, &entry).await?;
        changes.push(change);
        event = switched;
    }
    let event = with_counts(app, &mut tx, now, event).await?;
    let feed_seq = feed::queries::append(&mut tx, now, &changes).await?;
    tx.commit().await?;
    app.feed.wake();
    Ok(Json(Data {
        data: ChangedEventBody { event, feed_seq },
    }))
}

async fn set_archived(
    app: &App,
    admin: &Admin,
    id: &EventId,
    kind: Kind,
) -> Result<Json<Data<EventBody>>, ApiError> {
    let mut tx = app.db.write().await?;
    let mut event = queries::lock(&mut tx, id).await?.ok_or(ApiError::NotFound)?;
    let now = tx.now().await?;
    let archived = kind == Kind::EventArchived;
    if event.is_archived != archived {
        event = Event {
            is_archived: archived,
            updated_at: now,
            ..event
        };
        queries::update(&mut tx, &event).await?;
        let entry = Entry::new(kind, &admin.client).event(id.as_str());
        audit::record(app, &mut tx, now, &entry).await?;
    }
    let data = with_counts(app, &mut tx, now, event).await?;
    tx.commit().await?;
    Ok(Json(Data { data }))
}
