//! An audience that grows and, at the end, leaves.

use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::tally::{Shared, Tally};
use super::timing::roll;
use super::viewer::{Ticket, watch};

/// Viewers who are watching.
#[derive(Debug)]
pub struct Crowd {
    platform: String,
    codes: std::vec::IntoIter<String>,
    viewers: JoinSet<()>,
    tally: Shared,
    over: watch::Sender<bool>,
    came: usize,
}

impl Crowd {
    /// An audience of nobody yet; each that comes takes one of the codes.
    pub fn new(platform: String, codes: Vec<String>) -> Self {
        Self {
            platform,
            codes: codes.into_iter(),
            viewers: JoinSet::new(),
            tally: Shared::default(),
            over: watch::Sender::new(false),
            came: 0,
        }
    }

    /// Lets viewers come evenly over the time until there are `count`, as far as there are codes.
    pub async fn grow(&mut self, count: usize, over: Duration) {
        let started = Instant::now();
        let more = count.saturating_sub(self.came);
        let Some(pause) = u32::try_from(more).ok().and_then(|more| over.checked_div(more)) else {
            return;
        };
        for (place, code) in (0..more).zip(&mut self.codes) {
            let due = started + pause * u32::try_from(place).unwrap_or(u32::MAX);
            tokio::time::sleep_until(due.into()).await;
            let ticket = Ticket {
                code,
                roll: roll(self.came),
            };
            self.came += 1;
            drop(self.viewers.spawn(watch(
                self.platform.clone(),
                ticket,
                self.tally.clone(),
                self.over.subscribe(),
            )));
        }
        tokio::time::sleep_until((started + over).into()).await;
    }

    /// Returns what has happened so far.
    pub fn tally(&self) -> Tally {
        self.tally.note().clone()
    }

    /// Lets everybody leave, and says what happened in all.
    pub async fn leave(mut self) -> Tally {
        self.over.send_replace(true);
        // Whoever waits for an answer has it, or gives up, within the link's time limit.
        while let Some(left) = self.viewers.join_next().await {
            if left.is_err() {
                self.tally.failed("a simulated viewer", "panicked");
            }
        }
        self.tally()
    }
}
