//! What is known of a stored object. It stands in an extended attribute of its file, so that file and record
//! appear under the object's name in the same moment and are lost together.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{XattrFlags, fgetxattr, fsetxattr, lgetxattr};

use super::digest;
use super::generations::{Born, Rendition};
use crate::reply::conditional::Validators;

// Short enough to stay within the inode on the common file systems: no further block, no further read.
const ATTRIBUTE: &str = "user.streamgate";
const VERSION: u8 = 2;
const LENGTH: usize = 1 + 8 + 4 + 8 + 8 + 8 + 8 + 4 + 4 + 4;

/// A run of the machine. What was written in an earlier one may have been cut by a loss of power.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Boot([u8; 8]);

/// What is known of a stored object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Record {
    pub(super) length: u64,
    /// CRC-32 of the body.
    pub(super) crc: u32,
    /// What the entity tag shows.
    pub(super) tag: [u8; 8],
    pub(super) modified_secs: u64,
    pub(super) stored_secs: u64,
    /// When the body was last known to be whole.
    pub(super) boot: Boot,
    pub(super) born: Born,
}

impl Boot {
    /// Returns the present run. Where the system does not tell, each process counts as one.
    pub(super) fn current(otherwise: [u8; 8]) -> Self {
        match std::fs::read("/proc/sys/kernel/random/boot_id") {
            Ok(id) => Self(digest(&[&id])),
            Err(_) => Self(otherwise),
        }
    }
}

impl Record {
    pub(super) fn validators(&self) -> Validators {
        Validators::new(
            &format!("{:016x}", u64::from_be_bytes(self.tag)),
            self.modified_secs,
        )
    }

    /// Reads the record of an open file; `None` if it has none that is whole.
    pub(super) fn read(file: &File) -> Option<Self> {
        let mut bytes = [0u8; LENGTH];
        let count = fgetxattr(file, ATTRIBUTE, &mut bytes).ok()?;
        (count == LENGTH).then(|| Self::decode(&bytes)).flatten()
    }

    /// Reads the record of a file by its name.
    pub(super) fn read_at(path: &Path) -> Option<Self> {
        let mut bytes = [0u8; LENGTH];
        let count = lgetxattr(path, ATTRIBUTE, &mut bytes).ok()?;
        (count == LENGTH).then(|| Self::decode(&bytes)).flatten()
    }

    pub(super) fn write(&self, file: &File) -> io::Result<()> {
        Ok(fsetxattr(file, ATTRIBUTE, &self.encode(), XattrFlags::empty())?)
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(VERSION);
        bytes.extend(self.length.to_be_bytes());
        bytes.extend(self.crc.to_be_bytes());
        bytes.extend(self.tag);
        bytes.extend(self.modified_secs.to_be_bytes());
        bytes.extend(self.stored_secs.to_be_bytes());
        bytes.extend(self.boot.0);
        bytes.extend(self.born.rendition.number().to_be_bytes());
        bytes.extend(self.born.generation.to_be_bytes());
        bytes.extend(crc32fast::hash(&bytes).to_be_bytes());
        bytes
    }

    fn decode(bytes: &[u8; LENGTH]) -> Option<Self> {
        let (content, crc) = bytes.split_last_chunk::<4>()?;
        if content.first() != Some(&VERSION) || crc32fast::hash(content).to_be_bytes() != *crc {
            return None;
        }
        let number = |at: usize| content.get(at..at + 8)?.try_into().ok();
        let short = |at: usize| Some(u32::from_be_bytes(content.get(at..at + 4)?.try_into().ok()?));
        Some(Self {
            length: u64::from_be_bytes(number(1)?),
            crc: short(9)?,
            tag: number(13)?,
            modified_secs: u64::from_be_bytes(number(21)?),
            stored_secs: u64::from_be_bytes(number(29)?),
            boot: Boot(number(37)?),
            born: Born {
                rendition: Rendition::of_number(short(45)?),
                generation: short(49)?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_reads_back_and_a_changed_byte_makes_it_none() {
        let record = Record {
            length: 1 << 40,
            crc: 7,
            tag: [9; 8],
            modified_secs: 1_700_000_000,
            stored_secs: 1_700_000_001,
            boot: Boot([3; 8]),
            born: Born {
                rendition: Rendition::of_number(5),
                generation: 6,
            },
        };
        let bytes: [u8; LENGTH] = record.encode().try_into().unwrap();
        assert_eq!(Record::decode(&bytes), Some(record));
        for at in 0..LENGTH {
            let mut changed = bytes;
            changed[at] ^= 1;
            assert_eq!(Record::decode(&changed), None, "{at}");
        }
        assert_eq!(record.validators().etag(), "\"0909090909090909\"");
    }
}
