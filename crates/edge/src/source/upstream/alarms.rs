//! Tells the log of upstreams that fail, now and then: with an audience of thousands a line for each request would bury
//! everything else, and without any the operator sees statuses and no cause.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use streamgate_contract::ids::EventId;

use super::{Origin, UpstreamError};

/// How often an upstream is told of while it fails.
const EVERY: Duration = Duration::from_mins(1);
/// Hosts to remember; beyond this all are forgotten.
const HOSTS_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(super) struct Alarms(Mutex<HashMap<Box<str>, Instant>>);

impl Alarms {
    /// Tells of a failure of `origin`, unless one was told a moment ago.
    pub(super) fn tell(&self, event: &EventId, origin: &Origin, error: &UpstreamError) {
        if matches!(error, UpstreamError::NotFound | UpstreamError::Overloaded) {
            return;
        }
        if self.is_due(&origin.authority(), Instant::now()) {
            tracing::warn!(event.id = %event, %error, "an upstream fails; told once a minute");
        }
    }

    fn is_due(&self, host: &str, now: Instant) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told
            .get(host)
            .is_some_and(|last| now.duration_since(*last) < EVERY)
        {
            return false;
        }
        if told.len() >= HOSTS_MAX {
            told.clear();
        }
        told.insert(host.into(), now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_is_told_of_once_a_minute() {
        let (alarms, now) = (Alarms::default(), Instant::now());
        let told = [("a", 0), ("a", 59), ("b", 59), ("a", 60), ("a", 61)];
        let told = told.map(|(host, secs)| alarms.is_due(host, now + Duration::from_secs(secs)));
        assert_eq!(told, [true, false, true, true, false]);
    }
}
