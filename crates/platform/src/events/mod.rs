//! Events: what tickets admit to, when, and for how long afterwards.

pub mod api;
pub mod filter;
pub(crate) mod queries;
pub mod rules;
mod seed;
pub mod status;
mod web_address;

use serde::{Deserialize, Serialize};
use streamgate_contract::ids::EventId;
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;

pub use seed::{SeededEvent, seed};

const MILLIS_PER_HOUR: i64 = 3_600_000;

/// What happens when a ticket that is in use is entered on a second device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum DevicePolicy {
    /// The second device is told that the ticket is in use.
    #[default]
    Block,
    /// The second device takes over and the first one ends.
    Takeover,
}

impl DevicePolicy {
    /// Returns the word in the database and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Takeover => "takeover",
        }
    }

    /// Reads the word of the database or of a request.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Block, Self::Takeover]
            .into_iter()
            .find(|policy| policy.as_str() == text)
    }
}

/// What the organiser decides about an event, validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPlan {
    /// 1 to 200 characters, trimmed.
    pub title: String,
    /// At most 5,000 characters.
    pub description: Option<String>,
    /// Upstream base for this event alone; http or https, without userinfo.
    pub stream_url: Option<String>,
    /// Where the page finds the poster.
    pub poster_url: Option<String>,
    /// When the event is announced to start.
    pub starts_at: UnixMillis,
    /// When it is announced to end; later than `starts_at`.
    pub ends_at: UnixMillis,
    /// How long after the end tickets admit: 1 to 168 hours.
    pub access_window_hours: i64,
    /// What a second device gets.
    pub device_policy: DevicePolicy,
}

impl EventPlan {
    /// Returns when tickets of this event expire.
    pub const fn tickets_expire_at(&self) -> UnixMillis {
        self.ends_at
            .plus_millis(self.access_window_hours * MILLIS_PER_HOUR)
    }
}

/// An event as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Also the name of its folder or upstream path.
    pub id: EventId,
    /// What the organiser decides.
    pub plan: EventPlan,
    /// `false` while it is switched off.
    pub is_active: bool,
    /// When it was switched off; `None` while active.
    pub deactivated_at: Option<UnixMillis>,
    /// Hidden from lists; changes no access.
    pub is_archived: bool,
    /// When it was created.
    pub created_at: UnixMillis,
    /// When the organiser last changed it.
    pub updated_at: UnixMillis,
}

impl Event {
    /// Returns a new event, switched on.
    pub const fn new(id: EventId, plan: EventPlan, now: UnixMillis) -> Self {
        Self {
            id,
            plan,
            is_active: true,
            deactivated_at: None,
            is_archived: false,
            created_at: now,
            updated_at: now,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::DevicePolicy;

    #[test]
    fn device_policies_are_read_back_as_they_are_written() {
        for policy in [DevicePolicy::Block, DevicePolicy::Takeover] {
            assert_eq!(DevicePolicy::parse(policy.as_str()), Some(policy));
        }
        assert_eq!(DevicePolicy::parse("Block"), None);
    }
}
