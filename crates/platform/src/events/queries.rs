//! SQL of events.

use sqlx::AssertSqlSafe;
use streamgate_contract::ids::EventId;
use streamgate_contract::time::UnixMillis;

use super::filter::{EventFilter, EventShelf, EventSort, SortOrder, Timeframe};
use super::{DevicePolicy, Event, EventPlan};
use crate::db::{Tx, ascii_lower, execute, fetch_all, fetch_one, fetch_optional};
use crate::tickets::counts;

/// The columns of [`EventRow`], of a table or alias `e`.
macro_rules! event_columns {
    () => {
        "e.id, e.title, e.description, e.stream_url, e.poster_url, e.starts_at, e.ends_at, \
         e.access_window_hours, e.device_policy, e.is_active, e.deactivated_at, e.is_archived, \
         e.created_at, e.updated_at"
    };
}
pub(crate) use event_columns;

/// The number of tickets of event `e`, which the database keeps by itself.
const TICKETS: &str = "(SELECT CAST(COALESCE(SUM(c.unused + c.redeemed + c.revoked), 0) AS BIGINT) \
     FROM ticket_counts c WHERE c.event_id = e.id)";

/// An event as stored.
#[derive(sqlx::FromRow)]
pub(crate) struct EventRow {
    id: String,
    title: String,
    description: Option<String>,
    stream_url: Option<String>,
    poster_url: Option<String>,
    starts_at: i64,
    ends_at: i64,
    access_window_hours: i64,
    device_policy: String,
    is_active: bool,
    deactivated_at: Option<i64>,
    is_archived: bool,
    created_at: i64,
    updated_at: i64,
}

impl TryFrom<EventRow> for Event {
    type Error = sqlx::Error;

    fn try_from(row: EventRow) -> Result<Self, sqlx::Error> {
        let device_policy = DevicePolicy::parse(&row.device_policy)
            .ok_or_else(|| sqlx::Error::Decode("unknown device policy".into()))?;
        Ok(Self {
            id: EventId::parse(&row.id).map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            plan: EventPlan {
                title: row.title,
                description: row.description,
                stream_url: row.stream_url,
                poster_url: row.poster_url,
                starts_at: UnixMillis(row.starts_at),
                ends_at: UnixMillis(row.ends_at),
                access_window_hours: row.access_window_hours,
                device_policy,
            },
            is_active: row.is_active,
            deactivated_at: row.deactivated_at.map(UnixMillis),
            is_archived: row.is_archived,
            created_at: UnixMillis(row.created_at),
            updated_at: UnixMillis(row.updated_at),
        })
    }
}

/// Returns the event with this id.
pub(crate) async fn by_id(tx: &mut Tx, id: &EventId) -> Result<Option<Event>, sqlx::Error> {
    let row = fetch_optional!(
        tx,
        EventRow,
        concat!("SELECT ", event_columns!(), " FROM events e WHERE e.id = $1"),
        id.as_str()
    )?;
    row.map(Event::try_from).transpose()
}

/// Locks the event's tickets and then the event, and returns it.
///
/// A claim holds its ticket's row from check to commit, so whoever has these locks knows that no claim is under
/// way that has seen the event as it was. SQLite has one writer and needs no row locks.
pub(super) async fn lock_with_tickets(tx: &mut Tx, id: &EventId) -> Result<Option<Event>, sqlx::Error> {
    tx.take_time().await?;
    if tx.is_postgres() {
        // In one order, so that two such transactions never wait for each other.
        execute!(
            tx,
            "SELECT id FROM tickets WHERE event_id = $1 ORDER BY id FOR UPDATE",
            id.as_str()
        )?;
    }
    lock(tx, id).await
}

/// Locks the event alone and returns it: its schedule stays as it is while tickets are made for it.
pub(crate) async fn lock(tx: &mut Tx, id: &EventId) -> Result<Option<Event>, sqlx::Error> {
    if tx.is_postgres() {
        execute!(tx, "SELECT id FROM events WHERE id = $1 FOR UPDATE", id.as_str())?;
    }
    by_id(tx, id).await
}

/// Stores a new event.
pub(super) async fn insert(tx: &mut Tx, event: &Event) -> Result<(), sqlx::Error> {
    execute!(
        tx,
        "INSERT INTO events (id, title, description, stream_url, poster_url, starts_at, ends_at, \
         access_window_hours, device_policy, is_active, deactivated_at, is_archived, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        event.id.as_str(),
        &event.plan.title,
        &event.plan.description,
        &event.plan.stream_url,
        &event.plan.poster_url,
        event.plan.starts_at.0,
        event.plan.ends_at.0,
        event.plan.access_window_hours,
        event.plan.device_policy.as_str(),
        event.is_active,
        event.deactivated_at.map(|at| at.0),
        event.is_archived,
        event.created_at.0,
        event.updated_at.0
    )?;
    Ok(())
}

/// Stores what an edit or a switch has changed.
pub(super) async fn update(tx: &mut Tx, event: &Event) -> Result<(), sqlx::Error> {
    execute!(
        tx,
        "UPDATE events SET title = $1, description = $2, stream_url = $3, poster_url = $4, starts_at = $5, \
         ends_at = $6, access_window_hours = $7, device_policy = $8, is_active = $9, deactivated_at = $10, \
         is_archived = $11, updated_at = $12 WHERE id = $13",
        &event.plan.title,
        &event.plan.description,
        &event.plan.stream_url,
        &event.plan.poster_url,
        event.plan.starts_at.0,
        event.plan.ends_at.0,
        event.plan.access_window_hours,
        event.plan.device_policy.as_str(),
        event.is_active,
        event.deactivated_at.map(|at| at.0),
        event.is_archived,
        event.updated_at.0,
        event.id.as_str()
    )?;
    Ok(())
}

/// Gives all tickets of an event their new expiry.
pub(super) async fn move_ticket_expiry(
    tx: &mut Tx,
    id: &EventId,
    expires_at: UnixMillis,
) -> Result<(), sqlx::Error> {
    tx.take_time().await?;
    execute!(
        tx,
        "UPDATE tickets SET expires_at = $1 WHERE event_id = $2",
        expires_at.0,
        id.as_str()
    )?;
    Ok(())
}

/// Deletes an event with its tickets and their sessions.
pub(super) async fn delete(tx: &mut Tx, id: &EventId) -> Result<(), sqlx::Error> {
    tx.take_time().await?;
    if tx.is_postgres() {
        // The cascade reaches them in any order; an edge's report that locks the same ones has an order.
        execute!(
            tx,
            "SELECT s.sid FROM sessions s JOIN tickets t ON t.id = s.ticket_id WHERE t.event_id = $1 \
             ORDER BY s.sid FOR UPDATE OF s",
            id.as_str()
        )?;
    }
    execute!(tx, "DELETE FROM viewer_samples WHERE event_id = $1", id.as_str())?;
    if !tx.is_postgres() {
        // Before its tickets: each of them then finds no count to change.
        counts::queries::remove_of_event(tx, id).await?;
    }
    execute!(tx, "DELETE FROM events WHERE id = $1", id.as_str())?;
    if tx.is_postgres() {
        // After its tickets: what they appended goes too.
        counts::queries::remove_of_event(tx, id).await?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    event: EventRow,
    tickets: i64,
}

/// Returns one page of the events that `filter` asks for, each with its number of tickets, and how many there are on
/// all pages.
pub(super) async fn page(
    tx: &mut Tx,
    filter: &EventFilter,
    now: UnixMillis,
) -> Result<(Vec<(Event, i64)>, i64), sqlx::Error> {
    let title = ascii_lower(tx, "e.title");
    let condition = format!(
        "{} AND {} AND ($2 IS NULL OR {title} LIKE $2 ESCAPE '\\')",
        status_condition(filter.status),
        timeframe_condition(filter.timeframe)
    );
    let sort = match filter.sort {
        EventSort::StartDate => "e.starts_at",
        EventSort::Title => &title,
        EventSort::TokenCount => "tickets",
    };
    let direction = match filter.order {
        SortOrder::Asc => "ASC",
        SortOrder::Desc => "DESC",
    };
    let rows = fetch_all!(
        tx,
        ListedRow,
        AssertSqlSafe(format!(
            "SELECT {}, {TICKETS} AS tickets FROM events e WHERE {condition} \
             ORDER BY {sort} {direction}, e.id {direction} LIMIT $3 OFFSET $4",
            event_columns!()
        )),
        now.0,
        filter.search.as_deref(),
        filter.page.limit(),
        filter.page.offset()
    )?;
    let (total,): (i64,) = fetch_one!(
        tx,
        (i64,),
        AssertSqlSafe(format!("SELECT COUNT(*) FROM events e WHERE {condition}")),
        now.0,
        filter.search.as_deref()
    )?;
    let events = rows
        .into_iter()
        .map(|row| Ok((Event::try_from(row.event)?, row.tickets)));
    Ok((events.collect::<Result<_, sqlx::Error>>()?, total))
}

const fn status_condition(status: EventShelf) -> &'static str {
    match status {
        EventShelf::Active => "e.is_active AND NOT e.is_archived",
        EventShelf::Inactive => "NOT e.is_active AND NOT e.is_archived",
        EventShelf::Archived => "e.is_archived",
    }
}

const fn timeframe_condition(timeframe: Option<Timeframe>) -> &'static str {
    match timeframe {
        Some(Timeframe::Upcoming) => "e.ends_at > $1",
        Some(Timeframe::Past) => "e.ends_at <= $1",
        None => "$1 = $1",
    }
}
