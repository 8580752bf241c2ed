//! SQL of the counts of tickets. The database keeps them itself, by triggers on `tickets`.

use sqlx::AssertSqlSafe;
use streamgate_contract::ids::EventId;
use streamgate_contract::time::UnixMillis;

use super::TokenBreakdown;
use crate::db::{Tx, execute, fetch_one};

/// The sums of a [`TokenBreakdown`]; `$1` is now. Expiry is looked at here, so that time needs no write.
const SUMS: &str = "CAST(COALESCE(SUM(CASE WHEN expires_at > $1 THEN unused END), 0) AS BIGINT) AS unused, \
     CAST(COALESCE(SUM(CASE WHEN expires_at > $1 THEN redeemed END), 0) AS BIGINT) AS redeemed, \
     CAST(COALESCE(SUM(CASE WHEN expires_at <= $1 THEN unused + redeemed END), 0) AS BIGINT) AS expired, \
     CAST(COALESCE(SUM(revoked), 0) AS BIGINT) AS revoked";

/// Counts the tickets of one event, or of all, by what [`crate::tickets::status`] says of them at `now`.
pub(crate) async fn breakdown(
    tx: &mut Tx,
    event: Option<&EventId>,
    now: UnixMillis,
) -> Result<TokenBreakdown, sqlx::Error> {
    match event {
        None => fetch_one!(
            tx,
            TokenBreakdown,
            AssertSqlSafe(format!("SELECT {SUMS} FROM ticket_counts")),
            now.0
        ),
        Some(event) => fetch_one!(
            tx,
            TokenBreakdown,
            AssertSqlSafe(format!("SELECT {SUMS} FROM ticket_counts WHERE event_id = $2")),
            now.0,
            event.as_str()
        ),
    }
}

/// Names the lock of PostgreSQL that keeps foldings from each other and from removals.
const FOLDING: &str = "hashtext('streamgate.ticket_counts')";

/// Takes the parts that PostgreSQL appended into part 0.
pub(crate) async fn fold(tx: &mut Tx) -> Result<(), sqlx::Error> {
    // One platform process at a time; another one that comes meanwhile leaves it to this one.
    let (mine,): (bool,) = fetch_one!(
        tx,
        (bool,),
        AssertSqlSafe(format!("SELECT pg_try_advisory_xact_lock({FOLDING})"))
    )?;
    if !mine {
        return Ok(());
    }
    execute!(
        tx,
        "WITH taken AS (DELETE FROM ticket_counts WHERE part <> 0 RETURNING *) \
         INSERT INTO ticket_counts AS kept (event_id, expires_at, part, unused, redeemed, revoked) \
         SELECT event_id, expires_at, 0, SUM(unused), SUM(redeemed), SUM(revoked) FROM taken \
         GROUP BY event_id, expires_at \
         ON CONFLICT (event_id, expires_at, part) DO UPDATE SET unused = kept.unused + excluded.unused, \
         redeemed = kept.redeemed + excluded.redeemed, revoked = kept.revoked + excluded.revoked"
    )?;
    Ok(())
}

/// Removes what counts nothing any more, such as an expiry that an edit has moved away from.
pub(crate) async fn remove_empty(tx: &mut Tx) -> Result<u64, sqlx::Error> {
    execute!(
        tx,
        "DELETE FROM ticket_counts WHERE part = 0 AND unused = 0 AND redeemed = 0 AND revoked = 0"
    )
}

/// Removes the counts of an event that is deleted.
pub(crate) async fn remove_of_event(tx: &mut Tx, event: &EventId) -> Result<(), sqlx::Error> {
    if tx.is_postgres() {
        // A folding under way would put back what this does not see.
        execute!(
            tx,
            AssertSqlSafe(format!("SELECT pg_advisory_xact_lock({FOLDING})"))
        )?;
    }
    execute!(
        tx,
        "DELETE FROM ticket_counts WHERE event_id = $1",
        event.as_str()
    )?;
    Ok(())
}
