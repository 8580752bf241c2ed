//! The answer for a file: whole, in part, or "you have it already".

use std::sync::Arc;

use http::header::{self, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use streamgate_contract::errors::EdgeRefusal;

use crate::authorize::Permit;
use crate::deny::Deny;
use crate::reply::body::Content;
use crate::reply::conditional::{Validators, is_not_modified, is_range_welcome};
use crate::reply::file_body::FileBody;
use crate::reply::range::{Selection, select};
use crate::reply::watch::Watch;
use crate::reply::{Reply, etag, refusal, reply, set, set_text, set_validators};
use crate::source::local::Object;

/// Answers with `object`, which the request may have by `permit`.
pub(crate) fn answer(
    method: &Method,
    headers: &HeaderMap,
    object: Object,
    permit: Permit,
    (deny, cache_control): (&Arc<Deny>, HeaderValue),
) -> Reply {
    let length = object.identity.size;
    let validators = validators(&object);
    if is_not_modified(headers, &validators) {
        let mut answer = reply(StatusCode::NOT_MODIFIED, Content::Empty);
        set_validators(&mut answer, &validators);
        set(&mut answer, header::CACHE_CONTROL, cache_control);
        return answer;
    }
    let content_type = HeaderValue::from_static(permit.path().content_type());
    let (status, range) = match selection(method, headers, &validators, length) {
        Selection::Whole => (StatusCode::OK, 0..length),
        Selection::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Selection::Unsatisfiable => {
            let mut answer = refusal(EdgeRefusal::RangeNotSatisfiable);
            set_text(&mut answer, header::CONTENT_RANGE, &format!("bytes */{length}"));
            return answer;
        }
    };
    let mut answer = reply(status, Content::Empty);
    set_validators(&mut answer, &validators);
    set(&mut answer, header::CACHE_CONTROL, cache_control);
    set(&mut answer, header::CONTENT_TYPE, content_type);
    set(
        &mut answer,
        header::CONTENT_LENGTH,
        (range.end - range.start).into(),
    );
    set(
        &mut answer,
        header::ACCEPT_RANGES,
        HeaderValue::from_static("bytes"),
    );
    if status == StatusCode::PARTIAL_CONTENT {
        let text = format!("bytes {}-{}/{length}", range.start, range.end - 1);
        set_text(&mut answer, header::CONTENT_RANGE, &text);
    }
    if *method == Method::GET && range.end > range.start {
        *answer.body_mut() = Content::File(FileBody::new(
            object.file,
            range.start,
            range.end,
            Arc::new(Watch::new(permit, Arc::clone(deny))),
        ));
    }
    answer
}

fn validators(object: &Object) -> Validators {
    let tag = etag::of(&object.identity.to_bytes());
    let modified_secs = u64::try_from(object.identity.modified().as_secs()).unwrap_or(0);
    Validators {
        etag: format!("\"{tag}\""),
        modified_secs,
    }
}

/// Ranges are defined for GET only (RFC 9110 section 14.2).
fn selection(method: &Method, headers: &HeaderMap, validators: &Validators, length: u64) -> Selection {
    let mut ranges = headers.get_all(header::RANGE).iter();
    match (ranges.next(), ranges.next()) {
        (Some(range), None) if *method == Method::GET && is_range_welcome(headers, validators) => range
            .to_str()
            .map_or(Selection::Whole, |range| select(range, length)),
        _ => Selection::Whole,
    }
}
