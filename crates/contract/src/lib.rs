//! What platform, edge and player say to each other: pure data and pure functions.
//!
//! No I/O, no async, no clock in here: every rule takes its `now`. Untrusted text becomes a type of this crate once,
//! at the border, and is trusted afterwards. Nothing in here panics on any input, and no error or `Debug` output
//! repeats a code, a token or a key.

pub mod activity;
pub mod claims;
pub mod deny_state;
pub mod errors;
pub mod feed;
pub mod ids;
pub mod media_path;
pub mod playback_token;
pub mod stream_state;
pub mod time;

mod hex;
mod json;
