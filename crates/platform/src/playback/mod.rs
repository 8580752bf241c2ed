//! Playback: a ticket's session on one device, from its claim to its end.

pub mod api;
pub(crate) mod heartbeats;
pub(crate) mod live;
pub(crate) mod queries;
pub mod rules;
pub(crate) mod token;
pub mod upkeep;

use streamgate_contract::ids::SessionId;
use streamgate_contract::time::UnixMillis;

/// Why a session ended, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// The player gave it back.
    Released,
    /// Another claim took the ticket: take-over, the same device again, or a claim after a lapse.
    Superseded,
    /// 60 s after the ticket's expiry.
    Expired,
    /// The organiser ended it.
    Kicked,
}

impl EndReason {
    /// Returns the word in the database and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Superseded => "superseded",
            Self::Expired => "expired",
            Self::Kicked => "kicked",
        }
    }

    /// Reads the word of the database.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Released, Self::Superseded, Self::Expired, Self::Kicked]
            .into_iter()
            .find(|reason| reason.as_str() == text)
    }

    /// Reads what the database holds: nothing while the session has not ended.
    pub(crate) fn read(stored: Option<String>) -> Result<Option<Self>, sqlx::Error> {
        let unknown = || sqlx::Error::Decode("unknown end of a session".into());
        stored
            .map(|text| Self::parse(&text).ok_or_else(unknown))
            .transpose()
    }
}

/// A session as stored, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub sid: SessionId,
    /// What the browser sent as its own id, if it sent one.
    pub device_id: Option<String>,
    /// Its last heartbeat or media request.
    pub last_seen_at: UnixMillis,
    /// Why it ended; `None` while it is live or lapsed.
    pub ended: Option<EndReason>,
    /// The device whose claim ended it, if one did.
    pub ended_by_device_id: Option<String>,
}
