//! What an edge counts. Labels are outcomes of our own: no path, no event, no client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use streamgate_contract::deny_state::DenyState;
use streamgate_contract::errors::EdgeRefusal;
use streamgate_serving::metrics::{Registry, durations, gauge};

use crate::Edge;
use crate::activity::Activity;
use crate::cache::CacheCollector;
use crate::deny::Deny;
use crate::deny::standing::is_degraded;

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Outcome {
    outcome: &'static str,
}

impl Outcome {
    /// Names an answer: by its refusal if it is one.
    pub(crate) fn of(status: StatusCode, refusal: Option<EdgeRefusal>) -> Self {
        let outcome = match (refusal, status) {
            (Some(EdgeRefusal::SourceTimeout), _) => "source_timeout",
            (Some(refusal), _) => refusal.code(),
            (None, StatusCode::PARTIAL_CONTENT) => "partial",
            (None, StatusCode::NOT_MODIFIED) => "not_modified",
            (None, _) => "ok",
        };
        Self { outcome }
    }
}

/// Counters that requests move.
#[derive(Debug)]
pub(crate) struct Metrics {
    requests: Family<Outcome, Counter>,
    seconds: Histogram,
    bytes: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            requests: Family::default(),
            seconds: durations(),
            bytes: Counter::default(),
        }
    }
}

impl Metrics {
    /// Counts an answer; `took` is the time until its head was ready.
    pub(crate) fn count(&self, outcome: &Outcome, took: Duration) {
        self.requests.get_or_create(outcome).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// Returns the counter of body bytes.
    pub(crate) fn bytes(&self) -> Counter {
        self.bytes.clone()
    }
}

impl Edge {
    /// Has `registry` show what this edge counts.
    pub fn register_metrics(self: &Arc<Self>, registry: &mut Registry) {
        let registry = registry.sub_registry_with_prefix("edge");
        let Metrics {
            requests,
            seconds,
            bytes,
        } = &self.metrics;
        registry.register("requests", "Answered requests by outcome", requests.clone());
        registry.register(
            "request_seconds",
            "Time until the head of an answer was ready",
            seconds.clone(),
        );
        registry.register("sent_bytes", "Body bytes handed to clients", bytes.clone());
        registry.register_collector(Box::new(CacheCollector(Arc::clone(&self.cache))));
        registry.register_collector(Box::new(Standing {
            deny: Arc::clone(&self.deny),
            activity: Arc::clone(&self.activity),
        }));
    }
}

/// How an edge stands, looked at when somebody asks.
#[derive(Debug)]
struct Standing {
    deny: Arc<Deny>,
    activity: Arc<Activity>,
}

impl Collector for Standing {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let (denied, seq) = self.deny.read(|state| {
            let seq = state.map_or(0, DenyState::seq);
            (
                state.map_or(0, DenyState::len),
                i64::try_from(seq).unwrap_or(i64::MAX),
            )
        });
        let silence = self.deny.silence();
        let offset_ms = self.deny.clock_offset_ms();
        let silent_secs = i64::try_from(silence.as_secs()).unwrap_or(i64::MAX);
        let figures = [
            (
                "ready",
                "1 once there is a deny state",
                i64::from(self.deny.is_ready()),
            ),
            (
                "degraded",
                "1 while the feed is silent for 30 s or clocks differ by more than 2 s",
                i64::from(is_degraded(silence, offset_ms)),
            ),
            ("feed_age_seconds", "Silence of the feed", silent_secs),
            ("feed_seq", "The last feed record in force", seq),
            (
                "denied",
                "Tickets, events and sessions that are refused",
                whole(denied),
            ),
            (
                "clock_offset_milliseconds",
                "The platform's clock ahead of ours",
                offset_ms,
            ),
            (
                "sessions",
                "Sessions of the last hour",
                whole(self.activity.len()),
            ),
        ];
        for (name, help, figure) in figures {
            gauge(&mut encoder, name, help, figure)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_an_outcome_of_its_own() {
        let status = StatusCode::FORBIDDEN;
        let outcomes = EdgeRefusal::ALL.map(|refusal| Outcome::of(status, Some(refusal)).outcome);
        let distinct: std::collections::HashSet<_> = outcomes.iter().collect();
        assert_eq!(distinct.len(), EdgeRefusal::ALL.len());
        assert_eq!(Outcome::of(StatusCode::OK, None).outcome, "ok");
        assert_eq!(Outcome::of(StatusCode::PARTIAL_CONTENT, None).outcome, "partial");
    }
}
