//! Reading parts of a file without keeping async threads waiting for a disk.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

/// Reads up to `length` bytes at `offset` if the kernel has them in memory; `None` when that would wait for
/// the disk. May return fewer bytes; none at all means the file ends here.
#[cfg(target_os = "linux")]
pub(crate) fn read_cached(file: &File, offset: u64, length: usize) -> Option<Vec<u8>> {
    use rustix::io::{ReadWriteFlags, preadv2};

    let mut bytes = vec![0; length];
    let count = preadv2(
        file,
        &mut [io::IoSliceMut::new(&mut bytes)],
        offset,
        ReadWriteFlags::NOWAIT,
    )
    .ok()?;
    bytes.truncate(count);
    Some(bytes)
}

/// Only Linux can be asked what it has in memory.
#[cfg(not(target_os = "linux"))]
pub(crate) fn read_cached(_file: &File, _offset: u64, _length: usize) -> Option<Vec<u8>> {
    None
}

/// Reads `length` bytes at `offset`, fewer only at the end of the file. Blocks.
pub(crate) fn read_blocking(file: &File, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn both_ways_read_the_same_bytes_and_stop_at_the_end() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        assert_eq!(read_blocking(&file, 4, 3).unwrap(), b"456");
        assert_eq!(read_blocking(&file, 8, 30).unwrap(), b"89");
        assert_eq!(read_blocking(&file, 10, 1).unwrap(), b"");
        if let Some(bytes) = read_cached(&file, 4, 3) {
            assert_eq!(bytes, b"456");
        }
    }
}
