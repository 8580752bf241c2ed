//! Requests that an upstream holds until a playlist has what they name (low-latency HLS): passed on, one for all who
//! ask for the same.

use std::sync::Arc;

use super::freshness::TARGET_DURATION_DEFAULT;
use super::stream::since;
use super::{Found, UpstreamPlaylists};
use crate::authorize::CoveredPath;
use crate::playlist::classify::PlaylistFacts;
use crate::source::SourceError;
use crate::source::upstream::{Directives, Origin, UpstreamError};

/// Held requests for one playlist at a time. A player asks for the next parts of this segment or the next.
const HELD_MAX: usize = 64;

/// What becomes of a request with directives.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Wanted {
    /// The playlist as it is has everything.
    Plain,
    /// The upstream is asked.
    Upstream(Directives),
    /// It asks for what cannot be.
    Nothing,
}

impl UpstreamPlaylists {
    /// Returns the playlist once it has what `directives` name. They are ignored where the playlist does not offer
    /// them, so that no viewer makes an upstream do more than it wants to.
    pub(crate) async fn newest_with(
        self: &Arc<Self>,
        path: &CoveredPath,
        origin: &Arc<Origin>,
        directives: &Directives,
    ) -> Result<Found, SourceError> {
        let plain = self.table.stream(path, origin, self.now());
        let recent = plain.copy().filter(|copy| {
            let target = copy.version.facts.target_duration;
            since(copy.received, self.now()) <= target.unwrap_or(TARGET_DURATION_DEFAULT)
        });
        let mut wanted = recent.map(|copy| wanted(&copy.version.facts, directives));
        if !matches!(wanted, Some(Wanted::Upstream(_))) {
            let found = self.ask(&plain).await?;
            let now_wanted = self::wanted(&found.version.facts, directives);
            if now_wanted == Wanted::Plain {
                return Ok(found);
            }
            wanted = Some(now_wanted);
        }
        let Some(Wanted::Upstream(directives)) = wanted else {
            return Err(SourceError::Directives);
        };
        let held = self.table.held(&plain, directives, self.now(), HELD_MAX);
        self.ask(&held.ok_or(UpstreamError::Overloaded)?).await
    }
}

/// Decides by a playlist as it is; the rules of RFC 8216bis, section 6.2.5.2.
fn wanted(facts: &PlaylistFacts, directives: &Directives) -> Wanted {
    if facts.ended || facts.multivariant {
        return Wanted::Plain;
    }
    if directives.part().is_some() && directives.number().is_none() {
        return Wanted::Nothing;
    }
    let end = facts.first.saturating_add(facts.segments);
    let number = directives.number().filter(|_| facts.offers.holding);
    if number.is_some_and(|number| number > end.saturating_add(1)) {
        return Wanted::Nothing;
    }
    let is_missing = |number: &u64| {
        *number > end || (*number == end && directives.part().is_none_or(|part| part >= facts.open_parts))
    };
    let number = number.filter(is_missing);
    let part = directives.part().filter(|_| number.is_some());
    let left = Directives::new(number, part, directives.skip().filter(|_| facts.offers.skipping));
    left.map_or(Wanted::Plain, Wanted::Upstream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playlist::classify::Offers;

    #[test]
    fn only_what_the_playlist_offers_and_does_not_have_is_asked_for() {
        let facts = PlaylistFacts {
            first: 10,
            segments: 3,
            open_parts: 2,
            offers: Offers {
                holding: true,
                skipping: true,
            },
            ..PlaylistFacts::default()
        };
        let plain = PlaylistFacts {
            offers: Offers::default(),
            ..facts.clone()
        };
        let ended = PlaylistFacts {
            ended: true,
            ..facts.clone()
        };
        let upstream = |query| Directives::from_query(query).map(Wanted::Upstream).unwrap();
        for (facts, query, expected) in [
            (&facts, "_HLS_msn=12", Wanted::Plain),
            (&facts, "_HLS_msn=13&_HLS_part=1", Wanted::Plain),
            (
                &facts,
                "_HLS_msn=13&_HLS_part=2",
                upstream("_HLS_msn=13&_HLS_part=2"),
            ),
            (&facts, "_HLS_msn=13", upstream("_HLS_msn=13")),
            (
                &facts,
                "_HLS_msn=14&_HLS_part=0",
                upstream("_HLS_msn=14&_HLS_part=0"),
            ),
            (&facts, "_HLS_msn=15", Wanted::Nothing),
            (&facts, "_HLS_part=1", Wanted::Nothing),
            (
                &facts,
                "_HLS_msn=3&_HLS_part=7&_HLS_skip=YES",
                upstream("_HLS_skip=YES"),
            ),
            (&plain, "_HLS_msn=13&_HLS_skip=YES", Wanted::Plain),
            (&plain, "_HLS_part=1", Wanted::Nothing),
            (&ended, "_HLS_msn=99&_HLS_skip=YES", Wanted::Plain),
            (&ended, "_HLS_part=1", Wanted::Plain),
        ] {
            let directives = Directives::from_query(query).unwrap();
            assert_eq!(wanted(facts, &directives), expected, "{query}");
        }
    }
}
