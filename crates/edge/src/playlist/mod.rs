//! Playlists: read whole, understood, rewritten for one viewer, and asked how their stream is doing.

pub(crate) mod classify;
mod hold;
mod lines;
pub(crate) mod live_state;
pub(crate) mod resolve;
pub(crate) mod rewrite;
pub(crate) mod store;
pub(crate) mod version;
