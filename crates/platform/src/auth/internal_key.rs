//! Edges show the internal key in `X-Internal-Api-Key`.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::app::App;
use crate::error::ApiError;

const INTERNAL_KEY_HEADER: &str = "x-internal-api-key";

/// Proof that the caller knows the internal key; anybody else gets 401 `unauthorized`.
#[derive(Clone, Copy, Debug)]
pub struct InternalKey(());

impl FromRequestParts<Arc<App>> for InternalKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let shown = parts
            .headers
            .get(INTERNAL_KEY_HEADER)
            .ok_or(ApiError::Unauthorized)?;
        if !app.settings.internal_api_key.matches(shown.as_bytes()) {
            return Err(ApiError::Unauthorized);
        }
        Ok(Self(()))
    }
}
