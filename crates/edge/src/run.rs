//! What an edge does besides answering: follow the feed, report, keep its memory and its state file in order.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use streamgate_contract::deny_state::DenyState;
use streamgate_contract::feed::CLOCK_OFFSET_MS_MAX;
use streamgate_contract::ids::EventId;
use streamgate_serving::random::SystemRandom;
use tokio_util::sync::CancellationToken;

use crate::Edge;
use crate::activity::reporter::Reporter;
use crate::deny::feed::follow;
use crate::deny::persist;
use crate::deny::standing::alarms_due;

/// How long changes are gathered before they are stored; the contract allows a second.
const GATHER: Duration = Duration::from_millis(200);
const HOUSEKEEPING_INTERVAL: Duration = Duration::from_secs(1);
const PRUNE_EVERY_TICKS: u32 = 60;

impl Edge {
    /// Runs feed client, activity reporter and housekeeping until `shutdown`; returns when the last state is on
    /// the disk.
    pub async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let reporter = Reporter {
            edge_id: &self.settings.edge_id,
            mode: self.sources.mode(),
            activity: &self.activity,
            deny: &self.deny,
            clock: &self.clock,
            link: &self.link,
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = follow(&self.deny, &self.link, &SystemRandom) => {}
            () = reporter.run() => {}
            () = self.persist_changes() => {}
            () = self.keep_house() => {}
            () = self.keep_cache(shutdown.clone()) => {}
            () = self.empty_events() => {}
        }
        self.persist().await;
    }

    /// Returns once there is a deny state: from then on viewers are answered with more than 503.
    pub async fn ready(&self) {
        let mut position = self.deny.position();
        // The position changes with the first state; its sender lives as long as this edge.
        while !self.deny.is_ready() && position.changed().await.is_ok() {}
    }

    async fn persist_changes(&self) {
        let mut position = self.deny.position();
        // What the feed client took in before this was first polled is to be stored, too.
        position.mark_changed();
        while position.changed().await.is_ok() {
            tokio::time::sleep(GATHER).await;
            position.mark_unchanged();
            while !self.persist().await {
                tokio::time::sleep(HOUSEKEEPING_INTERVAL).await;
            }
        }
    }

    /// Keeps the cache from the moment on at which there is an upstream: the operator's, or an event's own.
    async fn keep_cache(&self, shutdown: CancellationToken) {
        let mut position = self.deny.position();
        // The position's sender lives as long as this edge.
        while !self.sources.mode().has_upstream() && !self.deny.has_own_sources() {
            if position.changed().await.is_err() {
                return;
            }
        }
        self.cache.keep(shutdown).await;
    }

    /// Empties the events of the cache that the feed tells of.
    async fn empty_events(&self) {
        let mut position = self.deny.position();
        position.mark_changed();
        while position.changed().await.is_ok() {
            for event in self.deny.take_purges() {
                tracing::info!(event.id = %event, "emptying an event of the cache");
                self.empty(&event).await;
            }
        }
    }

    /// Forgets all that was fetched of an event.
    pub(crate) async fn empty(&self, event: &EventId) {
        self.upstream_playlists.forget(event);
        self.cache.purge(event).await;
    }

    /// Stores the deny state; answers whether it is on the disk, or nothing is to be stored.
    async fn persist(&self) -> bool {
        let now = self.deny.now();
        let Some(snapshot) = self
            .deny
            .read(|state| state.map(|state: &DenyState| state.to_snapshot(now)))
        else {
            return true;
        };
        let path: PathBuf = self.settings.state_file.clone();
        let saved = tokio::task::spawn_blocking(move || persist::save(&path, &snapshot)).await;
        match saved.map_err(std::io::Error::other).flatten() {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "cannot store the deny state: a restart now would forget the latest changes");
                false
            }
        }
    }

    /// Once a second: tells of a lost feed and of clocks that differ; once a minute: forgets what is over.
    async fn keep_house(&self) {
        let mut alarms = 0;
        let mut clocks_differ = false;
        let mut ticks = 0u32;
        loop {
            tokio::time::sleep(HOUSEKEEPING_INTERVAL).await;
            let silence = self.deny.silence();
            let due = alarms_due(silence);
            if due > alarms {
                tracing::error!(
                    silence_secs = silence.as_secs(),
                    "the platform's feed is lost: revocations do not arrive"
                );
            }
            alarms = due;
            let offset_ms = self.deny.clock_offset_ms();
            let differ = offset_ms.unsigned_abs() > CLOCK_OFFSET_MS_MAX.unsigned_abs();
            if differ && !clocks_differ {
                tracing::warn!(offset_ms, "this machine's clock differs from the platform's");
            }
            clocks_differ = differ;
            self.playlists.source.close_old();
            ticks = ticks.wrapping_add(1);
            if ticks.is_multiple_of(PRUNE_EVERY_TICKS) {
                self.deny.prune();
                self.upstream_playlists.prune();
                self.activity
                    .prune(streamgate_contract::time::UnixMillis(self.clock.steady_millis()));
            }
        }
    }
}
