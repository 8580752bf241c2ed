//! Playlists: read whole, understood, rewritten for one viewer, and asked how their stream is doing.

pub(crate) mod classify;
mod hold;
mod kept;
pub(crate) mod lines;
pub(crate) mod live_state;
mod looks;
mod reading;
pub(crate) mod resolve;
pub(crate) mod rewrite;
#[cfg(test)]
mod rewrite_properties;
pub(crate) mod shelf;
pub(crate) mod store;
pub(crate) mod upstream;
pub(crate) mod version;
