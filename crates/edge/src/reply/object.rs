//! The answer for a file: whole, in part, or "you have it already".

use std::fs::File;
use std::ops::Range;
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
use crate::reply::{Reply, refusal, reply, set, set_text, set_validators};
use crate::source::local::Object;
use crate::source::resident::Resident;

/// An open file with what identifies its version.
#[derive(Clone, Debug)]
pub(crate) struct Sendable {
    pub(crate) file: Arc<File>,
    pub(crate) length: u64,
    pub(crate) validators: Validators,
    pub(crate) resident: Arc<Resident>,
}

impl From<Object> for Sendable {
    fn from(object: Object) -> Self {
        Self {
            length: object.identity.size,
            validators: object.validators,
            resident: object.resident,
            file: object.file,
        }
    }
}

/// Answers with `object`, which the request may have by `permit`.
pub(crate) fn answer(
    method: &Method,
    headers: &HeaderMap,
    object: Sendable,
    permit: Permit,
    (deny, cache_control): (&Arc<Deny>, HeaderValue),
) -> Reply {
    let of = (Some(object.length), &object.validators);
    let (mut answer, range) = prepare(method, headers, of, (permit.path().content_type(), cache_control));
    if let Some(range) = range {
        *answer.body_mut() = Content::File(FileBody::new(
            (object.file, object.resident),
            range,
            Arc::new(Watch::new(permit, Arc::clone(deny))),
        ));
    }
    answer
}

/// Returns the answer without its body, and which bytes belong into that; none when nothing does. An object whose
/// length is not known yet is sent whole, to an end that is still to be seen.
pub(crate) fn prepare(
    method: &Method,
    headers: &HeaderMap,
    (length, validators): (Option<u64>, &Validators),
    (content_type, cache_control): (&'static str, HeaderValue),
) -> (Reply, Option<Range<u64>>) {
    if is_not_modified(headers, validators) {
        let mut answer = reply(StatusCode::NOT_MODIFIED, Content::Empty);
        set_validators(&mut answer, validators);
        set(&mut answer, header::CACHE_CONTROL, cache_control);
        return (answer, None);
    }
    let selected = length.map_or(Selection::Whole, |length| {
        selection(method, headers, validators, length)
    });
    let (status, range) = match selected {
        Selection::Whole => (StatusCode::OK, 0..length.unwrap_or(u64::MAX)),
        Selection::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Selection::Unsatisfiable => {
            let mut answer = refusal(EdgeRefusal::RangeNotSatisfiable);
            let text = format!("bytes */{}", length.unwrap_or_default());
            set_text(&mut answer, header::CONTENT_RANGE, &text);
            return (answer, None);
        }
    };
    let mut answer = reply(status, Content::Empty);
    set_validators(&mut answer, validators);
    set(&mut answer, header::CACHE_CONTROL, cache_control);
    set(
        &mut answer,
        header::CONTENT_TYPE,
        HeaderValue::from_static(content_type),
    );
    if let Some(length) = length {
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
    }
    let is_sent = *method == Method::GET && range.end > range.start;
    (answer, is_sent.then_some(range))
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
