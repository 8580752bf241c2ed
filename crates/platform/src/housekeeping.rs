//! What is done by the clock for the organiser: refusals are stored, viewers are counted, old rows go.

use std::sync::Arc;
use std::time::Duration;

use streamgate_contract::time::UnixMillis;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::dashboard::minute_of;
use crate::edges::overview;
use crate::error::ApiError;
use crate::tickets::counts;
use crate::{audit, dashboard};

const EVERY: Duration = Duration::from_secs(1);
const MILLIS_PER_DAY: i64 = 24 * 3_600_000;

/// Works until `shutdown`.
pub(crate) async fn run(app: Arc<App>, shutdown: CancellationToken) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut sampled = None;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            _ = ticks.tick() => {}
        }
        match once(&app, sampled).await {
            Ok(minute) => sampled = Some(minute),
            Err(error) => tracing::warn!(%error, "housekeeping failed; it is tried again"),
        }
    }
    if let Err(error) = audit::refusals::store_notes(&app).await {
        tracing::warn!(%error, "the last refusals could not be stored");
    }
}

/// Does all that is due, and returns the minute that it was done in; `sampled` is what the last call returned.
pub async fn once(app: &App, sampled: Option<UnixMillis>) -> Result<UnixMillis, ApiError> {
    audit::refusals::store_notes(app).await?;
    let mut tx = app.db.read().await?;
    let now = tx.now().await?;
    let must_fold = tx.is_postgres();
    drop(tx);
    if must_fold {
        let mut tx = app.db.write().await?;
        counts::queries::fold(&mut tx).await?;
        tx.commit().await?;
    }
    let minute = minute_of(now);
    if sampled != Some(minute) {
        each_minute(app, minute, now).await?;
    }
    Ok(minute)
}

async fn each_minute(app: &App, minute: UnixMillis, now: UnixMillis) -> Result<(), ApiError> {
    let mut tx = app.db.write().await?;
    dashboard::queries::sample_viewers(&mut tx, minute, app.live_since(now)).await?;
    tx.commit().await?;
    let mut tx = app.db.write().await?;
    let retained = now.plus_millis(-i64::from(app.settings.retention_days) * MILLIS_PER_DAY);
    audit::queries::remove(&mut tx, retained).await?;
    audit::refusals::queries::remove(&mut tx, retained).await?;
    dashboard::queries::remove_samples(&mut tx, retained).await?;
    audit::queries::forget_addresses(&mut tx, retained).await?;
    counts::queries::remove_empty(&mut tx).await?;
    overview::queries::forget(&mut tx, now.plus_millis(-overview::FORGOTTEN_AFTER_MS)).await?;
    tx.commit().await?;
    Ok(())
}
