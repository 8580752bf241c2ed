//! Sign-in and sign-out of the organiser.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::SET_COOKIE;
use serde::{Deserialize, Serialize};
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::password::{self, Password};
use super::session_cookie::{SessionSecret, forget_cookie};
use super::{ADMIN_SESSION_LIFETIME, Admin, queries};
use crate::app::{App, duration_millis};
use crate::audit::{self, Entry, Kind};
use crate::error::ApiError;
use crate::extract::{ApiJson, Client};

/// Returns this part's endpoints.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(session))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SignInRequest {
    /// At most 72 bytes.
    #[schema(value_type = String, format = Password)]
    password: Password,
}

#[derive(Debug, Serialize, ToSchema)]
struct SignInResponse {
    data: Success,
}

#[derive(Debug, Serialize, ToSchema)]
struct Success {
    success: bool,
}

impl SignInResponse {
    const DONE: Self = Self {
        data: Success { success: true },
    };
}

#[derive(Debug, Serialize, ToSchema)]
struct SessionResponse {
    data: SignedIn,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SignedIn {
    authenticated: bool,
    /// When this sign-in ends; null for the API key.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    expires_at: Option<UnixMillis>,
}

/// Signs the organiser in: sets the cookie `admin_session` for 8 hours.
#[utoipa::path(
    post, path = "/api/admin/login", tag = "admin", request_body = SignInRequest,
    responses(
        (status = 200, body = SignInResponse),
        (status = 401, description = "`invalid_credentials`"),
        (status = 429, description = "`rate_limited`")
    )
)]
async fn sign_in(
    State(app): State<Arc<App>>,
    client: Client,
    ApiJson(request): ApiJson<SignInRequest>,
) -> Result<Response, ApiError> {
    app.limiters
        .count_login(client.ip, app.clock.unix_millis())
        .inspect_err(|error| {
            let entry = Entry::new(Kind::AdminSignInRefused, &client);
            audit::log(&entry.detail(&error.to_string()));
        })?;
    if let Err(refusal) = password::check(&app, request.password).await {
        audit::log(&Entry::new(Kind::AdminSignInRefused, &client));
        return Err(refusal);
    }
    // Always a new id: one that was planted in the browser before never becomes valid.
    let secret = SessionSecret::generate(&app.random);
    let mut tx = app.db.write().await?;
    let now = tx.now().await?;
    let expires_at = now.plus_millis(duration_millis(ADMIN_SESSION_LIFETIME));
    queries::open_session(&mut tx, &secret.stored_hash(), now, expires_at, client.ip).await?;
    audit::record(&app, &mut tx, now, &Entry::new(Kind::AdminSignedIn, &client)).await?;
    tx.commit().await?;
    with_cookie(secret.set_cookie(&app.settings.public_url))
}

/// Signs the organiser out: the cookie is worth nothing from now on, wherever it was copied to.
#[utoipa::path(
    post, path = "/api/admin/logout", tag = "admin",
    responses((status = 200, body = SignInResponse), (status = 401, description = "`unauthorized`"))
)]
async fn sign_out(State(app): State<Arc<App>>, admin: Admin) -> Result<Response, ApiError> {
    let mut tx = app.db.write().await?;
    let now = tx.now().await?;
    if let Some(session_hash) = &admin.session_hash {
        queries::close_session(&mut tx, session_hash).await?;
    }
    audit::record(
        &app,
        &mut tx,
        now,
        &Entry::new(Kind::AdminSignedOut, &admin.client),
    )
    .await?;
    tx.commit().await?;
    with_cookie(forget_cookie(&app.settings.public_url))
}

/// Tells whether the caller is signed in, and until when.
#[utoipa::path(
    get, path = "/api/admin/session", operation_id = "get_admin_session", tag = "admin",
    responses((status = 200, body = SessionResponse), (status = 401, description = "`unauthorized`"))
)]
async fn session(admin: Admin) -> Json<SessionResponse> {
    Json(SessionResponse {
        data: SignedIn {
            authenticated: true,
            expires_at: admin.expires_at,
        },
    })
}

fn with_cookie(cookie: Option<HeaderValue>) -> Result<Response, ApiError> {
    let cookie = cookie.ok_or(ApiError::Internal("the cookie is no header value"))?;
    Ok(([(SET_COOKIE, cookie)], Json(SignInResponse::DONE)).into_response())
}
