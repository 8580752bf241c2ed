//! What time does to sessions and to what is kept: expired sessions end, old rows go.

use std::sync::Arc;
use std::time::Duration;

use streamgate_contract::claims::GRACE_SECS;
use streamgate_contract::feed::{FeedChange, RETAINED_TAIL_SECS};
use streamgate_contract::time::UnixMillis;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::queries;
use crate::app::App;
use crate::audit::{self, Entry, Kind};
use crate::error::ApiError;
use crate::{auth, feed};

const EVERY: Duration = Duration::from_secs(5);
/// Sessions that end in one transaction, so that a large audience's end does not hold up everybody else.
const SESSIONS_PER_TRANSACTION: i64 = 500;
/// Ended sessions stay this long: they tell 404 from 409, and why.
const ENDED_SESSIONS_KEPT_MS: i64 = 24 * 3_600_000;

/// Works until `shutdown`.
pub(crate) async fn run(app: Arc<App>, shutdown: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut lapses_told_before = None;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = once(&app).await {
            tracing::warn!(%error, "upkeep failed; it is tried again");
        }
        match tell_lapses(&app, lapses_told_before).await {
            Ok(limit) => lapses_told_before = limit,
            Err(error) => tracing::warn!(%error, "lapsed sessions cannot be read"),
        }
    }
}

/// Writes an audit line for each session that has lapsed since the last call, which returned `told_before`.
/// That is all that silence causes.
pub async fn tell_lapses(app: &App, told_before: Option<UnixMillis>) -> Result<Option<UnixMillis>, ApiError> {
    let mut tx = app.db.read().await?;
    let limit = app.lapse_limit(tx.now().await?);
    let (Some(since), Some(until)) = (told_before, limit) else {
        return Ok(limit);
    };
    // A crowd that falls silent at once is told of in full, a page at a time.
    let mut after = (since, String::new());
    loop {
        let page = SESSIONS_PER_TRANSACTION;
        let lapsed = queries::sessions_last_seen(&mut tx, (after.0, &after.1), until, page).await?;
        for session in &lapsed {
            let entry = Entry::own(Kind::SessionLapsed).ticket(&session.ticket_id);
            audit::log(&entry.detail(&session.sid));
        }
        match lapsed.into_iter().last() {
            Some(last) => after = (UnixMillis(last.last_seen_at), last.sid),
            None => return Ok(limit),
        }
    }
}

/// Does all that is due at the moment.
pub async fn once(app: &App) -> Result<(), ApiError> {
    while end_expired_sessions(app).await? {}
    prune(app).await
}

/// Ends sessions 60 s after their tickets' expiry; tells whether there may be more.
async fn end_expired_sessions(app: &App) -> Result<bool, ApiError> {
    let mut tx = app.db.read().await?;
    let expired_before = tx.now().await?.plus_millis(-GRACE_SECS * 1_000);
    let due = queries::sessions_of_expired_tickets(&mut tx, expired_before, SESSIONS_PER_TRANSACTION).await?;
    drop(tx);
    if due.is_empty() {
        return Ok(false);
    }
    let mut tx = app.db.write().await?;
    let now = tx.now().await?;
    let mut changes = Vec::with_capacity(due.len());
    for sid in due {
        if queries::expire_session(&mut tx, sid, expired_before, now).await? {
            changes.push(FeedChange::SessionEnded { sid, at: now });
        }
    }
    feed::queries::append(&mut tx, now, &changes).await?;
    tx.commit().await?;
    app.feed.wake();
    for change in &changes {
        if let FeedChange::SessionEnded { sid, .. } = change {
            audit::log(&Entry::own(Kind::SessionEnded).detail(&format!("{sid} expired")));
        }
    }
    Ok(!changes.is_empty())
}

/// Removes what nobody needs any more.
async fn prune(app: &App) -> Result<(), ApiError> {
    let mut tx = app.db.write().await?;
    let now = tx.now().await?;
    queries::remove_ended_sessions(&mut tx, now.plus_millis(-ENDED_SESSIONS_KEPT_MS)).await?;
    feed::queries::prune(&mut tx, now.plus_millis(-RETAINED_TAIL_SECS * 1_000)).await?;
    auth::queries::remove_expired_sessions(&mut tx, now).await?;
    tx.commit().await?;
    Ok(())
}
