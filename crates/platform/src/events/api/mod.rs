//! The admin API of events.

mod delete;
mod preview;
mod read;
mod switch;
mod test_stream;
mod viewers;
mod write;

use std::sync::Arc;

use serde::Serialize;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::status::{EventStatus, event_status};
use super::{DevicePolicy, Event};
use crate::app::App;
use crate::db::Tx;
use crate::error::ApiError;
use crate::playback::live;
use crate::tickets::counts;

/// Returns this part's endpoints.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(read::list, write::create))
        .routes(routes!(read::one, write::edit, delete::delete))
        .routes(routes!(switch::deactivate))
        .routes(routes!(switch::reactivate))
        .routes(routes!(switch::archive))
        .routes(routes!(switch::unarchive))
        .routes(routes!(preview::preview))
        .routes(routes!(test_stream::test_stream))
        .routes(routes!(viewers::viewers))
}

/// An event as the admin API shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EventBody {
    id: String,
    title: String,
    #[schema(required)]
    description: Option<String>,
    #[schema(required)]
    stream_url: Option<String>,
    #[schema(required)]
    poster_url: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    starts_at: UnixMillis,
    #[schema(value_type = String, format = DateTime)]
    ends_at: UnixMillis,
    access_window_hours: i64,
    device_policy: DevicePolicy,
    is_active: bool,
    is_archived: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: UnixMillis,
    #[schema(value_type = String, format = DateTime)]
    updated_at: UnixMillis,
    /// What it is to a viewer, as far as is known. Edges are asked behind: a first answer goes by the schedule.
    status: EventStatus,
    /// Tickets of any status.
    token_count: i64,
    /// Sessions that are live now.
    live_viewers: i64,
}

impl EventBody {
    fn new(app: &App, event: Event, token_count: i64, live_viewers: i64, now: UnixMillis) -> Self {
        Self {
            status: event_status(
                app.stream_states.last_known(&event.id),
                now,
                event.plan.starts_at,
                event.plan.ends_at,
            ),
            id: event.id.to_string(),
            title: event.plan.title,
            description: event.plan.description,
            stream_url: event.plan.stream_url,
            poster_url: event.plan.poster_url,
            starts_at: event.plan.starts_at,
            ends_at: event.plan.ends_at,
            access_window_hours: event.plan.access_window_hours,
            device_policy: event.plan.device_policy,
            is_active: event.is_active,
            is_archived: event.is_archived,
            created_at: event.created_at,
            updated_at: event.updated_at,
            token_count,
            live_viewers,
        }
    }
}

/// An event after a change that edges must hear of.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChangedEventBody {
    #[serde(flatten)]
    event: EventBody,
    /// An edge whose `appliedSeq` has reached this acts on the change.
    feed_seq: u64,
}

/// Adds to an event what is counted of it at `now`.
async fn with_counts(app: &App, tx: &mut Tx, now: UnixMillis, event: Event) -> Result<EventBody, ApiError> {
    let tickets = counts::queries::breakdown(tx, Some(&event.id), now).await?;
    let watching = live::queries::count_of_event(tx, &event.id, app.live_since(now)).await?;
    Ok(EventBody::new(app, event, tickets.total(), watching, now))
}

/// Long before its start nobody looks at an event's stream.
const STREAM_MATTERS_BEFORE_START_MS: i64 = 3_600_000;

/// Has the edges asked about the streams of events that are being read, so that the next reading knows their states.
fn ask_for_streams<'a>(app: &App, events: impl Iterator<Item = &'a Event>, now: UnixMillis) {
    for event in events {
        if now >= event.plan.starts_at.plus_millis(-STREAM_MATTERS_BEFORE_START_MS) {
            app.stream_states.refresh_behind(&event.id);
        }
    }
}
