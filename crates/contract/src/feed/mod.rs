//! The ordered records that platforms push to edges, and the three events that carry them.
//!
//! Record numbers have no gaps; `h` chains each record to everything before it, so that a database restored from an
//! old copy is noticed. The platform computes `h`; an edge only keeps and returns it.

mod chain;
mod event;
mod record;

pub use chain::{ChainHash, Epoch, chain};
pub use event::{
    EventOffEntry, FeedCursor, FeedEvent, FeedPage, Head, RevokedEntry, SessionEndedEntry, Snapshot,
    SourceEntry,
};
pub use record::{FeedChange, FeedRecord, record_body, record_json};

/// Seconds between two `head` events at most.
pub const HEAD_INTERVAL_SECS: u64 = 5;
/// Seconds without an event after which the push counts as broken.
pub const SILENCE_SECS_MAX: u64 = 15;
/// Milliseconds between two polls while the push is broken, unless the operator sets another figure.
pub const POLL_INTERVAL_MS_DEFAULT: u64 = 30_000;
/// Seconds that a long poll (`wait`) lasts at most.
pub const LONG_POLL_SECS_MAX: u64 = 25;
/// Milliseconds before the first attempt to reconnect.
pub const RECONNECT_MS_MIN: u64 = 250;
/// Milliseconds between two attempts to reconnect at most.
pub const RECONNECT_MS_MAX: u64 = 5000;
/// Seconds that the platform keeps records for; an edge further behind gets a snapshot.
pub const RETAINED_TAIL_SECS: i64 = 7200;
/// Milliseconds by which an edge's clock may differ from the feed's `now` before the edge is degraded.
pub const CLOCK_OFFSET_MS_MAX: i64 = 2000;

/// Why a text of the feed cannot be used. Never repeats the text: it holds codes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FeedError {
    /// Not a record of the contract's shape.
    #[error("malformed feed record")]
    Record,
    /// Not a snapshot of the contract's shape.
    #[error("malformed feed snapshot")]
    Snapshot,
    /// Not a head of the contract's shape.
    #[error("malformed feed head")]
    Head,
    /// Not 16 lower-case hex digits.
    #[error("not a chain hash")]
    ChainHash,
    /// Not 1 to 64 characters of `A-Za-z0-9_-`.
    #[error("not an epoch")]
    Epoch,
}
