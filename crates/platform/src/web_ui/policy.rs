//! The page's Content-Security-Policy and the other security headers.

use http::HeaderMap;
use streamgate_serving::security_headers::header_set;
use url::Url;

use crate::settings::PlatformSettings;

/// Returns the headers of every answer of this platform.
pub(super) fn security_headers(settings: &PlatformSettings) -> HeaderMap {
    let https = settings.public_url.scheme() == "https";
    let policy = content_security_policy(&settings.playback_base_url, https);
    // Every part is ours or the ASCII origin of a URL, so it is a header value; if not, nothing is the safe policy.
    header_set(https, &policy)
        .or_else(|_| header_set(https, "default-src 'none'"))
        .unwrap_or_default()
}

fn content_security_policy(playback_base_url: &str, https: bool) -> String {
    let streams = origin(playback_base_url).map_or_else(String::new, |origin| format!(" {origin}"));
    // Posters may come from anywhere; over plain http, where nothing is protected anyway, from http too.
    let posters = if https { "" } else { " http:" };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; \
         img-src 'self' https: data:{posters}; connect-src 'self'{streams}; media-src 'self' blob:{streams}; \
         worker-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
         object-src 'none'"
    )
}

/// Returns the origin of a URL; `None` for the empty text, which stands for the page's own.
fn origin(url: &str) -> Option<String> {
    let origin = Url::parse(url).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::content_security_policy;

    #[test]
    fn streams_of_another_origin_may_be_fetched_and_played_and_nothing_else_of_it() {
        let policy = content_security_policy("https://stream.example.com:8443/base", true);
        assert!(
            policy.contains("connect-src 'self' https://stream.example.com:8443; "),
            "{policy}"
        );
        assert!(
            policy.contains("media-src 'self' blob: https://stream.example.com:8443; "),
            "{policy}"
        );
        assert_eq!(policy.matches("stream.example.com").count(), 2);
    }

    #[test]
    fn a_page_that_serves_its_own_streams_allows_no_other_origin() {
        let policy = content_security_policy("", true);
        assert!(
            policy.contains("connect-src 'self'; media-src 'self' blob:; worker-src 'self'; "),
            "{policy}"
        );
    }

    #[test]
    fn posters_over_plain_http_are_for_sites_over_plain_http() {
        assert!(content_security_policy("", true).contains("img-src 'self' https: data:; "));
        assert!(content_security_policy("", false).contains("img-src 'self' https: data: http:; "));
    }
}
