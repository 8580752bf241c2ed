//! SQL of the audit log.

use streamgate_contract::time::UnixMillis;

use super::Entry;
use crate::db::{Tx, execute};

/// Appends an entry.
pub(super) async fn insert(
    tx: &mut Tx,
    id: &str,
    now: UnixMillis,
    entry: &Entry<'_>,
) -> Result<(), sqlx::Error> {
    execute!(
        tx,
        "INSERT INTO audit_log (id, at, kind, client_ip, user_agent, event_id, ticket_id, detail) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        id,
        now.0,
        entry.kind.as_str(),
        entry.client.map(|client| client.ip.to_string()),
        entry.client.and_then(|client| client.user_agent.as_deref()),
        entry.event_id,
        entry.ticket_id,
        entry.detail
    )?;
    Ok(())
}
