//! Whether an encoder may have begun anew while nobody looked, so that what is cached under its names may be another's.

use std::sync::PoisonError;

use super::UpstreamPlaylists;
use super::freshness::{TARGET_DURATION_DEFAULT, up_to_date_for};
use super::stream::{Copy, Stream, since};
use crate::cache::Sight;

impl UpstreamPlaylists {
    /// Tells the cache of a playlist that was fetched, before anybody gets it.
    pub(super) async fn see(&self, plain: &Stream, copy: &Copy, is_unsure: bool) {
        let version = &copy.version;
        let end = version.end_text(&copy.validators);
        let is_known_end = || {
            let before = plain.copy();
            before.is_some_and(|before| before.version.end_text(&before.validators) == end)
        };
        if version.facts.multivariant || (!is_unsure && (end.is_none() || is_known_end())) {
            return;
        }
        let sight = Sight {
            rendition: version.rendition,
            is_unsure,
            end,
        };
        let lasts = up_to_date_for(&version.facts);
        self.cache.see(version.path.event(), sight, lasts).await;
    }
}

/// Tells whether the encoder of a playlist may have begun anew since it was fetched last, and nothing shows it.
pub(super) fn is_unsure(plain: &Stream, copy: &Copy) -> bool {
    let Some(before) = plain.copy() else {
        return true;
    };
    let (old, new) = (&before.version, &copy.version);
    if old.facts.ended && old.has_text_of(new) {
        // A recording that is made again may have the same text; then it is newer.
        return new.modified > old.modified;
    }
    let gap = since(before.received, copy.received);
    let target = old.facts.target_duration.unwrap_or(TARGET_DURATION_DEFAULT);
    let course = plain.course.lock().unwrap_or_else(PoisonError::into_inner);
    gap > up_to_date_for(&old.facts) && !course.outlasts(gap, target)
}
