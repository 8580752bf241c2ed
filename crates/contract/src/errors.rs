//! The refusals of the edge, byte for byte, and the shape of every JSON error.
//!
//! Before a token's signature proves right all refusals of it are the same bytes, so that a guesser learns nothing;
//! the body texts are therefore fixed here and are not put together anywhere else.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::deny_state::DenyReason;

/// Every JSON error: a text for a person and a stable code. Endpoints may add fields of their own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ErrorBody {
    /// The text for a person.
    pub error: Cow<'static, str>,
    /// The stable name in `snake_case`.
    pub code: Cow<'static, str>,
}

impl ErrorBody {
    /// Puts a stable code and a text for a person together.
    pub fn new(code: impl Into<Cow<'static, str>>, error: impl Into<Cow<'static, str>>) -> Self {
        Self {
            error: error.into(),
            code: code.into(),
        }
    }
}

/// Why the edge does not serve a request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EdgeRefusal {
    /// The request carries no token (401).
    AuthorizationRequired,
    /// Signature, format, scope or probe rule is wrong (403); says no more, so that a guesser learns nothing.
    AccessDenied,
    /// The signature is right and the token has expired (403).
    TokenExpired,
    /// The signature is right and the ticket is revoked (403).
    TicketRevoked,
    /// The signature is right and the event is switched off or deleted (403).
    EventUnavailable,
    /// The signature is right and the session has ended (403).
    SessionEnded,
    /// No such object, or a path that cannot exist (404).
    NotFound,
    /// The path exists, though not for this method (405).
    MethodNotAllowed,
    /// The request contradicts itself (400).
    InvalidRequest,
    /// The requested range lies outside the object (416).
    RangeNotSatisfiable,
    /// The upstream refused or broke (502).
    SourceUnavailable,
    /// The upstream timed out (504).
    SourceTimeout,
    /// The edge has no feed state yet, or is overloaded (503, with `Retry-After`).
    Unavailable,
    /// The internal API key is missing or wrong (401).
    Unauthorized,
}

impl EdgeRefusal {
    /// Every refusal there is.
    pub const ALL: [Self; 14] = [
        Self::AuthorizationRequired,
        Self::AccessDenied,
        Self::TokenExpired,
        Self::TicketRevoked,
        Self::EventUnavailable,
        Self::SessionEnded,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::InvalidRequest,
        Self::RangeNotSatisfiable,
        Self::SourceUnavailable,
        Self::SourceTimeout,
        Self::Unavailable,
        Self::Unauthorized,
    ];

    /// Returns the HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::AuthorizationRequired | Self::Unauthorized => 401,
            Self::AccessDenied
            | Self::TokenExpired
            | Self::TicketRevoked
            | Self::EventUnavailable
            | Self::SessionEnded => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::RangeNotSatisfiable => 416,
            Self::SourceUnavailable => 502,
            Self::Unavailable => 503,
            Self::SourceTimeout => 504,
        }
    }

    /// Returns the stable code of the body.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AuthorizationRequired => "authorization_required",
            Self::AccessDenied => "access_denied",
            Self::TokenExpired => "token_expired",
            Self::TicketRevoked => "ticket_revoked",
            Self::EventUnavailable => "event_unavailable",
            Self::SessionEnded => "session_ended",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::InvalidRequest => "invalid_request",
            Self::RangeNotSatisfiable => "range_not_satisfiable",
            Self::SourceUnavailable | Self::SourceTimeout => "source_unavailable",
            Self::Unavailable => "unavailable",
            Self::Unauthorized => "unauthorized",
        }
    }

    /// Returns the body's text for a person.
    pub const fn text(self) -> &'static str {
        match self {
            Self::AuthorizationRequired => "Authorization required",
            Self::AccessDenied
            | Self::TokenExpired
            | Self::TicketRevoked
            | Self::EventUnavailable
            | Self::SessionEnded => "Access denied",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::InvalidRequest => "Invalid request",
            Self::RangeNotSatisfiable => "Range not satisfiable",
            Self::SourceUnavailable | Self::SourceTimeout => "Stream source unavailable",
            Self::Unavailable => "Temporarily unavailable",
            Self::Unauthorized => "Unauthorized",
        }
    }

    /// Returns the whole JSON body, ready to send without an allocation.
    pub const fn body(self) -> &'static str {
        match self {
            Self::AuthorizationRequired => {
                r#"{"error":"Authorization required","code":"authorization_required"}"#
            }
            Self::AccessDenied => r#"{"error":"Access denied","code":"access_denied"}"#,
            Self::TokenExpired => r#"{"error":"Access denied","code":"token_expired"}"#,
            Self::TicketRevoked => r#"{"error":"Access denied","code":"ticket_revoked"}"#,
            Self::EventUnavailable => r#"{"error":"Access denied","code":"event_unavailable"}"#,
            Self::SessionEnded => r#"{"error":"Access denied","code":"session_ended"}"#,
            Self::NotFound => r#"{"error":"Not found","code":"not_found"}"#,
            Self::MethodNotAllowed => r#"{"error":"Method not allowed","code":"method_not_allowed"}"#,
            Self::InvalidRequest => r#"{"error":"Invalid request","code":"invalid_request"}"#,
            Self::RangeNotSatisfiable => {
                r#"{"error":"Range not satisfiable","code":"range_not_satisfiable"}"#
            }
            Self::SourceUnavailable | Self::SourceTimeout => {
                r#"{"error":"Stream source unavailable","code":"source_unavailable"}"#
            }
            Self::Unavailable => r#"{"error":"Temporarily unavailable","code":"unavailable"}"#,
            Self::Unauthorized => r#"{"error":"Unauthorized","code":"unauthorized"}"#,
        }
    }
}

impl From<DenyReason> for EdgeRefusal {
    fn from(reason: DenyReason) -> Self {
        match reason {
            DenyReason::TicketRevoked => Self::TicketRevoked,
            DenyReason::EventUnavailable => Self::EventUnavailable,
            DenyReason::SessionEnded => Self::SessionEnded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_body_is_the_json_of_its_text_and_code() {
        for refusal in EdgeRefusal::ALL {
            let body = ErrorBody::new(refusal.code(), refusal.text());
            assert_eq!(serde_json::to_string(&body).unwrap(), refusal.body());
            assert!((400..=599).contains(&refusal.status()));
        }
    }

    #[test]
    fn typed_reasons_differ_from_a_plain_denial_in_their_code_only() {
        for reason in [
            DenyReason::TicketRevoked,
            DenyReason::EventUnavailable,
            DenyReason::SessionEnded,
        ] {
            let refusal = EdgeRefusal::from(reason);
            assert_eq!(
                (refusal.status(), refusal.text()),
                (403, EdgeRefusal::AccessDenied.text())
            );
            assert_ne!(refusal.code(), EdgeRefusal::AccessDenied.code());
        }
    }
}
