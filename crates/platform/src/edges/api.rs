//! `POST /api/internal/edges/{edgeId}`: an edge's report.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use streamgate_contract::activity::ActivityReport;
use streamgate_contract::ids::EdgeId;
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

/// Takes an edge's report of the sessions that fetch media from it.
#[utoipa::path(
    post, path = "/api/internal/edges/{edgeId}", tag = "internal",
    params(
        ("edgeId" = String, Path, description = "The edge's name, [A-Za-z0-9._-]{1,64}"),
        ("X-Internal-Api-Key" = String, Header, description = "INTERNAL_API_KEY"),
    ),
    request_body(content = Object, description = "ActivityReport of the contract, at most 2,000 sessions"),
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
