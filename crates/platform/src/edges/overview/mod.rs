//! `GET /api/admin/edges`: the edges that the platform knows, and how far each has followed the feed.

pub(crate) mod queries;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::queries::EdgeRow;
use crate::app::App;
use crate::auth::Admin;
use crate::error::ApiError;
use crate::feed;
use crate::paging::Data;

/// An edge counts for "in force on N of M edges" so long after it was last heard.
const HEARD_MS: i64 = 60_000;
/// An edge is forgotten so long after it was last heard.
pub(crate) const FORGOTTEN_AFTER_MS: i64 = 24 * 3_600_000;

pub(crate) fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list_edges))
}

/// The edges, with what their figures are compared with.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EdgesOverview {
    /// The last record of the feed.
    head_seq: u64,
    #[schema(value_type = String, format = DateTime)]
    server_time: UnixMillis,
    /// By name.
    edges: Vec<EdgeBody>,
}

/// An edge as the platform last heard it.
///
/// A change with `feedSeq` N is in force on it when `appliedSeq` is N or more. Of the edges with `isHeard` those
/// are N of M in "in force on N of M edges"; an edge reports at once when its `appliedSeq` moves, so asking for this
/// list every 200 ms after a change shows how long that takes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EdgeBody {
    id: String,
    /// Where its media come from: `local`, `upstream` or both.
    mode: String,
    version: String,
    #[schema(value_type = String, format = DateTime)]
    last_contact_at: UnixMillis,
    /// Heard within the last 60 seconds.
    is_heard: bool,
    /// The last record that it acts on; null before the first, and while it follows another database's feed.
    #[schema(required)]
    applied_seq: Option<u64>,
    /// Records that it has not applied yet; null when `appliedSeq` is.
    #[schema(required)]
    lag: Option<u64>,
    /// Milliseconds by which its clock is ahead of the database's; negative when it is behind.
    clock_offset_ms: i64,
}

impl EdgeBody {
    fn new(row: EdgeRow, head: &streamgate_contract::feed::Head) -> Self {
        let follows = row.epoch.is_some_and(|epoch| epoch == head.epoch.to_string());
        let applied_seq = row
            .applied_seq
            .filter(|_| follows)
            .and_then(|seq| u64::try_from(seq).ok());
        Self {
            id: row.edge_id,
            mode: row.mode,
            version: row.version,
            last_contact_at: UnixMillis(row.last_contact_at),
            is_heard: head.now.millis_since(UnixMillis(row.last_contact_at)) <= HEARD_MS,
            applied_seq,
            lag: applied_seq.map(|seq| head.seq.saturating_sub(seq)),
            clock_offset_ms: row.clock_offset_ms,
        }
    }
}

/// Returns every edge that was heard within the last 24 hours.
#[utoipa::path(
    get, path = "/api/admin/edges", operation_id = "list_edges", tag = "admin",
    responses((status = 200, body = Data<EdgesOverview>), (status = 401))
)]
async fn list_edges(State(app): State<Arc<App>>, _: Admin) -> Result<Json<Data<EdgesOverview>>, ApiError> {
    let mut tx = app.db.snapshot().await?;
    let head = feed::queries::head(&mut tx).await?;
    let rows = queries::heard_since(&mut tx, head.now.plus_millis(-FORGOTTEN_AFTER_MS)).await?;
    let edges = rows.into_iter().map(|row| EdgeBody::new(row, &head)).collect();
    Ok(Json(Data {
        data: EdgesOverview {
            head_seq: head.seq,
            server_time: head.now,
            edges,
        },
    }))
}
