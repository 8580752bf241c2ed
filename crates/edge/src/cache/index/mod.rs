//! What is stored, in memory: sizes, ages and the order of removal. Requests do not need it to find an object;
//! they only tell it what was used.
//!
//! Objects wait for removal in the order in which they came; one that was used since gets another round. Objects of
//! streams that were live when they were fetched wait in a queue of their own, which is touched only when nothing
//! else is left, or when they have not been used for an hour: somebody who crawls old recordings cannot push a show
//! out of the cache. Every step takes bounded time; all is split into parts with locks of their own.

mod part;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use streamgate_contract::ids::EventId;

use self::part::{Entry, Part, Queue};
use super::events::Events;
use super::key::{ObjectId, ObjectKey};

/// A part of a million objects grows its table within a fraction of a millisecond.
const PARTS: usize = 64;
/// File systems give out space in blocks of this size.
const BLOCK_BYTES: u64 = 4096;

/// What to know of an object that was stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Fact {
    pub(super) bytes: u64,
    pub(super) stored_secs: u64,
    pub(super) used_secs: u64,
    pub(super) is_live: bool,
}

/// An object that is to be removed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Victim {
    pub(super) key: ObjectKey,
    pub(super) fact: Fact,
}

/// How far a search of the whole index has come.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Cursor {
    part: usize,
    place: usize,
}

#[derive(Debug)]
pub(super) struct Index {
    parts: [Mutex<Part>; PARTS],
    events: Events,
    bytes: AtomicU64,
    objects: AtomicU64,
    turn: AtomicUsize,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            parts: std::array::from_fn(|_| Mutex::default()),
            events: Events::default(),
            bytes: AtomicU64::new(0),
            objects: AtomicU64::new(0),
            turn: AtomicUsize::new(0),
        }
    }
}

impl Index {
    /// Notes a stored object. What was known of it before is replaced, unless `if_absent`.
    pub(super) fn insert(&self, key: &ObjectKey, fact: Fact, if_absent: bool) {
        let event = self.events.number(&key.event);
        let entry = Entry {
            id: key.id,
            blocks: u32::try_from(fact.bytes.div_ceil(BLOCK_BYTES)).unwrap_or(u32::MAX),
            stored_secs: seconds(fact.stored_secs),
            used_secs: seconds(fact.used_secs),
            event,
            queue: if fact.is_live {
                Queue::Live
            } else {
                Queue::Recordings
            },
            is_used: false,
        };
        let mut part = self.part(key.id);
        if if_absent && part.get(key.id).is_some() {
            return;
        }
        self.forget_in(&mut part, key.id);
        part.insert(entry);
        self.bytes.fetch_add(entry.bytes(), Ordering::Relaxed);
        self.objects.fetch_add(1, Ordering::Relaxed);
        self.events.add(event);
    }

    /// Notes that an object was used; answers whether that is to be noted on the disk, which once an hour is.
    pub(super) fn touch(&self, id: ObjectId, now_secs: u64) -> bool {
        let mut part = self.part(id);
        let Some(entry) = part.get_mut(id) else {
            return false;
        };
        entry.is_used = true;
        let (now, before) = (seconds(now_secs), entry.used_secs);
        entry.used_secs = now;
        now / 3600 != before / 3600
    }

    /// Takes out the object that should go first.
    pub(super) fn pop_victim(&self, now_secs: u64) -> Option<Victim> {
        let now = seconds(now_secs);
        let first = self.turn.fetch_add(1, Ordering::Relaxed);
        // Only when everything was used since the last look does something go that was.
        for queue in [Queue::Recordings, Queue::Live] {
            for even_used in [false, true] {
                for step in 0..PARTS {
                    let Some(part) = self.parts.get(first.wrapping_add(step) % PARTS) else {
                        continue;
                    };
                    let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
                    part.retire_idle(now);
                    if let Some(id) = part.next_victim(queue, even_used, now)
                        && let Some(victim) = self.victim(&mut part, id)
                    {
                        return Some(victim);
                    }
                }
            }
        }
        None
    }

    /// Returns some objects that were stored before `stored_before_secs`, from `cursor` on, which it moves; `None`
    /// when all have been looked at. They stay until they are [taken](Self::take).
    pub(super) fn older(&self, stored_before_secs: u64, cursor: &mut Cursor) -> Option<Vec<ObjectId>> {
        let limit = seconds(stored_before_secs);
        self.search(cursor, |entry| entry.stored_secs < limit)
    }

    /// Takes out an object if it was stored before `stored_before_secs`.
    pub(super) fn take(&self, id: ObjectId, stored_before_secs: u64) -> Option<Victim> {
        let mut part = self.part(id);
        let entry = part.get(id)?;
        if entry.stored_secs >= seconds(stored_before_secs) {
            return None;
        }
        self.victim(&mut part, id)
    }

    /// Forgets an event.
    pub(super) fn remove_event(&self, event: &EventId) {
        let Some(number) = self.events.find(event) else {
            return;
        };
        let mut cursor = Cursor::default();
        while let Some(ids) = self.search(&mut cursor, |entry| entry.event == number) {
            for id in ids {
                self.forget_in(&mut self.part(id), id);
            }
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        let mut cursor = Cursor::default();
        while let Some(ids) = self.search(&mut cursor, |_| true) {
            for id in ids {
                self.forget_in(&mut self.part(id), id);
            }
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn objects(&self) -> u64 {
        self.objects.load(Ordering::Relaxed)
    }

    pub(super) fn events(&self) -> u64 {
        self.events.with_objects()
    }

    /// Looks at some entries, from `cursor` on.
    fn search(&self, cursor: &mut Cursor, is_wanted: impl Fn(&Entry) -> bool) -> Option<Vec<ObjectId>> {
        let part = self.parts.get(cursor.part)?;
        let part = part.lock().unwrap_or_else(PoisonError::into_inner);
        let (ids, next) = part.search(cursor.place, is_wanted);
        *cursor = match next {
            Some(place) => Cursor { place, ..*cursor },
            None => Cursor {
                part: cursor.part + 1,
                place: 0,
            },
        };
        Some(ids)
    }

    fn victim(&self, part: &mut Part, id: ObjectId) -> Option<Victim> {
        let entry = self.forget_in(part, id)?;
        let event = self.events.name(entry.event)?;
        Some(Victim {
            key: ObjectKey { event, id },
            fact: Fact {
                bytes: entry.bytes(),
                stored_secs: entry.stored_secs.into(),
                used_secs: entry.used_secs.into(),
                is_live: entry.queue == Queue::Live,
            },
        })
    }

    fn forget_in(&self, part: &mut Part, id: ObjectId) -> Option<Entry> {
        let entry = part.remove(id)?;
        self.bytes.fetch_sub(entry.bytes(), Ordering::Relaxed);
        self.objects.fetch_sub(1, Ordering::Relaxed);
        self.events.subtract(entry.event);
        Some(entry)
    }

    fn part(&self, id: ObjectId) -> MutexGuard<'_, Part> {
        let [first, ..] = &self.parts;
        let part = self.parts.get(id.shard(PARTS)).unwrap_or(first);
        part.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn bytes(&self) -> u64 {
        u64::from(self.blocks) * BLOCK_BYTES
    }
}

/// Seconds since 1970 fit 32 bits until 2106.
fn seconds(secs: u64) -> u32 {
    u32::try_from(secs).unwrap_or(u32::MAX)
}
