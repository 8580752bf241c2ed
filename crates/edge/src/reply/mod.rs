//! Answers: status, headers and a body, put together from what a source found and what the client has.

pub(crate) mod body;
pub(crate) mod conditional;
pub(crate) mod cors;
pub(crate) mod encoding;
pub(crate) mod etag;
pub(crate) mod file_body;
pub(crate) mod filling;
pub(crate) mod keeping;
pub(crate) mod object;
pub(crate) mod playlist;
pub(crate) mod range;
pub(crate) mod watch;

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use streamgate_contract::errors::EdgeRefusal;

use self::body::Content;
use self::conditional::Validators;

/// An answer before it is accounted for.
pub(crate) type Reply = Response<Content>;

pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
pub(crate) const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
/// An ended stream does not change any more; a day is long enough to be worth it.
pub(crate) const FINAL_PLAYLIST: HeaderValue = HeaderValue::from_static("private, max-age=86400");

const JSON: HeaderValue = HeaderValue::from_static("application/json");
// Time for an edge to hear its platform; players come back by themselves.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

/// Returns an answer without headers.
pub(crate) fn reply(status: StatusCode, content: Content) -> Reply {
    let mut reply = Response::new(content);
    *reply.status_mut() = status;
    reply
}

/// Returns the answer that says no: the contract's bytes, never to be stored.
pub(crate) fn refusal(refusal: EdgeRefusal) -> Reply {
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut reply = json(status, Bytes::from_static(refusal.body().as_bytes()));
    match refusal {
        EdgeRefusal::Unavailable => set(&mut reply, header::RETRY_AFTER, RETRY_AFTER),
        EdgeRefusal::AuthorizationRequired => {
            set(
                &mut reply,
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer"),
            );
        }
        _ => {}
    }
    // For the metrics: statuses say less.
    reply.extensions_mut().insert(refusal);
    reply
}

/// Returns a JSON answer, never to be stored.
pub(crate) fn json(status: StatusCode, body: Bytes) -> Reply {
    let length = body.len();
    let mut reply = reply(status, Content::whole(body));
    set(&mut reply, header::CONTENT_TYPE, JSON);
    set(&mut reply, header::CONTENT_LENGTH, length.into());
    set(&mut reply, header::CACHE_CONTROL, NO_STORE);
    reply
}

/// Returns the answer for a method that the resource does not have.
pub(crate) fn method_not_allowed(allow: &'static str) -> Reply {
    let mut reply = refusal(EdgeRefusal::MethodNotAllowed);
    set(&mut reply, header::ALLOW, HeaderValue::from_static(allow));
    reply
}

pub(crate) fn set(reply: &mut Reply, name: HeaderName, value: HeaderValue) {
    reply.headers_mut().insert(name, value);
}

/// Sets a header to text of our own making; text that no header can carry is left out.
pub(crate) fn set_text(reply: &mut Reply, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        reply.headers_mut().insert(name, value);
    }
}

pub(crate) fn set_validators(reply: &mut Reply, validators: &Validators) {
    set(reply, header::ETAG, validators.etag().clone());
    set(reply, header::LAST_MODIFIED, validators.last_modified().clone());
}
