//! Edges as the platform sees them: what they report of viewers, and what they say of streams.

mod activity;
pub mod api;
pub(crate) mod overview;
mod probe;
pub(crate) mod queries;
mod stream_states;

pub use activity::record_activity;
pub use probe::{HttpStreamProbe, ProbeOutcome, ProbeReport, StreamProbe};
pub use stream_states::StreamStates;
