//! Reading tickets.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use streamgate_contract::ids::EventId;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{TicketBody, found, ticket_id};
use crate::app::App;
use crate::audit::refusals::{self, Refusal};
use crate::auth::Admin;
use crate::db::Tx;
use crate::error::ApiError;
use crate::events;
use crate::extract::{ApiPath, ApiQuery};
use crate::paging::{Data, List, Page};
use crate::tickets::filter::{EventTicketListQuery, TicketFilter, TicketListQuery};
use crate::tickets::queries::{self, OpenSession};

/// Who watches with a ticket now.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LiveSession {
    #[schema(value_type = String, format = DateTime)]
    since: UnixMillis,
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: UnixMillis,
    /// The edge that serves it; null before the first segment.
    #[schema(required)]
    edge_id: Option<String>,
    /// The device's user agent.
    #[schema(required)]
    device: Option<String>,
    /// Players that use the session; more than two mean that it is shared.
    clients: i64,
}

impl From<OpenSession> for LiveSession {
    fn from(session: OpenSession) -> Self {
        Self {
            since: UnixMillis(session.created_at),
            last_seen_at: UnixMillis(session.last_seen_at),
            edge_id: session.edge_id,
            device: session.user_agent,
            clients: session.clients,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct TicketDetail {
    #[serde(flatten)]
    ticket: TicketBody,
    /// Who watches with it now; null when nobody does.
    #[schema(required)]
    session: Option<LiveSession>,
    /// Why it was refused lately, newest first, at most 20.
    refusals: Vec<Refusal>,
}

/// Lists tickets of all events, newest first.
#[utoipa::path(
    get, path = "/api/admin/tokens", operation_id = "list_tickets", tag = "admin", params(TicketListQuery),
    responses((status = 200, body = List<TicketBody>), (status = 400), (status = 401))
)]
pub(super) async fn list(
    State(app): State<Arc<App>>,
    _: Admin,
    ApiQuery(query): ApiQuery<TicketListQuery>,
) -> Result<Json<List<TicketBody>>, ApiError> {
    let (filter, page) = query.parse()?;
    let mut tx = app.db.snapshot().await?;
    Ok(Json(read_page(&mut tx, &filter, page).await?))
}

/// Lists the tickets of one event, newest first.
#[utoipa::path(
    get, path = "/api/admin/events/{id}/tokens", operation_id = "list_tickets_of_event", tag = "admin",
    params(("id" = String, Path), EventTicketListQuery),
    responses((status = 200, body = List<TicketBody>), (status = 400), (status = 401), (status = 404))
)]
pub(super) async fn list_of_event(
    State(app): State<Arc<App>>,
    _: Admin,
    ApiPath(id): ApiPath<EventId>,
    ApiQuery(query): ApiQuery<EventTicketListQuery>,
) -> Result<Json<List<TicketBody>>, ApiError> {
    let (filter, page) = query.parse(id.clone())?;
    let mut tx = app.db.snapshot().await?;
    events::queries::by_id(&mut tx, &id)
        .await?
        .ok_or(ApiError::NotFound)?;
    Ok(Json(read_page(&mut tx, &filter, page).await?))
}

async fn read_page(tx: &mut Tx, filter: &TicketFilter, page: Page) -> Result<List<TicketBody>, ApiError> {
    let now = tx.now().await?;
    let (tickets, total) = queries::page(tx, filter, page, now).await?;
    let data = tickets
        .into_iter()
        .map(|ticket| TicketBody::titled(ticket, now))
        .collect();
    Ok(List {
        data,
        pagination: page.of(total),
    })
}

/// Returns one ticket with its live session and its last refusals.
#[utoipa::path(
    get, path = "/api/admin/tokens/{id}", operation_id = "get_ticket", tag = "admin", params(("id" = String, Path)),
    responses((status = 200, body = Data<TicketDetail>), (status = 401), (status = 404))
)]
pub(super) async fn one(
    State(app): State<Arc<App>>,
    _: Admin,
    ApiPath(id): ApiPath<Uuid>,
) -> Result<Json<Data<TicketDetail>>, ApiError> {
    let id = ticket_id(id);
    refusals::store_notes(&app).await?;
    let mut tx = app.db.snapshot().await?;
    let now = tx.now().await?;
    let ticket = found(queries::by_id(&mut tx, &id).await?)?;
    let session = queries::live_session(&mut tx, &id, app.live_since(now))
        .await?
        .map(LiveSession::from);
    Ok(Json(Data {
        data: TicketDetail {
            ticket: TicketBody::titled(ticket, now),
            session,
            refusals: refusals::queries::of_ticket(&mut tx, &id).await?,
        },
    }))
}
