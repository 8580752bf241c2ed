//! Writing JSON that cannot fail.

use serde::Serialize;

/// Writes a value of this crate's own types as JSON.
#[expect(
    clippy::expect_used,
    reason = "serde_json fails only on I/O, on maps with keys that are no strings and on our own Serialize; none of them occurs in this crate"
)]
pub(crate) fn to_string(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("the contract's own types serialize")
}
