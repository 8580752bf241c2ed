//! SQL of the list of edges.

use streamgate_contract::time::UnixMillis;

use crate::db::{Tx, execute, fetch_all};

/// An edge as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct EdgeRow {
    pub(super) edge_id: String,
    pub(super) version: String,
    pub(super) mode: String,
    pub(super) last_contact_at: i64,
    pub(super) clock_offset_ms: i64,
    pub(super) epoch: Option<String>,
    pub(super) applied_seq: Option<i64>,
}

/// Returns the edges that were heard since `since`, by name.
pub(super) async fn heard_since(tx: &mut Tx, since: UnixMillis) -> Result<Vec<EdgeRow>, sqlx::Error> {
    fetch_all!(
        tx,
        EdgeRow,
        "SELECT edge_id, version, mode, last_contact_at, clock_offset_ms, epoch, applied_seq FROM edges \
         WHERE last_contact_at >= $1 ORDER BY edge_id",
        since.0
    )
}

/// Forgets the edges that were not heard since `since`.
pub(crate) async fn forget(tx: &mut Tx, since: UnixMillis) -> Result<u64, sqlx::Error> {
    execute!(tx, "DELETE FROM edges WHERE last_contact_at < $1", since.0)
}
