//! `POST /api/tokens/validate`: a code becomes a session and a playback token.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use streamgate_contract::feed::FeedChange;
use streamgate_contract::ids::{Code, DeviceId, SessionId};
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;

use super::{admission, tell_claim};
use crate::app::App;
use crate::audit::refusals::{self, Place};
use crate::audit::{self, Entry, Kind};
use crate::db::Tx;
use crate::error::ApiError;
use crate::events::Event;
use crate::events::status::{EventStatus, event_status};
use crate::extract::{ApiJson, Client};
use crate::feed;
use crate::playback::queries::{self, Claimable, NewSession};
use crate::playback::rules::{Claim, admit, decide_claim};
use crate::playback::{EndReason, token};

/// A viewer's code.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValidateRequest {
    /// As typed: white space and hyphens do not matter, case does.
    code: String,
    /// A random value that the browser keeps, 16 to 64 characters of `[A-Za-z0-9_-]`. Without it every request
    /// is another device.
    #[schema(pattern = "^[A-Za-z0-9_-]{16,64}$")]
    device_id: Option<String>,
}

/// What a viewer needs to watch.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValidateResponse {
    event: WatchedEvent,
    playback_token: String,
    /// Where the streams are; empty for the page's own origin.
    playback_base_url: String,
    /// The playlist's path under `playbackBaseUrl`.
    stream_path: String,
    /// When the ticket stops admitting.
    #[schema(value_type = String, format = DateTime)]
    expires_at: UnixMillis,
    /// Seconds that the token lives from `serverTime` on.
    token_expires_in: i64,
    #[schema(value_type = String, format = DateTime)]
    server_time: UnixMillis,
    status: EventStatus,
}

/// The event as a viewer sees it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WatchedEvent {
    id: String,
    title: String,
    #[schema(required)]
    description: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    starts_at: UnixMillis,
    #[schema(value_type = String, format = DateTime)]
    ends_at: UnixMillis,
    #[schema(required)]
    poster_url: Option<String>,
    /// `status` is `live`.
    is_live: bool,
}

/// A session that was just opened.
struct Claimed {
    event: Event,
    token: token::Minted,
    expires_at: UnixMillis,
    now: UnixMillis,
}

/// Exchanges a ticket's code for a playback token, if no other device is watching with it.
#[utoipa::path(
    post, path = "/api/tokens/validate", tag = "viewer",
    request_body = ValidateRequest,
    responses(
        (status = 200, description = "The ticket is this device's now", body = ValidateResponse),
        (status = 400, description = "invalid_request", body = Object),
        (status = 401, description = "invalid_code", body = Object),
        (status = 403, description = "ticket_revoked or event_unavailable", body = Object),
        (status = 409, description = "in_use, with inUse", body = Object),
        (status = 410, description = "ticket_expired, with expiredAt", body = Object),
        (status = 429, description = "rate_limited, with Retry-After", body = Object),
    )
)]
pub(super) async fn validate(
    State(app): State<Arc<App>>,
    client: Client,
    ApiJson(request): ApiJson<ValidateRequest>,
) -> Result<Json<ValidateResponse>, ApiError> {
    app.limiters
        .count_validation(client.ip, app.clock.unix_millis())
        .inspect_err(|error| log_refusal(&client, error))?;
    let device = request
        .device_id
        .map(|text| DeviceId::parse(&text))
        .transpose()
        .map_err(|_| ApiError::InvalidRequest("deviceId is 16 to 64 characters of [A-Za-z0-9_-].".to_owned()))
        .inspect_err(|error| log_refusal(&client, error))?;
    let code = known_code(&app, &client, &request.code).await?;
    let claimed = claim(&app, &client, &code, device.as_ref()).await?;
    Ok(Json(response(&app, claimed).await))
}

/// Writes the audit line of a request that was refused before its code was looked at.
fn log_refusal(client: &Client, error: &ApiError) {
    audit::log(&Entry::new(Kind::ValidationRefused, client).detail(&error.to_string()));
}

/// Returns the code of a ticket, or what to say to a code that no ticket has.
///
/// Only reads, so that guessers never keep the database's writer busy.
async fn known_code(app: &App, client: &Client, typed: &str) -> Result<Code, ApiError> {
    let code = Code::from_typed(typed);
    let mut tx = app.db.read().await?;
    let ticket = queries::ticket_by_code(&mut tx, code.as_ref()).await?;
    if let (Some(code), Some(_)) = (code, ticket) {
        return Ok(code);
    }
    audit::log(&Entry::new(Kind::ValidationRefused, client).detail("no ticket has this code"));
    Err(app.limiters.invalid_code(client.ip, app.clock.unix_millis()))
}

/// Claims the ticket for this device, and tells the audit log how that went.
async fn claim(
    app: &App,
    client: &Client,
    code: &Code,
    device: Option<&DeviceId>,
) -> Result<Claimed, ApiError> {
    let mut tx = app.db.write().await?;
    let claimable = queries::lock_claimable(&mut tx, code)
        .await?
        .ok_or(ApiError::InvalidCode)?;
    let ticket = claimable.ticket.clone();
    let outcome = claim_locked(app, tx, client, code, claimable, device).await;
    if let Err(error) = &outcome {
        refusals::note(
            app,
            &ticket.id,
            Place::Validate,
            error,
            UnixMillis(app.clock.unix_millis()),
        );
        let reason = error.to_string();
        let entry = Entry::new(Kind::ValidationRefused, client).event(ticket.event_id.as_str());
        audit::log(&entry.ticket(&ticket.id).detail(&reason));
    }
    outcome
}

async fn claim_locked(
    app: &App,
    mut tx: Tx,
    client: &Client,
    code: &Code,
    claimable: Claimable,
    device: Option<&DeviceId>,
) -> Result<Claimed, ApiError> {
    let Claimable {
        ticket,
        is_unused,
        event,
        holder,
        now,
    } = claimable;
    admit(admission(&ticket, &event), now)?;
    let decision = decide_claim(
        holder.as_ref(),
        device,
        event.plan.device_policy,
        app.lapse_limit(now),
    );
    let superseded = match decision {
        Claim::InUse => return Err(ApiError::InUse),
        Claim::Free => None,
        Claim::Supersedes => {
            let device = device.map(DeviceId::as_str);
            queries::end_session_of_ticket(&mut tx, &ticket.id, EndReason::Superseded, device, now).await?
        }
    };
    let sid = SessionId::from_random_bytes(app.new_random_uuid().into_bytes());
    let new = NewSession {
        sid,
        ticket_id: &ticket.id,
        device,
        client,
        now,
    };
    let is_opened = if is_unused {
        let entry = Entry::new(Kind::TicketRedeemed, client).event(ticket.event_id.as_str());
        audit::log_after_commit(&mut tx, &entry.ticket(&ticket.id));
        queries::redeem(&mut tx, new, &ticket.event_id, &app.new_id(now)).await?
    } else {
        queries::open_session(&mut tx, new).await?
    };
    if !is_opened {
        return Err(ApiError::InUse);
    }
    if let Some(sid) = superseded {
        feed::queries::append(&mut tx, now, &[FeedChange::SessionEnded { sid, at: now }]).await?;
    }
    tx.commit().await?;
    tell_claim(app, client, &ticket, sid, superseded);
    let token = token::mint(app, code, &ticket.event_id, sid, now, ticket.expires_at);
    Ok(Claimed {
        event,
        token,
        expires_at: ticket.expires_at,
        now,
    })
}

async fn response(app: &App, claimed: Claimed) -> ValidateResponse {
    let Claimed {
        event,
        token,
        expires_at,
        now,
    } = claimed;
    let state = app.stream_states.state(&event.id).await;
    let status = event_status(state, now, event.plan.starts_at, event.plan.ends_at);
    ValidateResponse {
        playback_token: token.token,
        playback_base_url: app.settings.playback_base_url.clone(),
        stream_path: format!("{}stream.m3u8", event.id.path_prefix()),
        expires_at,
        token_expires_in: token.expires_in,
        server_time: now,
        status,
        event: WatchedEvent {
            id: event.id.to_string(),
            title: event.plan.title,
            description: event.plan.description,
            starts_at: event.plan.starts_at,
            ends_at: event.plan.ends_at,
            poster_url: event.plan.poster_url,
            is_live: status == EventStatus::Live,
        },
    }
}
