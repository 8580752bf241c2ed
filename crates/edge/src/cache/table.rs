//! The fetches under way, by object: who comes later joins. Also the failures of the last moment, so that a dead
//! origin is not asked once for every viewer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use streamgate_contract::ids::EventId;
use tokio::time::Instant;

use super::flight::Flight;
use super::generations::Rendition;
use super::key::ObjectKey;

/// Above this many, whatever is over is dropped at the next look.
const SWEEP_ABOVE: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<HashMap<ObjectKey, Arc<Flight>>>);

/// What [`Flights::join`] found.
pub(super) enum Joined {
    /// Somebody began it before.
    Existing(Arc<Flight>),
    /// The caller must begin it.
    New(Arc<Flight>),
}

impl Flights {
    pub(super) fn join(&self, key: &ObjectKey) -> Joined {
        let now = Instant::now();
        let mut flights = self.lock();
        if let Some(flight) = flights.get(key).filter(|flight| flight.is_joinable(now)) {
            return Joined::Existing(Arc::clone(flight));
        }
        if flights.len() > SWEEP_ABOVE {
            flights.retain(|_, flight| flight.is_joinable(now));
        }
        let flight = Arc::new(Flight::new());
        flights.insert(key.clone(), Arc::clone(&flight));
        Joined::New(flight)
    }

    /// Returns a fetch that is under way.
    pub(super) fn find(&self, key: &ObjectKey) -> Option<Arc<Flight>> {
        let now = Instant::now();
        self.lock()
            .get(key)
            .filter(|flight| flight.is_joinable(now))
            .cloned()
    }

    /// Forgets a fetch, unless another took its place.
    pub(super) fn leave(&self, key: &ObjectKey, flight: &Arc<Flight>) {
        let mut flights = self.lock();
        if flights.get(key).is_some_and(|known| Arc::ptr_eq(known, flight)) {
            flights.remove(key);
        }
    }

    /// Lets nobody join the fetches of an event any more, but for those of renditions `going_on`; those who did get
    /// what they came for.
    pub(super) fn leave_event(&self, event: &EventId, going_on: &[Rendition]) {
        let is_kept = |flight: &Flight| going_on.contains(&flight.rendition());
        self.lock()
            .retain(|key, flight| key.event != *event || is_kept(flight));
    }

    /// Forgets failures that are over.
    pub(super) fn sweep(&self) {
        let now = Instant::now();
        self.lock().retain(|_, flight| flight.is_joinable(now));
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ObjectKey, Arc<Flight>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
