//! Requests whose length two readers could disagree about are refused before any service sees them.
//!
//! hyper refuses most of them itself, and closes after a request with both `Transfer-Encoding` and
//! `Content-Length`. What it lets through and a proxy in front may read otherwise is refused here.

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, StatusCode};

/// Returns the status that refuses a request head, or `None` to let it in.
pub(super) fn refusal(headers: &HeaderMap, headers_max: usize) -> Option<StatusCode> {
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
    (both || !coded_plainly || !sized_plainly).then_some(StatusCode::BAD_REQUEST)
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
        refusal(&headers, 100).is_some()
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
