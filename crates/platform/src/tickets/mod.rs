//! Tickets: what a viewer holds. A ticket's code is its only name outside; its id is its name in here.

pub mod api;
pub mod counts;
mod csv;
pub mod filter;
mod generate;
pub(crate) mod queries;
pub mod rules;

use serde::{Deserialize, Serialize};
use streamgate_contract::ids::{Code, EventId};
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;

pub(crate) use generate::{TicketDraft, store_drafts};
pub use rules::status;

/// Says how many tickets there are.
pub(crate) fn counted(number: impl std::fmt::Display) -> String {
    let number = number.to_string();
    let noun = if number == "1" { "ticket" } else { "tickets" };
    format!("{number} {noun}")
}

/// A ticket as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// A UUID.
    pub id: String,
    /// What the viewer types.
    pub code: Code,
    /// The event that it admits to.
    pub event_id: EventId,
    /// The organiser's note, at most 200 characters.
    pub label: Option<String>,
    /// `true` while it is revoked.
    pub is_revoked: bool,
    /// When it was revoked; `None` while it is not.
    pub revoked_at: Option<UnixMillis>,
    /// When it was first used.
    pub redeemed_at: Option<UnixMillis>,
    /// From which address it was first used.
    pub redeemed_ip: Option<String>,
    /// When it stops admitting.
    pub expires_at: UnixMillis,
    /// When it was generated.
    pub created_at: UnixMillis,
}

/// The first that applies, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TicketStatus {
    /// The organiser has revoked it.
    Revoked,
    /// Its access window is over.
    Expired,
    /// It has been used.
    Redeemed,
    /// Nobody has used it yet.
    Unused,
}
