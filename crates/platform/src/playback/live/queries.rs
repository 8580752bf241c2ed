//! SQL of live sessions. Each begins with the sessions that have not ended, of which there are as many as viewers: an
//! event may have a million tickets, a day a million sessions.

use std::collections::HashMap;

use streamgate_contract::ids::EventId;
use streamgate_contract::time::UnixMillis;

use super::LiveRow;
use crate::db::{Tx, fetch_all, fetch_one};
use crate::paging::Page;

/// Counts the sessions with a sign of life since `live_since`, by the ids of their events.
pub(crate) async fn count_by_event(
    tx: &mut Tx,
    live_since: UnixMillis,
) -> Result<HashMap<String, i64>, sqlx::Error> {
    let rows: Vec<(String, i64)> = fetch_all!(
        tx,
        (String, i64),
        // CROSS JOIN: SQLite keeps the order in which the tables are named.
        "SELECT t.event_id, COUNT(*) FROM sessions s CROSS JOIN tickets t \
         WHERE t.id = s.ticket_id AND s.ended_at IS NULL AND s.last_seen_at >= $1 GROUP BY t.event_id",
        live_since.0
    )?;
    Ok(rows.into_iter().collect())
}

/// Counts an event's sessions with a sign of life since `live_since`.
pub(crate) async fn count_of_event(
    tx: &mut Tx,
    event_id: &EventId,
    live_since: UnixMillis,
) -> Result<i64, sqlx::Error> {
    count_matching(tx, event_id, None, live_since).await
}

async fn count_matching(
    tx: &mut Tx,
    event_id: &EventId,
    search: Option<&str>,
    live_since: UnixMillis,
) -> Result<i64, sqlx::Error> {
    let (count,): (i64,) = fetch_one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM sessions s CROSS JOIN tickets t \
         WHERE t.id = s.ticket_id AND t.event_id = $1 AND s.ended_at IS NULL AND s.last_seen_at >= $2 \
         AND ($3 IS NULL OR t.search_text LIKE $3 ESCAPE '\\')",
        event_id.as_str(),
        live_since.0,
        search
    )?;
    Ok(count)
}

/// Returns some of an event's sessions with a sign of life since `live_since`, whose tickets match `search` (a pattern of
/// [`search_pattern`](crate::paging::search_pattern)), the newest first, and how many there are in all.
pub(crate) async fn of_event(
    tx: &mut Tx,
    event_id: &EventId,
    search: Option<&str>,
    live_since: UnixMillis,
    page: Page,
) -> Result<(Vec<LiveRow>, i64), sqlx::Error> {
    let rows = fetch_all!(
        tx,
        LiveRow,
        "SELECT s.ticket_id, t.label, s.created_at, s.last_seen_at, s.edge_id, s.user_agent, s.bytes, s.clients \
         FROM sessions s CROSS JOIN tickets t WHERE t.id = s.ticket_id AND t.event_id = $1 AND s.ended_at IS NULL AND s.last_seen_at >= $2 \
         AND ($3 IS NULL OR t.search_text LIKE $3 ESCAPE '\\') ORDER BY s.created_at DESC, s.sid LIMIT $4 OFFSET $5",
        event_id.as_str(),
        live_since.0,
        search,
        page.limit(),
        page.offset()
    )?;
    let total = count_matching(tx, event_id, search, live_since).await?;
    Ok((rows, total))
}
