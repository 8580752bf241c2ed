//! Looks at an event's playlists that everybody shares who waits for a segment of one folder: each look lists folders
//! and reads files, and a thousand viewers may wait for the same segment.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use streamgate_contract::ids::EventId;
use tokio::time::Instant;

use crate::playlist::version::Version;

/// How long a look counts.
const COUNTS_FOR: Duration = Duration::from_millis(100);
// A folder's last look is some pointers; more are forgotten at once.
const FOLDERS_MAX: usize = 1024;

type Found = Arc<[Arc<Version>]>;

/// The last look; the lock makes those who come meanwhile wait for it.
type Slot = Arc<tokio::sync::Mutex<Option<(Instant, Found)>>>;

#[derive(Debug, Default)]
pub(super) struct Looks(Mutex<HashMap<(EventId, Box<str>), Slot>>);

impl Looks {
    /// Returns what the last look at `folder` of `event` found, or has somebody `look` if it is too long ago.
    pub(super) async fn share(
        &self,
        event: &EventId,
        folder: &str,
        look: impl Future<Output = Vec<Arc<Version>>>,
    ) -> Found {
        let slot = self.slot(event, folder);
        let mut last = slot.lock().await;
        if let Some((looked, found)) = last.as_ref()
            && looked.elapsed() < COUNTS_FOR
        {
            return Arc::clone(found);
        }
        let looked = Instant::now();
        let found: Found = look.await.into();
        *last = Some((looked, Arc::clone(&found)));
        found
    }

    fn slot(&self, event: &EventId, folder: &str) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (event.clone(), Box::from(folder));
        if slots.len() >= FOLDERS_MAX && !slots.contains_key(&key) {
            slots.clear();
        }
        Arc::clone(slots.entry(key).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test(start_paused = true)]
    async fn a_thousand_who_wait_for_a_second_look_ten_times_and_not_ten_thousand() {
        let (looks, count) = (Looks::default(), AtomicU32::new(0));
        let event = EventId::parse("evt").unwrap();
        let waiting = (0..1000).map(|_| async {
            let started = Instant::now();
            while started.elapsed() < Duration::from_secs(1) {
                let look = async {
                    count.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    Vec::new()
                };
                looks.share(&event, "a/", look).await;
                tokio::time::sleep(COUNTS_FOR).await;
            }
        });
        join_all(waiting).await;
        assert!((9..=11).contains(&count.load(Ordering::Relaxed)), "{count:?}");
        looks.share(&event, "b/", async { Vec::new() }).await;
    }
}
