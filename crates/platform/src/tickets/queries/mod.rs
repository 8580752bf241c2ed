//! SQL of tickets.

mod bulk;
mod list;

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use streamgate_contract::ids::{Code, EventId};
use streamgate_contract::time::UnixMillis;

use super::Ticket;
use crate::db::{Tx, execute, fetch_all, fetch_optional};

pub(super) use self::bulk::{Reached, lock_listed, lock_matching, revoke};
pub(super) use self::list::page;

/// The columns of [`TicketRow`], of tickets `t` and their events `e`.
const COLUMNS: &str = "t.id, t.code, t.event_id, t.label, t.is_revoked, t.revoked_at, t.redeemed_at, \
     t.redeemed_ip, t.expires_at, t.created_at, e.title AS event_title";
/// Tickets with their events' titles.
const FROM: &str = "FROM tickets t JOIN events e ON e.id = t.event_id";

#[derive(sqlx::FromRow)]
struct TicketRow {
    id: String,
    code: String,
    event_id: String,
    label: Option<String>,
    is_revoked: bool,
    revoked_at: Option<i64>,
    redeemed_at: Option<i64>,
    redeemed_ip: Option<String>,
    expires_at: i64,
    created_at: i64,
    event_title: String,
}

/// A ticket with its event's title.
#[derive(Clone, Debug)]
pub(super) struct TitledTicket {
    pub(super) ticket: Ticket,
    pub(super) event_title: String,
}

impl TryFrom<TicketRow> for TitledTicket {
    type Error = sqlx::Error;

    fn try_from(row: TicketRow) -> Result<Self, sqlx::Error> {
        let ticket = Ticket {
            id: row.id,
            code: parse_code(&row.code)?,
            event_id: EventId::parse(&row.event_id).map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            label: row.label,
            is_revoked: row.is_revoked,
            revoked_at: row.revoked_at.map(UnixMillis),
            redeemed_at: row.redeemed_at.map(UnixMillis),
            redeemed_ip: row.redeemed_ip,
            expires_at: UnixMillis(row.expires_at),
            created_at: UnixMillis(row.created_at),
        };
        Ok(Self {
            ticket,
            event_title: row.event_title,
        })
    }
}

fn parse_code(text: &str) -> Result<Code, sqlx::Error> {
    Code::parse(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// Returns the ticket with this id.
pub(super) async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<TitledTicket>, sqlx::Error> {
    let row = fetch_optional!(
        tx,
        TicketRow,
        AssertSqlSafe(format!("SELECT {COLUMNS} {FROM} WHERE t.id = $1")),
        id
    )?;
    row.map(TitledTicket::try_from).transpose()
}

/// Locks a ticket and returns it: no claim of it is under way until commit.
pub(super) async fn lock(tx: &mut Tx, id: &str) -> Result<Option<TitledTicket>, sqlx::Error> {
    if tx.is_postgres() {
        execute!(tx, "SELECT id FROM tickets WHERE id = $1 FOR UPDATE", id)?;
    }
    by_id(tx, id).await
}

/// Returns an event's tickets in the order of their making, at most `limit` of those that follow `after`.
pub(super) async fn of_event_after(
    tx: &mut Tx,
    event_id: &EventId,
    after: Option<(UnixMillis, &str)>,
    limit: i64,
) -> Result<Vec<TitledTicket>, sqlx::Error> {
    let (created_at, id) = after.unwrap_or((UnixMillis(i64::MIN), ""));
    let rows = fetch_all!(
        tx,
        TicketRow,
        AssertSqlSafe(format!(
            "SELECT {COLUMNS} {FROM} WHERE t.event_id = $1 AND (t.created_at, t.id) > ($2, $3) \
             ORDER BY t.created_at, t.id LIMIT $4"
        )),
        event_id.as_str(),
        created_at.0,
        id,
        limit
    )?;
    rows.into_iter().map(TitledTicket::try_from).collect()
}

/// Revokes a ticket that is not revoked.
pub(super) async fn revoke_one(tx: &mut Tx, id: &str, now: UnixMillis) -> Result<(), sqlx::Error> {
    execute!(
        tx,
        "UPDATE tickets SET is_revoked = TRUE, revoked_at = $1 WHERE id = $2 AND NOT is_revoked",
        now.0,
        id
    )?;
    Ok(())
}

/// Undoes the revocation of a ticket.
pub(super) async fn restore(tx: &mut Tx, id: &str) -> Result<(), sqlx::Error> {
    execute!(
        tx,
        "UPDATE tickets SET is_revoked = FALSE, revoked_at = NULL WHERE id = $1",
        id
    )?;
    Ok(())
}

/// Stores new tickets in one statement and returns the ids of those whose codes were free.
pub(crate) async fn insert(tx: &mut Tx, tickets: &[Ticket]) -> Result<Vec<String>, sqlx::Error> {
    let rows = json_rows(tx);
    let boolean = if tx.is_postgres() { "BOOLEAN" } else { "INTEGER" };
    let values: Value = tickets.iter().map(ticket_json).collect();
    let inserted: Vec<(String,)> = fetch_all!(
        tx,
        (String,),
        // WHERE TRUE: without it SQLite takes ON CONFLICT for the condition of a join.
        AssertSqlSafe(format!(
            "INSERT INTO tickets (id, code, event_id, label, is_revoked, revoked_at, redeemed_at, redeemed_ip, \
             expires_at, created_at) \
             SELECT v.value ->> 'id', v.value ->> 'code', v.value ->> 'event_id', v.value ->> 'label', \
             CAST(v.value ->> 'is_revoked' AS {boolean}), CAST(v.value ->> 'revoked_at' AS BIGINT), \
             CAST(v.value ->> 'redeemed_at' AS BIGINT), v.value ->> 'redeemed_ip', \
             CAST(v.value ->> 'expires_at' AS BIGINT), CAST(v.value ->> 'created_at' AS BIGINT) \
             FROM {rows} AS v WHERE TRUE ON CONFLICT (code) DO NOTHING RETURNING id"
        )),
        values.to_string()
    )?;
    Ok(inserted.into_iter().map(|(id,)| id).collect())
}

fn ticket_json(ticket: &Ticket) -> Value {
    json!({
        "id": ticket.id,
        "code": ticket.code.as_str(),
        "event_id": ticket.event_id.as_str(),
        "label": ticket.label,
        "is_revoked": ticket.is_revoked,
        "revoked_at": ticket.revoked_at.map(|at| at.0),
        "redeemed_at": ticket.redeemed_at.map(|at| at.0),
        "redeemed_ip": ticket.redeemed_ip,
        "expires_at": ticket.expires_at.0,
        "created_at": ticket.created_at.0,
    })
}

/// The session of a ticket that has not ended.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct OpenSession {
    pub(super) created_at: i64,
    pub(super) last_seen_at: i64,
    pub(super) edge_id: Option<String>,
    pub(super) user_agent: Option<String>,
    pub(super) clients: i64,
}

/// Returns the ticket's session if it has not ended and gave a sign of life since `live_since`.
pub(super) async fn live_session(
    tx: &mut Tx,
    ticket_id: &str,
    live_since: UnixMillis,
) -> Result<Option<OpenSession>, sqlx::Error> {
    fetch_optional!(
        tx,
        OpenSession,
        "SELECT created_at, last_seen_at, edge_id, user_agent, clients FROM sessions \
         WHERE ticket_id = $1 AND ended_at IS NULL AND last_seen_at >= $2",
        ticket_id,
        live_since.0
    )
}

/// Returns the table function that makes rows, with one column `value`, of the JSON array in `$1`.
///
/// It is how one statement takes any number of values on both databases.
const fn json_rows(tx: &Tx) -> &'static str {
    if tx.is_postgres() {
        "jsonb_array_elements(CAST($1 AS JSONB))"
    } else {
        "json_each($1)"
    }
}
