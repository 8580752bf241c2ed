//! What is denied, in memory: written by the feed client, read by every request.

pub(crate) mod feed;
pub(crate) mod persist;
pub(crate) mod standing;

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use streamgate_contract::deny_state::DenyState;
use streamgate_contract::feed::{FeedChange, FeedCursor, FeedEvent, Head};
use streamgate_contract::ids::EventId;
use streamgate_contract::time::UnixMillis;
use streamgate_serving::clock::Clock;
use tokio::sync::watch;

use self::standing::{Admission, LossPolicy, admission};

const NEVER: i64 = i64::MIN;

/// The last record in force, and in whose history. The hash counts: a restored database may have the same epoch
/// and come to the same number.
pub(crate) type Position = Option<FeedCursor>;

/// The state of the feed and how fresh it is.
#[derive(Debug)]
pub(crate) struct Deny {
    // Held for a look-up or one record, never across an await.
    state: RwLock<Option<DenyState>>,
    clock: Arc<dyn Clock>,
    policy: LossPolicy,
    started: UnixMillis,
    contact_ms: AtomicI64,
    /// How far the platform's clock is ahead of our steady one, once it was heard.
    ahead_ms: AtomicI64,
    /// The newest record that a head has told of.
    announced_seq: AtomicU64,
    position: watch::Sender<Position>,
    /// Events whose cached objects the feed says to drop, not dropped yet.
    purges: Mutex<Vec<EventId>>,
}

/// The events that came do not continue what is known; only a snapshot helps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the feed does not continue the known state")]
pub(crate) struct Discontinued;

impl Deny {
    pub(crate) fn new(state: Option<DenyState>, clock: Arc<dyn Clock>, policy: LossPolicy) -> Self {
        let started = UnixMillis(clock.steady_millis());
        let position = watch::Sender::new(position_of(state.as_ref()));
        Self {
            state: RwLock::new(state),
            clock,
            policy,
            started,
            contact_ms: AtomicI64::new(NEVER),
            ahead_ms: AtomicI64::new(NEVER),
            announced_seq: AtomicU64::new(0),
            position,
            purges: Mutex::default(),
        }
    }

    /// Returns the time by the platform's clock, as far as it is known. Once it is, setting this machine's clock does not
    /// move it.
    pub(crate) fn now(&self) -> UnixMillis {
        match self.ahead_ms.load(Ordering::Relaxed) {
            NEVER => UnixMillis(self.clock.unix_millis()),
            ahead => UnixMillis(self.clock.steady_millis()).plus_millis(ahead),
        }
    }

    /// Returns how many milliseconds the platform's clock is ahead of ours.
    pub(crate) fn clock_offset_ms(&self) -> i64 {
        self.now().millis_since(UnixMillis(self.clock.unix_millis()))
    }

    /// Looks into the state; `None` as long as there has never been one.
    pub(crate) fn read<T>(&self, look: impl FnOnce(Option<&DenyState>) -> T) -> T {
        look(self.state.read().unwrap_or_else(PoisonError::into_inner).as_ref())
    }

    /// Tells whether there has ever been a state.
    pub(crate) fn is_ready(&self) -> bool {
        self.read(|state| state.is_some())
    }

    /// Returns how long ago the feed was heard last; `None` if never since the start.
    pub(crate) fn last_contact_ago(&self) -> Option<Duration> {
        let contact = self.contact_ms.load(Ordering::Relaxed);
        (contact != NEVER).then(|| self.since(UnixMillis(contact)))
    }

    /// Returns how long the feed has been silent, counted from the start of this process at the earliest.
    pub(crate) fn silence(&self) -> Duration {
        self.last_contact_ago()
            .unwrap_or_else(|| self.since(self.started))
    }

    /// Decides who is let in now.
    pub(crate) fn admission(&self) -> Admission {
        admission(self.silence(), self.policy)
    }

    /// Returns where the feed is to be continued.
    pub(crate) fn cursor(&self) -> Option<FeedCursor> {
        self.read(|state| state.map(DenyState::cursor))
    }

    /// Returns a receiver that sees each change of the position.
    pub(crate) fn position(&self) -> watch::Receiver<Position> {
        self.position.subscribe()
    }

    /// Tells whether any event has a source of its own.
    pub(crate) fn has_own_sources(&self) -> bool {
        self.read(|state| state.is_some_and(|state| state.sources().next().is_some()))
    }

    /// Returns the events whose cached objects are to be dropped, once.
    pub(crate) fn take_purges(&self) -> Vec<EventId> {
        std::mem::take(&mut *self.purges.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes in what the feed says.
    pub(crate) fn take(&self, event: FeedEvent) -> Result<(), Discontinued> {
        let taken = match event {
            FeedEvent::Snapshot(snapshot) => {
                self.hear_clock(snapshot.now);
                self.announced_seq.store(snapshot.seq, Ordering::Relaxed);
                self.write(|state| *state = Some(DenyState::from_snapshot(snapshot)));
                Ok(())
            }
            FeedEvent::Record(record) => {
                if let Some(FeedChange::Purge { event_id }) = &record.change {
                    let mut purges = self.purges.lock().unwrap_or_else(PoisonError::into_inner);
                    purges.push(event_id.clone());
                }
                self.write(|state| match state {
                    Some(state) => state.apply(&record).map_err(|_| Discontinued),
                    None => Err(Discontinued),
                })
            }
            FeedEvent::Head(head) => {
                self.hear_clock(head.now);
                self.compare(&head)
            }
        };
        if taken.is_ok() {
            self.contact_ms
                .store(self.clock.steady_millis(), Ordering::Relaxed);
        }
        taken
    }

    /// Drops what can refuse no living token any more.
    pub(crate) fn prune(&self) {
        let now = self.now();
        self.write(|state| {
            if let Some(state) = state {
                state.prune(now);
            }
        });
    }

    /// A head may tell of another history, or of records that never came. Records that are on their way when
    /// a head is written have arrived by the next head.
    fn compare(&self, head: &Head) -> Result<(), Discontinued> {
        let Some(cursor) = self.cursor() else {
            return Err(Discontinued);
        };
        let announced = self.announced_seq.swap(head.seq, Ordering::Relaxed);
        let is_ahead = head.seq > cursor.after && announced <= cursor.after;
        let is_here = head.seq == cursor.after && head.h == cursor.h;
        if head.epoch == cursor.epoch && (is_here || is_ahead) {
            Ok(())
        } else {
            Err(Discontinued)
        }
    }

    fn hear_clock(&self, now: UnixMillis) {
        let ahead = now.millis_since(UnixMillis(self.clock.steady_millis()));
        self.ahead_ms.store(ahead, Ordering::Relaxed);
    }

    fn write<T>(&self, change: impl FnOnce(&mut Option<DenyState>) -> T) -> T {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let answer = change(&mut state);
        let position = position_of(state.as_ref());
        drop(state);
        self.position.send_if_modified(|known| {
            let moved = *known != position;
            *known = position;
            moved
        });
        answer
    }

    fn since(&self, then: UnixMillis) -> Duration {
        let millis = UnixMillis(self.clock.steady_millis()).millis_since(then);
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }
}

fn position_of(state: Option<&DenyState>) -> Position {
    state.map(DenyState::cursor)
}
