//! What names an object in the cache: its event, the origin that it came from and its whole path. The name of its
//! file follows from these alone, so that it is found without any index.

use std::fmt::Write as _;
use std::path::PathBuf;

use aws_lc_rs::digest::{Context, SHA256};
use streamgate_contract::ids::EventId;
use streamgate_contract::media_path::MediaPath;

use crate::source::upstream::Origin;

const ID_BYTES: usize = 16;

/// The first 16 bytes of a SHA-256: viewers choose paths, so a weak hash would let them choose collisions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct ObjectId([u8; ID_BYTES]);

/// The name of an object within the cache.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ObjectKey {
    pub(crate) event: EventId,
    pub(crate) id: ObjectId,
}

impl ObjectKey {
    pub(crate) fn new(path: &MediaPath, origin: &Origin) -> Self {
        let mut context = Context::new(&SHA256);
        origin.identify(&mut context);
        // No URL holds a zero byte, so the two parts cannot be shifted.
        context.update(&[0]);
        context.update(path.relative().as_bytes());
        let digest = context.finish();
        let mut id = [0; ID_BYTES];
        id.copy_from_slice(digest.as_ref().get(..ID_BYTES).unwrap_or(&[0; ID_BYTES]));
        Self {
            event: path.event().clone(),
            id: ObjectId(id),
        }
    }
}

impl ObjectId {
    /// Returns where the object lies below its event's folder: 256 folders, so that none gets too large.
    pub(super) fn relative(self) -> PathBuf {
        let mut text = String::with_capacity(2 * ID_BYTES + 1);
        for (index, byte) in self.0.iter().enumerate() {
            if index == 1 {
                text.push('/');
            }
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        text.into()
    }

    /// Reads an id back from the names of folder and file.
    pub(super) fn from_names(folder: &str, file: &str) -> Option<Self> {
        let text = [folder, file].concat();
        if folder.len() != 2 || text.len() != 2 * ID_BYTES || !text.is_ascii() {
            return None;
        }
        let mut id = [0; ID_BYTES];
        for (index, byte) in id.iter_mut().enumerate() {
            let digits = text.get(2 * index..2 * index + 2)?;
            let is_lower = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
            if !digits.bytes().all(is_lower) {
                return None;
            }
            *byte = u8::from_str_radix(digits, 16).ok()?;
        }
        Some(Self(id))
    }

    /// Returns a number for choosing a part of a table.
    pub(super) const fn shard(self, count: usize) -> usize {
        let [first, ..] = self.0;
        first as usize % count
    }

    /// Returns a number for finding a place in a table; independent of the part.
    pub(super) const fn hash(self) -> u64 {
        match self.0.last_chunk() {
            Some(last) => u64::from_be_bytes(*last),
            None => 0,
        }
    }

    pub(super) const fn to_bytes(self) -> [u8; ID_BYTES] {
        self.0
    }

    #[cfg(test)]
    pub(super) const fn of_number(number: u128) -> Self {
        Self(number.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(relative: &str, source: &str) -> ObjectKey {
        let path = MediaPath::parse(EventId::parse("evt").unwrap(), relative).unwrap();
        ObjectKey::new(&path, &Origin::of_event(source).unwrap())
    }

    // C-01
    #[test]
    fn folders_and_origins_are_part_of_the_name_and_signatures_are_not() {
        let source = "https://a.example/x/";
        assert_ne!(key("720p/1.ts", source), key("1080p/1.ts", source));
        assert_ne!(key("1.ts", source), key("1.ts", "https://b.example/x/"));
        assert_eq!(key("1.ts", source), key("1.ts", "https://u:p@a.example/x?sig=1"));
    }

    #[test]
    fn a_file_name_reads_back_as_its_id_and_nothing_else_does() {
        let id = key("720p/1.ts", "https://a.example/").id;
        let relative = id.relative();
        let (folder, file) = relative.to_str().unwrap().split_once('/').unwrap();
        assert_eq!(ObjectId::from_names(folder, file), Some(id));
        for (folder, file) in [
            ("", ""),
            ("ab", "cd"),
            (folder, &file[1..]),
            (folder, "../x"),
            ("zz", file),
        ] {
            assert_eq!(ObjectId::from_names(folder, file), None);
        }
    }
}
