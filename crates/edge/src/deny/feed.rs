//! Follows the platform's feed: connects, continues where it stopped, asks for a snapshot when the history
//! does not fit, and comes back after a break, later each time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use streamgate_contract::feed::{FeedEvent, RECONNECT_MS_MAX, RECONNECT_MS_MIN};
use streamgate_serving::random::Random;

use crate::deny::{Deny, Discontinued};
use crate::link::{LinkError, PlatformLink};

/// How one connection ended.
enum Ending {
    /// The history does not fit: continue with a snapshot.
    Discontinued,
    /// The other side closed, or the connection broke.
    Closed(Option<LinkError>),
}

/// Follows the feed until the future is dropped.
pub(crate) async fn follow(deny: &Deny, link: &Arc<dyn PlatformLink>, random: &dyn Random) {
    let mut failures = 0u32;
    let mut wants_snapshot = false;
    let mut is_lost = false;
    loop {
        let cursor = if wants_snapshot { None } else { deny.cursor() };
        let (ending, heard) = listen(deny, link.subscribe(cursor)).await;
        if heard {
            failures = 0;
            is_lost = false;
        }
        wants_snapshot = false;
        match ending {
            Ending::Discontinued => {
                tracing::warn!("feed does not continue the known state, asking for a snapshot");
                wants_snapshot = true;
            }
            Ending::Closed(Some(error)) if !is_lost => {
                tracing::warn!(%error, "feed connection lost");
                is_lost = true;
            }
            Ending::Closed(Some(error)) => tracing::debug!(%error, "feed still unreachable"),
            Ending::Closed(None) => {}
        }
        tokio::time::sleep(back_off(failures, random)).await;
        failures = failures.saturating_add(1);
    }
}

/// Takes in events as long as they come and fit. Also answers whether any came.
async fn listen(deny: &Deny, mut events: BoxStream<'static, Result<FeedEvent, LinkError>>) -> (Ending, bool) {
    let mut heard = false;
    while let Some(event) = events.next().await {
        match event.map(|event| deny.take(event)) {
            Ok(Ok(())) => heard = true,
            Ok(Err(Discontinued)) => return (Ending::Discontinued, heard),
            Err(error) => return (Ending::Closed(Some(error)), heard),
        }
    }
    (Ending::Closed(None), heard)
}

/// From 0.25 s, doubling, to 5 s; half of it by chance, so that edges do not come back all at once.
fn back_off(failures: u32, random: &dyn Random) -> Duration {
    let ceiling = RECONNECT_MS_MIN
        .saturating_mul(1 << failures.min(10))
        .min(RECONNECT_MS_MAX);
    let mut chance = [0u8; 1];
    random.fill(&mut chance);
    let share = ceiling / 2 * u64::from(chance[0]) / 255;
    Duration::from_millis((ceiling / 2 + share).max(RECONNECT_MS_MIN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use streamgate_serving::random::SeededRandom;

    #[test]
    fn attempts_to_reconnect_lie_between_a_quarter_of_a_second_and_five_seconds() {
        let random = SeededRandom::new(1);
        for failures in 0..40 {
            let pause = back_off(failures, &random);
            assert!(
                (250..=5_000).contains(&pause.as_millis()),
                "{failures}: {pause:?}"
            );
        }
        assert!(back_off(30, &random) >= Duration::from_millis(2_500));
    }
}
