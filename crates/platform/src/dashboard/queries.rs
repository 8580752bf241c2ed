//! SQL of the dashboard and of the samples that its chart shows.

use streamgate_contract::ids::EventId;
use streamgate_contract::time::UnixMillis;

use super::{ChartRange, UPCOMING_EVENTS_MAX, ViewersPoint};
use crate::db::{Tx, execute, fetch_all, fetch_one};

/// Counts the events that are switched on and not archived.
pub(super) async fn active_events(tx: &mut Tx) -> Result<i64, sqlx::Error> {
    let (count,): (i64,) = fetch_one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM events WHERE is_active AND NOT is_archived"
    )?;
    Ok(count)
}

/// An event that has not started.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct UpcomingRow {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) starts_at: i64,
    pub(super) tickets: i64,
}

/// Returns the next events that are switched on and not archived, the soonest first.
pub(super) async fn upcoming_events(tx: &mut Tx, now: UnixMillis) -> Result<Vec<UpcomingRow>, sqlx::Error> {
    fetch_all!(
        tx,
        UpcomingRow,
        "SELECT e.id, e.title, e.starts_at, \
         (SELECT CAST(COALESCE(SUM(c.unused + c.redeemed + c.revoked), 0) AS BIGINT) FROM ticket_counts c \
         WHERE c.event_id = e.id) AS tickets \
         FROM events e WHERE e.starts_at > $1 AND e.is_active AND NOT e.is_archived \
         ORDER BY e.starts_at, e.id LIMIT $2",
        now.0,
        UPCOMING_EVENTS_MAX
    )
}

/// Counts the sessions of all events with a sign of life since `live_since`.
pub(super) async fn live_viewers(tx: &mut Tx, live_since: UnixMillis) -> Result<i64, sqlx::Error> {
    let (count,): (i64,) = fetch_one!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL AND last_seen_at >= $1",
        live_since.0
    )?;
    Ok(count)
}

/// Notes how many watch each event, and all together, in this minute; the most that any process saw counts.
pub(crate) async fn sample_viewers(
    tx: &mut Tx,
    minute: UnixMillis,
    live_since: UnixMillis,
) -> Result<(), sqlx::Error> {
    execute!(
        tx,
        "INSERT INTO viewer_samples (event_id, minute, viewers) \
         SELECT t.event_id, CAST($1 AS BIGINT), COUNT(*) FROM sessions s CROSS JOIN tickets t \
         WHERE t.id = s.ticket_id AND s.ended_at IS NULL AND s.last_seen_at >= $2 GROUP BY t.event_id \
         UNION ALL SELECT '', CAST($1 AS BIGINT), COUNT(*) FROM sessions \
         WHERE ended_at IS NULL AND last_seen_at >= $2 \
         ON CONFLICT (event_id, minute) DO UPDATE SET viewers = CASE \
         WHEN excluded.viewers > viewer_samples.viewers THEN excluded.viewers ELSE viewer_samples.viewers END",
        minute.0,
        live_since.0
    )?;
    Ok(())
}

/// Returns the most viewers of an event, or of all together, in each step of the chart that ends at `now`, oldest
/// first. Steps in which nothing was counted are missing.
pub(crate) async fn viewers_over_time(
    tx: &mut Tx,
    event: Option<&EventId>,
    range: ChartRange,
    now: UnixMillis,
) -> Result<Vec<ViewersPoint>, sqlx::Error> {
    let rows = fetch_all!(
        tx,
        (i64, i64),
        "SELECT minute - minute % $1 AS step, MAX(viewers) FROM viewer_samples \
         WHERE event_id = $2 AND minute >= $3 GROUP BY minute - minute % $1 ORDER BY step",
        range.step_ms(),
        event.map_or("", EventId::as_str),
        range.begin(now).0
    )?;
    let point = |(at, viewers)| ViewersPoint {
        at: UnixMillis(at),
        viewers,
    };
    Ok(rows.into_iter().map(point).collect())
}

/// Removes the samples of minutes before `before`.
pub(crate) async fn remove_samples(tx: &mut Tx, before: UnixMillis) -> Result<u64, sqlx::Error> {
    execute!(tx, "DELETE FROM viewer_samples WHERE minute < $1", before.0)
}
