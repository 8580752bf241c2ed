//! Asking an edge how an event's stream is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use streamgate_contract::ids::EventId;
use streamgate_contract::stream_state::StreamState;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Admin;
use crate::edges::ProbeOutcome;
use crate::error::ApiError;
use crate::events::queries;
use crate::extract::ApiPath;
use crate::paging::Data;

/// How a stream is.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum TestedState {
    /// It changed within the last three target durations.
    Live,
    /// It is neither ended nor changing.
    Stalled,
    /// A recording is there.
    Ended,
    /// The edge finds no playlist.
    Absent,
    /// No edge answered, or not with a state.
    Unknown,
}

impl From<ProbeOutcome> for TestedState {
    fn from(outcome: ProbeOutcome) -> Self {
        match outcome {
            ProbeOutcome::Known(Some(StreamState::Live)) => Self::Live,
            ProbeOutcome::Known(Some(StreamState::Stalled)) => Self::Stalled,
            ProbeOutcome::Known(Some(StreamState::Ended)) => Self::Ended,
            ProbeOutcome::Known(None) => Self::Absent,
            ProbeOutcome::Unknown => Self::Unknown,
        }
    }
}

/// What an edge says of a stream.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct StreamTest {
    state: TestedState,
    /// Renditions of the stream; null when the edge does not say.
    #[schema(required)]
    renditions: Option<u32>,
    /// When its playlists last changed, to the second; null when the edge does not say.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    last_changed_at: Option<UnixMillis>,
    /// When the edge was asked.
    #[schema(value_type = String, format = DateTime)]
    checked_at: UnixMillis,
}

/// Asks an edge for the state of an event's stream. An edge that is away is state `unknown` and no error.
#[utoipa::path(
    post, path = "/api/admin/events/{id}/test-stream", operation_id = "test_stream_of_event", tag = "admin",
    params(("id" = String, Path)),
    responses((status = 200, body = Data<StreamTest>), (status = 401), (status = 404))
)]
pub(super) async fn test_stream(
    State(app): State<Arc<App>>,
    _: Admin,
    ApiPath(id): ApiPath<EventId>,
) -> Result<Json<Data<StreamTest>>, ApiError> {
    let mut tx = app.db.read().await?;
    let event = queries::by_id(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
    let checked_at = tx.now().await?;
    drop(tx);
    let report = app.stream_states.look(&event.id).await;
    Ok(Json(Data {
        data: StreamTest {
            state: report.outcome.into(),
            renditions: report.renditions,
            last_changed_at: report.changed_at,
            checked_at,
        },
    }))
}
