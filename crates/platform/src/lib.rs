//! The platform: who may watch what. Viewer API, admin API, database, feed, and the embedded page.
//!
//! One folder per part of the product; in each, `mod.rs` holds the nouns, `rules.rs` pure decisions,
//! `queries.rs` the SQL and `api.rs` the HTTP. A request runs `routes -> <part>/api -> <part>/{rules,queries}
//! -> db`; a part may use another part's rules and queries, never its api.
//!
//! What is absent, on purpose:
//! - no status code outside `error.rs` (and `web_ui`, which serves files);
//! - no SQL outside `queries.rs` files and `db/`;
//! - no time and no randomness but what [`PlatformParts`] passes in;
//! - no media: the edge serves it, this crate never sees a segment.

mod api_docs;
pub mod app;
pub mod audit;
pub mod auth;
pub mod dashboard;
pub mod db;
pub mod edges;
pub mod error;
pub mod events;
pub mod extract;
pub mod feed;
pub mod fields;
pub mod housekeeping;
pub mod limits;
pub mod metrics;
mod openapi;
pub mod paging;
pub mod playback;
pub mod routes;
pub mod settings;
pub mod tickets;
pub mod web_ui;
mod whole_request;

use std::sync::Arc;
use std::time::Duration;

use futures_util::Stream;
use streamgate_contract::activity::ActivityReport;
use streamgate_contract::feed::{FeedCursor, FeedEvent};
use streamgate_contract::ids::EdgeId;
use streamgate_serving::clock::Clock;
use streamgate_serving::metrics::Registry;
use streamgate_serving::random::Random;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::db::{DatabaseTime, Db, OpenError};
use crate::edges::StreamProbe;
use crate::error::ApiError;
use crate::events::SeededEvent;
use crate::settings::PlatformSettings;

/// What a platform needs from outside, so that tests can replace it.
#[derive(Debug)]
pub struct PlatformParts {
    /// This process's clock.
    pub clock: Arc<dyn Clock>,
    /// `true` when `clock` counts for sessions and tokens even on PostgreSQL: tests move time.
    pub clock_rules_database: bool,
    /// Where codes, ids and keys come from.
    pub random: Arc<dyn Random>,
    /// Asks an edge for the state of an event's stream.
    pub probe: Arc<dyn StreamProbe>,
}

/// Why a platform could not start.
#[derive(Debug, thiserror::Error)]
pub enum PlatformBootError {
    /// The database could not be opened or migrated.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database refused the first statements.
    #[error("the database does not answer: {0}")]
    Database(#[from] sqlx::Error),
}

/// A platform that is ready to answer.
#[derive(Clone, Debug)]
pub struct Platform {
    app: Arc<App>,
}

impl Platform {
    /// Opens the database and builds everything that requests use. Binds no port.
    pub async fn load(settings: PlatformSettings, parts: PlatformParts) -> Result<Self, PlatformBootError> {
        let time = if parts.clock_rules_database {
            DatabaseTime::Given(Arc::clone(&parts.clock))
        } else {
            DatabaseTime::Database(Arc::clone(&parts.clock))
        };
        let db = Db::open(&settings.database, time).await?;
        let mut tx = db.write().await?;
        feed::queries::ensure_head(&mut tx, &new_epoch(&*parts.random)).await?;
        let started_at = tx.now().await?;
        tx.commit().await?;
        let app = App::new(settings, db, parts.clock, parts.random, parts.probe, started_at);
        Ok(Self { app: Arc::new(app) })
    }

    /// Returns the service for everything that is not the edge's: API and page.
    pub fn router(&self) -> axum::Router {
        routes::router(Arc::clone(&self.app))
    }

    /// Returns what requests use, for code in the same process that is no request (in-process edge, seeding).
    pub const fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Follows the feed from `cursor`, or from a snapshot, for an edge in this process.
    pub fn subscribe_feed(
        &self,
        cursor: Option<FeedCursor>,
    ) -> impl Stream<Item = FeedEvent> + Send + 'static {
        feed::subscribe(Arc::clone(&self.app), cursor)
    }

    /// Takes an activity report of an edge in this process.
    pub async fn record_activity(&self, edge_id: &EdgeId, report: ActivityReport) -> Result<(), ApiError> {
        edges::record_activity(&self.app, edge_id, report).await
    }

    /// Has `registry` show what this platform counts.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.app.metrics.register(registry);
    }

    /// Stores three sample events with ten tickets each: one on now, one over, one that starts after `upcoming_in`.
    pub async fn seed(&self, upcoming_in: Duration) -> Result<Vec<SeededEvent>, ApiError> {
        events::seed(&self.app, upcoming_in).await
    }

    /// Runs the background work until `shutdown`: feed notifications from other processes, upkeep.
    pub async fn run(&self, shutdown: CancellationToken) {
        tokio::join!(
            feed::run(Arc::clone(&self.app), shutdown.clone()),
            playback::upkeep::run(Arc::clone(&self.app), shutdown.clone()),
            // On the heap: the future of all background work is on the stack of whoever runs the services.
            Box::pin(housekeeping::run(Arc::clone(&self.app), shutdown.clone())),
            Box::pin(metrics::run(Arc::clone(&self.app), shutdown.clone())),
        );
        self.app.db.close().await;
    }
}

/// Returns the identity of a new database: 16 random bytes in hex.
pub fn new_epoch(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    uuid::Uuid::from_bytes(bytes).simple().to_string()
}
