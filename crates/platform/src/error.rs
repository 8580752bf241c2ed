//! What can go wrong in a request, and the only place that chooses status codes.

use std::collections::BTreeMap;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;

use crate::tickets::counted;

/// Seconds after which a caller may try again when the database is away.
const UNAVAILABLE_RETRY_SECONDS: u32 = 5;

/// The body of every refusal and failure; beside the first two members only those that the code names.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorBody {
    /// A text for a person.
    error: String,
    /// What programs decide by; it stays the same for ever.
    code: &'static str,
    /// `in_use`: always true.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = bool, required = false)]
    in_use: Option<bool>,
    /// `session_ended`, `session_conflict`, `session_not_found`: why this session no longer holds its ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    reason: Option<&'static str>,
    /// `rate_limited`: as `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false)]
    retry_after_seconds: Option<u32>,
    /// `ticket_expired` for viewers: when access ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, required = false)]
    expired_at: Option<UnixMillis>,
    /// `validation_failed`: one message per field, by its JSON name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = BTreeMap<String, String>, required = false)]
    fields: Option<BTreeMap<&'static str, String>>,
    /// `delete_not_confirmed`: how many tickets would be deleted with the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false)]
    tickets: Option<i64>,
}

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
    /// A preview of an event that is switched off.
    #[error("the event is switched off")]
    PreviewUnavailable,
    /// Tickets made now would have expired already.
    #[error("the event's access window is over; new tickets would be expired")]
    BornExpired,
    /// The title in `X-Confirm-Delete` is missing or differs.
    #[error("deletion is not confirmed")]
    DeleteNotConfirmed {
        /// How many tickets would be deleted with the event.
        tickets: i64,
    },
    /// More requests wait than can be served soon.
    #[error("too many requests are waiting")]
    Overloaded,
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
            Self::PreviewUnavailable => said(
                StatusCode::CONFLICT,
                "event_unavailable",
                "This event is switched off: nobody can watch it.",
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
                     This permanently deletes the event and its {}.",
                    counted(tickets)
                ),
            ),
            Self::Database(error) if is_our_bug(error) => internal(),
            Self::Overloaded | Self::Database(_) => said(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Temporarily unavailable. Please try again in a moment.",
            ),
            Self::Internal(_) => internal(),
        }
    }

    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        self.answer().1
    }

    /// Returns the body of the answer.
    fn body(&self) -> (StatusCode, ErrorBody) {
        let (status, code, error) = self.answer();
        let mut body = ErrorBody {
            error,
            code,
            ..ErrorBody::default()
        };
        match self {
            Self::ValidationFailed(fields) => body.fields = Some(fields.clone()),
            Self::RateLimited { retry_after_seconds } => {
                body.retry_after_seconds = Some(*retry_after_seconds);
            }
            Self::InUse => body.in_use = Some(true),
            Self::TicketExpired { expired_at } => body.expired_at = Some(*expired_at),
            Self::SessionEnded { reason }
            | Self::SessionConflict { reason }
            | Self::SessionNotFound { reason } => body.reason = Some(reason),
            Self::DeleteNotConfirmed { tickets } => body.tickets = Some(*tickets),
            _ => {}
        }
        (status, body)
    }

    fn retry_after(&self) -> Option<u32> {
        match self {
            Self::RateLimited { retry_after_seconds } => Some(*retry_after_seconds),
            Self::Overloaded => Some(UNAVAILABLE_RETRY_SECONDS),
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
        let (status, body) = self.body();
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
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

#[cfg(test)]
mod tests {
    use super::ApiError;

    fn json(error: &ApiError) -> String {
        serde_json::to_string(&error.body().1).unwrap()
    }

    #[test]
    fn an_error_body_has_its_text_and_code_first_and_then_only_what_its_code_names() {
        assert_eq!(
            json(&ApiError::NotFound),
            r#"{"error":"Not found","code":"not_found"}"#
        );
        assert_eq!(
            json(&ApiError::InUse),
            r#"{"error":"This access code is currently in use on another device.","code":"in_use","inUse":true}"#
        );
        let limited = json(&ApiError::RateLimited {
            retry_after_seconds: 7,
        });
        assert!(
            limited.ends_with(r#""code":"rate_limited","retryAfterSeconds":7}"#),
            "{limited}"
        );
    }
}
