//! Whether the platform is up and can work, and the description of its API.

use std::sync::{Arc, LazyLock};

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::ApiError;
use crate::{feed, routes as url_map};

/// Written once: it depends on the program alone.
static OPENAPI: LazyLock<String> = LazyLock::new(url_map::openapi_json);

pub(super) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(ready))
        .routes(routes!(openapi))
}

/// The process is up.
#[derive(Serialize, ToSchema)]
struct Health {
    /// `ok`.
    status: &'static str,
}

/// Tells that the process is up, whatever else is wrong.
#[utoipa::path(
    get, path = "/health", tag = "operation",
    responses((status = 200, description = "The process is up", body = Health))
)]
async fn health() -> impl IntoResponse {
    (
        [(CACHE_CONTROL, HeaderValue::from_static("no-store"))],
        Json(Health { status: "ok" }),
    )
}

/// Tells whether the database answers.
#[utoipa::path(
    get, path = "/ready", tag = "operation",
    responses(
        (status = 200, description = "Requests can be answered", body = Health),
        (status = 503, description = "unavailable", body = Object),
    )
)]
async fn ready(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let mut tx = app.db.read().await?;
    feed::queries::head(&mut tx).await?;
    Ok(health().await.into_response())
}

/// Returns this description.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "operation",
    responses((status = 200, description = "The OpenAPI document", body = Object))
)]
async fn openapi() -> impl IntoResponse {
    (
        [(CONTENT_TYPE, HeaderValue::from_static("application/json"))],
        OPENAPI.as_str(),
    )
}
