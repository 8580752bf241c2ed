//! SQL of live sessions.

use streamgate_contract::ids::EventId;
use streamgate_contract::time::UnixMillis;

use super::LiveRow;
use crate::db::{Tx, fetch_all, fetch_one};
use crate::paging::Page;

/// Returns some of an event's sessions with a sign of life since `live_since`, the newest first, and how many there
/// are in all.
pub(crate) async fn of_event(
    tx: &mut Tx,
    event_id: &EventId,
    live_since: UnixMillis,
    page: Page,
) -> Result<(Vec<LiveRow>, i64), sqlx::Error> {
    let rows = fetch_all!(
        tx,
        LiveRow,
        "SELECT s.ticket_id, t.label, s.created_at, s.last_seen_at, s.edge_id, s.user_agent, s.bytes, s.clients \
         FROM sessions s JOIN tickets t ON t.id = s.ticket_id \
         WHERE t.event_id = $1 AND s.ended_at IS NULL AND s.last_seen_at >= $2 \
         ORDER BY s.created_at DESC, s.sid LIMIT $3 OFFSET $4",
        event_id.as_str(),
        live_since.0,
        page.limit(),
        page.offset()
    )?;
    let (total,): (i64,) = fetch_one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM sessions s JOIN tickets t ON t.id = s.ticket_id \
         WHERE t.event_id = $1 AND s.ended_at IS NULL AND s.last_seen_at >= $2",
        event_id.as_str(),
        live_since.0
    )?;
    Ok((rows, total))
}
