//! Sends activity reports: every 5 s, and at once when a feed record came into force. The latter name no
//! sessions: a burst of records at a full house would else repeat all of them five times a second.

use std::sync::Arc;
use std::time::Duration;

use streamgate_contract::activity::{
    ACTIVITY_REPORT_INTERVAL_SECS, ADVANCE_REPORT_INTERVAL_MS, ActivityReport, SessionActivity,
};
use streamgate_contract::ids::EdgeId;
use streamgate_contract::time::UnixMillis;
use streamgate_serving::clock::Clock;
use tokio::time::Instant;

use crate::activity::Activity;
use crate::deny::Deny;
use crate::link::{LinkError, PlatformLink};
use crate::source::routing::Mode;

const INTERVAL: Duration = Duration::from_secs(ACTIVITY_REPORT_INTERVAL_SECS);
const ADVANCE_INTERVAL: Duration = Duration::from_millis(ADVANCE_REPORT_INTERVAL_MS);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// What a report is made of and where it goes.
pub(crate) struct Reporter<'a> {
    pub(crate) edge_id: &'a EdgeId,
    pub(crate) mode: Mode,
    pub(crate) activity: &'a Activity,
    pub(crate) deny: &'a Deny,
    pub(crate) clock: &'a Arc<dyn Clock>,
    pub(crate) link: &'a Arc<dyn PlatformLink>,
}

impl Reporter<'_> {
    /// Reports until the future is dropped.
    pub(crate) async fn run(&self) {
        let mut position = self.deny.position();
        let mut is_lost = false;
        let mut sessions_due = Instant::now();
        loop {
            position.mark_unchanged();
            let started = Instant::now();
            let sent = if started >= sessions_due {
                sessions_due = started + INTERVAL;
                self.report_sessions().await
            } else {
                self.send(Vec::new()).await
            };
            match sent {
                Ok(()) => is_lost = false,
                Err(error) if !is_lost => {
                    tracing::warn!(%error, "activity report not accepted, its bytes are kept");
                    is_lost = true;
                }
                Err(error) => tracing::debug!(%error, "activity report not accepted"),
            }
            // The sender lives as long as `deny` does, so this ends by a change or by time.
            let advance = async { position.changed().await.is_ok() };
            if tokio::time::timeout_at(sessions_due, advance).await.is_ok() {
                tokio::time::sleep_until(started + ADVANCE_INTERVAL).await;
            }
        }
    }

    async fn report_sessions(&self) -> Result<(), LinkError> {
        let batches = self.activity.collect(UnixMillis(self.clock.steady_millis()));
        if batches.is_empty() {
            return self.send(Vec::new()).await;
        }
        for batch in batches {
            self.send(batch.sessions.clone()).await?;
            self.activity.settle(&batch);
        }
        Ok(())
    }

    async fn send(&self, sessions: Vec<SessionActivity>) -> Result<(), LinkError> {
        let position = self.deny.position().borrow().clone();
        let (epoch, applied_seq) = position.map(|at| (at.epoch, at.after)).unzip();
        let report = ActivityReport {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            mode: self.mode.as_str().to_owned(),
            now: UnixMillis(self.clock.unix_millis()),
            epoch,
            applied_seq,
            sessions,
        };
        let sent = tokio::time::timeout(ANSWER_TIMEOUT, self.link.report(self.edge_id, report)).await;
        sent.unwrap_or(Err(LinkError::Silent))
    }
}
