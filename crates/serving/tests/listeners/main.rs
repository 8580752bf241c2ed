//! promises: a listener serves honest clients over real sockets and is not held hostage by others.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test support may panic"
)]

mod any_bytes;
mod behind_a_proxy;
mod connections;
mod http2_floods;
mod malformed_requests;
mod parked;
mod slow_clients;
mod support;
mod tls;
