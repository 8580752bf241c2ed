//! Emptying events, and beginning new generations in them, in a way that no reader and no fill can miss.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::Duration;

use streamgate_contract::ids::EventId;

use super::disk::{Disk, make_folder, rename_into};
use super::generations::{Born, Generations, Rendition};
use super::seen::Sight;

/// The name of the file with an event's generations.
const GENERATIONS: &str = "generations";

/// What is known of an event.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// How often it was emptied: a fill that began before must not land after.
    purges: u64,
    generations: Generations,
    /// Until when its upstream is not asked about what is in doubt, since it did not answer.
    unheard_until_secs: u32,
}

/// How often an event was emptied, and its newest generation: what was begun in one era may not count in the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Era {
    purges: u64,
    pub(super) generation: u32,
}

impl Known {
    /// Tells whether a stored object may be served.
    pub(super) fn admits(&self, born: Born) -> bool {
        self.generations.admit(born)
    }

    /// Tells whether it may be served without asking its upstream.
    pub(super) fn is_sure(&self, born: Born) -> bool {
        self.generations.is_sure(born)
    }

    /// Tells whether a body that was asked for in `era` may be stored.
    pub(super) fn admits_body(&self, born: Born, era: Era) -> bool {
        self.purges == era.purges && self.generations.admit(born)
    }

    const fn era(&self) -> Era {
        Era {
            purges: self.purges,
            generation: self.generations.newest(),
        }
    }
}

impl Disk {
    /// Returns the present era of `event`.
    pub(super) fn era(&self, event: &EventId) -> io::Result<Era> {
        loop {
            if let Some(era) = self.known(event, Known::era) {
                return Ok(era);
            }
            self.learn(event)?;
        }
    }

    /// As [`era`](Self::era), without waiting; `None` while that is not known or changes.
    pub(super) fn era_at_once(&self, event: &EventId) -> Option<Era> {
        let events = self.events.try_read().ok()?;
        events.get(event).map(Known::era)
    }

    /// Empties an event: one rename. The rest is removed later.
    pub(super) fn purge(&self, event: &EventId) -> io::Result<()> {
        let mut events = self.events.write().unwrap_or_else(PoisonError::into_inner);
        let known = events.entry(event.clone()).or_default();
        known.purges += 1;
        let moved = self.move_to_trash(event);
        known.generations = match &moved {
            Ok(()) => Generations::default(),
            // What could not be moved is found by nobody for as long as this process lives.
            Err(_) => known.generations.with_next(&[], 0),
        };
        moved
    }

    /// Begins a new generation of an event, in which only objects of those `going_on` count that are older.
    pub(super) fn begin_generation(&self, event: &EventId, going_on: &[Rendition]) -> io::Result<()> {
        self.era(event)?;
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut events = self.events.write().unwrap_or_else(PoisonError::into_inner);
        let known = events.entry(event.clone()).or_default();
        let next = known.generations.with_next(going_on, self.now_secs());
        self.write_generations(event, &next.encode())?;
        known.generations = next;
        Ok(())
    }

    /// Takes in what a playlist shows that was fetched: some objects may be in doubt now. Where that cannot be written
    /// it counts for as long as this process lives.
    pub(super) fn see(&self, event: &EventId, sight: &Sight) -> io::Result<()> {
        self.era(event)?;
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = {
            let now_secs = self.now_secs();
            let mut events = self.events.write().unwrap_or_else(PoisonError::into_inner);
            let known = events.entry(event.clone()).or_default();
            known.unheard_until_secs = 0;
            known.generations = known.generations.with_sight(sight, now_secs);
            known.generations.encode()
        };
        // Nobody who wants an object waits for the disk meanwhile.
        self.write_generations(event, &bytes)
    }

    /// Notes that an event's upstream does not answer, and for how long that need not be tried again.
    pub(super) fn note_unheard(&self, event: &EventId, lasts: Duration) {
        let secs = u32::try_from(lasts.as_secs()).unwrap_or(u32::MAX);
        let mut events = self.events.write().unwrap_or_else(PoisonError::into_inner);
        let known = events.entry(event.clone()).or_default();
        known.unheard_until_secs = self.now_secs().saturating_add(secs);
    }

    /// Tells whether an event's upstream did not answer a moment ago.
    pub(super) fn is_unheard(&self, event: &EventId) -> bool {
        let now_secs = self.now_secs();
        self.known(event, |known| now_secs < known.unheard_until_secs)
            .unwrap_or(false)
    }

    /// Whoever calls this holds `writing`, so that the newest comes last.
    fn write_generations(&self, event: &EventId, bytes: &[u8]) -> io::Result<()> {
        let file = self.create()?;
        file.file.write_all_at(bytes, 0)?;
        let path = self.objects.join(event.as_str()).join(GENERATIONS);
        rename_into(&file.path, &path)
    }

    /// Reads an event's generations. Where that cannot be told its objects cannot be trusted.
    pub(super) fn learn(&self, event: &EventId) -> io::Result<()> {
        let mut events = self.events.write().unwrap_or_else(PoisonError::into_inner);
        if events.contains_key(event) {
            return Ok(());
        }
        let generations = match fs::read(self.objects.join(event.as_str()).join(GENERATIONS)) {
            Ok(bytes) => Generations::decode(&bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Some(Generations::default()),
            Err(error) => return Err(error),
        };
        let generations = if let Some(generations) = generations {
            generations
        } else {
            tracing::warn!(event.id = %event, "a file of the cache was damaged while the machine was down; its event is fetched again");
            self.move_to_trash(event)?;
            Generations::default()
        };
        let known = Known {
            generations,
            ..Known::default()
        };
        events.insert(event.clone(), known);
        Ok(())
    }

    /// Looks at what is known of an event; `None` when nothing was read of it yet.
    pub(super) fn known<T>(&self, event: &EventId, look: impl FnOnce(&Known) -> T) -> Option<T> {
        let events = self.events.read().unwrap_or_else(PoisonError::into_inner);
        events.get(event).map(look)
    }

    fn move_to_trash(&self, event: &EventId) -> io::Result<()> {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        let folder = self.objects.join(event.as_str());
        let target = self.trash.join(format!("{}-{number}", std::process::id()));
        match fs::rename(&folder, &target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if !folder.try_exists()? {
                    return Ok(());
                }
                make_folder(&self.trash)?;
                fs::rename(&folder, &target)
            }
            other => other,
        }
    }
}
