//! The two things that pass between an edge and its platform: the feed down, activity reports up.

mod http;
mod push;
mod sse;

use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use streamgate_contract::activity::ActivityReport;
use streamgate_contract::feed::{FeedCursor, FeedEvent};
use streamgate_contract::ids::EdgeId;

pub use self::http::HttpPlatformLink;

/// How an edge reaches its platform: over HTTP, or within one process.
pub trait PlatformLink: Send + Sync + 'static {
    /// Follows the feed from `cursor`, or from a snapshot without one.
    ///
    /// The stream ends, or errs, when the connection breaks; the edge then comes back with a new cursor.
    fn subscribe(&self, cursor: Option<FeedCursor>) -> BoxStream<'static, Result<FeedEvent, LinkError>>;

    /// Tells the platform which sessions were served; an error means that nothing of it was taken.
    fn report(&self, edge_id: &EdgeId, report: ActivityReport) -> BoxFuture<'static, Result<(), LinkError>>;
}

/// Why the platform could not be asked. Never repeats what was sent or received.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LinkError {
    /// The platform does not accept the internal API key.
    #[error("the platform refuses the internal API key")]
    Unauthorized,
    /// The platform answered with a status that says no.
    #[error("the platform answered with status {0}")]
    Status(u16),
    /// No connection, or it broke.
    #[error("the platform cannot be reached: {0}")]
    Unreachable(String),
    /// Nothing was heard for longer than the contract allows.
    #[error("the platform went silent")]
    Silent,
    /// The answer is not what the contract says.
    #[error("the platform's answer is malformed")]
    Malformed,
}
