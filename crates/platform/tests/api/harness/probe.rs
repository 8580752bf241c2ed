//! An edge's answer about streams, as the test wants it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use futures_util::future::BoxFuture;
use streamgate_contract::ids::EventId;
use streamgate_contract::stream_state::StreamState;
use streamgate_contract::time::UnixMillis;
use streamgate_platform::edges::{ProbeOutcome, ProbeReport, StreamProbe};

/// Answers at once what it was told to; unknown until then. Can be told never to answer.
#[derive(Debug, Default)]
pub(crate) struct FakeProbe {
    states: Mutex<HashMap<String, Option<StreamState>>>,
    hangs: AtomicBool,
    panics: AtomicBool,
    count: AtomicU32,
}

impl FakeProbe {
    /// From now on the event's stream is in this state; `None` means that there is no stream.
    pub(crate) fn set(&self, event_id: &str, state: Option<StreamState>) {
        self.states.lock().unwrap().insert(event_id.to_owned(), state);
    }

    /// From now on no answer comes, or answers come again.
    pub(crate) fn hang(&self, hangs: bool) {
        self.hangs.store(hangs, Ordering::SeqCst);
    }

    /// From now on every probe panics, or none does.
    pub(crate) fn panic(&self, panics: bool) {
        self.panics.store(panics, Ordering::SeqCst);
    }

    /// How often it was asked.
    pub(crate) fn count(&self) -> u32 {
        self.count.load(Ordering::SeqCst)
    }
}

impl StreamProbe for FakeProbe {
    fn look(&self, event_id: &EventId) -> BoxFuture<'static, ProbeReport> {
        self.count.fetch_add(1, Ordering::SeqCst);
        if self.hangs.load(Ordering::SeqCst) {
            return Box::pin(std::future::pending());
        }
        if self.panics.load(Ordering::SeqCst) {
            return Box::pin(async { panic!("a bug in a probe") });
        }
        let states = self.states.lock().unwrap();
        let outcome = states
            .get(event_id.as_str())
            .map_or(ProbeOutcome::Unknown, |state| ProbeOutcome::Known(*state));
        Box::pin(std::future::ready(ProbeReport {
            outcome,
            renditions: Some(2),
            changed_at: Some(UnixMillis(super::NOON)),
        }))
    }
}
