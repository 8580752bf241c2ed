//! SQL of a claim: one look at everything that decides it, and one change that redeems a ticket.
//!
//! All claims wait for SQLite's one writer, and what keeps it busy is less its work than the way of each statement to
//! its thread and back: so there are few.

use streamgate_contract::ids::{Code, DeviceId, EventId, SessionId};
use streamgate_contract::time::UnixMillis;

use super::{HeldTicket, parse_sid, wait_for_ticket};
use crate::audit::Kind;
use crate::db::{Tx, execute, fetch_optional};
use crate::events::Event;
use crate::events::queries::{EventRow, event_columns};
use crate::extract::Client;
use crate::playback::Session;

/// What decides over a claim, as of `now`.
#[derive(Clone, Debug)]
pub(crate) struct Claimable {
    pub(crate) ticket: HeldTicket,
    /// Nobody has redeemed the ticket so far.
    pub(crate) is_unused: bool,
    pub(crate) event: Event,
    /// The ticket's live or lapsed session.
    pub(crate) holder: Option<Session>,
    /// Later than the locks, so that what is minted now is older than the record of whoever waits for them.
    pub(crate) now: UnixMillis,
}

#[derive(sqlx::FromRow)]
struct ClaimableRow {
    #[sqlx(flatten)]
    event: EventRow,
    ticket_id: String,
    event_id: String,
    is_revoked: bool,
    expires_at: i64,
    is_unused: bool,
    sid: Option<String>,
    device_id: Option<String>,
    last_seen_at: Option<i64>,
}

/// Locks the ticket with this code and its session until the end of the transaction, and returns them with their event.
///
/// Whoever revokes, edits or deletes waits for the ticket, and so does any other claim of it. A heartbeat waits for the
/// session: otherwise one between this look and the claim would be acknowledged and then superseded.
pub(crate) async fn lock_claimable(tx: &mut Tx, code: &Code) -> Result<Option<Claimable>, sqlx::Error> {
    wait_for_ticket(tx, code).await?;
    if tx.is_postgres() {
        // A statement of its own, as the ticket's: the next one sees what was committed while this one waited.
        execute!(
            tx,
            "SELECT sid FROM sessions WHERE ticket_id = (SELECT id FROM tickets WHERE code = $1) \
             AND ended_at IS NULL FOR UPDATE",
            code.as_str()
        )?;
    }
    let now = tx.now().await?;
    let row = fetch_optional!(
        tx,
        ClaimableRow,
        concat!(
            "SELECT ",
            event_columns!(),
            ", t.id AS ticket_id, t.event_id, t.is_revoked, t.expires_at, t.redeemed_at IS NULL AS is_unused, \
             s.sid, s.device_id, s.last_seen_at FROM tickets t JOIN events e ON e.id = t.event_id \
             LEFT JOIN sessions s ON s.ticket_id = t.id AND s.ended_at IS NULL WHERE t.code = $1"
        ),
        code.as_str()
    )?;
    row.map(|row| row.read(now)).transpose()
}

impl ClaimableRow {
    fn read(self, now: UnixMillis) -> Result<Claimable, sqlx::Error> {
        let holder = match (self.sid, self.last_seen_at) {
            (Some(sid), Some(last_seen_at)) => Some(Session {
                sid: parse_sid(&sid)?,
                device_id: self.device_id,
                last_seen_at: UnixMillis(last_seen_at),
                ended: None,
                ended_by_device_id: None,
            }),
            _ => None,
        };
        let event_id =
            EventId::parse(&self.event_id).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok(Claimable {
            ticket: HeldTicket {
                id: self.ticket_id,
                event_id,
                is_revoked: self.is_revoked,
                expires_at: UnixMillis(self.expires_at),
            },
            is_unused: self.is_unused,
            event: Event::try_from(self.event)?,
            holder,
            now,
        })
    }
}

/// A session that begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewSession<'a> {
    pub(crate) sid: SessionId,
    pub(crate) ticket_id: &'a str,
    pub(crate) device: Option<&'a DeviceId>,
    pub(crate) client: &'a Client,
    pub(crate) now: UnixMillis,
}

/// Stores `$1` sid, `$2` ticket, `$3` device, `$4` address, `$5` user agent, `$6` now, unless the ticket has a session
/// that has not ended.
macro_rules! open {
    () => {
        "INSERT INTO sessions (sid, ticket_id, device_id, client_ip, user_agent, created_at, last_seen_at, \
         bytes, clients) VALUES ($1, $2, $3, $4, $5, $6, $6, 0, 0) \
         ON CONFLICT (ticket_id) WHERE ended_at IS NULL DO NOTHING"
    };
}

/// Notes the first use of ticket `$2`.
macro_rules! mark {
    () => {
        "UPDATE tickets SET redeemed_at = $6, redeemed_ip = $4 WHERE id = $2 AND redeemed_at IS NULL"
    };
}

/// Keeps the redemption in the audit log: `$7` the entry's id, `$8` its kind, `$9` the event.
macro_rules! note {
    () => {
        "INSERT INTO audit_log (id, at, kind, client_ip, user_agent, event_id, ticket_id) \
         VALUES ($7, $6, $8, $4, $5, $9, $2)"
    };
}

/// Stores a new session unless the ticket has one that has not ended; tells whether it did.
pub(crate) async fn open_session(tx: &mut Tx, new: NewSession<'_>) -> Result<bool, sqlx::Error> {
    let opened = execute!(
        tx,
        open!(),
        new.sid.to_string(),
        new.ticket_id,
        new.device.map(DeviceId::as_str),
        new.client.ip.to_string(),
        new.client.user_agent.as_deref(),
        new.now.0
    )?;
    Ok(opened > 0)
}

/// Stores the first session of a ticket, its first use and the entry of the audit log; tells whether all three were new.
/// If not, the transaction must not be committed.
pub(crate) async fn redeem(
    tx: &mut Tx,
    new: NewSession<'_>,
    event_id: &EventId,
    entry_id: &str,
) -> Result<bool, sqlx::Error> {
    let (sql, all) = if tx.is_postgres() {
        let sql = concat!(
            "WITH opened AS (",
            open!(),
            " RETURNING 1), marked AS (",
            mark!(),
            " RETURNING 1), noted AS (",
            note!(),
            " RETURNING 1) SELECT 1 FROM opened, marked, noted"
        );
        (sql, 1)
    } else {
        // Three statements in one text; the numbers name the same values in each.
        (concat!(open!(), "; ", mark!(), "; ", note!()), 3)
    };
    let changed = execute!(
        tx,
        sql,
        new.sid.to_string(),
        new.ticket_id,
        new.device.map(DeviceId::as_str),
        new.client.ip.to_string(),
        new.client.user_agent.as_deref(),
        new.now.0,
        entry_id,
        Kind::TicketRedeemed.as_str(),
        event_id.as_str()
    )?;
    Ok(changed == all)
}
