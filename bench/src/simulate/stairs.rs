//! The search for the largest audience without a late segment: a staircase of audiences on the same installation,
//! each held for a few segments.

use std::time::Duration;

use super::{Crowd, Tally};

/// How the audience grows.
#[derive(Clone, Copy, Debug)]
pub struct Stairs {
    /// The audience of the first step.
    pub from: usize,
    /// By how much each step is higher.
    pub step: usize,
    /// Viewers who come in a second.
    pub per_second: usize,
    /// How long each step is held once all are there.
    pub hold: Duration,
}

/// Lets the audience grow until something is late or fails, or nobody is left to come. Returns the largest audience
/// that saw an unbroken picture (0 if none did) and what happened in all; `tell` hears of each step.
pub async fn climb(
    mut crowd: Crowd,
    most: usize,
    stairs: Stairs,
    tell: impl Fn(usize, &Tally),
) -> (usize, Tally) {
    let (mut carried, mut next) = (0, stairs.from.min(most));
    loop {
        let more = next.saturating_sub(carried);
        let seconds = more.div_ceil(stairs.per_second.max(1));
        crowd.grow(next, Duration::from_secs(seconds as u64)).await;
        tokio::time::sleep(stairs.hold).await;
        let tally = crowd.tally();
        tell(next, &tally);
        if !tally.is_clean() {
            break;
        }
        carried = next;
        if next >= most {
            break;
        }
        next = (next + stairs.step.max(1)).min(most);
    }
    (carried, crowd.leave().await)
}
