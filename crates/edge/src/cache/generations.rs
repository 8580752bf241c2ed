//! Which of an event's objects may still be served. An encoder that begins anew uses the old names for other bytes; of
//! an event's renditions one may do so alone. So each object has the rendition that listed it and the generation in
//! which it was asked for, and an event has the generation from which on objects count, with exceptions for the
//! renditions that went on. Beginning a generation takes one small file, however many objects there are. Pure.

use std::collections::BTreeMap;

use streamgate_contract::media_path::MediaPath;

use super::digest;

const VERSION: u8 = 1;
/// Version, two generations and a checksum.
const LENGTH_MIN: usize = 1 + 4 + 4 + 4;
const SPARED_LENGTH: usize = 4 + 4;

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
}

impl Generations {
    pub(super) const fn newest(&self) -> u32 {
        self.newest
    }

    /// Tells whether an object may be served.
    pub(super) fn admit(&self, born: Born) -> bool {
        born.generation >= self.least_of(born.rendition)
    }

    /// Returns these with a new one, in which nothing older counts but the objects of those `going_on`. Its number is
    /// at least the time, so that it is the newest also when what is known here was deleted with a part of the cache.
    pub(super) fn with_next(&self, going_on: &[Rendition], now_secs: u32) -> Self {
        let newest = self.newest.saturating_add(1).max(now_secs);
        let known = going_on
            .iter()
            .filter(|rendition| **rendition != Rendition::default());
        Self {
            newest,
            least: newest,
            spared: known
                .map(|rendition| (*rendition, self.least_of(*rendition)))
                .collect(),
        }
    }

    fn least_of(&self, rendition: Rendition) -> u32 {
        self.spared.get(&rendition).copied().unwrap_or(self.least)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH_MIN + self.spared.len() * SPARED_LENGTH);
        bytes.push(VERSION);
        bytes.extend(self.newest.to_be_bytes());
        bytes.extend(self.least.to_be_bytes());
        for (rendition, least) in &self.spared {
            bytes.extend(rendition.0.to_be_bytes());
            bytes.extend(least.to_be_bytes());
        }
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    /// Reads what [`encode`](Self::encode) wrote; `None` if that is not what is there.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (content, crc) = bytes.split_last_chunk::<4>()?;
        let (version, content) = content.split_first()?;
        let is_whole = crc32fast::hash(bytes.get(..bytes.len() - 4)?).to_be_bytes() == *crc;
        let (newest, content) = content.split_first_chunk::<4>()?;
        let (least, content) = content.split_first_chunk::<4>()?;
        let (pairs, rest) = content.as_chunks::<SPARED_LENGTH>();
        let spared = pairs.iter().map(|[a, b, c, d, least @ ..]| {
            (
                Rendition(u32::from_be_bytes([*a, *b, *c, *d])),
                u32::from_be_bytes(*least),
            )
        });
        (*version == VERSION && is_whole && rest.is_empty()).then(|| Self {
            newest: u32::from_be_bytes(*newest),
            least: u32::from_be_bytes(*least),
            spared: spared.collect(),
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

    #[test]
    fn generations_read_back_and_a_changed_or_missing_byte_makes_them_none() {
        let generations = Generations::default()
            .with_next(&[HIGH, LOW], 7)
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
