//! Reading a file, or a part of it, whole.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

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
    fn what_is_read_stops_at_the_end() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        assert_eq!(read_blocking(&file, 4, 3).unwrap(), b"456");
        assert_eq!(read_blocking(&file, 8, 30).unwrap(), b"89");
        assert_eq!(read_blocking(&file, 10, 1).unwrap(), b"");
    }
}
