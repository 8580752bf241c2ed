//! What any `StreamGate` HTTP process needs and no media rule: a clock, a random source, the client's
//! address, rate limits, guarded listeners, the error body and the security headers. Knows no contract.

pub mod api_key;
pub mod client_ip;
pub mod clock;
pub mod error_body;
pub mod listeners;
pub mod metrics;
pub mod random;
pub mod rate_limit;
pub mod security_headers;
