//! Whether the permission of an answer still stands while the answer is being sent.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use streamgate_serving::listeners::Standing;

use crate::access_log::Watching;
use crate::authorize::Permit;
use crate::deny::Deny;

/// Asks whether the permission of one answer still stands.
pub(crate) struct Watch {
    permit: Permit,
    deny: Arc<Deny>,
    has_begun: AtomicBool,
    has_ended: AtomicBool,
}

impl Watch {
    pub(crate) const fn new(permit: Permit, deny: Arc<Deny>) -> Self {
        Self {
            permit,
            deny,
            has_begun: AtomicBool::new(false),
            has_ended: AtomicBool::new(false),
        }
    }

    /// Answers with an error, which aborts the transfer, if the permission has ended.
    pub(crate) fn check(&self) -> io::Result<()> {
        // An answer that was just decided goes out: cut before its first byte, it would be a connection that
        // breaks without a word instead of a 200 now and a 403 next.
        let is_first = !self.has_begun.swap(true, Ordering::Relaxed);
        if (is_first && self.permit.is_fresh()) || self.still_holds() {
            return Ok(());
        }
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "permission ended",
        ))
    }

    /// Tells whether the answer was cut because its permission had ended.
    pub(crate) fn has_cut(&self) -> bool {
        self.has_ended.load(Ordering::Relaxed)
    }

    fn still_holds(&self) -> bool {
        let holds = self.permit.still_holds(&self.deny);
        if !holds {
            self.has_ended.store(true, Ordering::Relaxed);
        }
        holds
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Watch")
            .field("path", self.permit.path())
            .finish_non_exhaustive()
    }
}

/// What a connection asks about an answer that waits for its client.
pub(crate) struct Waiting {
    pub(crate) watch: Arc<Watch>,
    pub(crate) watching: Option<Watching>,
}

impl Standing for Waiting {
    fn holds(&self) -> bool {
        // Whoever takes a large answer slowly is watching; whoever takes nothing of it is cut by the listener.
        if let Some(watching) = &self.watching {
            watching.note_bytes(0);
        }
        self.watch.still_holds()
    }
}
