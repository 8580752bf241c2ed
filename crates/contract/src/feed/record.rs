//! One record of the feed: its change, its JSON bytes, and reading them back.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{ChainHash, FeedError};
use crate::ids::{Code, EventId, SessionId};
use crate::json;
use crate::time::UnixMillis;

/// What a record says has changed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum FeedChange {
    /// A ticket is refused from now on.
    TicketRevoked {
        /// The ticket's code.
        code: Code,
        /// When the platform decided it, by the database's clock.
        at: UnixMillis,
    },
    /// A revoked ticket is good again.
    TicketRestored {
        /// The ticket's code.
        code: Code,
    },
    /// An event is switched off or deleted.
    EventOff {
        /// The event.
        event_id: EventId,
        /// When the platform decided it, by the database's clock.
        at: UnixMillis,
    },
    /// An event that was switched off is on again.
    EventOn {
        /// The event.
        event_id: EventId,
    },
    /// A session has ended.
    SessionEnded {
        /// The session.
        sid: SessionId,
        /// When the platform decided it, by the database's clock.
        at: UnixMillis,
    },
    /// Edges drop what they cached of an event.
    Purge {
        /// The event.
        event_id: EventId,
    },
    /// An event gets a source of its own, or loses it.
    EventSource {
        /// The event.
        event_id: EventId,
        /// The URL that replaces every other source of the event; `None` when it has none of its own.
        url: Option<String>,
    },
}

/// The kinds that [`FeedChange`] knows; records of others are read without their change.
const KINDS: [&str; 7] = [
    "ticket_revoked",
    "ticket_restored",
    "event_off",
    "event_on",
    "session_ended",
    "purge",
    "event_source",
];
/// How a record is written whose kind this version does not know.
const UNKNOWN_KIND: &str = "unknown";

/// A numbered change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeedRecord {
    /// The record's number; the first one is 1 and there are no gaps.
    pub seq: u64,
    /// The change; `None` for a kind that this version does not know, which only moves the position.
    pub change: Option<FeedChange>,
    /// The hash of the history up to and including this record.
    pub h: ChainHash,
}

#[derive(Serialize)]
struct Body<'a> {
    seq: u64,
    #[serde(flatten)]
    change: &'a FeedChange,
}

/// Writes a record's JSON without `h`: `{"seq":5,"kind":"ticket_revoked",...}`. These bytes are what
/// [`chain`](super::chain) hashes.
pub fn record_body(seq: u64, change: &FeedChange) -> String {
    json::to_string(&Body { seq, change })
}

/// Returns a record's whole JSON: the body with `"h"` appended as its last member.
pub fn record_json(body: &str, h: &ChainHash) -> String {
    let open = body.strip_suffix('}').unwrap_or(body);
    format!(r#"{open},"h":"{h}"}}"#)
}

impl FeedRecord {
    /// Reads a record's JSON; members that the kind does not have are ignored.
    ///
    /// # Errors
    /// [`FeedError::Record`] if `seq`, `kind` or `h` is missing or malformed, or a member of a known kind is.
    pub fn parse(json: &str) -> Result<Self, FeedError> {
        serde_json::from_str(json).map_err(|_| FeedError::Record)
    }

    fn from_value(value: &Value) -> Option<Self> {
        let kind = value.get("kind")?.as_str()?;
        let change = if KINDS.contains(&kind) {
            Some(FeedChange::deserialize(value).ok()?)
        } else {
            None
        };
        let h = ChainHash::parse(value.get("h")?.as_str()?).ok()?;
        Some(Self {
            seq: value.get("seq")?.as_u64()?,
            change,
            h,
        })
    }
}

impl<'de> Deserialize<'de> for FeedRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_value(&value).ok_or_else(|| serde::de::Error::custom(FeedError::Record))
    }
}

impl Serialize for FeedRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Whole<'a> {
            #[serde(flatten)]
            body: Body<'a>,
            h: &'a ChainHash,
        }
        if let Some(change) = &self.change {
            return Whole {
                body: Body {
                    seq: self.seq,
                    change,
                },
                h: &self.h,
            }
            .serialize(serializer);
        }
        let mut record = serializer.serialize_struct("FeedRecord", 3)?;
        record.serialize_field("seq", &self.seq)?;
        record.serialize_field("kind", UNKNOWN_KIND)?;
        record.serialize_field("h", &self.h)?;
        record.end()
    }
}
