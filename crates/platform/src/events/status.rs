//! What an event is to a viewer right now, from its schedule and what an edge says of its stream.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use streamgate_contract::ids::{Code, EventId};
use streamgate_contract::stream_state::StreamState;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::audit::refusals::{self, Place};
use crate::audit::{self, Entry, Kind};
use crate::edges::ProbeOutcome;
use crate::error::ApiError;
use crate::events;
use crate::extract::{ApiPath, ApiQuery, Client};
use crate::playback;
use crate::playback::rules::admit;

const CODE_HEADER: &str = "x-ticket-code";

/// What an event is to a viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EventStatus {
    /// There is nothing to see yet.
    NotStarted,
    /// It can be watched as it happens.
    Live,
    /// It is over, and there is nothing to see.
    Ended,
    /// It is over and can be watched from the beginning.
    Recording,
}

/// Decides what an event is at `now`: the table of the specification.
pub fn event_status(
    stream: ProbeOutcome,
    now: UnixMillis,
    starts_at: UnixMillis,
    ends_at: UnixMillis,
) -> EventStatus {
    let started = now >= starts_at;
    let over = now >= ends_at;
    match stream {
        ProbeOutcome::Known(Some(StreamState::Live)) => EventStatus::Live,
        ProbeOutcome::Known(None) if over => EventStatus::Ended,
        ProbeOutcome::Known(None) => EventStatus::NotStarted,
        _ if !started => EventStatus::NotStarted,
        ProbeOutcome::Known(Some(StreamState::Ended)) => EventStatus::Recording,
        ProbeOutcome::Known(Some(StreamState::Stalled)) | ProbeOutcome::Unknown if over => {
            EventStatus::Recording
        }
        ProbeOutcome::Known(Some(StreamState::Stalled)) | ProbeOutcome::Unknown => EventStatus::Live,
    }
}

pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(status))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct StatusQuery {
    /// A ticket's code; `X-Ticket-Code` wins, and keeps codes out of logs.
    code: Option<String>,
}

/// An event's status.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StatusResponse {
    event_id: String,
    status: EventStatus,
    #[schema(value_type = String, format = DateTime)]
    starts_at: UnixMillis,
    #[schema(value_type = String, format = DateTime)]
    ends_at: UnixMillis,
    #[schema(value_type = String, format = DateTime)]
    server_time: UnixMillis,
}

/// Tells the holder of a ticket what the event is at the moment.
#[utoipa::path(
    get, path = "/api/events/{id}/status", tag = "viewer",
    params(
        ("id" = String, Path, description = "The event"),
        ("X-Ticket-Code" = Option<String>, Header, description = "A ticket's code"),
        StatusQuery,
    ),
    responses(
        (status = 200, description = "The event's status", body = StatusResponse),
        (status = 401, description = "invalid_code: a wrong code, a wrong event, an unknown event", body = Object),
        (status = 403, description = "ticket_revoked or event_unavailable", body = Object),
        (status = 410, description = "ticket_expired, with expiredAt", body = Object),
        (status = 429, description = "rate_limited, with Retry-After", body = Object),
    )
)]
async fn status(
    State(app): State<Arc<App>>,
    client: Client,
    event_id: Result<ApiPath<String>, ApiError>,
    ApiQuery(query): ApiQuery<StatusQuery>,
    headers: HeaderMap,
) -> Result<Json<StatusResponse>, ApiError> {
    // A path that is no text names an unknown event, which is answered like a wrong code.
    let event_id = event_id.map_or_else(|_| String::new(), |ApiPath(id)| id);
    let in_header = headers
        .get(CODE_HEADER)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let code = in_header.or(query.code).and_then(|text| Code::from_typed(&text));
    let mut tx = app.db.read().await?;
    let ticket = playback::queries::ticket_by_code(&mut tx, code.as_ref()).await?;
    let Some(ticket) = ticket.filter(|ticket| ticket.event_id.as_str() == event_id) else {
        audit::log(
            &Entry::new(Kind::ValidationRefused, &client).detail("no ticket of this event has this code"),
        );
        return Err(app.limiters.invalid_code(client.ip, app.clock.unix_millis()));
    };
    let event = events::queries::by_id(&mut tx, &ticket.event_id)
        .await?
        .ok_or(ApiError::InvalidCode)?;
    let now = tx.now().await?;
    drop(tx);
    admit(playback::api::admission(&ticket, &event), now)
        .map_err(ApiError::from)
        .inspect_err(|error| refusals::note(&app, &ticket.id, Place::Status, error, now))?;
    Ok(Json(response(&app, &event.id, &event.plan, now).await))
}

async fn response(app: &App, id: &EventId, plan: &events::EventPlan, now: UnixMillis) -> StatusResponse {
    let state = app.stream_states.state(id).await;
    StatusResponse {
        event_id: id.to_string(),
        status: event_status(state, now, plan.starts_at, plan.ends_at),
        starts_at: plan.starts_at,
        ends_at: plan.ends_at,
        server_time: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_is_the_table_of_the_specification() {
        use EventStatus::{Ended, Live, NotStarted, Recording};
        let known = |state| ProbeOutcome::Known(Some(state));
        let table = [
            (known(StreamState::Live), [Live, Live, Live]),
            (known(StreamState::Stalled), [NotStarted, Live, Recording]),
            (known(StreamState::Ended), [NotStarted, Recording, Recording]),
            (ProbeOutcome::Known(None), [NotStarted, NotStarted, Ended]),
            (ProbeOutcome::Unknown, [NotStarted, Live, Recording]),
        ];
        let (starts_at, ends_at) = (UnixMillis(1_000), UnixMillis(2_000));
        for (stream, [before, inside, after]) in table {
            for (now, expected) in [(999, before), (1_000, inside), (1_999, inside), (2_000, after)] {
                let status = event_status(stream, UnixMillis(now), starts_at, ends_at);
                assert_eq!(status, expected, "{stream:?} at {now}");
            }
        }
    }

    #[test]
    fn a_status_is_written_in_the_words_of_the_specification() {
        let words = [
            EventStatus::NotStarted,
            EventStatus::Live,
            EventStatus::Ended,
            EventStatus::Recording,
        ]
        .map(|status| serde_json::to_string(&status).unwrap());
        assert_eq!(
            words,
            [r#""not-started""#, r#""live""#, r#""ended""#, r#""recording""#]
        );
    }
}
