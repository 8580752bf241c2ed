//! Reading events.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use streamgate_contract::ids::EventId;
use utoipa::ToSchema;

use super::{EventBody, ask_for_streams, with_counts};
use crate::app::App;
use crate::auth::Admin;
use crate::dashboard::{self, ChartRange, ViewersPoint};
use crate::error::ApiError;
use crate::events::filter::{EventFilter, EventListQuery};
use crate::events::queries;
use crate::extract::{ApiPath, ApiQuery};
use crate::paging::{Data, List};
use crate::playback::live;
use crate::tickets::counts;
use crate::tickets::counts::TokenBreakdown;

#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventDetail {
    #[serde(flatten)]
    event: EventBody,
    token_breakdown: TokenBreakdown,
    /// The last 24 hours in steps of five minutes, oldest first. A step in which nobody watched is missing.
    viewers_over_time: Vec<ViewersPoint>,
}

/// Lists events.
#[utoipa::path(
    get, path = "/api/admin/events", operation_id = "list_events", tag = "admin", params(EventListQuery),
    responses((status = 200, body = List<EventBody>), (status = 400), (status = 401))
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _: Admin,
    ApiQuery(query): ApiQuery<EventListQuery>,
) -> Result<Json<List<EventBody>>, ApiError> {
    let filter = EventFilter::try_from(query)?;
    // A snapshot: the page and the total are of the same moment.
    let mut tx = app.db.snapshot().await?;
    let now = tx.now().await?;
    let (events, total) = queries::page(&mut tx, &filter, now).await?;
    let watching = live::queries::count_by_event(&mut tx, app.live_since(now)).await?;
    ask_for_streams(&app, events.iter().map(|(event, _)| event), now);
    let data = events
        .into_iter()
        .map(|(event, tickets)| {
            let live_viewers = watching.get(event.id.as_str()).copied().unwrap_or(0);
            EventBody::new(&app, event, tickets, live_viewers, now)
        })
        .collect();
    Ok(Json(List {
        data,
        pagination: filter.page.of(total),
    }))
}

/// Returns one event with its tickets counted by status.
#[utoipa::path(
    get, path = "/api/admin/events/{id}", operation_id = "get_event", tag = "admin", params(("id" = String, Path)),
    responses((status = 200, body = Data<EventDetail>), (status = 401), (status = 404))
)]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    _: Admin,
    ApiPath(id): ApiPath<EventId>,
) -> Result<Json<Data<EventDetail>>, ApiError> {
    let mut tx = app.db.snapshot().await?;
    let now = tx.now().await?;
    let event = queries::by_id(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
    let token_breakdown = counts::queries::breakdown(&mut tx, Some(&id), now).await?;
    let viewers_over_time =
        dashboard::queries::viewers_over_time(&mut tx, Some(&id), ChartRange::Day, now).await?;
    ask_for_streams(&app, std::iter::once(&event), now);
    let event = with_counts(&app, &mut tx, now, event).await?;
    Ok(Json(Data {
        data: EventDetail {
            event,
            token_breakdown,
            viewers_over_time,
        },
    }))
}
