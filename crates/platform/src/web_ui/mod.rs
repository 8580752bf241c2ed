//! The page: one document and its assets, embedded in the program, behind strict security headers.
//!
//! What a path gets: its file, if there is one; under `/api` 404 as JSON; under `/assets/`, or with an ending as files
//! have, 404; else the document, for whoever accepts HTML, because its paths are the page's own. Also here: the
//! platform's `/health`, `/ready` and the OpenAPI document.

mod document;
mod files;
mod health;
mod policy;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, ALLOW, CACHE_CONTROL};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::error::ApiError;
use crate::settings::PlatformSettings;

use document::Document;

/// The page as this platform serves it: prepared once at the start.
#[derive(Debug)]
pub struct Page {
    /// `None` when the program was built without the page.
    document: Option<Document>,
    security_headers: HeaderMap,
}

impl Page {
    /// Prepares the embedded page for these settings.
    pub fn new(settings: &PlatformSettings) -> Self {
        Self {
            document: files::document().and_then(|html| Document::new(&html, settings)),
            security_headers: policy::security_headers(settings),
        }
    }
}

pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    health::routes()
}

/// Answers everything that no endpoint does.
pub(crate) async fn page_or_not_found(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return ApiError::NotFound.into_response();
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        let mut response = ApiError::MethodNotAllowed.into_response();
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    let head_only = request.method() == Method::HEAD;
    if let Some(file) = files::find(path) {
        return file.response(request.headers(), head_only);
    }
    if path.starts_with("/assets/") || names_a_file(path) || !accepts_html(request.headers()) {
        return ApiError::NotFound.into_response();
    }
    app.page.document.as_ref().map_or_else(not_built, |document| {
        document.response(request.headers(), head_only)
    })
}

/// The page's own paths have no dots; `/robots.txt` and what scanners try are files that are not there.
fn names_a_file(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

/// Whoever does not say what it accepts accepts everything (RFC 9110, section 12.5.1).
fn accepts_html(headers: &HeaderMap) -> bool {
    let mut accepted = headers.get_all(ACCEPT).iter().peekable();
    let says_nothing = accepted.peek().is_none();
    says_nothing
        || accepted.any(|value| {
            let text = value.to_str().unwrap_or_default();
            text.contains("text/html") || text.contains("text/*") || text.contains("*/*")
        })
}

fn not_built() -> Response {
    let text = "This program was built without its page. `cargo xtask demo` builds both and starts them.\n";
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Adds the headers that tell browsers what they must not do, and keeps every answer of the API out of caches.
pub(crate) async fn security_headers(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let of_api = request.uri().path().starts_with("/api");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in &app.page.security_headers {
        headers.entry(name).or_insert_with(|| value.clone());
    }
    if of_api {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
