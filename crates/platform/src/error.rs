//! What can go wrong in a request, and the only place that chooses status codes.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};
use streamgate_contract::time::UnixMillis;

/// Seconds after which a caller may try again when the database is away.
const UNAVAILABLE_RETRY_SECONDS: u32 = 5;

/// A refusal or failure, with what the caller learns of it.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The request cannot be understood: malformed JSON, a missing or ill-typed field.
    #[error("{0}")]
    InvalidRequest(String),
    /// Fields of an admin form are wrong: one message per field, by its JSON name.
    #[error("some fields are not valid")]
    ValidationFailed(BTreeMap<&'static str, String>),
    /// No ticket has this code. Also returned for malformed codes, so that a guesser learns nothing.
    #[error("no ticket has this code")]
    InvalidCode,
    /// Too many attempts from this client, or too many refreshes of this ticket.
    #[error("too many attempts")]
    RateLimited {
        /// Whole seconds until the next attempt can be answered.
        retry_after_seconds: u32,
    },
    /// The ticket was revoked.
    #[error("the ticket was revoked")]
    TicketRevoked,
    /// The event was switched off.
    #[error("the event is not available")]
    EventUnavailable,
    /// Another device watches with this ticket. The answer tells nothing about that device.
    #[error("the ticket is in use on another device")]
    InUse,
    /// The ticket's access window is over.
    #[error("the ticket has expired")]
    TicketExpired {
        /// When access ended.
        expired_at: UnixMillis,
    },
    /// The playback token is missing, malformed, forged, or expired for a day or more.
    #[error("the playback token is not valid")]
    InvalidToken,
    /// The session of this token has ended; a refresh cannot bring it back.
    #[error("the session has ended")]
    SessionEnded {
        /// Why it no longer holds, from "Session life" in the contract.
        reason: &'static str,
    },
    /// Another session holds the ticket now.
    #[error("another session holds the ticket")]
    SessionConflict {
        /// Why this session no longer holds.
        reason: &'static str,
    },
    /// This session no longer holds the ticket, and none other does.
    #[error("the session is not live")]
    SessionNotFound {
        /// Why this session no longer holds.
        reason: &'static str,
    },
    /// No admin session, API key or internal key, or a wrong one.
    #[error("unauthorized")]
    Unauthorized,
    /// The admin password is wrong, or there is none.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// A browser says that another site made this request.
    #[error("the request comes from another site")]
    CrossSite,
    /// Nothing has this id or path.
    #[error("not found")]
    NotFound,
    /// The path exists, with other methods.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The body is over the limit.
    #[error("the request body is too large")]
    TooLarge,
    /// The body did not arrive in time.
    #[error("the request body took too long")]
    TooSlow,
    /// Un-revoking a ticket whose access window is over would change nothing for its viewer.
    #[error("the ticket has expired and cannot be restored")]
    RestoreExpired,
    /// Tickets made now would have expired already.
    #[error("the event's access window is over; new tickets would be expired")]
    BornExpired,
    /// The title in `X-Confirm-Delete` is missing or differs.
    #[error("deletion is not confirmed")]
    DeleteNotConfirmed {
        /// How many tickets would be deleted with the event.
        tickets: i64,
    },
    /// The database failed or is away. Never told as 401 or 500: it is our outage.
    #[error("the database is unavailable")]
    Database(#[from] sqlx::Error),
    /// A bug of ours.
    #[error("internal error: {0}")]
    Internal(&'static str),
}

impl ApiError {
    /// Returns the status, the stable code and the text for a person.
    #[expect(clippy::too_many_lines, reason = "one exhaustive table of all answers")]
    fn answer(&self) -> (StatusCode, &'static str, String) {
        let said = |status, code, text: &str| (status, code, text.to_owned());
        match self {
            Self::InvalidRequest(text) => (StatusCode::BAD_REQUEST, "invalid_request", text.clone()),
            Self::ValidationFailed(_) => said(
                StatusCode::BAD_REQUEST,
                "validation_failed",
                "Some fields need your attention.",
            ),
            Self::InvalidCode => said(
                StatusCode::UNAUTHORIZED,
                "invalid_code",
                "Invalid code. Please check your ticket and try again.",
            ),
            Self::RateLimited { .. } => said(
                StatusCode::TOO_MANY_REQUESTS,
                "rate_limited",
                "Too many attempts. Please wait a moment and try again.",
            ),
            Self::TicketRevoked => said(
                StatusCode::FORBIDDEN,
                "ticket_revoked",
                "This code has been revoked. Please contact the event organizer.",
            ),
            Self::EventUnavailable => said(
                StatusCode::FORBIDDEN,
                "event_unavailable",
                "This event is no longer available.",
            ),
            Self::InUse => said(
                StatusCode::CONFLICT,
                "in_use",
                "This access code is currently in use on another device.",
            ),
            Self::TicketExpired { expired_at } => (
                StatusCode::GONE,
                "ticket_expired",
                format!("This code has expired. Access was available until {expired_at}."),
            ),
            Self::InvalidToken => said(
                StatusCode::UNAUTHORIZED,
                "invalid_token",
                "Invalid or expired playback token.",
            ),
            Self::SessionEnded { .. } => said(
                StatusCode::UNAUTHORIZED,
                "session_ended",
                "This session has ended.",
            ),
            Self::SessionConflict { .. } => said(
                StatusCode::CONFLICT,
                "session_conflict",
                "Another session is using this ticket now.",
            ),
            Self::SessionNotFound { .. } => said(
                StatusCode::NOT_FOUND,
                "session_not_found",
                "This session is no longer live.",
            ),
            Self::Unauthorized => said(StatusCode::UNAUTHORIZED, "unauthorized", "Unauthorized"),
            Self::InvalidCredentials => said(
                StatusCode::UNAUTHORIZED,
                "invalid_credentials",
                "Invalid credentials",
            ),
            Self::CrossSite => said(
                StatusCode::FORBIDDEN,
                "cross_site",
                "This request comes from another site.",
            ),
            Self::NotFound => said(StatusCode::NOT_FOUND, "not_found", "Not found"),
            Self::MethodNotAllowed => said(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "Method not allowed",
            ),
            Self::TooLarge => said(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "The request body is too large.",
            ),
            Self::TooSlow => said(
                StatusCode::REQUEST_TIMEOUT,
                "request_timeout",
                "The request body took too long.",
            ),
            Self::RestoreExpired => said(
                StatusCode::CONFLICT,
                "ticket_expired",
                "This ticket has expired and cannot be restored.",
            ),
            Self::BornExpired => said(
                StatusCode::CONFLICT,
                "tickets_would_be_expired",
                "The event's access window is over; new tickets would already be expired.",
            ),
            Self::DeleteNotConfirmed { tickets } => (
                StatusCode::BAD_REQUEST,
                "delete_not_confirmed",
                format!(
                    "To confirm, send the event's exact title, percent-encoded, in X-Confirm-Delete. \
                     This permanently deletes the event and its {tickets} tickets."
                ),
            ),
            Self::Database(error) if is_our_bug(error) => internal(),
            Self::Database(_) => said(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Temporarily unavailable. Please try again in a moment.",
            ),
            Self::Internal(_) => internal(),
        }
    }

    /// Returns the members that this answer has beside `error` and `code`.
    fn extra(&self) -> Map<String, Value> {
        let extra = match self {
            Self::ValidationFailed(fields) => json!({ "fields": fields }),
            Self::RateLimited { retry_after_seconds } => json!({ "retryAfterSeconds": retry_after_seconds }),
            Self::InUse => json!({ "inUse": true }),
            Self::TicketExpired { expired_at } => json!({ "expiredAt": expired_at }),
            Self::SessionEnded { reason }
            | Self::SessionConflict { reason }
            | Self::SessionNotFound { reason } => json!({ "reason": reason }),
            Self::DeleteNotConfirmed { tickets } => json!({ "tickets": tickets }),
            _ => Value::Null,
        };
        match extra {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    fn retry_after(&self) -> Option<u32> {
        match self {
            Self::RateLimited { retry_after_seconds } => Some(*retry_after_seconds),
            Self::Database(error) if !is_our_bug(error) => Some(UNAVAILABLE_RETRY_SECONDS),
            _ => None,
        }
    }
}

fn internal() -> (StatusCode, &'static str, String) {
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "Something went wrong on our side.".to_owned(),
    )
}

/// Tells a wrong query or row type from a database that is away, locked or full.
const fn is_our_bug(error: &sqlx::Error) -> bool {
    matches!(
        error,
        sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_)
            | sqlx::Error::RowNotFound
    )
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Database(_) | Self::Internal(_) = &self {
            // The source names tables and constraints, never a value of a row.
            tracing::error!(error = %error_chain(&self), "request failed");
        }
        let (status, code, text) = self.answer();
        let mut body = Map::new();
        body.insert("error".to_owned(), Value::String(text));
        body.insert("code".to_owned(), Value::String(code.to_owned()));
        body.extend(self.extra());
        let mut response = (status, Value::Object(body).to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
