//! `POST /api/internal/edges/{edgeId}`: an edge's report.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use streamgate_contract::activity::ActivityReport;
use streamgate_contract::ids::EdgeId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::record_activity;
use crate::app::App;
use crate::auth::InternalKey;
use crate::error::ApiError;
use crate::extract::{ApiJson, ApiPath};

pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(report_activity))
}

/// An edge's report: [`ActivityReport`], as the document describes it.
#[derive(ToSchema)]
#[schema(as = ActivityReport, rename_all = "camelCase")]
#[expect(dead_code, reason = "the contract itself knows no OpenAPI")]
struct ReportSchema {
    /// The edge's program version.
    #[schema(max_length = 64, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    version: String,
    /// How the edge gets its streams.
    #[schema(max_length = 64, pattern = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$")]
    mode: String,
    /// The edge's own clock.
    #[schema(format = DateTime)]
    now: String,
    /// The epoch of the feed that the edge follows; null before its first snapshot.
    #[schema(pattern = "^[A-Za-z0-9_-]{1,64}$")]
    epoch: Option<String>,
    /// The last record in force; null before the first snapshot.
    applied_seq: Option<u64>,
    /// Sessions with permitted GETs since the last report.
    #[schema(max_items = 2000)]
    sessions: Vec<SessionSchema>,
}

/// One session's line of a report.
#[derive(ToSchema)]
#[schema(as = SessionActivity, rename_all = "camelCase")]
#[expect(dead_code, reason = "as above")]
struct SessionSchema {
    /// The session.
    #[schema(pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    sid: String,
    /// Milliseconds since its last permitted GET.
    idle_ms: u64,
    /// Bytes since the last accepted report.
    bytes: u64,
    /// Distinct players within a minute.
    #[schema(value_type = u64, maximum = 4_294_967_295_u64)]
    clients: u32,
}

/// Takes an edge's report of the sessions that fetch media from it.
#[utoipa::path(
    post, path = "/api/internal/edges/{edgeId}", tag = "internal",
    params(
        ("edgeId" = String, Path, description = "The edge's name, [A-Za-z0-9._-]{1,64}"),
        ("X-Internal-Api-Key" = String, Header, description = "INTERNAL_API_KEY"),
    ),
    request_body = ReportSchema,
    responses(
        (status = 204, description = "The report counts"),
        (status = 400, description = "invalid_request", body = Object),
        (status = 401, description = "unauthorized", body = Object),
    )
)]
async fn report_activity(
    _key: InternalKey,
    State(app): State<Arc<App>>,
    ApiPath(edge_id): ApiPath<String>,
    ApiJson(report): ApiJson<ActivityReport>,
) -> Result<StatusCode, ApiError> {
    let edge_id = EdgeId::parse(&edge_id).map_err(|_| ApiError::NotFound)?;
    record_activity(&app, &edge_id, report).await?;
    Ok(StatusCode::NO_CONTENT)
}
