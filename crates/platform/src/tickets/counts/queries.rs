//! SQL of the counts of tickets.

use streamgate_contract::ids::EventId;
use streamgate_contract::time::UnixMillis;

use super::TokenBreakdown;
use crate::db::{Tx, fetch_one};

/// Counts the tickets of one event, or of all, by what [`crate::tickets::status`] says of them at `now`.
pub(crate) async fn breakdown(
    tx: &mut Tx,
    event: Option<&EventId>,
    now: UnixMillis,
) -> Result<TokenBreakdown, sqlx::Error> {
    fetch_one!(
        tx,
        TokenBreakdown,
        "SELECT COUNT(CASE WHEN is_revoked THEN 1 END) AS revoked, \
         COUNT(CASE WHEN NOT is_revoked AND expires_at <= $1 THEN 1 END) AS expired, \
         COUNT(CASE WHEN NOT is_revoked AND expires_at > $1 AND redeemed_at IS NOT NULL THEN 1 END) \
           AS redeemed, \
         COUNT(CASE WHEN NOT is_revoked AND expires_at > $1 AND redeemed_at IS NULL THEN 1 END) AS unused \
         FROM tickets WHERE $2 IS NULL OR event_id = $2",
        now.0,
        event.map(EventId::as_str)
    )
}
