//! SQL of refusals.

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use streamgate_contract::time::UnixMillis;

use super::{Note, Place, REFUSALS_PER_TICKET, Refusal};
use crate::db::{Tx, execute, fetch_all};

/// Stores notes and removes what is beyond the last 20 of their tickets.
pub(super) async fn store(tx: &mut Tx, notes: &[Note]) -> Result<(), sqlx::Error> {
    let rows: Value = notes
        .iter()
        .map(|note| {
            json!({
                "id": note.id, "ticket_id": note.ticket_id, "at": note.at.0, "code": note.code,
                "place": note.place.as_str(),
            })
        })
        .collect();
    let rows = rows.to_string();
    let source = if tx.is_postgres() {
        "jsonb_array_elements(CAST($1 AS JSONB))"
    } else {
        "json_each($1)"
    };
    execute!(
        tx,
        AssertSqlSafe(format!(
            "INSERT INTO refusals (id, ticket_id, at, code, place) \
             SELECT v.value ->> 'id', v.value ->> 'ticket_id', CAST(v.value ->> 'at' AS BIGINT), \
             v.value ->> 'code', v.value ->> 'place' FROM {source} AS v"
        )),
        &rows
    )?;
    execute!(
        tx,
        AssertSqlSafe(format!(
            "DELETE FROM refusals WHERE id IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER \
             (PARTITION BY ticket_id ORDER BY at DESC, id DESC) AS place_in_line FROM refusals \
             WHERE ticket_id IN (SELECT v.value ->> 'ticket_id' FROM {source} AS v)) AS ranked \
             WHERE place_in_line > $2)"
        )),
        &rows,
        REFUSALS_PER_TICKET
    )?;
    Ok(())
}

/// Returns a ticket's last refusals, newest first.
pub(crate) async fn of_ticket(tx: &mut Tx, ticket_id: &str) -> Result<Vec<Refusal>, sqlx::Error> {
    let rows: Vec<(i64, String, String)> = fetch_all!(
        tx,
        (i64, String, String),
        "SELECT at, code, place FROM refusals WHERE ticket_id = $1 ORDER BY at DESC, id DESC LIMIT $2",
        ticket_id,
        REFUSALS_PER_TICKET
    )?;
    rows.into_iter()
        .map(|(at, reason, place)| {
            let place = Place::parse(&place)
                .ok_or_else(|| sqlx::Error::Decode("unknown place of a refusal".into()))?;
            Ok(Refusal {
                at: UnixMillis(at),
                reason,
                place,
            })
        })
        .collect()
}

/// Removes the refusals before `before`.
pub(crate) async fn remove(tx: &mut Tx, before: UnixMillis) -> Result<u64, sqlx::Error> {
    execute!(tx, "DELETE FROM refusals WHERE at < $1", before.0)
}
