//! One fetch of an object that is under way, and everybody who waits for it. What has come is in a file (on the
//! disk, or in memory when there is no disk to be had), and the newest of it in memory besides, shared by all who
//! keep up. A slow reader reads the file; it holds nobody back.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::Instant;

use super::generations::Rendition;
use super::sink::MemoryFile;
use crate::reply::conditional::Validators;
use crate::source::SourceError;
use crate::source::upstream::UpstreamError;

/// How much of what came last is kept for those who keep up: a segment of usual size.
const RECENT_BYTES_MAX: usize = 1 << 20;

/// What is known of an object before its bytes have come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Heading {
    /// `None` when the upstream does not declare it.
    pub(crate) length: Option<u64>,
    pub(crate) validators: Validators,
}

/// Why a fetch failed; the same for all who waited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    Upstream(UpstreamError),
    /// This machine has no room for it, neither on disk nor in memory.
    NoRoom,
}

impl From<Failure> for SourceError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Upstream(error) => Self::Upstream(error),
            Failure::NoRoom => Self::Upstream(UpstreamError::Overloaded),
        }
    }
}

/// How far a fetch has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    pub(crate) heading: Option<Arc<Heading>>,
    pub(crate) written: u64,
    /// How it ended.
    pub(crate) end: Option<Result<(), Failure>>,
}

/// A fetch that is under way, or has just ended.
#[derive(Debug)]
pub(crate) struct Flight {
    progress: watch::Sender<Progress>,
    body: Mutex<Body>,
    /// When a failure is to be forgotten.
    forget_at: Mutex<Option<Instant>>,
    rendition: AtomicU32,
}

#[derive(Debug, Default)]
struct Body {
    file: Option<Arc<File>>,
    recent: VecDeque<(u64, Bytes)>,
    recent_bytes: usize,
    /// Memory that counts against the budget for as long as anybody reads this.
    held: Option<MemoryFile>,
}

/// Where the next bytes of a flight are.
#[derive(Debug)]
pub(crate) enum Place {
    Memory(Bytes),
    File(Arc<File>),
    Nowhere,
}

impl Flight {
    pub(super) fn new() -> Self {
        Self {
            progress: watch::Sender::new(Progress::default()),
            body: Mutex::default(),
            forget_at: Mutex::new(None),
            rendition: AtomicU32::new(Rendition::default().number()),
        }
    }

    /// Returns a receiver that sees how far it is now and each step from here on.
    pub(crate) fn watch(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Returns where the bytes at `offset` are, which must have been written.
    pub(crate) fn at(&self, offset: u64) -> Place {
        let body = self.body();
        for (start, bytes) in &body.recent {
            if let Some(skip) = offset
                .checked_sub(*start)
                .and_then(|skip| usize::try_from(skip).ok())
                && skip < bytes.len()
            {
                return Place::Memory(bytes.slice(skip..));
            }
        }
        body.file.clone().map_or(Place::Nowhere, Place::File)
    }

    /// Returns the file that holds everything that was written.
    pub(crate) fn file(&self) -> Option<Arc<File>> {
        self.body().file.clone()
    }

    /// Notes which rendition the object is of.
    pub(super) fn belongs_to(&self, rendition: Rendition) {
        self.rendition.store(rendition.number(), Ordering::Relaxed);
    }

    pub(super) fn rendition(&self) -> Rendition {
        Rendition::of_number(self.rendition.load(Ordering::Relaxed))
    }

    pub(super) fn announce(&self, heading: Heading) {
        self.progress
            .send_modify(|progress| progress.heading = Some(Arc::new(heading)));
    }

    /// Sets the file that all bytes are in from now on.
    pub(super) fn keep_in(&self, file: Arc<File>) {
        self.body().file = Some(file);
    }

    /// Keeps a file in memory until the last reader has gone.
    pub(super) fn hold(&self, memory: MemoryFile) {
        self.body().held = Some(memory);
    }

    /// Tells of bytes that are in the file now.
    pub(super) fn add(&self, offset: u64, bytes: Bytes) {
        let written = offset + bytes.len() as u64;
        {
            let mut body = self.body();
            body.recent_bytes += bytes.len();
            body.recent.push_back((offset, bytes));
            while body.recent_bytes > RECENT_BYTES_MAX {
                let Some((_, oldest)) = body.recent.pop_front() else {
                    break;
                };
                body.recent_bytes -= oldest.len();
            }
        }
        self.progress.send_modify(|progress| progress.written = written);
    }

    /// Hands over a whole object that was stored meanwhile.
    pub(super) fn is_stored(&self, heading: Heading, file: Arc<File>, length: u64) {
        self.keep_in(file);
        self.progress.send_modify(|progress| {
            progress.heading = Some(Arc::new(heading));
            progress.written = length;
            progress.end = Some(Ok(()));
        });
    }

    pub(super) fn finish(&self, end: Result<(), Failure>, forget_at: Option<Instant>) {
        *self.forget_at.lock().unwrap_or_else(PoisonError::into_inner) = forget_at;
        self.progress.send_modify(|progress| progress.end = Some(end));
    }

    /// Tells whether a new asker may join: it runs, or what it ended with still counts.
    pub(super) fn is_joinable(&self, now: Instant) -> bool {
        let forget_at = *self.forget_at.lock().unwrap_or_else(PoisonError::into_inner);
        self.progress.borrow().end.is_none() || forget_at.is_some_and(|at| now < at)
    }

    fn body(&self) -> MutexGuard<'_, Body> {
        self.body.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
