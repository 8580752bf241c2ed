//! Addresses that an organiser may enter: of a stream's source, of a poster.

use url::Url;

use crate::fields::Field;

/// Longest address, in bytes; browsers and proxies handle no longer ones reliably.
const URL_BYTES_MAX: usize = 2_048;

/// Which schemes an address may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scheme {
    Https,
    /// http or https.
    Any,
}

/// Reads an absolute web address and returns it as the URL standard writes it.
pub(super) fn web_url(field: &Field, scheme: Scheme) -> Result<Option<String>, String> {
    let Some(value) = field.value() else {
        return Ok(None);
    };
    let text = value.as_str().map(str::trim).ok_or("Must be a text.")?;
    if text.is_empty() {
        return Ok(None);
    }
    let schemes = if scheme == Scheme::Https {
        "https"
    } else {
        "http or https"
    };
    let wrong = || format!("Must be a full {schemes} address without user name and password.");
    // The parser would silently drop tabs and line breaks, so that the check sees another text than the reader.
    if text
        .contains(|character: char| character.is_control() || character.is_whitespace() || character == '\\')
    {
        return Err(wrong());
    }
    let url = Url::parse(text).map_err(|_| wrong())?;
    let scheme_fits = url.scheme() == "https" || (url.scheme() == "http" && scheme == Scheme::Any);
    let is_plain = url.username().is_empty() && url.password().is_none() && url.has_host();
    if !scheme_fits || !is_plain || !text.contains("://") {
        return Err(wrong());
    }
    let written = String::from(url);
    if written.len() > URL_BYTES_MAX {
        return Err(format!("Must be at most {URL_BYTES_MAX} characters."));
    }
    Ok(Some(written))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Scheme, web_url};
    use crate::fields::Field;

    fn read(text: &str, scheme: Scheme) -> Result<Option<String>, String> {
        web_url(&Field::Given(json!(text)), scheme)
    }

    // I-02
    #[test]
    fn hostile_addresses_are_refused() {
        for url in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "\tjavascript:alert(1)",
            "data:text/html,x",
            "data:image/svg+xml,x",
            "blob:https://a/b",
            "vbscript:x",
            "//evil.example/a.jpg",
            "https:evil.example",
            "https://a@evil.example/",
            "https://a:b@evil.example/",
            "https://exa mple.com/",
            "https://example.com/\na",
            "https:\\\\evil.example",
            "poster.jpg",
            "https://",
        ] {
            assert!(read(url, Scheme::Any).is_err(), "{url}");
        }
        let prefix = "https://example.com/";
        let longest = format!("{prefix}{}", "a".repeat(2_048 - prefix.len()));
        assert!(read(&longest, Scheme::Any).is_ok());
        assert!(read(&format!("{longest}a"), Scheme::Any).is_err());
    }

    #[test]
    fn http_is_accepted_only_where_any_scheme_is() {
        assert!(read("http://example.com/a.jpg", Scheme::Any).is_ok());
        assert!(read("http://example.com/a.jpg", Scheme::Https).is_err());
    }

    // I-02
    #[test]
    fn an_address_is_stored_as_the_url_standard_writes_it() {
        let written = read(" HTTPS://Exämple.com:443/ä ", Scheme::Https).unwrap();
        assert_eq!(written.as_deref(), Some("https://xn--exmple-cua.com/%C3%A4"));
    }

    #[test]
    fn no_address_is_none() {
        assert_eq!(read("  ", Scheme::Https), Ok(None));
        assert_eq!(web_url(&Field::Absent, Scheme::Https), Ok(None));
        assert!(web_url(&Field::Given(json!(5)), Scheme::Https).is_err());
    }
}
