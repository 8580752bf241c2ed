//! Who watches an event now.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use streamgate_contract::activity::CLIENTS_PER_SESSION_MAX;
use streamgate_contract::ids::EventId;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Admin;
use crate::error::ApiError;
use crate::events::filter::ViewersQuery;
use crate::events::queries;
use crate::extract::{ApiPath, ApiQuery};
use crate::paging::List;
use crate::playback::live::{self, LiveRow};

/// A session that is live.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ViewerBody {
    ticket_id: String,
    /// The ticket's label.
    #[schema(required)]
    label: Option<String>,
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
    /// Bytes of media that edges sent to it.
    bytes: i64,
    /// Players that use it.
    clients: i64,
    /// More than two players use it: the ticket is shared.
    is_shared: bool,
}

impl From<LiveRow> for ViewerBody {
    fn from(row: LiveRow) -> Self {
        Self {
            ticket_id: row.ticket_id,
            label: row.label,
            since: UnixMillis(row.created_at),
            last_seen_at: UnixMillis(row.last_seen_at),
            edge_id: row.edge_id,
            device: row.user_agent,
            bytes: row.bytes,
            clients: row.clients,
            is_shared: row.clients > i64::from(CLIENTS_PER_SESSION_MAX),
        }
    }
}

/// Lists the live sessions of an event, the newest first.
#[utoipa::path(
    get, path = "/api/admin/events/{id}/viewers", operation_id = "list_viewers_of_event", tag = "admin",
    params(("id" = String, Path), ViewersQuery),
    responses((status = 200, body = List<ViewerBody>), (status = 400), (status = 401), (status = 404))
)]
pub(super) async fn viewers(
    State(app): State<Arc<App>>,
    _: Admin,
    ApiPath(id): ApiPath<EventId>,
    ApiQuery(query): ApiQuery<ViewersQuery>,
) -> Result<Json<List<ViewerBody>>, ApiError> {
    let (search, page) = query.parse()?;
    let mut tx = app.db.snapshot().await?;
    queries::by_id(&mut tx, &id).await?.ok_or(ApiError::NotFound)?;
    let live_since = app.live_since(tx.now().await?);
    let (rows, total) = live::queries::of_event(&mut tx, &id, search.as_deref(), live_since, page).await?;
    Ok(Json(List {
        data: rows.into_iter().map(ViewerBody::from).collect(),
        pagination: page.of(total),
    }))
}
