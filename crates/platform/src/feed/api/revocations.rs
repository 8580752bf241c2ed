//! `GET /api/revocations`: for whatever was built on the first contract.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use streamgate_contract::ids::Code;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::InternalKey;
use crate::error::ApiError;
use crate::extract::ApiQuery;
use crate::feed::queries;

/// How far `serverTime` lies before the queries, so that whoever asks from there again misses no change that was
/// being committed meanwhile.
const OVERLAP_MS: i64 = 5_000;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RevocationsQuery {
    /// An ISO 8601 time; changes at that very time are included.
    #[param(required, format = DateTime)]
    since: Option<String>,
}

/// What changed since a time.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RevocationsResponse {
    revocations: Vec<Revocation>,
    event_deactivations: Vec<EventDeactivation>,
    /// What to send as `since` next time.
    #[schema(value_type = String, format = DateTime)]
    server_time: UnixMillis,
}

/// A ticket that is revoked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Revocation {
    #[schema(value_type = String)]
    code: Code,
    #[schema(value_type = String, format = DateTime)]
    revoked_at: UnixMillis,
}

/// An event that is switched off.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EventDeactivation {
    event_id: String,
    #[schema(value_type = String, format = DateTime)]
    deactivated_at: UnixMillis,
    /// Every code of the event, revoked ones too.
    #[schema(value_type = Vec<String>)]
    token_codes: Vec<Code>,
}

/// Tells which tickets were revoked and which events were switched off since a time.
#[utoipa::path(
    get, path = "/api/revocations", tag = "internal",
    params(
        RevocationsQuery,
        ("X-Internal-Api-Key" = String, Header, description = "INTERNAL_API_KEY"),
    ),
    responses(
        (status = 200, description = "What changed", body = RevocationsResponse),
        (status = 400, description = "invalid_request: since is missing or malformed", body = Object),
        (status = 401, description = "unauthorized", body = Object),
    )
)]
pub(super) async fn revocations(
    _key: InternalKey,
    State(app): State<Arc<App>>,
    ApiQuery(query): ApiQuery<RevocationsQuery>,
) -> Result<Json<RevocationsResponse>, ApiError> {
    let since = query
        .since
        .and_then(|text| UnixMillis::parse_iso(&text).ok())
        .ok_or_else(|| ApiError::InvalidRequest("since is an ISO 8601 time.".to_owned()))?;
    let mut tx = app.db.snapshot().await?;
    let server_time = tx.now().await?.plus_millis(-OVERLAP_MS);
    let revoked = queries::revoked_since(&mut tx, since).await?;
    let deactivated = queries::deactivated_since(&mut tx, since).await?;
    Ok(Json(RevocationsResponse {
        revocations: revoked
            .into_iter()
            .map(|(code, revoked_at)| Revocation { code, revoked_at })
            .collect(),
        event_deactivations: by_event(deactivated),
        server_time,
    }))
}

/// Joins the rows of one event, which follow each other.
fn by_event(rows: Vec<(String, UnixMillis, Option<Code>)>) -> Vec<EventDeactivation> {
    let mut events: Vec<EventDeactivation> = Vec::new();
    for (event_id, deactivated_at, code) in rows {
        match events.last_mut() {
            Some(event) if event.event_id == event_id => event.token_codes.extend(code),
            _ => events.push(EventDeactivation {
                event_id,
                deactivated_at,
                token_codes: code.into_iter().collect(),
            }),
        }
    }
    events
}
