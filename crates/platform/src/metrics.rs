//! What a platform counts. Labels are our own routes and statuses: no code, no id, no address.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use streamgate_serving::metrics::{Registry, durations};
use tokio_util::sync::CancellationToken;

use crate::app::{App, duration_millis};
use crate::{feed, playback};

/// How often what stands in the database is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(10);

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: &'static str,
    route: String,
    status: u16,
}

/// Counters that requests move, and figures of the database.
#[derive(Debug)]
pub struct Metrics {
    requests: Family<Answer, Counter>,
    seconds: Family<Route, Histogram>,
    database_wait: Histogram,
    feed_seq: Gauge,
    sessions_live: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(durations),
            database_wait: durations(),
            feed_seq: Gauge::default(),
            sessions_live: Gauge::default(),
        }
    }
}

impl Metrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("platform");
        registry.register(
            "requests",
            "Answered requests by route and status; heartbeats and refusals of limits (429) are among them",
            self.requests.clone(),
        );
        registry.register(
            "request_seconds",
            "Time to answer, by route",
            self.seconds.clone(),
        );
        registry.register(
            "database_wait_seconds",
            "Time until a look every 10 s had a connection",
            self.database_wait.clone(),
        );
        registry.register("feed_seq", "The newest feed record", self.feed_seq.clone());
        registry.register(
            "sessions_live",
            "Sessions that are live",
            self.sessions_live.clone(),
        );
    }

    fn count(&self, method: &Method, route: Option<&MatchedPath>, status: u16, took: Duration) {
        // A route is a pattern of ours; everything else is the page.
        let route = route.map_or_else(|| "page".to_owned(), |route| route.as_str().to_owned());
        let method = name(method);
        let answer = Answer {
            method,
            route: route.clone(),
            status,
        };
        self.requests.get_or_create(&answer).inc();
        let seconds = self.seconds.get_or_create_owned(&Route { method, route });
        seconds.observe(took.as_secs_f64());
    }
}

/// Methods that a client makes up are one.
fn name(method: &Method) -> &'static str {
    const KNOWN: [Method; 7] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    const NAMES: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let mut known = KNOWN.iter().zip(NAMES);
    known
        .find(|(known, _)| *known == method)
        .map_or("other", |(_, name)| name)
}

/// Counts a request.
pub(crate) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    app.metrics
        .count(&method, route.as_ref(), status, started.elapsed());
    response
}

/// Keeps the figures of the database current until `shutdown`.
pub(crate) async fn run(app: Arc<App>, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = look(&app).await {
            tracing::warn!(%error, "cannot look at the database for the metrics");
        }
    }
}

async fn look(app: &App) -> Result<(), sqlx::Error> {
    let started = Instant::now();
    let mut tx = app.db.read().await?;
    app.metrics.database_wait.observe(started.elapsed().as_secs_f64());
    let now = tx.now().await?;
    let heard_after = now.plus_millis(-duration_millis(app.settings.session_timeout));
    let live = playback::queries::count_live_sessions(&mut tx, heard_after).await?;
    app.metrics.sessions_live.set(live);
    let head = feed::queries::head(&mut tx).await?;
    app.metrics
        .feed_seq
        .set(i64::try_from(head.seq).unwrap_or(i64::MAX));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    // L-06
    #[test]
    fn a_made_up_method_makes_no_new_label() {
        assert_eq!(name(&Method::from_bytes(b"X-SECRET").unwrap()), "other");
        assert_eq!(name(&Method::PATCH), "PATCH");
    }
}
