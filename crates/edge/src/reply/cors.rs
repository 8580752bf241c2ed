//! Which pages of other origins may read answers. On every answer: a page that may not read a 403 sees a
//! network error instead and tries for ever.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::settings::EdgeBootError;

const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
const HEADERS: HeaderValue = HeaderValue::from_static("Authorization, Range");
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");
const EXPOSED: HeaderValue =
    HeaderValue::from_static("Content-Length, Content-Range, ETag, Last-Modified, Age, Date, Retry-After");
const TIMING_ALLOW_ORIGIN: HeaderName = HeaderName::from_static("timing-allow-origin");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The origins whose pages may read answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllowedOrigins(Vec<HeaderValue>);

impl AllowedOrigins {
    /// Takes exact origins, `scheme://host[:port]` without a trailing slash.
    pub(crate) fn new(origins: &[String]) -> Result<Self, EdgeBootError> {
        let parse = |origin: &String| {
            let refused = || EdgeBootError::Origin(origin.clone());
            let url = url::Url::parse(origin).map_err(|_| refused())?;
            let is_web = matches!(url.scheme(), "http" | "https");
            if !is_web || url.origin().ascii_serialization() != *origin {
                return Err(refused());
            }
            HeaderValue::from_str(origin).map_err(|_| refused())
        };
        origins.iter().map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Adds what a page of the request's origin needs; always says that the answer depends on the origin.
    pub(crate) fn apply(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        answer.append(header::VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = request
            .get(header::ORIGIN)
            .filter(|origin| self.0.contains(origin))
        else {
            return;
        };
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
        answer.insert(TIMING_ALLOW_ORIGIN, origin.clone());
        answer.insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    }

    /// Adds what only the answer to a preflight says.
    pub(crate) fn apply_preflight(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        if request
            .get(header::ORIGIN)
            .is_some_and(|origin| self.0.contains(origin))
        {
            answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
            answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
            answer.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_origins_are_accepted_as_settings() {
        let new = |origin: &str| AllowedOrigins::new(&[origin.to_owned()]);
        for right in ["https://tickets.example.org", "http://localhost:3000"] {
            new(right).unwrap();
        }
        for wrong in [
            "",
            "*",
            "null",
            "tickets.example.org",
            "https://a.example/",
            "https://a.example:443",
            "ftp://a.example",
            "https://A.example",
        ] {
            new(wrong).unwrap_err();
        }
    }
}
