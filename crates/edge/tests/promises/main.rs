//! What an edge promises to viewers, players, operators and the platform, one module per group of promises.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test support may panic"
)]

mod activity_reports;
mod answers;
mod feed;
mod http_link;
mod logging;
mod objects;
mod odd_files;
mod paths;
mod playlists;
mod probes;
mod refusals;
mod sockets;
mod support;
mod transfers;
mod upstream_playlists;
