//! Where a request may carry its playback token: the first place that has one wins.

use std::borrow::Cow;

use http::{HeaderMap, header};

/// The query parameter that carries a token.
pub(crate) const QUERY_KEY: &str = "__token";

/// A token and the place where it rode.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Carried<'a> {
    /// `Authorization: Bearer <token>`.
    Header(&'a str),
    /// `/t/<token>/streams/...`.
    Path(&'a str),
    /// `?__token=<token>`.
    Query(Cow<'a, str>),
    /// Something that is no token stands where one belongs: bytes that are no text, or a repeated parameter.
    Unreadable,
    /// There is none.
    Nowhere,
}

/// Finds the token of a request: header, then path, then query.
pub(crate) fn find<'a>(
    headers: &'a HeaderMap,
    path_token: Option<&'a str>,
    query: Option<&'a str>,
) -> Carried<'a> {
    if let Some(carried) = in_header(headers) {
        return carried;
    }
    if let Some(token) = path_token {
        return Carried::Path(token);
    }
    in_query(query.unwrap_or_default())
}

fn in_header(headers: &HeaderMap) -> Option<Carried<'_>> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes().trim_ascii();
    let space = value.iter().position(|byte| matches!(byte, b' ' | b'\t'))?;
    let (scheme, token) = value.split_at_checked(space)?;
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return None;
    }
    match std::str::from_utf8(token.trim_ascii()) {
        Ok(token) => Some(Carried::Header(token)),
        Err(_) => Some(Carried::Unreadable),
    }
}

fn in_query(query: &str) -> Carried<'_> {
    let mut found = Carried::Nowhere;
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        // The decoded key counts, or `%5f_token` would be a second way in that logs do not know.
        if percent_encoding::percent_decode_str(key).eq(QUERY_KEY.bytes()) {
            if found != Carried::Nowhere {
                return Carried::Unreadable;
            }
            found = match percent_encoding::percent_decode_str(value).decode_utf8() {
                Ok(token) => Carried::Query(token),
                Err(_) => Carried::Unreadable,
            };
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(authorization: &[u8]) -> HeaderMap {
        HeaderMap::from_iter([(
            header::AUTHORIZATION,
            http::HeaderValue::from_bytes(authorization).unwrap(),
        )])
    }

    fn token(carried: &Carried<'_>) -> String {
        match carried {
            Carried::Header(token) => format!("header {token}"),
            Carried::Path(token) => format!("path {token}"),
            Carried::Query(token) => format!("query {token}"),
            Carried::Unreadable => "unreadable".to_owned(),
            Carried::Nowhere => "nowhere".to_owned(),
        }
    }

    #[test]
    fn the_first_place_that_has_a_token_wins() {
        let headers = with(b"Bearer h");
        assert_eq!(
            token(&find(&headers, Some("p"), Some("__token=q&__token=r"))),
            "header h"
        );
        assert_eq!(
            token(&find(&HeaderMap::new(), Some("p"), Some("__token=q"))),
            "path p"
        );
        assert_eq!(
            token(&find(&HeaderMap::new(), None, Some("a=1&__token=q&b"))),
            "query q"
        );
        assert_eq!(token(&find(&HeaderMap::new(), None, None)), "nowhere");
    }

    #[test]
    fn the_scheme_may_be_in_any_case_and_another_one_counts_as_absent() {
        for (value, expected) in [
            (&b"bearer h"[..], "header h"),
            (b"BEARER   h ", "header h"),
            (b"Bearer\th", "header h"),
            (b"Basic h", "nowhere"),
            (b"Bearerh", "nowhere"),
            (b"Bearer", "nowhere"),
            (b"", "nowhere"),
            (b"Bearer \xff", "unreadable"),
        ] {
            assert_eq!(token(&find(&with(value), None, None)), expected, "{value:?}");
        }
    }

    #[test]
    fn the_parameter_is_found_by_its_decoded_key_and_only_once() {
        for (query, expected) in [
            ("%5F_token=q", "query q"),
            ("__%74oken=a%2Eb", "query a.b"),
            ("__token=a&%5f_token=b", "unreadable"),
            ("__token=a&__token=a", "unreadable"),
            ("__token=%ff", "unreadable"),
            ("__token=", "query "),
            ("__TOKEN=q", "nowhere"),
            ("x__token=q", "nowhere"),
        ] {
            assert_eq!(
                token(&find(&HeaderMap::new(), None, Some(query))),
                expected,
                "{query}"
            );
        }
    }
}
