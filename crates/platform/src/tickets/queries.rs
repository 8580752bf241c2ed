//! SQL of tickets.

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use streamgate_contract::ids::{Code, EventId};
use streamgate_contract::time::UnixMillis;

use super::filter::{EventChoice, TicketFilter};
use super::{Ticket, TicketStatus};
use crate::db::{Tx, ascii_lower, execute, fetch_all, fetch_one, fetch_optional};

/// Tickets with their events' titles.
const SELECT: &str = "SELECT t.id, t.code, t.event_id, t.label, t.is_revoked, t.revoked_at, t.redeemed_at, \
     t.redeemed_ip, t.expires_at, t.created_at, e.title AS event_title \
     FROM tickets t JOIN events e ON e.id = t.event_id";

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
        AssertSqlSafe(format!("{SELECT} WHERE t.id = $1")),
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

/// Returns the WHERE condition of a filter; `$1` is now, `$2` the event's id, `$3` the search pattern.
fn condition(tx: &Tx, filter: &TicketFilter) -> String {
    let status = match filter.status {
        None => "$1 = $1",
        Some(TicketStatus::Revoked) => "t.is_revoked AND $1 = $1",
        Some(TicketStatus::Expired) => "NOT t.is_revoked AND t.expires_at <= $1",
        Some(TicketStatus::Redeemed) => {
            "NOT t.is_revoked AND t.expires_at > $1 AND t.redeemed_at IS NOT NULL"
        }
        Some(TicketStatus::Unused) => "NOT t.is_revoked AND t.expires_at > $1 AND t.redeemed_at IS NULL",
    };
    let (code, label) = (ascii_lower(tx, "t.code"), ascii_lower(tx, "t.label"));
    format!(
        "{status} AND ($2 IS NULL OR t.event_id = $2) \
         AND ($3 IS NULL OR {code} LIKE $3 ESCAPE '\\' OR {label} LIKE $3 ESCAPE '\\')"
    )
}

/// Returns the id that `$2` of [`condition`] is bound to; no event has the empty id.
fn event_id(filter: &TicketFilter) -> Option<&str> {
    match &filter.event {
        EventChoice::Any => None,
        EventChoice::One(id) => Some(id.as_str()),
        EventChoice::Impossible => Some(""),
    }
}

/// Returns some of the tickets that `filter` asks for, newest first, and how many there are in all.
pub(super) async fn page(
    tx: &mut Tx,
    filter: &TicketFilter,
    page: crate::paging::Page,
    now: UnixMillis,
) -> Result<(Vec<TitledTicket>, i64), sqlx::Error> {
    let condition = condition(tx, filter);
    let rows = fetch_all!(
        tx,
        TicketRow,
        AssertSqlSafe(format!(
            "{SELECT} WHERE {condition} ORDER BY t.created_at DESC, t.id DESC LIMIT $4 OFFSET $5"
        )),
        now.0,
        event_id(filter),
        filter.search.as_deref(),
        page.limit(),
        page.offset()
    )?;
    let (total,): (i64,) = fetch_one!(
        tx,
        (i64,),
        AssertSqlSafe(format!("SELECT COUNT(*) FROM tickets t WHERE {condition}")),
        now.0,
        event_id(filter),
        filter.search.as_deref()
    )?;
    let tickets = rows.into_iter().map(TitledTicket::try_from);
    Ok((tickets.collect::<Result<_, _>>()?, total))
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
            "{SELECT} WHERE t.event_id = $1 AND (t.created_at, t.id) > ($2, $3) \
             ORDER BY t.created_at, t.id LIMIT $4"
        )),
        event_id.as_str(),
        created_at.0,
        id,
        limit
    )?;
    rows.into_iter().map(TitledTicket::try_from).collect()
}

/// Locks the tickets that `filter` reaches and returns their ids, in the order in which everybody locks them.
pub(super) async fn lock_matching(
    tx: &mut Tx,
    filter: &TicketFilter,
    now: UnixMillis,
) -> Result<Vec<String>, sqlx::Error> {
    let condition = condition(tx, filter);
    let lock = lock_clause(tx);
    let ids: Vec<(String,)> = fetch_all!(
        tx,
        (String,),
        AssertSqlSafe(format!(
            "SELECT t.id FROM tickets t WHERE {condition} ORDER BY t.id {lock}"
        )),
        now.0,
        event_id(filter),
        filter.search.as_deref()
    )?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Locks those tickets of `ids` that exist.
pub(super) async fn lock_listed(tx: &mut Tx, ids: &[String]) -> Result<Vec<String>, sqlx::Error> {
    let (rows, lock) = (json_rows(tx), lock_clause(tx));
    let ids: Vec<(String,)> = fetch_all!(
        tx,
        (String,),
        AssertSqlSafe(format!(
            "SELECT t.id FROM tickets t WHERE t.id IN (SELECT listed.value ->> 'id' FROM {rows} AS listed) \
             ORDER BY t.id {lock}"
        )),
        id_rows(ids)
    )?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Revokes those tickets of `ids` that are not revoked, and returns their codes; others keep their first time.
pub(super) async fn revoke(tx: &mut Tx, ids: &[String], now: UnixMillis) -> Result<Vec<Code>, sqlx::Error> {
    let rows = json_rows(tx);
    let codes: Vec<(String,)> = fetch_all!(
        tx,
        (String,),
        AssertSqlSafe(format!(
            "UPDATE tickets SET is_revoked = TRUE, revoked_at = $2 WHERE NOT is_revoked \
             AND id IN (SELECT listed.value ->> 'id' FROM {rows} AS listed) RETURNING code"
        )),
        id_rows(ids),
        now.0
    )?;
    codes.iter().map(|(code,)| parse_code(code)).collect()
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

/// Returns the clause that locks the selected rows; SQLite has one writer and needs none.
const fn lock_clause(tx: &Tx) -> &'static str {
    if tx.is_postgres() { "FOR UPDATE" } else { "" }
}

fn id_rows(ids: &[String]) -> String {
    ids.iter()
        .map(|id| json!({ "id": id }))
        .collect::<Value>()
        .to_string()
}
