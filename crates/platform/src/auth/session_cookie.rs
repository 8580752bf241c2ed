//! The admin's cookie: a random id that means nothing by itself. The database knows only its SHA-256.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use streamgate_serving::random::Random;
use url::Url;

use super::ADMIN_SESSION_LIFETIME;

/// 256 bits: nobody guesses one, however many sessions there are.
const ID_BYTES: usize = 32;

/// A session's secret id, as 64 hex digits. Never printed, never stored.
pub(super) struct SessionSecret(String);

impl SessionSecret {
    /// Draws a new one.
    pub(super) fn generate(random: &Arc<dyn Random>) -> Self {
        let mut bytes = [0; ID_BYTES];
        random.fill(&mut bytes);
        Self(hex(&bytes))
    }

    /// Reads the id that a request shows, if it shows one.
    pub(super) fn from_headers(headers: &HeaderMap, public_url: &Url) -> Option<Self> {
        let name = cookie_name(public_url);
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(shown_name, _)| *shown_name == name)
            .filter(|(_, value)| value.len() == ID_BYTES * 2)
            .map(|(_, value)| Self(value.to_owned()))
    }

    /// Returns what the database knows of it: SHA-256 in hex.
    pub(super) fn stored_hash(&self) -> String {
        hex(digest::digest(&digest::SHA256, self.0.as_bytes()).as_ref())
    }

    /// Returns the `Set-Cookie` value that gives it to a browser.
    pub(super) fn set_cookie(&self, public_url: &Url) -> Option<HeaderValue> {
        cookie(public_url, &self.0, ADMIN_SESSION_LIFETIME.as_secs())
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionSecret([redacted])")
    }
}

/// Returns the `Set-Cookie` value that makes a browser forget its session.
pub(super) fn forget_cookie(public_url: &Url) -> Option<HeaderValue> {
    cookie(public_url, "", 0)
}

fn cookie(public_url: &Url, value: &str, max_age_seconds: u64) -> Option<HeaderValue> {
    let name = cookie_name(public_url);
    let secure = if is_https(public_url) { "; Secure" } else { "" };
    let text =
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={max_age_seconds}{secure}");
    let mut header = HeaderValue::try_from(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// `__Host-` makes browsers refuse the cookie from a sub-domain or over http; they accept it only over https.
fn cookie_name(public_url: &Url) -> &'static str {
    if is_https(public_url) {
        "__Host-admin_session"
    } else {
        "admin_session"
    }
}

fn is_https(public_url: &Url) -> bool {
    public_url.scheme() == "https"
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::HeaderMap;
    use http::header::COOKIE;
    use streamgate_serving::random::{Random, SystemRandom};
    use url::Url;

    use super::{SessionSecret, forget_cookie};

    fn secret() -> SessionSecret {
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        SessionSecret::generate(&random)
    }

    #[test]
    fn over_https_the_cookie_is_bound_to_the_host_and_secure() {
        let https = Url::parse("https://tickets.example.com").unwrap();
        let cookie = secret().set_cookie(&https).unwrap();
        let text = cookie.to_str().unwrap();
        assert!(text.starts_with("__Host-admin_session="), "{text}");
        assert!(
            text.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=28800; Secure"),
            "{text}"
        );
        assert!(cookie.is_sensitive());
    }

    #[test]
    fn over_http_the_cookie_has_its_plain_name() {
        let http = Url::parse("http://localhost:8080").unwrap();
        let text = secret().set_cookie(&http).unwrap().to_str().unwrap().to_owned();
        assert!(text.starts_with("admin_session="), "{text}");
        assert!(!text.contains("Secure"), "{text}");
        assert!(
            forget_cookie(&http)
                .unwrap()
                .to_str()
                .unwrap()
                .contains("Max-Age=0")
        );
    }

    #[test]
    fn a_cookie_is_found_among_others_and_only_under_its_own_name() {
        let http = Url::parse("http://localhost:8080").unwrap();
        let secret = secret();
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "theme=dark; xadmin_session=abc".parse().unwrap());
        headers.append(
            COOKIE,
            format!("a=b; admin_session={}", secret.0).parse().unwrap(),
        );
        let read = SessionSecret::from_headers(&headers, &http).unwrap();
        assert_eq!(read.stored_hash(), secret.stored_hash());
        let https = Url::parse("https://tickets.example.com").unwrap();
        assert!(SessionSecret::from_headers(&headers, &https).is_none());
    }

    //
    #[test]
    fn a_session_secret_is_never_printed_nor_stored() {
        let secret = secret();
        assert!(!format!("{secret:?}").contains(&secret.0));
        assert_ne!(secret.stored_hash(), secret.0);
        assert_eq!(secret.stored_hash().len(), 64);
    }
}
