//! SQL of the audit log.

use sqlx::AssertSqlSafe;
use streamgate_contract::time::UnixMillis;

use super::filter::AuditFilter;
use super::{Entry, Kind};
use crate::db::{Tx, execute, fetch_all, fetch_one};
use crate::paging::Page;

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

/// An entry as stored, with its event's title if that is there.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct AuditRow {
    pub(super) id: String,
    pub(super) at: i64,
    pub(super) kind: String,
    pub(super) client_ip: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) event_id: Option<String>,
    pub(super) event_title: Option<String>,
    pub(super) ticket_id: Option<String>,
    pub(super) detail: Option<String>,
}

/// Returns some of the entries, newest first, and how many there are in all.
pub(super) async fn page(
    tx: &mut Tx,
    filter: &AuditFilter,
    page: Page,
) -> Result<(Vec<AuditRow>, i64), sqlx::Error> {
    let (kind, event_id) = (filter.kind.map(Kind::as_str), filter.event_id.as_deref());
    // Each filter has a text of its own, so that each finds its index.
    let condition = match (kind, event_id) {
        (None, None) => "($1 IS NULL AND $2 IS NULL)",
        (Some(_), None) => "(a.kind = $1 AND $2 IS NULL)",
        (None, Some(_)) => "($1 IS NULL AND a.event_id = $2)",
        (Some(_), Some(_)) => "(a.kind = $1 AND a.event_id = $2)",
    };
    let rows = fetch_all!(
        tx,
        AuditRow,
        AssertSqlSafe(format!(
            "SELECT a.id, a.at, a.kind, a.client_ip, a.user_agent, a.event_id, e.title AS event_title, \
             a.ticket_id, a.detail FROM audit_log a LEFT JOIN events e ON e.id = a.event_id \
             WHERE {condition} ORDER BY a.at DESC, a.id DESC LIMIT $3 OFFSET $4"
        )),
        kind,
        event_id,
        page.limit(),
        page.offset()
    )?;
    let (total,): (i64,) = fetch_one!(
        tx,
        (i64,),
        AssertSqlSafe(format!("SELECT COUNT(*) FROM audit_log a WHERE {condition}")),
        kind,
        event_id
    )?;
    Ok((rows, total))
}

/// Removes the entries before `before`.
pub(crate) async fn remove(tx: &mut Tx, before: UnixMillis) -> Result<u64, sqlx::Error> {
    execute!(tx, "DELETE FROM audit_log WHERE at < $1", before.0)
}

/// Removes the addresses of redemptions before `before`; the tickets stay redeemed.
pub(crate) async fn forget_addresses(tx: &mut Tx, before: UnixMillis) -> Result<u64, sqlx::Error> {
    execute!(
        tx,
        "UPDATE tickets SET redeemed_ip = NULL WHERE redeemed_ip IS NOT NULL AND redeemed_at < $1",
        before.0
    )
}
