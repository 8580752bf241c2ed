//! SQL of changes that reach any number of tickets in one transaction.

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use streamgate_contract::claims::CODE_LENGTH;
use streamgate_contract::ids::Code;
use streamgate_contract::time::UnixMillis;
use uuid::Uuid;

use super::{json_rows, list, parse_code};
use crate::db::{Tx, execute, fetch_each};
use crate::tickets::filter::TicketFilter;

/// A ticket that a bulk change reaches: 28 bytes, so that a million of them are 28 MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::tickets) struct Reached {
    id: Uuid,
    code: [u8; CODE_LENGTH],
}

impl Reached {
    fn read((id, code): (String, String)) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: Uuid::try_parse(&id).map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            code: code
                .into_bytes()
                .try_into()
                .map_err(|_| sqlx::Error::Decode("a code has another length".into()))?,
        })
    }

    /// Returns the ticket's code.
    pub(in crate::tickets) fn code(&self) -> Result<Code, sqlx::Error> {
        parse_code(&String::from_utf8_lossy(&self.code))
    }
}

/// Locks the tickets that `filter` reaches and that are not revoked, in the order in which everybody locks them.
pub(in crate::tickets) async fn lock_matching(
    tx: &mut Tx,
    filter: &TicketFilter,
    now: UnixMillis,
) -> Result<Vec<Reached>, sqlx::Error> {
    let (places, lock) = (list::matching(tx, filter, now).await?, lock_clause(tx));
    let mut reached = Vec::new();
    fetch_each!(
        tx,
        (String, String),
        |row| Reached::read(row).map(|ticket| reached.push(ticket)),
        AssertSqlSafe(format!(
            "SELECT t.id, t.code FROM ({places}) AS place CROSS JOIN tickets t \
             WHERE t.id = place.id AND NOT t.is_revoked {lock}"
        )),
        now.0,
        list::event_id(filter),
        filter.search.as_deref()
    )?;
    reached.sort_unstable();
    Ok(reached)
}

/// Locks those tickets of `ids` that exist and are not revoked.
pub(in crate::tickets) async fn lock_listed(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Reached>, sqlx::Error> {
    let (rows, lock) = (json_rows(tx), lock_clause(tx));
    let mut reached = Vec::new();
    fetch_each!(
        tx,
        (String, String),
        |row| Reached::read(row).map(|ticket| reached.push(ticket)),
        AssertSqlSafe(format!(
            "SELECT t.id, t.code FROM tickets t \
             WHERE t.id IN (SELECT listed.value ->> 'id' FROM {rows} AS listed) AND NOT t.is_revoked {lock}"
        )),
        id_rows(ids.iter())
    )?;
    reached.sort_unstable();
    Ok(reached)
}

/// Revokes tickets that are locked and not revoked; returns how many.
pub(in crate::tickets) async fn revoke(
    tx: &mut Tx,
    tickets: &[Reached],
    now: UnixMillis,
) -> Result<u64, sqlx::Error> {
    let rows = json_rows(tx);
    execute!(
        tx,
        AssertSqlSafe(format!(
            "UPDATE tickets SET is_revoked = TRUE, revoked_at = $2 WHERE NOT is_revoked \
             AND id IN (SELECT listed.value ->> 'id' FROM {rows} AS listed)"
        )),
        id_rows(tickets.iter().map(|ticket| &ticket.id)),
        now.0
    )
}

/// Returns the clause that locks the selected rows in order; SQLite has one writer and needs none.
const fn lock_clause(tx: &Tx) -> &'static str {
    if tx.is_postgres() {
        "ORDER BY t.id FOR UPDATE OF t"
    } else {
        ""
    }
}

fn id_rows<'a>(ids: impl Iterator<Item = &'a Uuid>) -> String {
    ids.map(|id| json!({ "id": id })).collect::<Value>().to_string()
}
