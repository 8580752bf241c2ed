//! Sample events for the demo and for trying things out.

use std::time::Duration;

use streamgate_contract::feed::FeedChange;
use streamgate_contract::ids::{Code, EventId};
use streamgate_contract::time::UnixMillis;

use super::rules::ACCESS_WINDOW_HOURS_DEFAULT;
use super::{DevicePolicy, Event, EventPlan, MILLIS_PER_HOUR, queries};
use crate::app::{App, duration_millis};
use crate::db::Tx;
use crate::error::ApiError;
use crate::feed;
use crate::tickets::{Ticket, TicketDraft, TicketStatus, status, store_drafts};

/// The states of each sample event's ten tickets.
const TICKET_STATES: [TicketStatus; 10] = [
    TicketStatus::Unused,
    TicketStatus::Unused,
    TicketStatus::Unused,
    TicketStatus::Unused,
    TicketStatus::Unused,
    TicketStatus::Redeemed,
    TicketStatus::Redeemed,
    TicketStatus::Revoked,
    TicketStatus::Revoked,
    TicketStatus::Expired,
];

/// A sample event as it was stored.
#[derive(Clone, Debug)]
pub struct SeededEvent {
    /// Its id, which is also the name of its media folder.
    pub id: EventId,
    /// Its title.
    pub title: String,
    /// Codes that admit to it.
    pub usable_codes: Vec<Code>,
}

/// What the three sample events are.
#[derive(Clone, Copy)]
struct Sample {
    title: &'static str,
    description: &'static str,
    starts_in_millis: i64,
    lasts_millis: i64,
}

/// Stores three sample events with ten tickets each: one on now, one over with its window open, and one that
/// starts after `upcoming_in`. Returns them in this order.
pub async fn seed(app: &App, upcoming_in: Duration) -> Result<Vec<SeededEvent>, ApiError> {
    let samples = [
        Sample {
            title: "Live demonstration",
            description: "A moving test picture with a clock, on air now.",
            starts_in_millis: -MILLIS_PER_HOUR,
            lasts_millis: 24 * MILLIS_PER_HOUR,
        },
        Sample {
            title: "Recorded demonstration",
            description: "It is over; tickets still admit to the recording.",
            starts_in_millis: -3 * MILLIS_PER_HOUR,
            lasts_millis: 2 * MILLIS_PER_HOUR,
        },
        Sample {
            title: "Upcoming demonstration",
            description: "It has not started yet: viewers wait in the waiting room.",
            starts_in_millis: duration_millis(upcoming_in),
            lasts_millis: 2 * MILLIS_PER_HOUR,
        },
    ];
    let mut tx = app.db.write().await?;
    let now = tx.now().await?;
    let mut changes = Vec::new();
    let mut seeded = Vec::new();
    for sample in samples {
        let event = sample.event(app, now)?;
        queries::insert(&mut tx, &event).await?;
        let tickets = seed_tickets(app, &mut tx, &event).await?;
        changes.extend(tickets.iter().filter_map(revocation));
        seeded.push(SeededEvent {
            id: event.id,
            title: event.plan.title,
            usable_codes: tickets
                .into_iter()
                .filter(|ticket| admits(ticket, now))
                .map(|it| it.code)
                .collect(),
        });
    }
    feed::queries::append(&mut tx, now, &changes).await?;
    tx.commit().await?;
    app.feed.wake();
    Ok(seeded)
}

impl Sample {
    fn event(self, app: &App, now: UnixMillis) -> Result<Event, ApiError> {
        let id =
            EventId::parse(&app.new_id(now)).map_err(|_| ApiError::Internal("a new id is no event id"))?;
        let starts_at = now.plus_millis(self.starts_in_millis);
        let plan = EventPlan {
            title: self.title.to_owned(),
            description: Some(self.description.to_owned()),
            stream_url: None,
            poster_url: None,
            starts_at,
            ends_at: starts_at.plus_millis(self.lasts_millis),
            access_window_hours: ACCESS_WINDOW_HOURS_DEFAULT,
            device_policy: DevicePolicy::Block,
        };
        Ok(Event::new(id, plan, now))
    }
}

async fn seed_tickets(app: &App, tx: &mut Tx, event: &Event) -> Result<Vec<Ticket>, ApiError> {
    let now = event.created_at;
    let drafts = TICKET_STATES.map(|state| TicketDraft {
        event_id: event.id.clone(),
        label: Some(format!("Sample ({state:?})").to_ascii_lowercase()),
        revoked_at: (state == TicketStatus::Revoked).then_some(now),
        redeemed_at: (state == TicketStatus::Redeemed).then_some(now),
        // Earlier than its event says, which only a sample is: so that every event shows every state.
        expires_at: if state == TicketStatus::Expired {
            now
        } else {
            event.plan.tickets_expire_at()
        },
        created_at: now,
    });
    store_drafts(app, tx, drafts.into()).await
}

fn revocation(ticket: &Ticket) -> Option<FeedChange> {
    ticket.revoked_at.map(|at| FeedChange::TicketRevoked {
        code: ticket.code.clone(),
        at,
    })
}

fn admits(ticket: &Ticket, now: UnixMillis) -> bool {
    matches!(status(ticket, now), TicketStatus::Unused | TicketStatus::Redeemed)
}
