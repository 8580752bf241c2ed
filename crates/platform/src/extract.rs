//! Extractors that refuse with our own error bodies instead of the framework's.

use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Json, Path, Query, Request};
use http::HeaderMap;
use http::request::Parts;
use serde::de::DeserializeOwned;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use streamgate_serving::listeners::Peer;

use crate::app::App;
use crate::error::ApiError;

/// A JSON body of type `T`; anything else is 400 `invalid_request`. Its size was limited before.
#[derive(Debug)]
pub struct ApiJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for ApiJson<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(ApiError::InvalidRequest(
                "The body must be application/json.".to_owned(),
            )),
            Err(JsonRejection::JsonDataError(error)) => Err(ApiError::InvalidRequest(format!(
                "The body is not the JSON that this needs{}.",
                wrong_members(&error)
            ))),
            Err(_) => Err(ApiError::InvalidRequest(
                "The body is not the JSON that this needs.".to_owned(),
            )),
        }
    }
}

/// Names the members that a body lacks or may have. Nothing of what was sent is repeated: it may hold a secret.
fn wrong_members(error: &(dyn std::error::Error + 'static)) -> String {
    let texts = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string);
    for text in texts {
        // The parser puts the way to the member before its words, and line and column behind them.
        let said = text.rsplit_once(" at line ").map_or(&*text, |(said, _)| said);
        if let Some((_, missing)) = said.rsplit_once("missing field ") {
            return format!(": it lacks {missing}");
        }
        if let Some((_, known)) = said.rsplit_once(", expected ")
            && said.contains("unknown field ")
        {
            return format!(": it has a member that is unknown here, where it may have {known}");
        }
    }
    String::new()
}

/// Query parameters of type `T`; ill-typed ones are 400 `invalid_request`.
#[derive(Debug)]
pub struct ApiQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(value)) => Ok(Self(value)),
            Err(_) => Err(ApiError::InvalidRequest(
                "A query parameter has a wrong value.".to_owned(),
            )),
        }
    }
}

/// An id in the path. One that cannot exist is 404 like one that does not.
#[derive(Debug)]
pub struct ApiPath<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for ApiPath<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(_) => Err(ApiError::NotFound),
        }
    }
}

/// Who sent the request: the client's address behind trusted proxies, and its user agent.
#[derive(Clone, Debug)]
pub struct Client {
    /// The client's address.
    pub ip: IpAddr,
    /// Its `User-Agent`, at most 256 characters, without control characters.
    pub user_agent: Option<String>,
}

/// Longest stored user agent; real ones stay under it and nobody fills the database with longer ones.
const USER_AGENT_CHARS_MAX: usize = 256;

impl FromRequestParts<Arc<App>> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Self::Rejection> {
        let peer = parts
            .extensions
            .get::<Peer>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        Ok(Self {
            ip: app.settings.trusted_proxies.client_ip(peer, &parts.headers),
            user_agent: user_agent(&parts.headers),
        })
    }
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(http::header::USER_AGENT)?.as_bytes();
    let text = String::from_utf8_lossy(value);
    Some(
        text.chars()
            .filter(|character| !character.is_control())
            .take(USER_AGENT_CHARS_MAX)
            .collect(),
    )
}
