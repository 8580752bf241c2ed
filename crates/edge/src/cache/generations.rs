//! Which of an event's objects may still be served. An encoder that begins anew uses the old names for other bytes; of
//! an event's renditions one may do so alone. So each object has the rendition that listed it and the generation in
//! which it was asked for, and an event has the generation from which on objects count, with exceptions for the
//! renditions that went on. Beginning a generation takes one small file, however many objects there are.
//!
//! Where an encoder may have begun anew unseen, older objects are in doubt: each is served again once its upstream has
//! vouched for it, which makes it one of the present generation. Pure.

use std::collections::BTreeMap;

use streamgate_contract::media_path::MediaPath;

use super::digest;
use super::seen::{self, Seen, Sight};

const VERSION: u8 = 2;
const SPARED_LENGTH: usize = 4 + 4;
const SEEN_LENGTH: usize = 4 + seen::LENGTH;
/// More renditions than any event has; beyond this what is known of each costs more than to ask.
const RENDITIONS_MAX: usize = 256;

/// The media playlist that lists an object as its segment; the default stands for none. Keys and headers belong to
/// none, since renditions share them.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Rendition(u32);

impl Rendition {
    /// Names the rendition whose playlist is at `path`. Four bytes are enough to tell a handful apart: two that are
    /// taken for one only lose more when one of them begins anew.
    pub(crate) fn of(path: &MediaPath) -> Self {
        let [first, second, third, fourth, ..] = digest(&[path.relative().as_bytes()]);
        Self(u32::from_be_bytes([first, second, third, fourth]).max(1))
    }

    pub(super) const fn number(self) -> u32 {
        self.0
    }

    pub(super) const fn of_number(number: u32) -> Self {
        Self(number)
    }
}

/// Whose an object is, and in which generation of its event it was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Born {
    pub(super) rendition: Rendition,
    pub(super) generation: u32,
}

/// The generations of one event.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Generations {
    newest: u32,
    /// The oldest whose objects count.
    least: u32,
    /// The same for renditions that went on while others began anew.
    spared: BTreeMap<Rendition, u32>,
    /// The oldest whose objects are served unasked.
    sure: u32,
    /// The same for objects that belong to no rendition.
    sure_of_none: u32,
    /// What was seen last of each rendition's playlist.
    seen: BTreeMap<Rendition, Seen>,
}

impl Generations {
    pub(super) const fn newest(&self) -> u32 {
        self.newest
    }

    /// Tells whether an object may be served.
    pub(super) fn admit(&self, born: Born) -> bool {
        born.generation >= self.least_of(born.rendition)
    }

    /// Tells whether an object may be served without asking its upstream.
    pub(super) fn is_sure(&self, born: Born) -> bool {
        born.generation >= self.sure_level(born.rendition)
    }

    /// Returns these with a new one, in which nothing older counts but the objects of those `going_on`. Its number is
    /// at least the time, so that it is the newest also when what is known here was deleted with a part of the cache.
    pub(super) fn with_next(&self, going_on: &[Rendition], now_secs: u32) -> Self {
        let newest = self.next(now_secs);
        let known = going_on
            .iter()
            .filter(|rendition| **rendition != Rendition::default());
        Self {
            newest,
            least: newest,
            spared: known
                .map(|rendition| (*rendition, self.least_of(*rendition)))
                .collect(),
            ..self.clone()
        }
    }

    /// Takes in what a playlist shows that was fetched: where its encoder may have begun anew unseen, what it made
    /// before is in doubt from now on.
    pub(super) fn with_sight(&self, sight: &Sight, now_secs: u32) -> Self {
        let mut next = self.clone();
        let before = next.seen.get(&sight.rendition);
        let is_unsure = before.is_none_or(|before| before.is_in_doubt(sight, now_secs));
        // What belongs to none may be this one's; but hardly where its playlist was never seen and others' were.
        let concerns_none = before.is_some() || next.seen.is_empty();
        if is_unsure {
            next.newest = next.next(now_secs);
            if concerns_none {
                next.sure_of_none = next.newest;
            }
        }
        let sure = match before {
            Some(before) if !is_unsure => before.sure,
            _ => next.newest,
        };
        let seen = Seen::of(sight, before, sure, now_secs);
        next.seen.insert(sight.rendition, seen);
        if next.seen.len() > RENDITIONS_MAX {
            next.sure = next.newest;
            next.seen.clear();
        }
        next
    }

    fn next(&self, now_secs: u32) -> u32 {
        self.newest.saturating_add(1).max(now_secs)
    }

    fn least_of(&self, rendition: Rendition) -> u32 {
        self.spared.get(&rendition).copied().unwrap_or(self.least)
    }

    fn sure_level(&self, rendition: Rendition) -> u32 {
        let own = if rendition == Rendition::default() {
            self.sure_of_none
        } else {
            self.seen.get(&rendition).map_or(0, |seen| seen.sure)
        };
        own.max(self.sure)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        let spared = u32::try_from(self.spared.len()).unwrap_or(u32::MAX);
        for number in [self.newest, self.least, self.sure, self.sure_of_none, spared] {
            bytes.extend(number.to_be_bytes());
        }
        for (rendition, least) in &self.spared {
            bytes.extend(rendition.0.to_be_bytes());
            bytes.extend(least.to_be_bytes());
        }
        for (rendition, seen) in &self.seen {
            bytes.extend(rendition.0.to_be_bytes());
            bytes.extend(seen.encode());
        }
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    /// Reads what [`encode`](Self::encode) wrote; `None` if that is not what is there.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (content, crc) = bytes.split_last_chunk::<4>()?;
        let is_whole = crc32fast::hash(content).to_be_bytes() == *crc;
        let (version, content) = content.split_first()?;
        let (numbers, content) = content.split_first_chunk::<20>()?;
        let (numbers, _) = numbers.as_chunks::<4>();
        let [newest, least, sure, sure_of_none, spared] = numbers else {
            return None;
        };
        let number = |bytes: &[u8; 4]| u32::from_be_bytes(*bytes);
        let spared = usize::try_from(number(spared)).ok()?;
        let (spared, seen) = content.split_at_checked(spared.checked_mul(SPARED_LENGTH)?)?;
        let (spared, _) = spared.as_chunks::<SPARED_LENGTH>();
        let (seen, rest) = seen.as_chunks::<SEEN_LENGTH>();
        let spared = spared.iter().map(|[a, b, c, d, least @ ..]| {
            let rendition = Rendition(number(&[*a, *b, *c, *d]));
            (rendition, number(least))
        });
        let seen = seen.iter().filter_map(|entry| {
            let (rendition, seen) = entry.split_first_chunk::<4>()?;
            Some((Rendition(number(rendition)), Seen::decode(seen)?))
        });
        (*version == VERSION && is_whole && rest.is_empty()).then(|| Self {
            newest: number(newest),
            least: number(least),
            spared: spared.collect(),
            sure: number(sure),
            sure_of_none: number(sure_of_none),
            seen: seen.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const HIGH: Rendition = Rendition(1);
    const LOW: Rendition = Rendition(2);
    const NONE: Rendition = Rendition(0);

    fn admitted(generations: &Generations, generation: u32) -> Vec<Rendition> {
        let all = [NONE, HIGH, LOW];
        let born = |rendition| Born {
            rendition,
            generation,
        };
        all.into_iter()
            .filter(|rendition| generations.admit(born(*rendition)))
            .collect()
    }

    #[test]
    fn only_those_that_went_on_keep_their_old_objects() {
        let first = Generations::default();
        assert_eq!(admitted(&first, 0), [NONE, HIGH, LOW]);
        let second = first.with_next(&[LOW], 10);
        assert_eq!(admitted(&second, 0), [LOW]);
        assert_eq!(admitted(&second, second.newest()), [NONE, HIGH, LOW]);
        // What belongs to nobody in particular goes each time.
        let third = second.with_next(&[HIGH, NONE], 10);
        assert_eq!((second.newest(), third.newest()), (10, 11));
        assert_eq!(admitted(&third, 0), []);
        assert_eq!(admitted(&third, 10), [HIGH]);
        assert_eq!(admitted(&third, 11), [NONE, HIGH, LOW]);
        // After all, none.
        assert_eq!(admitted(&third.with_next(&[], 12), 11), []);
    }

    /// A playlist with the segments `first` to `end` of two seconds each.
    fn sight(rendition: Rendition, first: u64, end: u64) -> Sight {
        Sight {
            rendition,
            end,
            listed: Duration::from_secs(2 * (end - first)),
            target: Duration::from_secs(2),
            lasts: Duration::from_secs(6),
            ..Sight::default()
        }
    }

    /// Whose objects of a generation are served unasked.
    fn sure(generations: &Generations, generation: u32) -> Vec<Rendition> {
        let born = |rendition| Born {
            rendition,
            generation,
        };
        let all = [NONE, HIGH, LOW].into_iter();
        all.filter(|rendition| generations.is_sure(born(*rendition)))
            .collect()
    }

    fn after_restart(generations: &Generations) -> Generations {
        Generations::decode(&generations.encode()).unwrap()
    }

    #[test]
    fn where_nothing_was_seen_what_is_older_is_in_doubt_and_others_are_not() {
        // An event whose file was lost: its objects have later generations than it knows of.
        let lost = Generations::default();
        assert_eq!(sure(&lost, 9), [NONE, HIGH, LOW]);
        let seen = lost.with_sight(&sight(HIGH, 0, 3), 10);
        assert_eq!(
            (sure(&seen, 9), sure(&seen, 10)),
            (vec![LOW], vec![NONE, HIGH, LOW])
        );
        // The first sight of another rendition says nothing of headers.
        let both = seen.with_sight(&sight(LOW, 0, 3), 20);
        assert_eq!(
            (sure(&both, 10), admitted(&both, 0)),
            (vec![NONE, HIGH], vec![NONE, HIGH, LOW])
        );
        assert_eq!(sure(&after_restart(&both), 10), [NONE, HIGH]);
    }

    #[test]
    fn a_run_that_goes_on_stays_sure_also_after_a_restart_and_one_that_may_be_another_does_not() {
        let first = Generations::default().with_sight(&sight(HIGH, 100, 103), 10);
        let long = first.with_sight(&sight(HIGH, 150, 153), 15);
        for (end, at_secs, is_sure) in [
            (153, 15, true),
            (160, 20, true),
            // Three segments of two seconds, and fifty of one at least.
            (160, 71, true),
            (160, 72, false),
            // Numbers that go back.
            (152, 16, false),
        ] {
            let later = after_restart(&long).with_sight(&sight(HIGH, end - 3, end), at_secs);
            assert_eq!(sure(&later, 10).contains(&HIGH), is_sure, "{end} at {at_secs}");
            assert_eq!(sure(&later, 10).contains(&NONE), is_sure, "{end} at {at_secs}");
            // What is in doubt stays so.
            let again = after_restart(&later).with_sight(&sight(HIGH, end - 2, end + 1), at_secs + 1);
            assert_eq!(sure(&again, 10), sure(&later, 10));
        }
        // Nobody looked for long, and a short look before proves nothing.
        let later = first.with_sight(&sight(HIGH, 150, 153), 100);
        assert_eq!(sure(&later, 10), [LOW]);
    }

    #[test]
    fn an_end_stays_sure_under_the_same_text_only() {
        let with_text = |text| Sight {
            is_ended: true,
            text,
            ..sight(HIGH, 0, 9)
        };
        let ended = Generations::default().with_sight(&with_text(Some([1; 8])), 10);
        let later = |text| after_restart(&ended).with_sight(&with_text(text), 100_000);
        assert_eq!(sure(&later(Some([1; 8])), 10), [NONE, HIGH, LOW]);
        for other in [Some([2; 8]), None] {
            assert_eq!(sure(&later(other), 10), [LOW]);
        }
        let unknown = Generations::default().with_sight(&with_text(None), 10);
        assert_eq!(sure(&unknown.with_sight(&with_text(None), 11), 10), [LOW]);
    }

    #[test]
    fn what_is_known_of_renditions_is_bounded_and_what_is_forgotten_is_in_doubt() {
        let mut generations = Generations::default();
        for number in 1..2_000 {
            generations = generations.with_sight(&sight(Rendition(number), 0, 3), number);
            assert!(generations.seen.len() <= RENDITIONS_MAX);
        }
        assert_eq!(sure(&generations, 100), []);
    }

    #[test]
    fn generations_read_back_and_a_changed_or_missing_byte_makes_them_none() {
        let generations = Generations::default()
            .with_next(&[HIGH, LOW], 7)
            .with_sight(&sight(HIGH, 5, 8), 8)
            .with_sight(&sight(LOW, 5, 8), 8)
            .with_next(&[LOW], 9);
        let bytes = generations.encode();
        assert_eq!(Generations::decode(&bytes), Some(generations));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(Generations::decode(&changed), None, "{at}");
            assert_eq!(Generations::decode(&bytes[..at]), None, "{at}");
        }
    }
}
