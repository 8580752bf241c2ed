//! Reading a file chunk by chunk without keeping async threads waiting for a disk.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// Bytes that are read at once. Few enough that the copies which TLS and HTTP/2 make of them stay in the
/// processor's cache.
pub(crate) const CHUNK_BYTES: usize = 128 * 1024;
/// Buffers that are kept for later: 4 MiB.
const KEPT_MAX: usize = 32;

/// Buffers that wait to be used again: new ones cost a page fault for every 4 KiB.
static KEPT: Mutex<Vec<Box<[u8]>>> = Mutex::new(Vec::new());

fn kept() -> MutexGuard<'static, Vec<Box<[u8]>>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A buffer of [`CHUNK_BYTES`], of which some are filled.
struct Buffer {
    bytes: Box<[u8]>,
    filled: usize,
}

impl Buffer {
    fn new() -> Self {
        let bytes = kept().pop();
        Self {
            bytes: bytes.unwrap_or_else(|| vec![0; CHUNK_BYTES].into()),
            filled: 0,
        }
    }

    /// Returns the room for at most `length` bytes.
    fn room(&mut self, length: usize) -> &mut [u8] {
        let end = length.min(self.bytes.len());
        self.bytes.get_mut(self.filled..end).unwrap_or_default()
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        let mut kept = kept();
        if kept.len() < KEPT_MAX {
            kept.push(bytes);
        }
    }
}

/// Reads up to `length` bytes at `offset`, at most [`CHUNK_BYTES`], if the kernel has them in memory; `None` when
/// that would wait for the disk. May return fewer bytes; none at all means the file ends here.
pub(crate) fn chunk_cached(file: &File, offset: u64, length: usize) -> Option<Bytes> {
    let mut buffer = Buffer::new();
    buffer.filled = cached(file, offset, buffer.room(length))?;
    Some(Bytes::from_owner(buffer))
}

/// Reads `length` bytes at `offset`, at most [`CHUNK_BYTES`], fewer only at the end of the file. Blocks.
pub(crate) fn chunk(file: &File, offset: u64, length: usize) -> io::Result<Bytes> {
    let mut buffer = Buffer::new();
    while !buffer.room(length).is_empty() {
        let at = offset + buffer.filled as u64;
        match file.read_at(buffer.room(length), at) {
            Ok(0) => break,
            Ok(count) => buffer.filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(Bytes::from_owner(buffer))
}

/// Tells whether the kernel has a part of a file in memory, as far as its ends show: what is read and evicted is
/// runs of pages.
pub(crate) fn is_cached(file: &File, offset: u64, length: usize) -> bool {
    let last = offset + (length as u64).saturating_sub(1);
    let has = |at: u64| cached(file, at, &mut [0]).is_some();
    has(offset) && (length <= CHUNK_BYTES || has(last))
}

/// Has the kernel read a part of a file into its memory. Blocks.
pub(crate) fn read_into_cache(file: &File, offset: u64, length: usize) -> io::Result<()> {
    let end = offset + length as u64;
    let mut at = offset;
    while at < end {
        let left = usize::try_from(end - at).unwrap_or(CHUNK_BYTES);
        match chunk(file, at, left)?.len() {
            0 => break,
            count => at += count as u64,
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn cached(file: &File, offset: u64, room: &mut [u8]) -> Option<usize> {
    use rustix::io::{ReadWriteFlags, preadv2};

    let room = &mut [io::IoSliceMut::new(room)];
    preadv2(file, room, offset, ReadWriteFlags::NOWAIT).ok()
}

/// Only Linux can be asked what it has in memory.
#[cfg(not(target_os = "linux"))]
fn cached(_file: &File, _offset: u64, _room: &mut [u8]) -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn both_ways_read_the_same_bytes_and_stop_at_the_end() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        assert_eq!(chunk(&file, 4, 3).unwrap(), b"456".as_slice());
        assert_eq!(chunk(&file, 8, 30).unwrap(), b"89".as_slice());
        assert_eq!(chunk(&file, 10, 1).unwrap(), b"".as_slice());
        if let Some(bytes) = chunk_cached(&file, 4, 3) {
            assert_eq!(bytes, b"456".as_slice());
        }
    }

    #[test]
    fn a_buffer_that_is_used_again_shows_nothing_of_its_former_bytes() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&vec![b'a'; 2 * CHUNK_BYTES]).unwrap();
        for length in [CHUNK_BYTES, 3 * CHUNK_BYTES] {
            assert_eq!(chunk(&file, 0, length).unwrap().len(), CHUNK_BYTES);
        }
        let end = 2 * CHUNK_BYTES as u64;
        assert_eq!(chunk(&file, end - 2, 30).unwrap(), b"aa".as_slice());
        read_into_cache(&file, 0, 3 * CHUNK_BYTES).unwrap();
    }
}
