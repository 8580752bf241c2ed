//! One part of the index: its entries in one piece of memory, a table that finds them by id, and two queues that are
//! chained through them. An object that leaves is unchained at once, so that a queue names each object once and
//! nothing else, and an object takes about 50 bytes.

use hashbrown::HashTable;

use super::super::events::EventNumber;
use super::super::key::ObjectId;

/// An object of a live stream that nobody used for so long has left the window of its stream.
const LIVE_IDLE_SECS: u32 = 60 * 60;
/// What was used within this time is in use: it stays where something else can go, however often that is looked for.
const IN_USE_SECS: u32 = 10;
/// How many entries one search looks at, so that none takes long.
pub(super) const LOOKS_MAX: usize = 64;

/// Among how many that may go the one is sought that was used longest ago.
const CANDIDATES: usize = 16;

/// The place of an entry.
type Slot = u32;
const NONE: Slot = Slot::MAX;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Queue {
    Recordings,
    Live,
}

/// What is known of one object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) id: ObjectId,
    pub(super) blocks: u32,
    pub(super) stored_secs: u32,
    pub(super) used_secs: u32,
    pub(super) event: EventNumber,
    pub(super) queue: Queue,
    /// Used since it came, or since it was last spared for that.
    pub(super) is_used: bool,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    /// `None` in a place that waits for its next object; `newer` is then the next such place.
    entry: Option<Entry>,
    older: Slot,
    newer: Slot,
}

#[derive(Clone, Copy, Debug)]
struct Chain {
    oldest: Slot,
    newest: Slot,
}

impl Default for Chain {
    fn default() -> Self {
        Self {
            oldest: NONE,
            newest: NONE,
        }
    }
}

#[derive(Debug)]
pub(super) struct Part {
    nodes: Vec<Node>,
    places: HashTable<Slot>,
    recordings: Chain,
    live: Chain,
    vacant: Slot,
}

impl Default for Part {
    fn default() -> Self {
        Self {
            nodes: Vec::new(),
            places: HashTable::new(),
            recordings: Chain::default(),
            live: Chain::default(),
            vacant: NONE,
        }
    }
}

impl Part {
    pub(super) fn get(&self, id: ObjectId) -> Option<&Entry> {
        self.entry(self.find(id)?)
    }

    pub(super) fn get_mut(&mut self, id: ObjectId) -> Option<&mut Entry> {
        let slot = self.find(id)?;
        self.node_mut(slot)?.entry.as_mut()
    }

    /// Adds an object that is not there, as the newest of its queue.
    pub(super) fn insert(&mut self, entry: Entry) {
        let slot = self.place(entry);
        self.chain_up(slot, entry.queue);
        let nodes = &self.nodes;
        self.places.insert_unique(entry.id.hash(), slot, |slot| {
            entry_of(nodes, *slot).map_or(0, |entry| entry.id.hash())
        });
    }

    pub(super) fn remove(&mut self, id: ObjectId) -> Option<Entry> {
        let slot = self.find(id)?;
        let entry = *self.entry(slot)?;
        if let Ok(found) = self.places.find_entry(id.hash(), |known| *known == slot) {
            found.remove();
        }
        self.unchain(slot, entry.queue);
        let vacant = self.vacant;
        if let Some(node) = self.node_mut(slot) {
            node.entry = None;
            node.newer = vacant;
            self.vacant = slot;
        }
        Some(entry)
    }

    /// Returns the next object to go from a queue: of the oldest few the one that was used longest ago, since after
    /// a start they stand in the order of the disk. Those used since they came go round once more, and again for
    /// as long as they are in use.
    pub(super) fn next_victim(&mut self, queue: Queue, even_used: bool, now: u32) -> Option<ObjectId> {
        let Chain {
            oldest: mut slot,
            newest,
        } = self.chain(queue);
        let (mut found, mut candidates) = (None::<(u32, ObjectId)>, 0);
        for _ in 0..LOOKS_MAX {
            let Some(node) = self.node_mut(slot) else { break };
            let (next, Some(entry)) = (node.newer, node.entry.as_mut()) else {
                break;
            };
            if !entry.is_used || even_used {
                if found.is_none_or(|(used, _)| entry.used_secs < used) {
                    found = Some((entry.used_secs, entry.id));
                }
                candidates += 1;
            } else {
                entry.is_used = entry.used_secs.saturating_add(IN_USE_SECS) > now;
                self.unchain(slot, queue);
                self.chain_up(slot, queue);
            }
            if candidates == CANDIDATES || slot == newest {
                break;
            }
            slot = next;
        }
        Some(found?.1)
    }

    /// Moves objects of live streams that nobody uses any more to where they may be removed.
    pub(super) fn retire_idle(&mut self, now: u32) {
        for _ in 0..LOOKS_MAX {
            let slot = self.live.oldest;
            let Some(entry) = self.node_mut(slot).and_then(|node| node.entry.as_mut()) else {
                return;
            };
            let is_idle = entry.used_secs.saturating_add(LIVE_IDLE_SECS) <= now;
            match (is_idle, entry.is_used) {
                (true, _) => entry.queue = Queue::Recordings,
                // What all use for hours, as a header of all segments, does not hide the segments behind it.
                (false, true) => {}
                (false, false) => return,
            }
            self.unchain(slot, Queue::Live);
            if is_idle {
                self.chain_down(slot, Queue::Recordings);
            } else {
                self.chain_up(slot, Queue::Live);
            }
        }
    }

    /// Returns the objects that `is_wanted` names among those in the next places from `place` on, and the place after;
    /// `None` when all have been looked at.
    pub(super) fn search(
        &self,
        place: usize,
        is_wanted: impl Fn(&Entry) -> bool,
    ) -> (Vec<ObjectId>, Option<usize>) {
        let looked_at = self.nodes.iter().skip(place).take(LOOKS_MAX);
        let wanted = looked_at.filter_map(|node| node.entry.as_ref());
        let wanted = wanted.filter(|entry| is_wanted(entry)).map(|entry| entry.id);
        let next = place + LOOKS_MAX;
        (wanted.collect(), (next < self.nodes.len()).then_some(next))
    }

    fn find(&self, id: ObjectId) -> Option<Slot> {
        let is_it = |slot: &Slot| self.entry(*slot).is_some_and(|entry| entry.id == id);
        self.places.find(id.hash(), is_it).copied()
    }

    /// Puts an entry into a vacant place or a new one.
    fn place(&mut self, entry: Entry) -> Slot {
        let node = Node {
            entry: Some(entry),
            older: NONE,
            newer: NONE,
        };
        let slot = self.vacant;
        if let Some(vacant) = self.node_mut(slot) {
            let next = vacant.newer;
            *vacant = node;
            self.vacant = next;
            return slot;
        }
        if self.nodes.len() == self.nodes.capacity() {
            // An eighth instead of the usual whole: a million objects should not take the memory of two.
            self.nodes.reserve_exact(self.nodes.len() / 8 + 8);
        }
        self.nodes.push(node);
        // Four billion objects fit no disk.
        Slot::try_from(self.nodes.len() - 1).unwrap_or(NONE)
    }

    /// Makes an entry the newest of a queue.
    fn chain_up(&mut self, slot: Slot, queue: Queue) {
        let before = self.chain(queue).newest;
        self.link(before, slot, queue);
        self.link(slot, NONE, queue);
    }

    /// Makes an entry the oldest of a queue.
    fn chain_down(&mut self, slot: Slot, queue: Queue) {
        let after = self.chain(queue).oldest;
        self.link(slot, after, queue);
        self.link(NONE, slot, queue);
    }

    fn unchain(&mut self, slot: Slot, queue: Queue) {
        if let Some(Node { older, newer, .. }) = self.node(slot).copied() {
            self.link(older, newer, queue);
        }
    }

    /// Makes two entries neighbours; none stands for the end of the queue.
    fn link(&mut self, older: Slot, newer: Slot, queue: Queue) {
        match self.node_mut(older) {
            Some(node) => node.newer = newer,
            None => self.chain_mut(queue).oldest = newer,
        }
        match self.node_mut(newer) {
            Some(node) => node.older = older,
            None => self.chain_mut(queue).newest = older,
        }
    }

    const fn chain(&self, queue: Queue) -> Chain {
        match queue {
            Queue::Recordings => self.recordings,
            Queue::Live => self.live,
        }
    }

    const fn chain_mut(&mut self, queue: Queue) -> &mut Chain {
        match queue {
            Queue::Recordings => &mut self.recordings,
            Queue::Live => &mut self.live,
        }
    }

    fn entry(&self, slot: Slot) -> Option<&Entry> {
        entry_of(&self.nodes, slot)
    }

    fn node(&self, slot: Slot) -> Option<&Node> {
        self.nodes.get(slot as usize)
    }

    fn node_mut(&mut self, slot: Slot) -> Option<&mut Node> {
        self.nodes.get_mut(slot as usize)
    }
}

fn entry_of(nodes: &[Node], slot: Slot) -> Option<&Entry> {
    nodes.get(slot as usize)?.entry.as_ref()
}
