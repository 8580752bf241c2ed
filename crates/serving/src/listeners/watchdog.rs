//! When a connection is to be looked at without a sign from its client, and what then becomes of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::activity::{Activity, FAREWELL};
use super::connection::Shared;
use super::outlet::Watched;

/// How often a response that waits for its client asks whether it may go on: the contract allows a second.
pub(super) const WATCH_EVERY: Duration = Duration::from_millis(500);
/// Quiet after which a kept-alive connection gives its buffers back: longer than players pause between two
/// requests of one burst, shorter than a segment.
pub(super) const PARK_AFTER: Duration = Duration::from_secs(2);

/// What is to be done with a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// The process is finishing: no further request.
    Finish,
    /// Its time is up.
    Close,
    /// The permission of the response that is being sent has ended.
    Cut,
    /// Nothing has happened for a while.
    Idle,
}

/// Looks after one connection.
pub(super) struct Watchdog {
    shared: Arc<Shared>,
    activity: Activity,
    watched: Watched,
    check_at: Instant,
    is_watching: bool,
    is_finishing: bool,
}

impl Watchdog {
    pub(super) fn new(shared: Arc<Shared>, activity: Activity, watched: Watched) -> Self {
        let mut watchdog = Self {
            shared,
            activity,
            watched,
            check_at: Instant::now(),
            is_watching: false,
            is_finishing: false,
        };
        watchdog.check_at += watchdog.cadence();
        watchdog
    }

    /// Returns what tells when to [`watch`](Self::watch); `None` while that is being done.
    pub(super) fn lookout(&self) -> Option<Lookout> {
        (!self.is_watching).then(|| Lookout {
            activity: self.activity.clone(),
            watched: self.watched.clone(),
        })
    }

    /// Asks about the permission of the response that waits, from now on until it waits no more.
    pub(super) fn watch(&mut self) {
        self.is_watching = true;
        self.check_at = self.check_at.min(Instant::now() + WATCH_EVERY);
    }

    /// Waits until something is to be done. Cancelling it loses nothing.
    pub(super) async fn next(&mut self) -> Verdict {
        loop {
            tokio::select! {
                biased;
                () = self.shared.shutdown.cancelled(), if !self.is_finishing => {
                    self.is_finishing = true;
                    self.activity.finish();
                    self.check_at = Instant::now() + self.cadence();
                    return Verdict::Finish;
                }
                () = sleep_until(self.check_at) => {}
            }
            if let Some(verdict) = self.look(Instant::now()) {
                return verdict;
            }
        }
    }

    fn look(&mut self, now: Instant) -> Option<Verdict> {
        // A deadline that appears after this look lies at least one cadence ahead, so none is missed.
        self.check_at = now + self.cadence();
        if self.is_watching {
            self.is_watching = self.activity.is_blocked();
            if self.is_watching {
                if !self.watched.holds() {
                    tracing::debug!("response cut: its permission has ended");
                    return Some(Verdict::Cut);
                }
                self.check_at = self.check_at.min(now + WATCH_EVERY);
            }
        }
        match self.activity.deadline(&self.shared.limits) {
            Some(deadline) if deadline.at <= now => {
                tracing::debug!(reason = deadline.reason, "connection closed");
                return Some(Verdict::Close);
            }
            Some(deadline) => self.check_at = self.check_at.min(deadline.at),
            None => {}
        }
        let park_at = self.activity.idle_since()? + PARK_AFTER;
        if park_at <= now {
            return Some(Verdict::Idle);
        }
        // On time, not a cadence later: what a crowd leaves is free before the next crowd comes.
        self.check_at = self.check_at.min(park_at);
        None
    }

    fn cadence(&self) -> Duration {
        if self.is_finishing {
            FAREWELL
        } else {
            self.shared.limits.shortest_timeout().min(PARK_AFTER)
        }
    }

    /// Waits like [`next`](Self::next), but only for deadlines: the connection is idle already.
    pub(super) async fn next_of_idle(&mut self) -> Verdict {
        loop {
            if let Some(deadline) = self.activity.deadline(&self.shared.limits) {
                self.check_at = deadline.at;
            }
            match self.next().await {
                Verdict::Idle => {}
                verdict => return verdict,
            }
        }
    }
}

/// Notices that a client keeps a response waiting.
pub(super) struct Lookout {
    activity: Activity,
    watched: Watched,
}

impl Lookout {
    /// Tells whether a response waits for its client that is to be watched.
    pub(super) fn sees_something(&self) -> bool {
        self.activity.is_blocked() && self.watched.is_set()
    }
}

#[cfg(test)]
mod tests {
    use http::Version;
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::listeners::Limits;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_two_seconds_after_its_last_answer_whenever_it_was_accepted() {
        let shared = Arc::new(Shared::new(Limits::default(), None, CancellationToken::new()));
        let activity = Activity::new();
        let mut watchdog = Watchdog::new(shared, activity.clone(), Watched::default());
        tokio::time::advance(Duration::from_millis(300)).await;
        drop(activity.begin(Version::HTTP_11));
        let answered = Instant::now();
        assert!(watchdog.next().await == Verdict::Idle);
        assert!(answered.elapsed() < PARK_AFTER + Duration::from_millis(10));
    }
}
