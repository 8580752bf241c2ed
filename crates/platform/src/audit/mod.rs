//! Who did what, when, from where: one log line each; admin actions and redemptions are also kept as rows.
//!
//! An entry names things by id. It never holds a code, a playback token or a password.

pub(crate) mod queries;

use streamgate_contract::time::UnixMillis;

use crate::app::App;
use crate::db::Tx;
use crate::extract::Client;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The organiser signed in.
    AdminSignedIn,
    /// A sign-in was refused.
    AdminSignInRefused,
    /// The organiser signed out.
    AdminSignedOut,
    /// An event was created.
    EventCreated,
    /// An event was edited.
    EventEdited,
    /// An event was switched off.
    EventDeactivated,
    /// An event was switched on again.
    EventReactivated,
    /// An event was hidden from lists.
    EventArchived,
    /// An event was shown in lists again.
    EventUnarchived,
    /// An event was deleted with its tickets.
    EventDeleted,
    /// Tickets were generated.
    TicketsGenerated,
    /// A ticket was revoked.
    TicketRevoked,
    /// A ticket's revocation was undone.
    TicketRestored,
    /// Several tickets were revoked at once.
    TicketsRevoked,
    /// A ticket was used for the first time.
    TicketRedeemed,
    /// A code was accepted and a session began.
    SessionStarted,
    /// A session ended; the detail says why.
    SessionEnded,
    /// A session fell silent for longer than the session timeout.
    SessionLapsed,
    /// A code was refused; the detail says why.
    ValidationRefused,
    /// A playback token was renewed.
    TokenRefreshed,
    /// Renewing a playback token was refused; the detail says why.
    RefreshRefused,
}

impl Kind {
    /// Returns the word in logs and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AdminSignedIn => "admin_signed_in",
            Self::AdminSignInRefused => "admin_sign_in_refused",
            Self::AdminSignedOut => "admin_signed_out",
            Self::EventCreated => "event_created",
            Self::EventEdited => "event_edited",
            Self::EventDeactivated => "event_deactivated",
            Self::EventReactivated => "event_reactivated",
            Self::EventArchived => "event_archived",
            Self::EventUnarchived => "event_unarchived",
            Self::EventDeleted => "event_deleted",
            Self::TicketsGenerated => "tickets_generated",
            Self::TicketRevoked => "ticket_revoked",
            Self::TicketRestored => "ticket_restored",
            Self::TicketsRevoked => "tickets_revoked",
            Self::TicketRedeemed => "ticket_redeemed",
            Self::SessionStarted => "session_started",
            Self::SessionEnded => "session_ended",
            Self::SessionLapsed => "session_lapsed",
            Self::ValidationRefused => "validation_refused",
            Self::TokenRefreshed => "token_refreshed",
            Self::RefreshRefused => "refresh_refused",
        }
    }
}

/// One line of the audit log, without its time.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    kind: Kind,
    client: Option<&'a Client>,
    event_id: Option<&'a str>,
    ticket_id: Option<&'a str>,
    detail: Option<&'a str>,
}

impl<'a> Entry<'a> {
    /// Begins an entry for what `client` did.
    pub const fn new(kind: Kind, client: &'a Client) -> Self {
        Self {
            kind,
            client: Some(client),
            event_id: None,
            ticket_id: None,
            detail: None,
        }
    }

    /// Begins an entry for what the platform did by itself.
    pub const fn own(kind: Kind) -> Self {
        Self {
            kind,
            client: None,
            event_id: None,
            ticket_id: None,
            detail: None,
        }
    }

    /// Names the event.
    #[must_use]
    pub const fn event(mut self, id: &'a str) -> Self {
        self.event_id = Some(id);
        self
    }

    /// Names the ticket, by its id and never by its code.
    #[must_use]
    pub const fn ticket(mut self, id: &'a str) -> Self {
        self.ticket_id = Some(id);
        self
    }

    /// Adds a reason, a number or a title. Never a secret.
    #[must_use]
    pub const fn detail(mut self, text: &'a str) -> Self {
        self.detail = Some(text);
        self
    }
}

/// Writes the log line of an entry that needs no row.
pub fn log(entry: &Entry<'_>) {
    tracing::info!(
        target: "streamgate::audit",
        kind = entry.kind.as_str(),
        client.ip = entry.client.map(|client| tracing::field::display(client.ip)),
        client.user_agent = entry.client.and_then(|client| client.user_agent.as_deref()),
        event.id = entry.event_id,
        ticket.id = entry.ticket_id,
        detail = entry.detail,
        "audit"
    );
}

/// Keeps the entry as a row, in the transaction of what it tells of, and writes the log line when that is in force.
pub async fn record(app: &App, tx: &mut Tx, now: UnixMillis, entry: &Entry<'_>) -> Result<(), sqlx::Error> {
    queries::insert(tx, &app.new_id(now), now, entry).await?;
    let kind = entry.kind;
    let client = entry.client.cloned();
    let [event_id, ticket_id, detail] =
        [entry.event_id, entry.ticket_id, entry.detail].map(|text| text.map(ToOwned::to_owned));
    tx.after_commit(move || {
        log(&Entry {
            kind,
            client: client.as_ref(),
            event_id: event_id.as_deref(),
            ticket_id: ticket_id.as_deref(),
            detail: detail.as_deref(),
        });
    });
    Ok(())
}
