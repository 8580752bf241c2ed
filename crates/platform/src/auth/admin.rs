//! The organiser, by cookie, or an integrator, by API key.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use streamgate_contract::time::UnixMillis;

use super::queries;
use super::session_cookie::SessionSecret;
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Client;

/// Proof that the caller may administer; anybody else gets 401 `unauthorized`.
#[derive(Clone, Debug)]
pub struct Admin {
    /// Where the request comes from, for the audit log.
    pub client: Client,
    /// When the sign-in ends; `None` for the API key, which does not end.
    pub expires_at: Option<UnixMillis>,
    /// The stored hash of the session's id; `None` for the API key.
    pub(super) session_hash: Option<String>,
}

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Ok(client) = Client::from_request_parts(parts, app).await;
        if shows_api_key(app, &parts.headers) {
            return Ok(Self {
                client,
                expires_at: None,
                session_hash: None,
            });
        }
        let secret = SessionSecret::from_headers(&parts.headers, &app.settings.public_url)
            .ok_or(ApiError::Unauthorized)?;
        let session_hash = secret.stored_hash();
        let mut tx = app.db.read().await?;
        let now = tx.now().await?;
        let expires_at = queries::session_expiry(&mut tx, &session_hash, now).await?;
        let expires_at = expires_at.ok_or(ApiError::Unauthorized)?;
        Ok(Self {
            client,
            expires_at: Some(expires_at),
            session_hash: Some(session_hash),
        })
    }
}

fn shows_api_key(app: &App, headers: &HeaderMap) -> bool {
    let key = app.settings.admin_api_key.as_ref();
    let shown = headers
        .get(AUTHORIZATION)
        .and_then(|value| bearer(value.as_bytes()));
    key.zip(shown).is_some_and(|(key, shown)| key.matches(shown))
}

/// Returns what follows the scheme `Bearer`, which may be in any case (RFC 9110 §11.1).
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = value.split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| rest.trim_ascii())
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn the_bearer_scheme_is_known_in_any_case_and_no_other_scheme_is() {
        assert_eq!(bearer(b"Bearer key"), Some(&b"key"[..]));
        assert_eq!(bearer(b"bEARER  key "), Some(&b"key"[..]));
        assert_eq!(bearer(b"Basic key"), None);
        assert_eq!(bearer(b"Bearer"), None);
        assert_eq!(bearer("Bearé key".as_bytes()), None);
    }
}
