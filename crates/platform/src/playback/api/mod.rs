//! The viewer's endpoints: a code becomes a session and a token, which is kept alive, renewed and given back.

mod heartbeat;
mod refresh;
mod release;
mod validate;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::queries::HeldTicket;
use super::rules::Admission;
use crate::app::App;
use crate::events::Event;

pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(validate::validate))
        .routes(routes!(refresh::refresh))
        .routes(routes!(heartbeat::heartbeat))
        .routes(routes!(release::release))
}

/// Returns what admission by this ticket depends on.
pub(crate) const fn admission(ticket: &HeldTicket, event: &Event) -> Admission {
    Admission {
        is_revoked: ticket.is_revoked,
        event_is_active: event.is_active,
        expires_at: ticket.expires_at,
    }
}
