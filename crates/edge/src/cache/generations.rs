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

const VERSION: u8 = 2;
const SPARED_LENGTH: usize = 4 + 4;
const END_LENGTH: usize = 4 + 8 + 4;
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
    /// The oldest whose objects are served unasked. Not written: the next process has seen nothing of what happened
    /// before it began.
    sure: u32,
    /// The same for renditions of which more or less is known.
    sure_of: BTreeMap<Rendition, u32>,
    /// How the streams of renditions ended that did.
    ends: BTreeMap<Rendition, End>,
}

/// What stands for the text with which a stream ended, its validators included.
pub(super) type EndText = [u8; 8];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct End {
    text: EndText,
    /// The oldest generation whose objects were sure under this text. They are so for as long as it stands.
    sure: u32,
}

/// What a playlist shows that was just fetched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sight {
    pub(crate) rendition: Rendition,
    /// Whether its encoder may have begun anew since it was last seen, and nobody could tell.
    pub(crate) is_unsure: bool,
    /// The text with which it ended, if that tells it from all others.
    pub(crate) end: Option<EndText>,
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

    /// Returns these with a new one, before which everything is in doubt.
    pub(super) fn in_doubt(&self, now_secs: u32) -> Self {
        let newest = self.next(now_secs);
        Self {
            newest,
            sure: newest,
            sure_of: BTreeMap::new(),
            ..self.clone()
        }
    }

    /// Returns what is to be thought of the objects of a rendition whose playlist was fetched. `was_looked_at` when
    /// all older ones are in doubt since a moment ago.
    pub(super) fn with_sight(&self, sight: Sight, was_looked_at: bool, now_secs: u32) -> Self {
        let Sight { rendition, end, .. } = sight;
        let mut next = self.clone();
        if next.sure_of.len().max(next.ends.len()) >= RENDITIONS_MAX {
            next = Self {
                ends: BTreeMap::new(),
                ..self.in_doubt(now_secs)
            };
        }
        if let (Some(text), Some(before)) = (end, next.ends.get(&rendition))
            && before.text == text
        {
            next.sure_of.insert(rendition, before.sure);
            return next;
        }
        if sight.is_unsure && was_looked_at && !next.sure_of.contains_key(&rendition) {
            // So that the next time counts.
            next.sure_of.insert(rendition, next.sure);
        } else if sight.is_unsure {
            next.newest = next.next(now_secs);
            // What belongs to none may have been fetched before its playlist was known.
            next.sure_of.insert(rendition, next.newest);
            next.sure_of.insert(Rendition::default(), next.newest);
        }
        if let Some(text) = end {
            let sure = next.sure_level(rendition);
            next.ends.insert(rendition, End { text, sure });
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
        self.sure_of.get(&rendition).copied().unwrap_or(self.sure)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(self.newest.to_be_bytes());
        bytes.extend(self.least.to_be_bytes());
        let spared = u32::try_from(self.spared.len()).unwrap_or(u32::MAX);
        bytes.extend(spared.to_be_bytes());
        for (rendition, least) in &self.spared {
            bytes.extend(rendition.0.to_be_bytes());
            bytes.extend(least.to_be_bytes());
        }
        for (rendition, end) in &self.ends {
            bytes.extend(rendition.0.to_be_bytes());
            bytes.extend(end.text);
            bytes.extend(end.sure.to_be_bytes());
        }
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    /// Reads what [`encode`](Self::encode) wrote; `None` if that is not what is there. Nothing is in doubt yet.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (content, crc) = bytes.split_last_chunk::<4>()?;
        let (version, content) = content.split_first()?;
        let is_whole = crc32fast::hash(bytes.get(..bytes.len() - 4)?).to_be_bytes() == *crc;
        let (newest, content) = content.split_first_chunk::<4>()?;
        let (least, content) = content.split_first_chunk::<4>()?;
        let (spared, content) = content.split_first_chunk::<4>()?;
        let spared = usize::try_from(u32::from_be_bytes(*spared)).ok()?;
        let (spared, ends) = content.split_at_checked(spared.checked_mul(SPARED_LENGTH)?)?;
        let (spared, _) = spared.as_chunks::<SPARED_LENGTH>();
        let (ends, rest) = ends.as_chunks::<END_LENGTH>();
        let number = |bytes: &[u8; 4]| u32::from_be_bytes(*bytes);
        let spared = spared.iter().map(|[a, b, c, d, least @ ..]| {
            let rendition = Rendition(number(&[*a, *b, *c, *d]));
            (rendition, number(least))
        });
        let ends = ends.iter().filter_map(|entry| {
            let (rendition, entry) = entry.split_first_chunk::<4>()?;
            let (text, sure) = entry.split_first_chunk::<8>()?;
            let end = End {
                text: *text,
                sure: number(sure.first_chunk()?),
            };
            Some((Rendition(number(rendition)), end))
        });
        (*version == VERSION && is_whole && rest.is_empty()).then(|| Self {
            newest: number(newest),
            least: number(least),
            spared: spared.collect(),
            ends: ends.collect(),
            ..Self::default()
        })
    }
}

#[cfg(test)]
mod tests {
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

    const fn sight(rendition: Rendition, is_unsure: bool, end: Option<EndText>) -> Sight {
        Sight {
            rendition,
            is_unsure,
            end,
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

    #[test]
    fn what_an_earlier_process_stored_is_in_doubt_until_its_upstream_vouches_for_it() {
        let before = Generations::decode(&Generations::default().encode()).unwrap();
        let began = before.in_doubt(10);
        assert_eq!((admitted(&began, 0), sure(&began, 0)), (vec![NONE, HIGH, LOW], vec![]));
        assert_eq!(sure(&began, began.newest()), [NONE, HIGH, LOW]);
        // The first sight of a playlist right behind it changes nothing, a later one does.
        let seen = began.with_sight(sight(HIGH, true, None), true, 10);
        assert_eq!(sure(&seen, 10), [NONE, HIGH, LOW]);
        let later = seen.with_sight(sight(HIGH, true, None), false, 100);
        assert_eq!((sure(&later, 10), later.newest()), (vec![LOW], 100));
        assert_eq!(later.with_sight(sight(HIGH, false, None), false, 200), later);
    }

    #[test]
    fn the_same_end_makes_sure_again_what_was_so_under_it_and_nothing_older() {
        let first = Generations::default().in_doubt(10);
        let ended = first.with_sight(sight(HIGH, true, Some([1; 8])), true, 10);
        let again = Generations::decode(&ended.encode()).unwrap().in_doubt(20);
        assert_eq!(sure(&again, 10), []);
        let same = again.with_sight(sight(HIGH, true, Some([1; 8])), true, 20);
        assert_eq!((sure(&same, 10), sure(&same, 9)), (vec![HIGH], vec![]));
        let other = again.with_sight(sight(HIGH, true, Some([2; 8])), true, 20);
        assert_eq!(sure(&other, 10), []);
        // What nobody asked for under the other end is in doubt under it for ever.
        let once_more = Generations::decode(&other.encode()).unwrap().in_doubt(30);
        let once_more = once_more.with_sight(sight(HIGH, true, Some([2; 8])), true, 30);
        assert_eq!((sure(&once_more, 10), sure(&once_more, 20)), (vec![], vec![HIGH]));
    }

    #[test]
    fn what_is_known_of_renditions_is_bounded_and_what_is_forgotten_is_in_doubt() {
        let mut generations = Generations::default();
        for number in 1..2_000 {
            let seen = sight(Rendition(number), true, Some([0; 8]));
            generations = generations.with_sight(seen, false, number);
            assert!(generations.ends.len() <= RENDITIONS_MAX);
        }
        assert_eq!(sure(&generations, 100), []);
    }

    #[test]
    fn generations_read_back_and_a_changed_or_missing_byte_makes_them_none() {
        let generations = Generations::default()
            .with_next(&[HIGH, LOW], 7)
            .with_sight(sight(HIGH, false, Some([7; 8])), false, 8)
            .with_sight(sight(LOW, false, Some([8; 8])), false, 8)
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
