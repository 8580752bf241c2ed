//! Sessions that are live, as an organiser sees them.

pub(crate) mod queries;

/// A live session with its ticket's label.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct LiveRow {
    pub(crate) ticket_id: String,
    pub(crate) label: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) last_seen_at: i64,
    pub(crate) edge_id: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) bytes: i64,
    pub(crate) clients: i64,
}
