//! The headers that tell a browser what it must not do with the platform's pages and API.

use http::header::{self, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};

// One year. Sub-domains are left alone: they may belong to other services of the operator.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("same-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
    ),
];

/// Returns the headers for a page or an API answer.
///
/// `content_security_policy` is the page's policy; `frame-ancestors 'none'` is added unless it says
/// something about frame ancestors itself. `https` (clients come over TLS) adds
/// `Strict-Transport-Security`; over plain HTTP browsers ignore it.
pub fn header_set(https: bool, content_security_policy: &str) -> Result<HeaderMap, InvalidHeaderValue> {
    let mut headers: HeaderMap = ALWAYS.into_iter().collect();
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_str(&never_framed(content_security_policy))?,
    );
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    Ok(headers)
}

fn never_framed(policy: &str) -> String {
    if policy
        .split(';')
        .any(|directive| directive.trim_start().starts_with("frame-ancestors"))
    {
        return policy.to_owned();
    }
    let rest = policy.trim().trim_end_matches(';').trim_end();
    if rest.is_empty() {
        "frame-ancestors 'none'".to_owned()
    } else {
        format!("{rest}; frame-ancestors 'none'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //
    #[test]
    fn strict_transport_security_is_sent_only_over_https() {
        assert_eq!(
            header_set(true, "").unwrap()["strict-transport-security"],
            "max-age=31536000"
        );
        assert!(
            !header_set(false, "")
                .unwrap()
                .contains_key("strict-transport-security")
        );
    }

    //
    #[test]
    fn every_answer_forbids_sniffing_referrers_and_framing() {
        let headers = header_set(false, "default-src 'self';").unwrap();
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["x-frame-options"], "DENY");
        assert_eq!(
            headers["content-security-policy"],
            "default-src 'self'; frame-ancestors 'none'"
        );
    }

    #[test]
    fn a_policy_that_names_its_frame_ancestors_is_left_as_it_is() {
        let policy = "default-src 'self'; frame-ancestors https://a.example";
        assert_eq!(
            header_set(false, policy).unwrap()["content-security-policy"],
            policy
        );
    }

    #[test]
    fn a_policy_with_a_line_break_is_refused() {
        assert!(header_set(false, "default-src 'self'\r\nset-cookie: a=b").is_err());
    }
}
