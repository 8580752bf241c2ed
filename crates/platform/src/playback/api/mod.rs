//! The viewer's endpoints: a code becomes a session and a token, which is kept alive, renewed and given back.

mod heartbeat;
mod refresh;
mod release;
mod validate;

use std::sync::Arc;

use streamgate_contract::ids::SessionId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::queries::HeldTicket;
use super::rules::Admission;
use crate::app::App;
use crate::audit::{self, Entry, Kind};
use crate::events::Event;
use crate::extract::Client;

pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(validate::validate))
        .routes(routes!(refresh::refresh))
        .routes(routes!(heartbeat::heartbeat))
        .routes(routes!(release::release))
}

/// Wakes the feed and writes the audit lines of a claim that is in force.
fn tell_claim(
    app: &App,
    client: &Client,
    ticket: &HeldTicket,
    sid: SessionId,
    superseded: Option<SessionId>,
) {
    let entry = |kind| {
        Entry::new(kind, client)
            .event(ticket.event_id.as_str())
            .ticket(&ticket.id)
    };
    if let Some(old) = superseded {
        app.feed.wake();
        audit::log(&entry(Kind::SessionEnded).detail(&format!("{old} superseded")));
    }
    audit::log(&entry(Kind::SessionStarted).detail(&sid.to_string()));
}

/// Returns what admission by this ticket depends on.
pub(crate) const fn admission(ticket: &HeldTicket, event: &Event) -> Admission {
    Admission {
        is_revoked: ticket.is_revoked,
        event_is_active: event.is_active,
        expires_at: ticket.expires_at,
    }
}
