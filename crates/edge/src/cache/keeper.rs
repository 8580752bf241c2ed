//! Keeps the cache within its limits: size, age, and space left on its disk. Works behind the requests.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::fs::statvfs;
use tokio_util::sync::CancellationToken;

use super::ObjectCache;
use super::index::{Cursor, Victim};

/// How often the space left on the disk is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A run that makes room goes on to this share of the limit, so that it is not needed again at once.
const DOWN_TO_PERCENT: u64 = 95;
/// The space that is left to others on the disk: a gibibyte, or this share of a small disk.
const FREE_BYTES: u64 = 1 << 30;
const FREE_PERCENT: u64 = 5;
/// After so many removals the keeper rests, so that requests are served as fast meanwhile.
const REST_EVERY: u64 = 8;
const REST: Duration = Duration::from_millis(1);

/// What a run has removed.
#[derive(Clone, Copy, Default, Debug)]
struct Removed {
    files: u64,
    bytes: u64,
}

impl ObjectCache {
    /// Makes the folders, reads the index, then keeps the limits until `shutdown`.
    pub(crate) async fn keep(self: &Arc<Self>, shutdown: CancellationToken) {
        let _stops = StopOnDrop(Arc::clone(self));
        self.off_thread(|cache| {
            match cache.disk.prepare() {
                Ok(_) => cache.load_index(),
                Err(error) => cache.note_disk_error("make the folders of", &error),
            }
            cache.empty_trash();
            cache.clean_up("start");
        })
        .await;
        let mut next_clean_up = tokio::time::Instant::now() + self.settings.cleanup_interval;
        while !shutdown.is_cancelled() {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = tokio::time::sleep_until(next_clean_up) => {
                    next_clean_up += self.settings.cleanup_interval;
                    self.off_thread(|cache| {
                        cache.empty_trash();
                        cache.clean_up("interval");
                    }).await;
                }
                () = self.wake.notified() => {
                    self.off_thread(|cache| {
                        cache.empty_trash();
                        cache.make_room();
                    }).await;
                }
                () = tokio::time::sleep(LOOK_EVERY) => {
                    self.flights.sweep();
                    self.open_objects.close_old();
                    self.off_thread(|cache| cache.make_room()).await;
                }
            }
        }
    }

    async fn off_thread(self: &Arc<Self>, work: impl FnOnce(&Arc<Self>) + Send + 'static) {
        let cache = Arc::clone(self);
        if tokio::task::spawn_blocking(move || work(&cache)).await.is_err() {
            tracing::error!("keeping the cache in order broke off");
        }
    }

    /// Removes what is too old, then what is too much.
    fn clean_up(&self, occasion: &'static str) {
        let started = Instant::now();
        let mut removed = Removed::default();
        if self.remove_old(&mut removed) {
            self.shrink_to(self.settings.bytes_max, &mut removed);
        }
        log_run(occasion, removed, started);
    }

    /// Removes what is too old; answers whether to go on.
    fn remove_old(&self, removed: &mut Removed) -> bool {
        let age_secs = self.settings.age_max.as_secs();
        let limit = self.now_secs().saturating_sub(age_secs);
        let mut cursor = Cursor::default();
        while let Some(ids) = self.index.older(limit, &mut cursor) {
            for id in ids {
                let victim = self.index.take(id, limit);
                if victim.is_some_and(|victim| !self.remove(&victim, removed)) {
                    return false;
                }
            }
        }
        true
    }

    /// Removes what is too much for the limit or for the disk.
    fn make_room(&self) {
        let bytes = self.index.bytes();
        let must_give = self.missing_space();
        if bytes <= self.settings.bytes_max && must_give == 0 {
            return;
        }
        let started = Instant::now();
        let limit = self.settings.bytes_max / 100 * DOWN_TO_PERCENT;
        let mut removed = Removed::default();
        self.shrink_to(limit.min(bytes.saturating_sub(must_give)), &mut removed);
        if removed.files > 0 {
            let occasion = if must_give > 0 { "disk" } else { "size" };
            log_run(occasion, removed, started);
        }
    }

    fn shrink_to(&self, limit: u64, removed: &mut Removed) {
        while self.index.bytes() > limit {
            let Some(victim) = self.index.pop_victim(self.now_secs()) else {
                return;
            };
            if !self.remove(&victim, removed) {
                return;
            }
        }
    }

    /// Returns how many bytes the cache has to give back to its disk.
    fn missing_space(&self) -> u64 {
        let was_short = self.is_short_of_space.swap(false, Ordering::Relaxed);
        // A disk that cannot be asked refuses writes, too, and these are counted.
        let Ok(disk) = statvfs(&self.disk.objects) else {
            return 0;
        };
        let (total, free) = (disk.f_blocks * disk.f_frsize, disk.f_bavail * disk.f_frsize);
        let wanted = FREE_BYTES.min(total / 100 * FREE_PERCENT);
        // A write was refused: room for a few more, whatever the disk says it has.
        let at_least = if was_short {
            wanted.min(self.index.bytes() / 20)
        } else {
            0
        };
        wanted.saturating_sub(free).max(at_least)
    }

    /// Removes an object; answers whether to go on.
    fn remove(&self, victim: &Victim, removed: &mut Removed) -> bool {
        if let Err(error) = self.disk.remove(&victim.key.event, victim.key.id) {
            self.note_disk_error("remove an object from", &error);
            // It is there still.
            self.index.insert(&victim.key, victim.fact, true);
            return false;
        }
        // Its space is free when it is closed.
        self.open_objects.forget(&victim.key);
        removed.files += 1;
        removed.bytes += victim.fact.bytes;
        self.counters.evictions.fetch_add(1, Ordering::Relaxed);
        self.counters
            .evicted_bytes
            .fetch_add(victim.fact.bytes, Ordering::Relaxed);
        if removed.files.is_multiple_of(REST_EVERY) {
            std::thread::sleep(REST);
        }
        !self.is_stopping.load(Ordering::Relaxed)
    }
}

fn log_run(occasion: &'static str, removed: Removed, started: Instant) {
    tracing::info!(
        occasion,
        files = removed.files,
        bytes = removed.bytes,
        millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "cache cleaned up"
    );
}

/// Ends work that is under way on another thread: a process that ends must not wait for it.
struct StopOnDrop(Arc<ObjectCache>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.is_stopping.store(true, Ordering::Relaxed);
    }
}
