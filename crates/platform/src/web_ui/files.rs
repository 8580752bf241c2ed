//! The page's files, embedded at build time, with their compressed siblings.

use std::borrow::Cow;

use axum::body::Body;
use axum::response::Response;
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use rust_embed::RustEmbed;

const DOCUMENT: &str = "index.html";
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist/app"]
#[allow_missing = true]
struct Embedded;

/// A file to be served.
pub(super) struct File {
    path: String,
    content: Cow<'static, [u8]>,
    etag: String,
}

/// Returns the embedded document, if the program was built with the page.
pub(super) fn document() -> Option<String> {
    let file = Embedded::get(DOCUMENT)?;
    String::from_utf8(file.data.into_owned()).ok()
}

/// Returns the file at a request's path. The document is none: it is served prepared.
pub(super) fn find(request_path: &str) -> Option<File> {
    let path = request_path.strip_prefix('/')?;
    if path == DOCUMENT || is_compressed(path) {
        return None;
    }
    let file = Embedded::get(path)?;
    Some(File {
        etag: etag(&file.metadata.sha256_hash()),
        content: file.data,
        path: path.to_owned(),
    })
}

fn is_compressed(path: &str) -> bool {
    matches!(path.rsplit_once('.'), Some((_, "br" | "gz")))
}

impl File {
    /// Answers with the file, compressed when the client takes it and the build has it.
    pub(super) fn response(self, request: &HeaderMap, head_only: bool) -> Response {
        let cache_control = if self.path.starts_with("assets/") {
            IMMUTABLE
        } else {
            NO_CACHE
        };
        let content_type = content_type(&self.path);
        let (content, encoding) = self.best(request);
        let mut answer = content_answer(request, content, content_type, &self.etag, head_only);
        let headers = answer.headers_mut();
        headers.insert(CACHE_CONTROL, cache_control);
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        answer
    }

    fn best(&self, request: &HeaderMap) -> (Cow<'static, [u8]>, Option<&'static str>) {
        for (encoding, extension) in [("br", "br"), ("gzip", "gz")] {
            if accepts_encoding(request, encoding)
                && let Some(file) = Embedded::get(&format!("{}.{extension}", self.path))
            {
                return (file.data, Some(encoding));
            }
        }
        (self.content.clone(), None)
    }
}

/// Answers with content or, to a client that has it, 304.
pub(super) fn content_answer(
    request: &HeaderMap,
    content: Cow<'static, [u8]>,
    content_type: &'static str,
    etag: &str,
    head_only: bool,
) -> Response {
    let is_known = request.get_all(IF_NONE_MATCH).iter().any(|value| {
        value.to_str().is_ok_and(|list| {
            list.split(',')
                .any(|one| one.trim().trim_start_matches("W/") == etag || one.trim() == "*")
        })
    });
    let length = content.len();
    let mut response = if is_known || head_only {
        Response::new(Body::empty())
    } else {
        Response::new(match content {
            Cow::Borrowed(bytes) => Body::from(bytes),
            Cow::Owned(bytes) => Body::from(bytes),
        })
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(ETAG, etag);
    }
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    response
}

/// Returns the ETag for content with this hash.
pub(super) fn etag(sha256: &[u8; 32]) -> String {
    let number = sha256
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
    format!("\"{number:016x}\"")
}

/// Tells whether `Accept-Encoding` names the encoding and does not forbid it by `q=0`.
fn accepts_encoding(headers: &HeaderMap, encoding: &str) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|list| {
            list.split(',').any(|offer| {
                let mut parts = offer.split(';').map(str::trim);
                parts
                    .next()
                    .is_some_and(|name| name.eq_ignore_ascii_case(encoding))
                    && !parts.any(|parameter| {
                        parameter
                            .strip_prefix("q=")
                            .is_some_and(|q| q.parse().is_ok_and(|q: f32| q <= 0.0))
                    })
            })
        })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))])
    }

    #[test]
    fn an_encoding_is_used_only_when_it_is_accepted() {
        assert!(accepts_encoding(&accepting("gzip, deflate, br"), "br"));
        assert!(accepts_encoding(&accepting("GZIP;q=0.5"), "gzip"));
        assert!(!accepts_encoding(&accepting("br;q=0, gzip"), "br"));
        assert!(!accepts_encoding(&accepting("brotli"), "br"));
        assert!(!accepts_encoding(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn a_client_that_has_the_content_gets_304_without_it() {
        let etag = etag(&[7; 32]);
        let known = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_str(&etag).unwrap())]);
        let answer = content_answer(&known, Cow::Borrowed(b"page"), "text/html", &etag, false);
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
        assert!(!answer.headers().contains_key(CONTENT_LENGTH));
    }

    #[test]
    fn a_head_request_learns_the_length_and_gets_no_content() {
        let answer = content_answer(
            &HeaderMap::new(),
            Cow::Borrowed(b"page"),
            "text/html",
            "\"e\"",
            true,
        );
        assert_eq!(answer.headers()[CONTENT_LENGTH], "4");
        assert_eq!(axum::body::HttpBody::size_hint(answer.body()).exact(), Some(0));
    }
}
