//! Why tickets were refused, for whoever helps their viewers: the last 20 of each ticket.
//!
//! A refusal is noted in memory and stored within a second, many in one transaction, so that refusing costs no
//! write of its own. What a crash loses is a hint, not a promise.

pub(crate) mod queries;

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use streamgate_contract::time::UnixMillis;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::ApiError;

/// Refusals that are kept of a ticket.
pub(super) const REFUSALS_PER_TICKET: i64 = 20;
/// Notes that wait to be stored at most: what the busiest second brings, and no more when the database is away.
const NOTES_MAX: usize = 10_000;

/// Where a ticket was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    /// Its code was entered.
    Validate,
    /// Its player renewed its token.
    Refresh,
    /// Its player said that it is still there.
    Heartbeat,
    /// Its waiting room asked for the event's status.
    Status,
}

impl Place {
    /// Returns the word in the database.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Validate => "validate",
            Self::Refresh => "refresh",
            Self::Heartbeat => "heartbeat",
            Self::Status => "status",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Validate, Self::Refresh, Self::Heartbeat, Self::Status]
            .into_iter()
            .find(|place| place.as_str() == text)
    }
}

/// A refusal that waits to be stored.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) id: String,
    pub(super) ticket_id: String,
    pub(super) at: UnixMillis,
    pub(super) code: &'static str,
    pub(super) place: Place,
}

/// The refusals that wait to be stored.
#[derive(Debug, Default)]
pub(crate) struct RefusalNotes(Mutex<Vec<Note>>);

/// Notes that a ticket was refused with `error`; an outage of ours is no refusal.
pub(crate) fn note(app: &App, ticket_id: &str, place: Place, error: &ApiError, at: UnixMillis) {
    if matches!(
        error,
        ApiError::Database(_) | ApiError::Internal(_) | ApiError::Overloaded
    ) {
        return;
    }
    let note = Note {
        id: app.new_id(at),
        ticket_id: ticket_id.to_owned(),
        at,
        code: error.code(),
        place,
    };
    // A note is whole before it is pushed, so a poisoned list is too.
    let mut notes = app.refusals.0.lock().unwrap_or_else(PoisonError::into_inner);
    if notes.len() < NOTES_MAX {
        notes.push(note);
    }
}

/// Stores what has been noted.
pub(crate) async fn store_notes(app: &App) -> Result<(), ApiError> {
    let notes = std::mem::take(&mut *app.refusals.0.lock().unwrap_or_else(PoisonError::into_inner));
    if notes.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.write().await?;
    queries::store(&mut tx, &notes).await?;
    tx.commit().await?;
    Ok(())
}

/// A refusal as stored.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    #[schema(value_type = String, format = DateTime)]
    at: UnixMillis,
    /// The code that the viewer's page was answered with, such as `in_use` or `ticket_expired`.
    reason: String,
    place: Place,
}
