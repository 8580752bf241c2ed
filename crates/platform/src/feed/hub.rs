//! Wakes the readers of the feed when there may be something new.

use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio_util::sync::CancellationToken;

/// Snapshots that are made at the same moment: half of the connections that read SQLite.
const SNAPSHOTS_AT_ONCE: usize = 2;

/// Tells feed readers of this process to look again. It carries no records: they read those from the database.
#[derive(Debug)]
pub struct FeedHub {
    wake: watch::Sender<u64>,
    closing: CancellationToken,
    snapshots: Semaphore,
}

impl Default for FeedHub {
    fn default() -> Self {
        Self::new()
    }
}

impl FeedHub {
    /// Creates a hub without readers.
    pub fn new() -> Self {
        Self {
            wake: watch::Sender::new(0),
            closing: CancellationToken::new(),
            snapshots: Semaphore::new(SNAPSHOTS_AT_ONCE),
        }
    }

    /// Wakes all readers. Call it after the commit of a transaction that appended.
    pub fn wake(&self) {
        self.wake.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// Returns a receiver that changes with every wake.
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.wake.subscribe()
    }

    /// Waits until a snapshot may be made; `None` never happens, because nobody closes the turns.
    pub(super) async fn snapshot_turn(&self) -> Option<SemaphorePermit<'_>> {
        self.snapshots.acquire().await.ok()
    }

    /// Ends all streams of the feed, now and later: the process is shutting down.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Returns a token that is cancelled by [`FeedHub::close`].
    pub fn closing(&self) -> &CancellationToken {
        &self.closing
    }
}
