//! What is stored, in memory: sizes, ages and the order of removal. Requests do not need it to find an object;
//! they only tell it what was used.
//!
//! Objects wait for removal in the order in which they came; one that was used since gets another round. Objects of
//! streams that were live when they were fetched wait in a queue of their own, which is touched only when nothing
//! else is left, or when they have not been used for an hour: somebody who crawls old recordings cannot push a show
//! out of the cache. Every step takes constant time; all is split into parts with locks of their own.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use streamgate_contract::ids::EventId;

use super::events::{EventNumber, Events};
use super::key::{ObjectId, ObjectKey};

const PARTS: usize = 16;
/// File systems give out space in blocks of this size.
const BLOCK_BYTES: u64 = 4096;
/// An object of a live stream that nobody used for so long has left the window of its stream.
const LIVE_IDLE_SECS: u32 = 60 * 60;
/// How many names one search of a queue looks at, so that none takes long.
const LOOKS_MAX: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Entry {
    blocks: u32,
    stored_secs: u32,
    used_secs: u32,
    event: EventNumber,
    is_live: bool,
    is_used: bool,
}

#[derive(Debug, Default)]
struct Part {
    entries: HashMap<ObjectId, Entry>,
    recordings: VecDeque<ObjectId>,
    live: VecDeque<ObjectId>,
}

/// What to know of an object that was stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact {
    pub(super) bytes: u64,
    pub(super) stored_secs: u64,
    pub(super) used_secs: u64,
    pub(super) is_live: bool,
}

/// An object that is to be removed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Victim {
    pub(super) event: EventId,
    pub(super) id: ObjectId,
    pub(super) bytes: u64,
}

#[derive(Debug, Default)]
pub(super) struct Index {
    parts: [Mutex<Part>; PARTS],
    events: Events,
    bytes: AtomicU64,
    objects: AtomicU64,
    turn: AtomicUsize,
}

impl Index {
    /// Notes a stored object. What was known of it before is replaced, unless `if_absent`.
    pub(super) fn insert(&self, key: &ObjectKey, fact: Fact, if_absent: bool) {
        let event = self.events.number(&key.event);
        let entry = Entry {
            blocks: u32::try_from(fact.bytes.div_ceil(BLOCK_BYTES)).unwrap_or(u32::MAX),
            stored_secs: seconds(fact.stored_secs),
            used_secs: seconds(fact.used_secs),
            event,
            is_live: fact.is_live,
            is_used: false,
        };
        let mut part = self.part(key.id);
        match part.entries.get(&key.id) {
            Some(_) if if_absent => return,
            Some(_) => self.forget_in(&mut part, key.id),
            None => {}
        }
        part.entries.insert(key.id, entry);
        if entry.is_live {
            part.live.push_back(key.id);
        } else {
            part.recordings.push_back(key.id);
        }
        part.drop_stale();
        self.bytes.fetch_add(entry.bytes(), Ordering::Relaxed);
        self.objects.fetch_add(1, Ordering::Relaxed);
        self.events.add(event);
    }

    /// Notes that an object was used; answers whether that is to be noted on the disk, which once an hour is.
    pub(super) fn touch(&self, id: ObjectId, now_secs: u64) -> bool {
        let mut part = self.part(id);
        let Some(entry) = part.entries.get_mut(&id) else {
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
        for (from_live, even_used) in [(false, false), (false, true), (true, false), (true, true)] {
            for step in 0..PARTS {
                let Some(part) = self.parts.get(first.wrapping_add(step) % PARTS) else {
                    continue;
                };
                let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
                part.retire_idle(now);
                if let Some(id) = part.pop(from_live, even_used)
                    && let Some(victim) = self.victim(&mut part, id)
                {
                    return Some(victim);
                }
            }
        }
        None
    }

    /// Takes out everything that was stored before `stored_before_secs`, part by part.
    pub(super) fn take_older(&self, stored_before_secs: u64) -> Vec<Victim> {
        let limit = seconds(stored_before_secs);
        let mut victims = Vec::new();
        for part in &self.parts {
            let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
            let old = part.entries.iter().filter(|(_, entry)| entry.stored_secs < limit);
            let old: Vec<ObjectId> = old.map(|(id, _)| *id).collect();
            victims.extend(old.into_iter().filter_map(|id| self.victim(&mut part, id)));
        }
        victims
    }

    /// Forgets an event.
    pub(super) fn remove_event(&self, event: &EventId) {
        let Some(number) = self.events.find(event) else {
            return;
        };
        for part in &self.parts {
            let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
            let gone = part.entries.iter().filter(|(_, entry)| entry.event == number);
            let gone: Vec<ObjectId> = gone.map(|(id, _)| *id).collect();
            for id in gone {
                self.forget_in(&mut part, id);
            }
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        while self.pop_victim(u64::MAX).is_some() {}
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

    fn victim(&self, part: &mut Part, id: ObjectId) -> Option<Victim> {
        let entry = *part.entries.get(&id)?;
        self.forget_in(part, id);
        Some(Victim {
            event: self.events.name(entry.event)?,
            id,
            bytes: entry.bytes(),
        })
    }

    fn forget_in(&self, part: &mut Part, id: ObjectId) {
        if let Some(entry) = part.entries.remove(&id) {
            self.bytes.fetch_sub(entry.bytes(), Ordering::Relaxed);
            self.objects.fetch_sub(1, Ordering::Relaxed);
            self.events.subtract(entry.event);
        }
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

impl Part {
    /// Takes the next object to go from a queue; those used since they came go round once more.
    fn pop(&mut self, from_live: bool, even_used: bool) -> Option<ObjectId> {
        let queue = if from_live {
            &mut self.live
        } else {
            &mut self.recordings
        };
        for _ in 0..queue.len().min(LOOKS_MAX) {
            let id = queue.pop_front()?;
            match self.entries.get_mut(&id) {
                // Removed meanwhile, or moved to the other queue.
                None => {}
                Some(entry) if entry.is_live != from_live => {}
                Some(entry) if entry.is_used && !even_used => {
                    entry.is_used = false;
                    queue.push_back(id);
                }
                Some(_) => return Some(id),
            }
        }
        None
    }

    /// Moves objects of live streams that nobody uses any more to where they may be removed.
    fn retire_idle(&mut self, now: u32) {
        while let Some(id) = self.live.front().copied() {
            match self.entries.get_mut(&id) {
                Some(entry) if entry.used_secs.saturating_add(LIVE_IDLE_SECS) > now => return,
                Some(entry) => {
                    entry.is_live = false;
                    self.recordings.push_front(id);
                }
                None => {}
            }
            self.live.pop_front();
        }
    }

    /// Drops names of removed objects when they are most of a queue, so that memory follows what is stored.
    fn drop_stale(&mut self) {
        if self.recordings.len() + self.live.len() > 2 * self.entries.len() + 64 {
            let entries = &self.entries;
            self.recordings
                .retain(|id| entries.get(id).is_some_and(|entry| !entry.is_live));
            self.live
                .retain(|id| entries.get(id).is_some_and(|entry| entry.is_live));
        }
    }
}

/// Seconds since 1970 fit 32 bits until 2106.
fn seconds(secs: u64) -> u32 {
    u32::try_from(secs).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;

    fn key(event: &str, number: u128) -> ObjectKey {
        ObjectKey {
            event: EventId::parse(event).unwrap(),
            id: ObjectId::of_number(number << 120 | number),
        }
    }

    fn fact(is_live: bool) -> Fact {
        Fact {
            bytes: 5000,
            stored_secs: NOW,
            used_secs: NOW,
            is_live,
        }
    }

    /// Everything in the order in which it goes.
    fn order(index: &Index, now_secs: u64) -> Vec<u128> {
        let mut numbers = Vec::new();
        while let Some(victim) = index.pop_victim(now_secs) {
            numbers.push(u128::from_be_bytes(victim.id.to_bytes()) & 0xff);
        }
        numbers
    }

    #[test]
    fn sizes_are_counted_in_blocks_and_come_to_nothing_when_everything_has_gone() {
        let index = Index::default();
        for number in 0..100 {
            index.insert(&key("a", number), fact(number % 2 == 0), false);
            index.insert(&key("a", number), fact(false), number % 3 == 0);
        }
        assert_eq!(
            (index.bytes(), index.objects(), index.events()),
            (100 * 8192, 100, 1)
        );
        index.clear();
        assert_eq!((index.bytes(), index.objects(), index.events()), (0, 0, 0));
    }

    #[test]
    fn what_was_used_gets_another_round_and_what_is_live_goes_last() {
        let index = Index::default();
        // All in one part: the order within it is what counts.
        for number in [0x00, 0x10, 0x20, 0x30] {
            index.insert(&key("a", number), fact(number == 0x10), false);
        }
        index.touch(key("a", 0x00).id, NOW);
        assert_eq!(order(&index, NOW), [0x20, 0x30, 0x00, 0x10]);
    }

    #[test]
    fn what_was_live_and_is_unused_for_an_hour_goes_with_the_rest() {
        let index = Index::default();
        index.insert(&key("a", 0x00), fact(true), false);
        index.insert(&key("a", 0x10), fact(false), false);
        assert_eq!(order(&index, NOW + 3_600), [0x00, 0x10]);
    }

    #[test]
    fn old_objects_and_emptied_events_leave_and_nothing_else_does() {
        let index = Index::default();
        for number in 0..10 {
            let stored_secs = NOW + u64::try_from(number).unwrap();
            index.insert(
                &key("a", number),
                Fact {
                    stored_secs,
                    ..fact(false)
                },
                false,
            );
            index.insert(&key("b", number + 100), fact(true), false);
        }
        assert_eq!(index.take_older(NOW + 5).len(), 5 + 10);
        index.insert(&key("b", 200), fact(false), false);
        index.remove_event(&EventId::parse("a").unwrap());
        index.remove_event(&EventId::parse("none").unwrap());
        assert_eq!((index.objects(), index.events()), (1, 1));
        assert_eq!(index.pop_victim(NOW).unwrap().event.as_str(), "b");
    }

    #[test]
    fn use_is_noted_on_the_disk_once_an_hour() {
        let index = Index::default();
        index.insert(&key("a", 1), fact(false), false);
        let hour = NOW / 3_600 * 3_600;
        let noted: Vec<bool> = [NOW, NOW + 1, hour + 3_600, hour + 3_601]
            .map(|now| index.touch(key("a", 1).id, now))
            .into();
        assert_eq!(noted, [false, false, true, false]);
        assert!(!index.touch(key("a", 2).id, NOW));
    }

    #[test]
    fn names_of_removed_objects_do_not_pile_up() {
        let index = Index::default();
        for number in 0..50_000u128 {
            index.insert(&key("a", number % 7), fact(number % 2 == 0), false);
        }
        let queued = |part: &Mutex<Part>| {
            let part = part.lock().unwrap();
            part.recordings.len() + part.live.len()
        };
        assert!(index.parts.iter().map(queued).sum::<usize>() < 16 * 100);
    }
}
