//! How many requests an upstream gets at a time. A request beyond waits a moment, then the viewer is told to come
//! back: more waiting would only pile up connections and descriptors behind an origin that is slow already.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests to one origin at a time: more than any live audience needs when each object is fetched once, and few
/// enough that a hundred stalled ones fit beside each other.
pub(super) const PER_ORIGIN_MAX: usize = 128;
/// Of which so many stay free for playlists: a few stalled segments must not stop a stream.
const FOR_PLAYLISTS: usize = 32;
/// Requests to all origins together; each holds a descriptor.
const TOTAL_MAX: usize = 512;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);

/// The turns of one origin: one lane for all, a narrower one for objects.
#[derive(Debug)]
struct Lanes {
    all: Arc<Semaphore>,
    objects: Arc<Semaphore>,
}

/// Hands out turns.
#[derive(Debug)]
pub(super) struct Slots {
    total: Arc<Semaphore>,
    by_origin: Mutex<HashMap<String, Arc<Lanes>>>,
}

/// A turn; ends when it is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    _turns: Vec<OwnedSemaphorePermit>,
    _lanes: Arc<Lanes>,
}

impl Default for Slots {
    fn default() -> Self {
        Self {
            total: Arc::new(Semaphore::new(TOTAL_MAX)),
            by_origin: Mutex::default(),
        }
    }
}

impl Slots {
    /// Waits for a turn at `authority`; `None` when there is none in time.
    pub(super) async fn take(&self, authority: String, is_playlist: bool) -> Option<Slot> {
        let lanes = self.lanes(authority);
        let take = async {
            let mut turns = Vec::with_capacity(3);
            // The narrow lane first, so that those who wait in it hold no other turn.
            if !is_playlist {
                turns.push(Arc::clone(&lanes.objects).acquire_owned().await.ok()?);
            }
            turns.push(Arc::clone(&lanes.all).acquire_owned().await.ok()?);
            turns.push(Arc::clone(&self.total).acquire_owned().await.ok()?);
            Some(turns)
        };
        let turns = tokio::time::timeout(PATIENCE, take).await.ok()??;
        Some(Slot {
            _turns: turns,
            _lanes: lanes,
        })
    }

    fn lanes(&self, authority: String) -> Arc<Lanes> {
        let mut by_origin = self.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        if by_origin.len() >= TOTAL_MAX && !by_origin.contains_key(&authority) {
            // Whatever nobody waits in or holds a turn of counts nothing.
            by_origin.retain(|_, lanes| Arc::strong_count(lanes) > 1);
        }
        let lanes = by_origin.entry(authority).or_insert_with(|| {
            Arc::new(Lanes {
                all: Arc::new(Semaphore::new(PER_ORIGIN_MAX)),
                objects: Arc::new(Semaphore::new(PER_ORIGIN_MAX - FOR_PLAYLISTS)),
            })
        });
        Arc::clone(lanes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn objects_never_take_the_last_turns_from_playlists_and_a_full_origin_harms_no_other() {
        let slots = Slots::default();
        let take = |name: &str, is_playlist| slots.take(name.to_owned(), is_playlist);
        let mut held = Vec::new();
        for _ in 0..PER_ORIGIN_MAX - FOR_PLAYLISTS {
            held.push(take("a", false).await.unwrap());
        }
        assert!(take("a", false).await.is_none());
        for _ in 0..FOR_PLAYLISTS {
            held.push(take("a", true).await.unwrap());
        }
        assert!(take("a", true).await.is_none());
        assert!(take("b", false).await.is_some());
        held.clear();
        assert!(take("a", false).await.is_some());
    }
}
