//! What the edges last said of each event's stream, refreshed while somebody asks.
//!
//! An answer of up to 60 s ago is given at once, and a newer one is fetched behind it; only when there is none a
//! caller waits, for 150 ms at most. At most one probe per event is in flight, started at most every 2 s,
//! whatever the number of callers. Never more than [`EVENTS_MAX`] events are remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use streamgate_contract::ids::EventId;
use streamgate_contract::stream_state::StreamState;
use streamgate_serving::clock::Clock;
use tokio::sync::watch;

use super::{ProbeOutcome, ProbeReport, StreamProbe};

/// How long an answer counts.
const FRESH_MS: i64 = 60_000;
/// Least time between the starts of two probes of one event.
const INTERVAL_MS: i64 = 2_000;
/// How long a caller waits when nothing is known.
const WAIT: Duration = Duration::from_millis(150);
/// How long a probe may take: longer than its own time-outs together. An edge in this process has none.
const LOOK_TIMEOUT: Duration = Duration::from_secs(8);
/// Events remembered; only holders of a ticket get that far, so that a stranger cannot fill this.
const EVENTS_MAX: usize = 4_096;

/// The last known stream states.
#[derive(Clone, Debug)]
pub struct StreamStates {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    probe: Arc<dyn StreamProbe>,
    clock: Arc<dyn Clock>,
    events: Mutex<HashMap<EventId, Entry>>,
}

#[derive(Debug)]
struct Entry {
    known: Option<Known>,
    probe_started_at: i64,
    in_flight: bool,
    /// Changes when a probe has ended.
    probed: watch::Sender<()>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    state: Option<StreamState>,
    at: i64,
}

impl StreamStates {
    /// Creates a memory with nothing in it.
    pub fn new(probe: Arc<dyn StreamProbe>, clock: Arc<dyn Clock>) -> Self {
        Self {
            inner: Arc::new(Inner {
                probe,
                clock,
                events: Mutex::default(),
            }),
        }
    }

    /// Returns the state of an event's stream as known within the last minute.
    pub async fn state(&self, event_id: &EventId) -> ProbeOutcome {
        let mut probed = match self.inner.look(event_id) {
            Look::Known(state) => return ProbeOutcome::Known(state),
            Look::Unknown => return ProbeOutcome::Unknown,
            Look::InFlight(probed) => probed,
            Look::Due(probed) => {
                self.start_probe(event_id);
                probed
            }
            Look::KnownButDue(state) => {
                self.start_probe(event_id);
                return ProbeOutcome::Known(state);
            }
        };
        // A time-out, or a probe that died with its task: both mean that nothing is known yet.
        let _ended = tokio::time::timeout(WAIT, probed.changed()).await;
        self.inner.known(event_id)
    }

    /// Returns what was known within the last minute, and asks nobody.
    pub fn last_known(&self, event_id: &EventId) -> ProbeOutcome {
        self.inner.known(event_id)
    }

    /// Has the state asked for if that is due, without waiting: for lists that are read again and again.
    pub fn refresh_behind(&self, event_id: &EventId) {
        if let Look::Due(_) | Look::KnownButDue(_) = self.inner.look(event_id) {
            self.start_probe(event_id);
        }
    }

    /// Asks an edge anew, for an organiser who tests a stream; remembers nothing.
    pub async fn look(&self, event_id: &EventId) -> ProbeReport {
        let answer = self.inner.probe.look(event_id);
        // An edge in this process has no time-out of its own.
        tokio::time::timeout(LOOK_TIMEOUT, answer)
            .await
            .unwrap_or(ProbeReport::UNKNOWN)
    }

    fn start_probe(&self, event_id: &EventId) {
        let inner = Arc::clone(&self.inner);
        let event_id = event_id.clone();
        let answer = inner.probe.look(&event_id);
        tokio::spawn(async move {
            let mut ended = ProbeEnd {
                inner,
                event_id,
                outcome: ProbeOutcome::Unknown,
            };
            if let Ok(report) = tokio::time::timeout(LOOK_TIMEOUT, answer).await {
                ended.outcome = report.outcome;
            }
        });
    }
}

/// Ends a probe when dropped, so that one that panics does not count as under way for ever.
struct ProbeEnd {
    inner: Arc<Inner>,
    event_id: EventId,
    outcome: ProbeOutcome,
}

impl Drop for ProbeEnd {
    fn drop(&mut self) {
        self.inner.finish(&self.event_id, self.outcome);
    }
}

/// What the memory says to a caller. The `Due` ones have marked a probe as started: the caller must start it.
enum Look {
    Known(Option<StreamState>),
    KnownButDue(Option<StreamState>),
    InFlight(watch::Receiver<()>),
    Due(watch::Receiver<()>),
    Unknown,
}

impl Inner {
    fn events(&self) -> MutexGuard<'_, HashMap<EventId, Entry>> {
        // Each change below is complete before anything can panic, so a poisoned map is still whole.
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self, event_id: &EventId) -> Look {
        let now = self.clock.steady_millis();
        let mut events = self.events();
        if !events.contains_key(event_id) {
            make_room(&mut events, now);
            if events.len() >= EVENTS_MAX {
                return Look::Unknown;
            }
            events.insert(event_id.clone(), Entry::new());
        }
        let Some(entry) = events.get_mut(event_id) else {
            return Look::Unknown;
        };
        let known = entry
            .known
            .filter(|known| now.saturating_sub(known.at) <= FRESH_MS);
        let due = !entry.in_flight && now.saturating_sub(entry.probe_started_at) >= INTERVAL_MS;
        if due {
            entry.in_flight = true;
            entry.probe_started_at = now;
        }
        match (known, due, entry.in_flight) {
            (Some(known), true, _) => Look::KnownButDue(known.state),
            (Some(known), false, _) => Look::Known(known.state),
            (None, true, _) => Look::Due(entry.probed.subscribe()),
            (None, false, true) => Look::InFlight(entry.probed.subscribe()),
            (None, false, false) => Look::Unknown,
        }
    }

    fn known(&self, event_id: &EventId) -> ProbeOutcome {
        let now = self.clock.steady_millis();
        self.events()
            .get(event_id)
            .and_then(|entry| entry.known)
            .filter(|known| now.saturating_sub(known.at) <= FRESH_MS)
            .map_or(ProbeOutcome::Unknown, |known| ProbeOutcome::Known(known.state))
    }

    fn finish(&self, event_id: &EventId, outcome: ProbeOutcome) {
        let at = self.clock.steady_millis();
        let mut events = self.events();
        let Some(entry) = events.get_mut(event_id) else {
            return;
        };
        entry.in_flight = false;
        // A failed probe leaves the last answer standing until it is too old.
        if let ProbeOutcome::Known(state) = outcome {
            entry.known = Some(Known { state, at });
        }
        entry.probed.send_replace(());
    }
}

impl Entry {
    fn new() -> Self {
        Self {
            known: None,
            probe_started_at: i64::MIN,
            in_flight: false,
            probed: watch::Sender::new(()),
        }
    }
}

/// Forgets events that nobody has asked for within a minute, when there are many.
fn make_room(events: &mut HashMap<EventId, Entry>, now: i64) {
    if events.len() >= EVENTS_MAX {
        events.retain(|_, entry| entry.in_flight || now.saturating_sub(entry.probe_started_at) <= FRESH_MS);
    }
}
