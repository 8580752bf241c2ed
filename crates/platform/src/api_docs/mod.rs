//! The API's document for people, at `/api/docs`: plain HTML written from the OpenAPI document, folded by operation.
//!
//! No script and no foreign host, so it works under the page's own security policy, and in every browser.

mod page;
mod schema;

use std::sync::{Arc, LazyLock};

use axum::response::{IntoResponse as _, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::routes as url_map;

/// Written once: it depends on the program alone.
static PAGE: LazyLock<String> = LazyLock::new(|| page::html(&url_map::openapi()));
const STYLE: &str = include_str!("style.css");

pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(docs)).routes(routes!(style))
}

/// The API's document for people.
#[utoipa::path(
    get, path = "/api/docs", operation_id = "get_api_docs", tag = "operation",
    responses((status = 200, description = "This document as a page", body = String, content_type = "text/html; charset=utf-8"))
)]
async fn docs() -> Response {
    text("text/html; charset=utf-8", &PAGE)
}

/// The style of the API's document.
#[utoipa::path(
    get, path = "/api/docs/style.css", operation_id = "get_api_docs_style", tag = "operation",
    responses((status = 200, description = "A style sheet", body = String, content_type = "text/css; charset=utf-8"))
)]
async fn style() -> Response {
    text("text/css; charset=utf-8", STYLE)
}

fn text(media_type: &'static str, body: &'static str) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(media_type))], body).into_response()
}
