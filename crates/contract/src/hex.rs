//! Lower-case hexadecimal text and SHA-256 prefixes.

use aws_lc_rs::digest::{SHA256, digest};

const DIGITS: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
];

/// Writes `bytes` as lower-case hex digits, two for each byte.
pub(crate) fn lower(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0x0f])
        .filter_map(|nibble| DIGITS.get(usize::from(nibble)))
        .collect()
}

/// Returns the first `bytes` bytes of the SHA-256 of `data` as hex digits.
pub(crate) fn sha256_prefix(data: &[u8], bytes: usize) -> String {
    let hash = digest(&SHA256, data);
    lower(hash.as_ref().get(..bytes).unwrap_or(hash.as_ref()))
}

/// Tells whether `text` consists of `length` lower-case hex digits.
pub(crate) fn is_lower(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
