//! The answer for a playlist: plain or gzipped for everybody, or with one viewer's token in its URIs.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{HeaderMap, Method, StatusCode};
use streamgate_contract::stream_state::{STREAM_RENDITIONS_HEADER, STREAM_STATE_HEADER};

use crate::playlist::live_state::Condition;
use crate::playlist::version::Version;
use crate::reply::body::Content;
use crate::reply::conditional::{http_date, is_not_modified};
use crate::reply::encoding::is_gzip_welcome;
use crate::reply::{NO_STORE, Reply, reply, set, set_text, set_validators};
use crate::source::SourceError;

/// Answers with the version that all viewers share.
pub(crate) async fn answer_shared(
    method: &Method,
    headers: &HeaderMap,
    version: &Arc<Version>,
    cache_control: HeaderValue,
) -> Result<Reply, SourceError> {
    let is_gzipped = is_gzip_welcome(headers);
    let validators = if is_gzipped {
        version.gzipped_validators()
    } else {
        version.validators()
    };
    if is_not_modified(headers, validators) {
        let mut answer = reply(StatusCode::NOT_MODIFIED, Content::Empty);
        set_validators(&mut answer, validators);
        set(&mut answer, header::CACHE_CONTROL, cache_control);
        set(
            &mut answer,
            header::VARY,
            HeaderValue::from_static("Accept-Encoding"),
        );
        return Ok(answer);
    }
    let bytes = if is_gzipped {
        version.gzipped().await?
    } else {
        version.plain.clone()
    };
    let mut answer = answer_bytes(method, bytes, is_gzipped, version);
    set_validators(&mut answer, validators);
    set(&mut answer, header::CACHE_CONTROL, cache_control);
    Ok(answer)
}

/// Answers with `token` in the URIs: for one viewer, so never stored and without validators.
pub(crate) async fn answer_personal(
    method: &Method,
    headers: &HeaderMap,
    version: &Arc<Version>,
    token: &str,
) -> Result<Reply, SourceError> {
    let is_gzipped = is_gzip_welcome(headers);
    let bytes = version.with_path_token(token, is_gzipped).await?;
    let mut answer = answer_bytes(method, bytes, is_gzipped, version);
    set(&mut answer, header::CACHE_CONTROL, NO_STORE);
    Ok(answer)
}

/// Answers the platform's probe: how the stream is doing.
pub(crate) fn answer_probe(version: &Version, condition: Condition) -> Reply {
    let mut answer = answer_bytes(&Method::HEAD, version.plain.clone(), false, version);
    set(&mut answer, header::ETAG, version.validators().etag().clone());
    let changed_secs = u64::try_from(condition.changed.as_secs()).unwrap_or(0);
    set_text(&mut answer, header::LAST_MODIFIED, &http_date(changed_secs));
    set(&mut answer, header::CACHE_CONTROL, NO_STORE);
    let state = HeaderValue::from_static(condition.state.as_str());
    set(&mut answer, HeaderName::from_static(STREAM_STATE_HEADER), state);
    set(
        &mut answer,
        HeaderName::from_static(STREAM_RENDITIONS_HEADER),
        condition.renditions.into(),
    );
    answer
}

fn answer_bytes(method: &Method, bytes: Bytes, is_gzipped: bool, version: &Version) -> Reply {
    let length = bytes.len();
    let content = if *method == Method::HEAD {
        Content::Empty
    } else {
        Content::whole(bytes)
    };
    let mut answer = reply(StatusCode::OK, content);
    set(
        &mut answer,
        header::CONTENT_TYPE,
        HeaderValue::from_static(version.path.content_type()),
    );
    set(&mut answer, header::CONTENT_LENGTH, length.into());
    set(
        &mut answer,
        header::VARY,
        HeaderValue::from_static("Accept-Encoding"),
    );
    if is_gzipped {
        set(
            &mut answer,
            header::CONTENT_ENCODING,
            HeaderValue::from_static("gzip"),
        );
    }
    answer
}
