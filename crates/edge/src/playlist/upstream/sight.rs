//! What the cache is told of playlists, so that it can tell whether an encoder may have begun anew while nobody looked.

use super::UpstreamPlaylists;
use super::freshness::{TARGET_DURATION_DEFAULT, up_to_date_for};
use super::stream::{Copy, Stream, since};
use crate::cache::Sight;

impl UpstreamPlaylists {
    /// Tells the cache of a playlist that was fetched, before anybody gets it.
    pub(super) async fn see(&self, plain: &Stream, copy: &Copy, begins_anew: bool) {
        let (facts, before) = (&copy.version.facts, plain.copy());
        let is_known = before.as_ref().is_some_and(|before| is_nothing_new(before, copy));
        if facts.multivariant || (is_known && !begins_anew) {
            return;
        }
        let sight = Sight {
            rendition: copy.version.rendition,
            end: facts.first.saturating_add(facts.segments),
            listed: facts.listed,
            target: facts.target_duration.unwrap_or(TARGET_DURATION_DEFAULT),
            lasts: up_to_date_for(facts),
            gap: before.map(|before| since(before.received, copy.received)),
            begins_anew,
            is_ended: facts.ended,
            text: copy.version.end_text(&copy.validators),
        };
        self.cache.see(copy.version.path.event(), sight).await;
    }
}

/// Tells whether what was seen before says as much. Of a live stream that is where its last whole segment ends; a
/// recording that is made again may have the same text, and then it is newer.
fn is_nothing_new(before: &Copy, copy: &Copy) -> bool {
    let (old, new) = (&before.version, &copy.version);
    if old.facts.ended || new.facts.ended {
        return old.has_text_of(new) && new.modified <= old.modified;
    }
    let is_as_far = (old.facts.first, old.facts.segments) == (new.facts.first, new.facts.segments);
    is_as_far && since(before.received, copy.received) <= up_to_date_for(&old.facts)
}
