//! Requests are taken whole and carried to their end.
//!
//! The body is read before the handler runs, under a size and a time limit: no body of this API is large, so
//! whoever sends slowly holds nothing but a buffer. The handler then runs in a task of its own: a client that
//! hangs up cannot stop it between a commit and what must follow it, such as waking the feed, and a handler that
//! panics is answered like any other fault of ours.

use std::error::Error as _;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body_util::LengthLimitError;

use crate::error::ApiError;

/// Largest request body: a bulk action on the ids of 200 listed tickets stays far below it.
const BODY_BYTES_MAX: usize = 256 * 1024;
/// How long a body may take: 256 KiB on a bad phone line (140 kb/s).
const BODY_DEADLINE: Duration = Duration::from_secs(15);

/// Reads the body, then runs the rest of the request to its end whatever its client does.
pub(crate) async fn carry_out(request: Request, next: Next) -> Response {
    match read(request).await {
        Ok(request) => tokio::spawn(next.run(request))
            .await
            .unwrap_or_else(|_| ApiError::Internal("a handler panicked").into_response()),
        Err(error) => error.into_response(),
    }
}

async fn read(request: Request) -> Result<Request, ApiError> {
    let (parts, body) = request.into_parts();
    let reading = tokio::time::timeout(BODY_DEADLINE, to_bytes(body, BODY_BYTES_MAX));
    match reading.await {
        Ok(Ok(bytes)) => Ok(Request::from_parts(parts, Body::from(bytes))),
        Ok(Err(error))
            if error
                .source()
                .is_some_and(<dyn std::error::Error>::is::<LengthLimitError>) =>
        {
            Err(ApiError::TooLarge)
        }
        Ok(Err(_)) => Err(ApiError::InvalidRequest(
            "The body broke off or is malformed.".to_owned(),
        )),
        Err(_) => Err(ApiError::TooSlow),
    }
}
