//! Background work of the feed: on PostgreSQL, other processes' records wake the readers of this one.
//!
//! A notification says only that there may be something new; so does every error, because notifications are lost
//! with their connection. A look at the head twice a second catches what neither tells, such as a connection that is
//! half open. On SQLite there is no other process.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::queries;
use crate::app::App;
use crate::error::ApiError;

const CHANNEL: &str = "streamgate_feed";
const RECONNECT_AFTER: Duration = Duration::from_millis(250);
/// Within the second in which a revocation reaches the edges of every process.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Works until `shutdown`, then ends all streams of the feed.
pub(crate) async fn run(app: Arc<App>, shutdown: CancellationToken) {
    if let Some(pool) = app.db.postgres() {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = listen(&app, pool) => {}
            () = look(&app) => {}
        }
    } else {
        shutdown.cancelled().await;
    }
    app.feed.close();
}

async fn listen(app: &App, pool: &PgPool) {
    loop {
        if let Err(error) = listen_once(app, pool).await {
            tracing::warn!(%error, "lost the feed's notifications; listening again");
        }
        app.feed.wake();
        sleep(RECONNECT_AFTER).await;
    }
}

/// Listens until the connection breaks.
async fn listen_once(app: &App, pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    // What was committed while nobody listened.
    app.feed.wake();
    while listener.try_recv().await?.is_some() {
        app.feed.wake();
    }
    Ok(())
}

async fn look(app: &App) {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = None;
    loop {
        ticks.tick().await;
        match head_seq(app).await {
            Ok(seq) if seen == Some(seq) => {}
            Ok(seq) => {
                seen = Some(seq);
                app.feed.wake();
            }
            Err(error) => tracing::debug!(%error, "the feed's head cannot be read"),
        }
    }
}

async fn head_seq(app: &App) -> Result<u64, ApiError> {
    let mut tx = app.db.read().await?;
    Ok(queries::head(&mut tx).await?.seq)
}
