//! Making tickets: drawing codes until all are free.

use std::collections::HashSet;

use streamgate_contract::ids::{Code, EventId};
use streamgate_contract::time::UnixMillis;

use super::{Ticket, queries};
use crate::app::App;
use crate::db::Tx;
use crate::error::ApiError;

/// Draws of codes before something is wrong: with 71 bits even one collision is not to be expected.
const DRAWS_MAX: usize = 5;

/// A ticket to be made, all but its id and code.
#[derive(Clone, Debug)]
pub(crate) struct TicketDraft {
    pub(crate) event_id: EventId,
    pub(crate) label: Option<String>,
    pub(crate) revoked_at: Option<UnixMillis>,
    pub(crate) redeemed_at: Option<UnixMillis>,
    pub(crate) expires_at: UnixMillis,
    pub(crate) created_at: UnixMillis,
}

impl TicketDraft {
    fn into_ticket(self, app: &App) -> Ticket {
        Ticket {
            id: app.new_id(self.created_at),
            code: Code::generate(&mut |bytes: &mut [u8]| app.random.fill(bytes)),
            event_id: self.event_id,
            label: self.label,
            is_revoked: self.revoked_at.is_some(),
            revoked_at: self.revoked_at,
            redeemed_at: self.redeemed_at,
            redeemed_ip: None,
            expires_at: self.expires_at,
            created_at: self.created_at,
        }
    }
}

/// Gives each draft an id and a code that no other ticket has, stores them, and returns them in order.
///
/// A code that is taken is drawn anew; the others of the batch stay.
pub(crate) async fn store_drafts(
    app: &App,
    tx: &mut Tx,
    drafts: Vec<TicketDraft>,
) -> Result<Vec<Ticket>, ApiError> {
    let mut stored = Vec::with_capacity(drafts.len());
    let mut waiting = drafts;
    for _ in 0..DRAWS_MAX {
        let tickets: Vec<Ticket> = waiting
            .iter()
            .map(|draft| draft.clone().into_ticket(app))
            .collect();
        let inserted: HashSet<String> = queries::insert(tx, &tickets).await?.into_iter().collect();
        let mut taken = Vec::new();
        for (ticket, draft) in tickets.into_iter().zip(waiting) {
            if inserted.contains(&ticket.id) {
                stored.push(ticket);
            } else {
                taken.push(draft);
            }
        }
        if taken.is_empty() {
            return Ok(stored);
        }
        waiting = taken;
    }
    Err(ApiError::Internal(
        "no free code was drawn: the random source repeats itself",
    ))
}
