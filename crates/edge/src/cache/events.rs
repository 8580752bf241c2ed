//! Events by a number, so that each of a million objects names its event in four bytes.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};

use streamgate_contract::ids::EventId;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct EventNumber(u32);

#[derive(Debug, Default)]
struct Known {
    numbers: HashMap<EventId, EventNumber>,
    list: Vec<(EventId, AtomicU64)>,
}

/// Every event that had an object since the start, with how many it has.
#[derive(Debug, Default)]
pub(super) struct Events(RwLock<Known>);

impl Events {
    pub(super) fn find(&self, event: &EventId) -> Option<EventNumber> {
        self.read().numbers.get(event).copied()
    }

    /// Returns the number of an event; a new one gets the next.
    pub(super) fn number(&self, event: &EventId) -> EventNumber {
        if let Some(number) = self.find(event) {
            return number;
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.numbers.get(event) {
            return *number;
        }
        let number = EventNumber(u32::try_from(known.list.len()).unwrap_or(u32::MAX));
        known.list.push((event.clone(), AtomicU64::new(0)));
        known.numbers.insert(event.clone(), number);
        number
    }

    pub(super) fn name(&self, number: EventNumber) -> Option<EventId> {
        let known = self.read();
        Some(known.list.get(number.0 as usize)?.0.clone())
    }

    pub(super) fn add(&self, number: EventNumber) {
        if let Some((_, objects)) = self.read().list.get(number.0 as usize) {
            objects.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn subtract(&self, number: EventNumber) {
        if let Some((_, objects)) = self.read().list.get(number.0 as usize) {
            objects.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Returns how many events have objects.
    pub(super) fn with_objects(&self) -> u64 {
        let known = self.read();
        let having = known
            .list
            .iter()
            .filter(|(_, objects)| objects.load(Ordering::Relaxed) > 0);
        having.count() as u64
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}
