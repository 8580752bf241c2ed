//! Who did what, when, from where: one log line each; admin actions and redemptions are also kept as rows.
//!
//! An entry names things by id. It never holds a code, a playback token or a password.

pub(crate) mod api;
mod filter;
mod kind;
pub(crate) mod queries;
pub(crate) mod refusals;

use streamgate_contract::time::UnixMillis;

pub use self::kind::Kind;
use crate::app::App;
use crate::db::Tx;
use crate::extract::Client;

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
    log_after_commit(tx, entry);
    Ok(())
}

/// Writes the log line of an entry when what it tells of is in force.
pub(crate) fn log_after_commit(tx: &mut Tx, entry: &Entry<'_>) {
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
}
