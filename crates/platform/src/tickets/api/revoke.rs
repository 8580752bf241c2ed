//! Revoking tickets and undoing it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use streamgate_contract::feed::FeedChange;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ChangedTicketBody, found, settle, ticket_id};
use crate::app::App;
use crate::audit::{self, Entry, Kind};
use crate::auth::Admin;
use crate::db::Tx;
use crate::error::ApiError;
use crate::extract::{ApiJson, ApiPath};
use crate::feed;
use crate::paging::Data;
use crate::tickets::counted;
use crate::tickets::filter::{TicketFilter, TicketFilterForm};
use crate::tickets::queries::{self, Reached};
use crate::tickets::rules;

/// Tickets that one statement changes: enough that a statement's own cost does not count.
const TICKETS_PER_STATEMENT: usize = 5_000;

/// Revokes a ticket: its viewer's picture stops. The second time changes nothing and keeps the first time.
#[utoipa::path(
    patch, path = "/api/admin/tokens/{id}/revoke", operation_id = "revoke_ticket", tag = "admin", params(("id" = String, Path)),
    responses((status = 200, body = Data<ChangedTicketBody>), (status = 401), (status = 404))
)]
pub(super) async fn revoke(
    State(app): State<Arc<App>>,
    admin: Admin,
    ApiPath(id): ApiPath<Uuid>,
) -> Result<Json<Data<ChangedTicketBody>>, ApiError> {
    let mut tx = app.db.write().await?;
    let mut titled = found(queries::lock(&mut tx, &ticket_id(id)).await?)?;
    let now = tx.now().await?;
    let mut changes = Vec::new();
    if !titled.ticket.is_revoked {
        queries::revoke_one(&mut tx, &titled.ticket.id, now).await?;
        changes.push(FeedChange::TicketRevoked {
            code: titled.ticket.code.clone(),
            at: now,
        });
        titled.ticket.is_revoked = true;
        titled.ticket.revoked_at = Some(now);
        let entry = Entry::new(Kind::TicketRevoked, &admin.client).ticket(&titled.ticket.id);
        audit::record(&app, &mut tx, now, &entry.event(titled.ticket.event_id.as_str())).await?;
    }
    settle(&app, tx, now, titled, &changes).await
}

/// Undoes a revocation: a session that still stands gets its picture back.
#[utoipa::path(
    patch, path = "/api/admin/tokens/{id}/unrevoke", operation_id = "unrevoke_ticket", tag = "admin", params(("id" = String, Path)),
    responses(
        (status = 200, body = Data<ChangedTicketBody>),
        (status = 401),
        (status = 404),
        (status = 409, description = "`ticket_expired`: restoring would change nothing for its viewer")
    )
)]
pub(super) async fn unrevoke(
    State(app): State<Arc<App>>,
    admin: Admin,
    ApiPath(id): ApiPath<Uuid>,
) -> Result<Json<Data<ChangedTicketBody>>, ApiError> {
    let mut tx = app.db.write().await?;
    let mut titled = found(queries::lock(&mut tx, &ticket_id(id)).await?)?;
    let now = tx.now().await?;
    rules::may_restore(&titled.ticket, now)?;
    let mut changes = Vec::new();
    if titled.ticket.is_revoked {
        queries::restore(&mut tx, &titled.ticket.id).await?;
        changes.push(FeedChange::TicketRestored {
            code: titled.ticket.code.clone(),
        });
        titled.ticket.is_revoked = false;
        titled.ticket.revoked_at = None;
        let entry = Entry::new(Kind::TicketRestored, &admin.client).ticket(&titled.ticket.id);
        audit::record(&app, &mut tx, now, &entry.event(titled.ticket.event_id.as_str())).await?;
    }
    settle(&app, tx, now, titled, &changes).await
}

/// Which tickets to revoke: exactly one of the two members.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BulkRevokeRequest {
    /// Ids of tickets; unknown ones are ignored.
    token_ids: Option<Vec<String>>,
    /// All tickets that the same filter lists.
    filter: Option<TicketFilterForm>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BulkRevoked {
    /// Tickets that were not revoked before.
    revoked_count: u64,
    /// An edge whose `appliedSeq` has reached this acts on all of them.
    feed_seq: u64,
}

/// Revokes many tickets at once, all or none.
#[utoipa::path(
    post, path = "/api/admin/tokens/bulk-revoke", operation_id = "revoke_tickets", tag = "admin", request_body = BulkRevokeRequest,
    responses((status = 200, body = Data<BulkRevoked>), (status = 400), (status = 401))
)]
pub(super) async fn bulk_revoke(
    State(app): State<Arc<App>>,
    admin: Admin,
    ApiJson(request): ApiJson<BulkRevokeRequest>,
) -> Result<Json<Data<BulkRevoked>>, ApiError> {
    let choice = BulkChoice::try_from(request)?;
    let mut tx = app.db.write().await?;
    tx.take_time().await?;
    let tickets = match &choice {
        BulkChoice::Listed(ids) => queries::lock_listed(&mut tx, ids).await?,
        BulkChoice::Matching(filter) => {
            let asked_at = tx.now().await?;
            queries::lock_matching(&mut tx, filter, asked_at).await?
        }
    };
    let now = tx.now().await?;
    let mut revoked_count = 0;
    for some in tickets.chunks(TICKETS_PER_STATEMENT) {
        revoked_count += queries::revoke(&mut tx, some, now).await?;
    }
    if revoked_count > 0 {
        let detail = counted(revoked_count);
        let entry = Entry::new(Kind::TicketsRevoked, &admin.client).detail(&detail);
        audit::record(&app, &mut tx, now, &entry).await?;
    }
    let feed_seq = announce(&mut tx, &tickets, now).await?;
    tx.commit().await?;
    app.feed.wake();
    Ok(Json(Data {
        data: BulkRevoked {
            revoked_count,
            feed_seq,
        },
    }))
}

/// Appends a record for each ticket, and returns the seq of the last one. Last in its transaction, because it holds the
/// feed's head; some at a time, so that a million records need no memory.
async fn announce(tx: &mut Tx, tickets: &[Reached], now: UnixMillis) -> Result<u64, ApiError> {
    let mut feed_seq = feed::queries::append(tx, now, &[]).await?;
    for some in tickets.chunks(TICKETS_PER_STATEMENT) {
        let changes: Vec<FeedChange> = some
            .iter()
            .map(|ticket| {
                Ok(FeedChange::TicketRevoked {
                    code: ticket.code()?,
                    at: now,
                })
            })
            .collect::<Result<_, sqlx::Error>>()?;
        feed_seq = feed::queries::append(tx, now, &changes).await?;
    }
    Ok(feed_seq)
}

enum BulkChoice {
    /// Ids that can exist.
    Listed(Vec<Uuid>),
    Matching(TicketFilter),
}

impl TryFrom<BulkRevokeRequest> for BulkChoice {
    type Error = ApiError;

    fn try_from(request: BulkRevokeRequest) -> Result<Self, ApiError> {
        match (request.token_ids, request.filter) {
            // PostgreSQL cannot even be asked for some texts, and no ticket has an id that is no UUID.
            (Some(ids), None) => {
                let ids = ids.iter().filter_map(|id| Uuid::try_parse(id).ok());
                Ok(Self::Listed(ids.collect()))
            }
            (None, Some(filter)) => Ok(Self::Matching(TicketFilter::try_from(filter)?)),
            _ => Err(ApiError::InvalidRequest(
                "Send either tokenIds or filter.".to_owned(),
            )),
        }
    }
}
