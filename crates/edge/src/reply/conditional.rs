//! Conditional requests (RFC 9110 section 13): whether the client's copy is still good, and whether a
//! range fits to it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::HeaderValue;
use http::{HeaderMap, header};

/// What identifies one version of an answer, as its headers say it. Made once for a version and shared by all
/// answers with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Validators {
    etag: HeaderValue,
    last_modified: HeaderValue,
    /// When the object changed last, in whole seconds since 1970.
    pub(crate) modified_secs: u64,
}

impl Validators {
    /// Makes a strong entity tag of `tag`, which is digits and letters of our own making.
    pub(crate) fn new(tag: &str, modified_secs: u64) -> Self {
        let value = |text: &str| HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""));
        Self {
            etag: value(&format!("\"{tag}\"")),
            last_modified: value(&http_date(modified_secs)),
            modified_secs,
        }
    }

    /// Returns the entity tag with its quotes.
    pub(crate) const fn etag(&self) -> &HeaderValue {
        &self.etag
    }

    pub(crate) const fn last_modified(&self) -> &HeaderValue {
        &self.last_modified
    }
}

/// Returns the HTTP date of `secs` since 1970.
pub(crate) fn http_date(secs: u64) -> String {
    // The format ends with the year 9999.
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(secs.min(253_402_300_799)))
}

/// Decides whether the client's copy is still good. `If-None-Match` wins over `If-Modified-Since`.
pub(crate) fn is_not_modified(headers: &HeaderMap, validators: &Validators) -> bool {
    if headers.contains_key(header::IF_NONE_MATCH) {
        let mut fields = headers.get_all(header::IF_NONE_MATCH).iter();
        return fields.any(|field| field.to_str().is_ok_and(|list| lists(list, &validators.etag)));
    }
    let since = headers
        .get(header::IF_MODIFIED_SINCE)
        .and_then(|field| field.to_str().ok());
    since
        .and_then(seconds)
        .is_some_and(|since| validators.modified_secs <= since)
}

/// Decides whether a `Range` is to be honoured: without `If-Range` always, else only for the very same
/// version (strong comparison).
pub(crate) fn is_range_welcome(headers: &HeaderMap, validators: &Validators) -> bool {
    let Some(condition) = headers.get(header::IF_RANGE) else {
        return true;
    };
    let Ok(condition) = condition.to_str() else {
        return false;
    };
    let condition = condition.trim();
    if condition.starts_with('"') || condition.starts_with("W/") {
        return validators.etag == condition;
    }
    seconds(condition) == Some(validators.modified_secs)
}

/// Weak comparison against each entity tag of a list; `*` matches everything.
fn lists(list: &str, etag: &HeaderValue) -> bool {
    if list.trim() == "*" {
        return true;
    }
    let own = etag.to_str().unwrap_or_default().trim_matches('"');
    // Between quotes there may be commas, so tags are cut at their quotes.
    let mut rest = list;
    while let Some((_, after)) = rest.split_once('"') {
        let Some((tag, after)) = after.split_once('"') else {
            return false;
        };
        if tag == own {
            return true;
        }
        rest = after;
    }
    false
}

fn seconds(date: &str) -> Option<u64> {
    let date: SystemTime = httpdate::parse_http_date(date.trim()).ok()?;
    date.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Tue, 24 Nov 2026 12:00:00 GMT";
    const EARLIER: &str = "Tue, 24 Nov 2026 11:59:59 GMT";
    const LATER: &str = "Tue, 24 Nov 2026 12:00:01 GMT";

    fn own() -> Validators {
        Validators::new("abc", seconds(DATE).unwrap())
    }

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect::<Vec<(http::HeaderName, HeaderValue)>>()
            .into_iter()
            .fold(HeaderMap::new(), |mut map, (name, value)| {
                map.append(name, value);
                map
            })
    }

    #[test]
    fn a_good_copy_is_not_sent_again() {
        for fields in [
            &[("if-none-match", "\"abc\"")][..],
            &[("if-none-match", "W/\"abc\"")],
            &[("if-none-match", "\"x\", \"a,b\" ,W/\"abc\"")],
            &[("if-none-match", "*")],
            &[("if-none-match", "\"x\""), ("if-none-match", "\"abc\"")],
            &[("if-modified-since", DATE)],
            &[("if-modified-since", LATER)],
            &[("if-none-match", "\"abc\""), ("if-modified-since", EARLIER)],
        ] {
            assert!(is_not_modified(&headers(fields), &own()), "{fields:?}");
        }
    }

    #[test]
    fn another_copy_is_replaced() {
        for fields in [
            &[][..],
            &[("if-none-match", "\"x\"")],
            &[("if-none-match", "abc")],
            &[("if-none-match", "\"abc")],
            &[("if-none-match", "")],
            &[("if-modified-since", EARLIER)],
            &[("if-modified-since", "yesterday")],
            &[("if-none-match", "\"x\""), ("if-modified-since", LATER)],
        ] {
            assert!(!is_not_modified(&headers(fields), &own()), "{fields:?}");
        }
    }

    #[test]
    fn a_range_fits_only_the_very_same_version() {
        for fits in ["\"abc\"", DATE] {
            assert!(
                is_range_welcome(&headers(&[("if-range", fits)]), &own()),
                "{fits}"
            );
        }
        for misfit in ["\"x\"", "W/\"abc\"", EARLIER, LATER, "nonsense", ""] {
            assert!(
                !is_range_welcome(&headers(&[("if-range", misfit)]), &own()),
                "{misfit}"
            );
        }
        assert!(is_range_welcome(&HeaderMap::new(), &own()));
    }
}
