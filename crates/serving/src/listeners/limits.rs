//! The bounds of a listener and of each of its connections.

use std::time::Duration;

/// What a connection may cost and how many there may be.
///
/// The default counts descriptors, so it is taken after
/// [`raise_descriptor_limit`](super::raise_descriptor_limit).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long the first request head may take from the accept, silence included, and every later one on
    /// HTTP/1.1 from its first byte. Default 10 s.
    pub header_timeout: Duration,
    /// How long a kept-alive connection may wait for its next request. Default 60 s.
    pub idle_timeout: Duration,
    /// How long a response that is ready may wait for a client that takes nothing of it. Default 30 s.
    pub write_stall_timeout: Duration,
    /// Connections at once; more wait in the kernel's queue. Default three quarters of the descriptor limit.
    pub connections_max: usize,
    /// Connections at once from one client (an IPv4 address, an IPv6 /64); more are closed at once. Default 0, which is no limit:
    /// proxies and venues are one address.
    pub connections_per_client_max: usize,
    /// Header fields of one request. Default 100.
    pub headers_max: usize,
    /// Bytes of one request head. Default 16 KiB; not under 8 KiB on HTTP/1.1 (hyper's smallest buffer), nor
    /// over 16 KiB on HTTP/2, where every stream holds that much.
    pub header_bytes_max: usize,
    /// Requests at once on one HTTP/2 connection. Default 64, which is also the most.
    pub http2_streams_max: u32,
    /// How long running responses may take after the shutdown signal. Default 10 s.
    pub drain_deadline: Duration,
}

impl Limits {
    pub(super) fn shortest_timeout(&self) -> Duration {
        self.header_timeout
            .min(self.idle_timeout)
            .min(self.write_stall_timeout)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_mins(1),
            write_stall_timeout: Duration::from_secs(30),
            connections_max: super::descriptors::connections_for(super::descriptors::descriptor_limit()),
            connections_per_client_max: 0,
            headers_max: 100,
            header_bytes_max: 16 * 1024,
            http2_streams_max: 64,
            drain_deadline: Duration::from_secs(10),
        }
    }
}
