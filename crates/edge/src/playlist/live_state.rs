//! Whether a stream is live, stalled or ended: read from its media playlists, never from the master, which is
//! written once and says nothing about now.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::stream_state::StreamState;
use streamgate_contract::time::UnixMillis;

use crate::playlist::classify::PlaylistFacts;
use crate::playlist::shelf::Shelf;
use crate::playlist::version::Version;

/// Renditions that are looked at to know how a stream is doing.
pub(super) const VARIANTS_FOLLOWED_MAX: usize = 3;
/// How long a rendition may be in the middle of being written; one that nobody has finished yet must not keep its
/// master waiting.
const VARIANT_PATIENCE: Duration = Duration::from_millis(250);
/// The same where it may have to be fetched; whoever asks how a stream is doing waits some seconds.
const FETCH_PATIENCE: Duration = Duration::from_secs(3);
/// How long the state of a master's renditions is kept.
const KEPT_MS: i64 = 1_000;
const MASTERS_KEPT_MAX: usize = 1024;
// When a playlist does not say: a common segment length, so that a stream does not flicker.
const TARGET_DURATION_DEFAULT: Duration = Duration::from_secs(6);

/// How a stream is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Condition {
    pub(crate) state: StreamState,
    /// How many renditions viewers can choose from.
    pub(crate) renditions: usize,
    /// The newest change of a media playlist.
    pub(crate) changed: UnixMillis,
}

/// One master's condition; the lock makes simultaneous askers wait for one look.
type Slot = Arc<tokio::sync::Mutex<Option<(UnixMillis, Condition)>>>;

/// The conditions of masters, each kept for a second.
#[derive(Debug, Default)]
pub(crate) struct StreamStates(Mutex<HashMap<MediaPath, Slot>>);

impl StreamStates {
    /// Returns the condition of the stream whose playlist reads `version`.
    pub(crate) async fn condition(&self, shelf: &Shelf<'_>, version: &Version) -> Condition {
        if !version.facts.multivariant {
            return media_condition(version, shelf.now());
        }
        let slot = self.slot(&version.path);
        let mut kept = slot.lock().await;
        let now = shelf.now();
        if let Some((looked, condition)) = *kept
            && (0..KEPT_MS).contains(&now.millis_since(looked))
        {
            return condition;
        }
        let patience = if shelf.is_upstream() {
            FETCH_PATIENCE
        } else {
            VARIANT_PATIENCE
        };
        let followed = version.facts.variants.iter().take(VARIANTS_FOLLOWED_MAX);
        let looks = followed.map(|variant| tokio::time::timeout(patience, shelf.newest(variant)));
        let found = join_all(looks).await;
        let variants: Vec<Condition> = found
            .into_iter()
            .filter_map(|found| Some(media_condition(&found.ok()?.ok()?.version, now)))
            .collect();
        let condition = combine(&variants, &version.facts, version.modified);
        *kept = Some((now, condition));
        condition
    }

    fn slot(&self, path: &MediaPath) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MASTERS_KEPT_MAX && !slots.contains_key(path) {
            slots.clear();
        }
        Arc::clone(slots.entry(path.clone()).or_default())
    }
}

fn media_condition(version: &Version, now: UnixMillis) -> Condition {
    Condition {
        state: media_state(&version.facts, version.modified, now),
        renditions: 1,
        changed: version.modified,
    }
}

/// Decides how a media playlist is doing: live while it changes within three target durations.
fn media_state(facts: &PlaylistFacts, modified: UnixMillis, now: UnixMillis) -> StreamState {
    if facts.ended {
        return StreamState::Ended;
    }
    let patience = facts.target_duration.unwrap_or(TARGET_DURATION_DEFAULT) * 3;
    let age = u128::try_from(now.millis_since(modified)).unwrap_or(0);
    if age <= patience.as_millis() {
        StreamState::Live
    } else {
        StreamState::Stalled
    }
}

/// The best rendition speaks for the stream. A master without readable renditions has nothing to show.
fn combine(variants: &[Condition], master: &PlaylistFacts, master_modified: UnixMillis) -> Condition {
    let rank = |state| match state {
        StreamState::Live => 2,
        StreamState::Stalled => 1,
        StreamState::Ended => 0,
    };
    let states = variants.iter().map(|variant| variant.state);
    Condition {
        state: states
            .max_by_key(|state| rank(*state))
            .unwrap_or(StreamState::Stalled),
        renditions: master.renditions,
        changed: variants
            .iter()
            .map(|variant| variant.changed)
            .max()
            .unwrap_or(master_modified),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(ended: bool, target_duration: Option<u64>) -> PlaylistFacts {
        PlaylistFacts {
            ended,
            target_duration: target_duration.map(Duration::from_secs),
            renditions: 2,
            ..PlaylistFacts::default()
        }
    }

    #[test]
    fn a_playlist_is_live_for_three_target_durations_after_a_change() {
        for (ended, target, age_ms, expected) in [
            (false, Some(2), 6_000, StreamState::Live),
            (false, Some(2), 6_001, StreamState::Stalled),
            (false, None, 18_000, StreamState::Live),
            (false, Some(2), -5_000, StreamState::Live),
            (true, Some(2), 0, StreamState::Ended),
        ] {
            let state = media_state(&facts(ended, target), UnixMillis(0), UnixMillis(age_ms));
            assert_eq!(state, expected, "{target:?} {age_ms}");
        }
    }

    #[test]
    fn the_best_rendition_speaks_for_the_stream_and_the_newest_change_counts() {
        let of = |state, changed| Condition {
            state,
            renditions: 1,
            changed: UnixMillis(changed),
        };
        let variants = [
            of(StreamState::Ended, 5),
            of(StreamState::Live, 3),
            of(StreamState::Stalled, 9),
        ];
        let condition = combine(&variants, &facts(false, None), UnixMillis(1));
        assert_eq!(
            condition,
            Condition {
                state: StreamState::Live,
                renditions: 2,
                changed: UnixMillis(9)
            }
        );
    }

    #[test]
    fn a_master_without_readable_renditions_is_never_live() {
        let condition = combine(&[], &facts(false, None), UnixMillis(1));
        assert_eq!(
            (condition.state, condition.changed),
            (StreamState::Stalled, UnixMillis(1))
        );
    }
}
