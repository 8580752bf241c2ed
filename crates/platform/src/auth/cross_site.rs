//! Refuses requests that another site makes a signed-in organiser's browser send.
//!
//! Browsers say where an unsafe request comes from: `Sec-Fetch-Site`, or at least `Origin`. Programs send
//! neither and are let through: they have no cookie that somebody else could borrow. `SameSite=Strict` on the
//! cookie is the second lock on the same door.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{HOST, ORIGIN};
use http::{HeaderMap, Uri};
use url::Url;

use crate::app::App;
use crate::error::ApiError;

const ADMIN_PATH: &str = "/api/admin/";
const SEC_FETCH_SITE: &str = "sec-fetch-site";

/// Answers 403 `cross_site` to unsafe admin requests that a browser made for another site.
///
/// A layer around all routes and not an extractor, so that no admin handler, present or future, lies outside.
pub async fn refuse(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let unsafe_for_admins = request.uri().path().starts_with(ADMIN_PATH) && !request.method().is_safe();
    if unsafe_for_admins && !is_same_site(request.headers(), request.uri(), &app.settings.public_url) {
        return ApiError::CrossSite.into_response();
    }
    next.run(request).await
}

/// Decides whether a request comes from this site's own pages, from the address bar, or from no browser.
fn is_same_site(headers: &HeaderMap, uri: &Uri, public_url: &Url) -> bool {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else { return false };
    let Ok(url) = Url::parse(origin) else { return false };
    // An opaque origin ("null") equals nothing, not even itself.
    if url.origin() == public_url.origin() {
        return true;
    }
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(http::uri::Authority::as_str));
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    host.zip(authority)
        .is_some_and(|(host, authority)| host.eq_ignore_ascii_case(authority))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, Uri};
    use url::Url;

    use super::is_same_site;

    fn decide(headers: &[(&'static str, &str)]) -> bool {
        let map: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()))
            .collect();
        let public_url = Url::parse("https://tickets.example.com").unwrap();
        is_same_site(&map, &Uri::from_static("/api/admin/events"), &public_url)
    }

    #[test]
    fn the_sites_own_pages_and_programs_are_let_through() {
        assert!(decide(&[]));
        assert!(decide(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://evil.example")
        ]));
        assert!(decide(&[("sec-fetch-site", "none")]));
        assert!(decide(&[
            ("origin", "https://tickets.example.com"),
            ("host", "10.0.0.7:8080")
        ]));
        assert!(decide(&[
            ("origin", "http://10.0.0.7:8080"),
            ("host", "10.0.0.7:8080")
        ]));
        assert!(decide(&[
            ("origin", "http://LOCALHOST:8080"),
            ("host", "localhost:8080")
        ]));
    }

    #[test]
    fn every_other_site_is_refused_a_sub_domain_and_an_opaque_origin_too() {
        assert!(!decide(&[("sec-fetch-site", "cross-site")]));
        assert!(!decide(&[("sec-fetch-site", "same-site")]));
        assert!(!decide(&[("sec-fetch-site", "")]));
        for origin in [
            "null",
            "https://evil.example",
            "https://a.tickets.example.com",
            "https://tickets.example.com.evil.example",
            "http://tickets.example.com",
            "https://tickets.example.com:444",
            "file://",
            "tickets.example.com",
        ] {
            assert!(
                !decide(&[("origin", origin), ("host", "tickets.example.com:8443")]),
                "{origin}"
            );
        }
    }
}
