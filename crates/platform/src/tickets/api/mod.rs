//! The admin API of tickets. Its paths say "tokens", as the first contract did.

mod export;
mod generate;
mod read;
mod revoke;
mod session;

use std::sync::Arc;

use axum::Json;
use serde::Serialize;
use streamgate_contract::feed::FeedChange;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::queries::TitledTicket;
use super::{Ticket, TicketStatus, status};
use crate::app::App;
use crate::db::Tx;
use crate::error::ApiError;
use crate::feed;
use crate::paging::Data;

/// Returns this part's endpoints.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(read::list))
        .routes(routes!(read::list_of_event))
        .routes(routes!(read::one))
        .routes(routes!(generate::generate))
        .routes(routes!(export::export))
        .routes(routes!(revoke::revoke))
        .routes(routes!(revoke::unrevoke))
        .routes(routes!(revoke::bulk_revoke))
        .routes(routes!(session::end_session))
}

/// A ticket as the admin API shows it.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TicketBody {
    id: String,
    code: String,
    event_id: String,
    event_title: String,
    #[schema(required)]
    label: Option<String>,
    status: TicketStatus,
    is_revoked: bool,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    revoked_at: Option<UnixMillis>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    redeemed_at: Option<UnixMillis>,
    #[schema(required)]
    redeemed_ip: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    expires_at: UnixMillis,
    #[schema(value_type = String, format = DateTime)]
    created_at: UnixMillis,
}

impl TicketBody {
    fn new(ticket: Ticket, event_title: String, now: UnixMillis) -> Self {
        Self {
            status: status(&ticket, now),
            id: ticket.id,
            code: ticket.code.as_str().to_owned(),
            event_id: ticket.event_id.to_string(),
            event_title,
            label: ticket.label,
            is_revoked: ticket.is_revoked,
            revoked_at: ticket.revoked_at,
            redeemed_at: ticket.redeemed_at,
            redeemed_ip: ticket.redeemed_ip,
            expires_at: ticket.expires_at,
            created_at: ticket.created_at,
        }
    }

    fn titled(titled: TitledTicket, now: UnixMillis) -> Self {
        Self::new(titled.ticket, titled.event_title, now)
    }
}

/// A ticket after a change that edges must hear of.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ChangedTicketBody {
    #[serde(flatten)]
    ticket: TicketBody,
    /// An edge whose `appliedSeq` has reached this acts on the change.
    feed_seq: u64,
}

/// Returns the stored form of a ticket id in a path; what is no UUID is no ticket.
fn ticket_id(id: Uuid) -> String {
    id.to_string()
}

/// Returns the ticket that a lookup found, or 404.
fn found(ticket: Option<TitledTicket>) -> Result<TitledTicket, ApiError> {
    ticket.ok_or(ApiError::NotFound)
}

/// Appends a ticket's changes to the feed, commits them together, and answers with the ticket as it is now.
async fn settle(
    app: &App,
    mut tx: Tx,
    now: UnixMillis,
    titled: TitledTicket,
    changes: &[FeedChange],
) -> Result<Json<Data<ChangedTicketBody>>, ApiError> {
    let feed_seq = feed::queries::append(&mut tx, now, changes).await?;
    tx.commit().await?;
    app.feed.wake();
    Ok(Json(Data {
        data: ChangedTicketBody {
            ticket: TicketBody::titled(titled, now),
            feed_seq,
        },
    }))
}
