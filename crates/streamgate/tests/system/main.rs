//! What the whole program promises, tried on real processes, sockets, files and players; one module per group of promises.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test support may panic"
)]

mod attacks;
mod cache;
mod claims;
mod compose;
mod crashes;
mod databases;
mod doctor;
mod faults;
mod guides;
mod harness;
mod live;
mod logs;
mod metrics;
mod native_players;
mod operators_commands;
mod outage;
mod paths;
mod proxies;
mod refusals;
mod resources;
mod restart;
mod rotation;
mod settings;
mod shutdown;
mod simulated_viewers;
mod single_packet;
mod ticket_life;
mod tls;
