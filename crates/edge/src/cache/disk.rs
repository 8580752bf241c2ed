//! Objects as files: `v1/{event}/{2 hex}/{30 hex}` holds the body and nothing else, from offset 0.
//!
//! A body is written to `tmp/` and renamed to its name when it is whole and has its [`Record`], so a process that
//! is killed leaves a whole object or none. After a loss of power a body may be short or hold zeros although its
//! name is there: bodies of an earlier run of the machine are checked once before they are served. Beside the folders
//! of an event's objects stands the file of its generations ([`era`](super::era)), once it has any.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustix::fs::{Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, futimens};
use streamgate_contract::ids::EventId;
use streamgate_serving::clock::Clock;

use super::era::{Era, Known};
use super::generations::Born;
use super::key::{ObjectId, ObjectKey};
use super::record::{Boot, Record};
use crate::reply::object::Sendable;
use crate::source::beneath::{self, Patience};
use crate::source::read::read_blocking;
use crate::source::resident::Resident;

const CHECK_BYTES: usize = 1 << 20;

/// The cache's folder. All its functions block but for opens with [`Patience::CachedOnly`].
#[derive(Debug)]
pub(super) struct Disk {
    pub(super) objects: PathBuf,
    pub(super) unfinished: PathBuf,
    pub(super) trash: PathBuf,
    pub(super) boot: Boot,
    pub(super) names: AtomicU64,
    pub(super) clock: Arc<dyn Clock>,
    /// Held while the generations of an event are written.
    pub(super) writing: Mutex<()>,
    /// What is known of each event that was asked for.
    pub(super) events: RwLock<HashMap<EventId, Known>>,
}

/// A stored object, open.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) sendable: Sendable,
    pub(super) record: Record,
    /// Whether it may be served before its upstream was asked.
    pub(super) is_sure: bool,
}

/// A body that is being written; removed when dropped before it is committed.
#[derive(Debug)]
pub(super) struct Unfinished {
    pub(super) file: Arc<File>,
    pub(super) path: PathBuf,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // What stays is removed by the next clean-up.
        drop(fs::remove_file(&self.path));
    }
}

impl Disk {
    pub(super) fn new(root: &Path, boot: Boot, clock: Arc<dyn Clock>) -> Self {
        Self {
            objects: root.join("v1"),
            unfinished: root.join("tmp"),
            trash: root.join("trash"),
            boot,
            names: AtomicU64::new(0),
            clock,
            writing: Mutex::default(),
            events: RwLock::default(),
        }
    }

    /// Makes the folders; answers whether the one for objects was missing.
    pub(super) fn prepare(&self) -> io::Result<bool> {
        let was_missing = !self.objects.try_exists()?;
        for folder in [&self.objects, &self.unfinished, &self.trash] {
            make_folder(folder)?;
        }
        Ok(was_missing)
    }

    /// Opens an object; `None` when there is none. One that does not prove whole is removed.
    pub(super) fn open(&self, key: &ObjectKey, patience: Patience) -> io::Result<Option<Stored>> {
        let event = self.objects.join(key.event.as_str());
        let file = match beneath::open(&event, &key.id.relative(), patience) {
            Ok(file) => Arc::new(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        let record =
            Record::read(&file).filter(|record| metadata.is_file() && record.length == metadata.len());
        let Some(mut record) = record else {
            self.remove(&key.event, key.id)?;
            return Ok(None);
        };
        let judge = |known: &Known| (known.admits(record.born), known.is_sure(record.born));
        let Some((is_admitted, is_sure)) = self.known(&key.event, judge) else {
            if patience == Patience::CachedOnly {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.learn(&key.event)?;
            return self.open(key, patience);
        };
        if !is_admitted {
            return Ok(None);
        }
        if record.boot != self.boot {
            if patience == Patience::CachedOnly {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            if checksum(&file, record.length)? != record.crc {
                tracing::warn!(event.id = %key.event, "a cached object was damaged while the machine was down; it is fetched again");
                self.remove(&key.event, key.id)?;
                return Ok(None);
            }
            record.boot = self.boot;
            // Where this cannot be noted, the next reader checks again.
            drop(record.write(&file));
        }
        let sendable = Sendable {
            file,
            length: record.length,
            validators: record.validators(),
            resident: Arc::new(Resident::new(record.length)),
        };
        Ok(Some(Stored {
            sendable,
            record,
            is_sure,
        }))
    }

    /// Returns what was in doubt as an object of `born`, since its upstream vouches for it.
    pub(super) fn vouched(stored: Stored, born: Born) -> io::Result<Stored> {
        let stored = Stored {
            record: Record {
                born,
                ..stored.record
            },
            is_sure: true,
            ..stored
        };
        stored.record.write(&stored.sendable.file)?;
        Ok(stored)
    }

    /// Begins a new body.
    pub(super) fn create(&self) -> io::Result<Unfinished> {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        let path = self.unfinished.join(format!("{}-{number}", std::process::id()));
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        Ok(Unfinished {
            file: Arc::new(file),
            path,
        })
    }

    /// Gives a whole body its name, unless it was asked for in an `era` that does not count any more; answers whether
    /// it is there now.
    pub(super) fn commit(
        &self,
        body: &Unfinished,
        key: &ObjectKey,
        record: &Record,
        era: Era,
    ) -> io::Result<bool> {
        if body.file.metadata()?.len() != record.length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        record.write(&body.file)?;
        let path = self.path_of(&key.event, key.id);
        // Held while the name appears: emptying an event waits for it, and then takes it along.
        let events = self.events.read().unwrap_or_else(PoisonError::into_inner);
        let counts = |known: &Known| known.admits_body(record.born, era);
        if !events.get(&key.event).is_some_and(counts) {
            return Ok(false);
        }
        rename_into(&body.path, &path)?;
        Ok(true)
    }

    /// Removes one object; none is as good as removed.
    pub(super) fn remove(&self, event: &EventId, id: ObjectId) -> io::Result<()> {
        match fs::remove_file(self.path_of(event, id)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// The time, as generations are numbered.
    pub(super) fn now_secs(&self) -> u32 {
        u32::try_from(self.clock.unix_millis() / 1000).unwrap_or(0)
    }

    fn path_of(&self, event: &EventId, id: ObjectId) -> PathBuf {
        self.objects.join(event.as_str()).join(id.relative())
    }
}

/// Notes in the file's own times that it was used now, so that a restart does not forget the order. Access times
/// are of no use: most file systems keep them by the day or not at all.
pub(super) fn note_use(file: &File) -> io::Result<()> {
    let times = Timestamps {
        last_access: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
        last_modification: Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_NOW,
        },
    };
    Ok(futimens(file, &times)?)
}

/// Gives a file another name, in a folder that is made if it is not there.
pub(super) fn rename_into(from: &Path, to: &Path) -> io::Result<()> {
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make_folder(to.parent().unwrap_or(to))?;
            fs::rename(from, to)
        }
        other => other,
    }
}

pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn checksum(file: &File, length: u64) -> io::Result<u32> {
    let mut hasher = crc32fast::Hasher::new();
    let mut offset = 0;
    while offset < length {
        let bytes = read_blocking(file, offset, CHECK_BYTES)?;
        if bytes.is_empty() {
            break;
        }
        hasher.update(&bytes);
        offset += bytes.len() as u64;
    }
    Ok(hasher.finalize())
}
