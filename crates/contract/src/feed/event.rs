//! What a connected edge receives: records, snapshots and heads, over SSE or as one JSON page.

use serde::{Deserialize, Serialize};

use super::{ChainHash, Epoch, FeedError, FeedRecord};
use crate::ids::{Code, EventId, SessionId};
use crate::time::UnixMillis;

/// Where an edge wants the feed to be continued; the query `?after=N&h=H&epoch=E`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FeedCursor {
    /// The number of the last record that the edge has applied.
    pub after: u64,
    /// The hash that came with it.
    pub h: ChainHash,
    /// The database that it came from.
    pub epoch: Epoch,
}

/// Where the feed stands; also the sign of life and the reference clock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// The database.
    pub epoch: Epoch,
    /// The number of the last record.
    pub seq: u64,
    /// The hash of the history up to it.
    pub h: ChainHash,
    /// The database's clock.
    pub now: UnixMillis,
}

/// The whole state at one record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Snapshot {
    /// The database.
    pub epoch: Epoch,
    /// The number of the last record that is contained.
    pub seq: u64,
    /// The hash of the history up to it.
    pub h: ChainHash,
    /// The database's clock.
    pub now: UnixMillis,
    /// Revoked tickets.
    pub revoked: Vec<RevokedEntry>,
    /// Events that are switched off or deleted.
    pub events_off: Vec<EventOffEntry>,
    /// Sessions that have ended.
    pub sessions_ended: Vec<SessionEndedEntry>,
    /// Events with a source of their own.
    pub sources: Vec<SourceEntry>,
}

/// A revoked ticket.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevokedEntry {
    /// The ticket's code.
    pub code: Code,
    /// Since when.
    pub at: UnixMillis,
}

/// An event that is switched off or deleted.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventOffEntry {
    /// The event.
    pub event_id: EventId,
    /// Since when.
    pub at: UnixMillis,
}

/// A session that has ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionEndedEntry {
    /// The session.
    pub sid: SessionId,
    /// Since when.
    pub at: UnixMillis,
}

/// An event with a source of its own.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceEntry {
    /// The event.
    pub event_id: EventId,
    /// The URL that replaces every other source of the event.
    pub url: String,
}

/// One event of the feed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FeedEvent {
    /// The next record.
    Record(FeedRecord),
    /// The whole state, which replaces what the edge holds.
    Snapshot(Snapshot),
    /// A sign of life.
    Head(Head),
}

impl FeedEvent {
    /// Reads one SSE event; `None` for an event name of a later version.
    ///
    /// # Errors
    /// The variant of [`FeedError`] that belongs to the event, if its data are malformed.
    pub fn parse_sse(event_name: &str, data: &str) -> Result<Option<Self>, FeedError> {
        match event_name {
            "record" => FeedRecord::parse(data).map(Self::Record).map(Some),
            "snapshot" => serde_json::from_str(data)
                .map(Self::Snapshot)
                .map(Some)
                .map_err(|_| FeedError::Snapshot),
            "head" => serde_json::from_str(data)
                .map(Self::Head)
                .map(Some)
                .map_err(|_| FeedError::Head),
            _ => Ok(None),
        }
    }

    /// Returns the SSE event name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Record(_) => "record",
            Self::Snapshot(_) => "snapshot",
            Self::Head(_) => "head",
        }
    }
}

/// The feed as one JSON answer, for polls.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FeedPage {
    /// The cursor cannot be continued.
    Snapshot {
        /// The state that replaces the edge's.
        snapshot: Snapshot,
    },
    /// Everything after the cursor.
    Records {
        /// The database.
        epoch: Epoch,
        /// The number of the last record.
        seq: u64,
        /// The hash of the history up to it.
        h: ChainHash,
        /// The database's clock.
        now: UnixMillis,
        /// The records after the cursor, in order; may be empty.
        records: Vec<FeedRecord>,
    },
}

impl FeedPage {
    /// Returns what SSE would have sent: the snapshot, or the records and then the head.
    pub fn into_events(self) -> Vec<FeedEvent> {
        match self {
            Self::Snapshot { snapshot } => vec![FeedEvent::Snapshot(snapshot)],
            Self::Records {
                epoch,
                seq,
                h,
                now,
                records,
            } => {
                let head = FeedEvent::Head(Head { epoch, seq, h, now });
                records.into_iter().map(FeedEvent::Record).chain([head]).collect()
            }
        }
    }
}
