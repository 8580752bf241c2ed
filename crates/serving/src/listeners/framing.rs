//! Requests whose length or host two readers could disagree about are refused before any service sees them.
//!
//! hyper refuses most of them itself, and closes after a request with both `Transfer-Encoding` and
//! `Content-Length`. What it lets through and a proxy in front may read otherwise is refused here.

use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, StatusCode, Version};

/// Returns the status that refuses a request head, or `None` to let it in.
pub(super) fn refusal(headers: &HeaderMap, version: Version, headers_max: usize) -> Option<StatusCode> {
    // HTTP/1.1 is stopped earlier, in the parser; HTTP/2 knows only a limit in bytes.
    if headers.len() > headers_max {
        return Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    let coded_plainly = all_at_most_one(&headers.get_all(TRANSFER_ENCODING), |value| {
        value.as_bytes().eq_ignore_ascii_case(b"chunked")
    });
    let sized_plainly = all_at_most_one(&headers.get_all(CONTENT_LENGTH), |value| {
        // Zero, or digits without a leading zero, which some readers take for octal.
        let digits = value.as_bytes();
        digits == b"0" || (digits.first() != Some(&b'0') && digits.iter().all(u8::is_ascii_digit))
    });
    let both = headers.contains_key(TRANSFER_ENCODING) && headers.contains_key(CONTENT_LENGTH);
    let is_clear = !both && coded_plainly && sized_plainly && names_one_host(headers, version);
    (!is_clear).then_some(StatusCode::BAD_REQUEST)
}

/// HTTP/1.1 demands exactly one valid `Host` (RFC 9112 section 3.2); before it and after it there may be none.
fn names_one_host(headers: &HeaderMap, version: Version) -> bool {
    let is_demanded = version == Version::HTTP_11;
    if is_demanded && !headers.contains_key(HOST) {
        return false;
    }
    all_at_most_one(&headers.get_all(HOST), |host| {
        // Empty is what a client sends whose target has no host.
        host.is_empty() || Authority::try_from(host.as_bytes()).is_ok_and(|authority| is_host(&authority))
    })
}

/// A host with at most a port: the type also takes user names and any text for a port.
fn is_host(authority: &Authority) -> bool {
    let port = authority.as_str().strip_prefix(authority.host());
    port.is_some_and(|port| matches!(port, "" | ":") || authority.port_u16().is_some())
}

fn all_at_most_one(
    values: &http::header::GetAll<'_, HeaderValue>,
    plain: impl Fn(&HeaderValue) -> bool,
) -> bool {
    let mut values = values.iter();
    values.next().is_none_or(plain) && values.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(fields: &[(&str, &str)]) -> bool {
        let headers: HeaderMap = fields
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        refusal(&headers, Version::HTTP_2, 100).is_some()
    }

    #[test]
    fn http_1_1_names_exactly_one_valid_host_and_the_others_at_most_one() {
        let refused = |version: Version, hosts: &[&str]| {
            let hosts = hosts.iter().map(|host| (HOST, host.parse().unwrap()));
            let headers = hosts.fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            });
            refusal(&headers, version, 100).is_some()
        };
        for host in [
            "example.org",
            "example.org:8080",
            "192.0.2.1",
            "[2001:db8::1]:80",
            "",
        ] {
            assert!(!refused(Version::HTTP_11, &[host]), "{host}");
        }
        for hosts in [
            &[][..],
            &["a", "b"],
            &["a", "a"],
            &["a b"],
            &["a/b"],
            &["user@a"],
            &["a:x"],
        ] {
            assert!(refused(Version::HTTP_11, hosts), "{hosts:?}");
        }
        for version in [Version::HTTP_10, Version::HTTP_2] {
            assert!(!refused(version, &[]));
            assert!(refused(version, &["a", "b"]));
        }
    }

    #[test]
    fn only_a_plain_length_or_a_plain_chunked_coding_is_let_in() {
        assert!(!refused(&[]));
        assert!(!refused(&[("content-length", "0")]));
        assert!(!refused(&[("content-length", "10")]));
        assert!(!refused(&[("transfer-encoding", "Chunked")]));
        assert!(refused(&[("content-length", "010")]));
        assert!(refused(&[("content-length", "5"), ("content-length", "5")]));
        assert!(refused(&[("transfer-encoding", "identity, chunked")]));
        assert!(refused(&[
            ("transfer-encoding", "chunked"),
            ("transfer-encoding", "chunked")
        ]));
        assert!(refused(&[
            ("transfer-encoding", "chunked"),
            ("content-length", "5")
        ]));
    }
}
