//! SQL of heartbeats: many at once, each named by its session and its ticket's code.

use std::collections::{HashMap, HashSet};

use serde::Serialize;
use streamgate_contract::claims::PlaybackClaims;
use streamgate_contract::time::UnixMillis;

use crate::db::{Tx, fetch_all};
use crate::playback::queries::parse_sid;
use crate::playback::rules::Admission;
use crate::playback::{EndReason, Session};

/// What a heartbeat's token names.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
pub(crate) struct Named {
    sid: String,
    code: String,
}

impl From<&PlaybackClaims> for Named {
    fn from(claims: &PlaybackClaims) -> Self {
        Self {
            sid: claims.session_id.to_string(),
            code: claims.code.as_str().to_owned(),
        }
    }
}

/// What to do with sessions that another transaction has locked; only PostgreSQL knows any.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Locks {
    /// Leave them alone.
    Skip,
    /// Wait until they are free.
    Wait,
}

/// What decides over a heartbeat that extends no session.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) ticket_id: String,
    pub(crate) admission: Admission,
    /// The session that the token names, if the ticket has it.
    pub(crate) session: Option<Session>,
    /// When another session that holds the ticket was last seen.
    pub(crate) other_holder_seen_at: Option<UnixMillis>,
}

/// Rows of `b (sid, code)` out of a JSON array, `$1`.
macro_rules! named {
    (sqlite) => {
        "(SELECT json_extract(value, '$.sid') AS sid, json_extract(value, '$.code') AS code FROM json_each($1)) AS b"
    };
    (postgres) => {
        "json_to_recordset(CAST($1 AS JSON)) AS b (sid TEXT, code TEXT)"
    };
}

/// Notes that sessions were seen, each if it is live and its ticket still admits, and returns which.
///
/// One statement decides and changes, so that it cannot revive a session that a claim is ending. `lapse_limit` as
/// in [`crate::playback::rules::standing`]; `expires_after` is the moment that a ticket's expiry must lie behind.
pub(super) async fn beat(
    tx: &mut Tx,
    asked: &[&Named],
    locks: Locks,
    now: UnixMillis,
    lapse_limit: Option<UnixMillis>,
    expires_after: UnixMillis,
) -> Result<HashSet<Named>, sqlx::Error> {
    if asked.is_empty() {
        return Ok(HashSet::new());
    }
    let lapse_limit = lapse_limit.map_or(i64::MIN, |limit| limit.0);
    let rows: Vec<(String, String)> = if tx.is_postgres() {
        let free = lock(tx, asked, locks).await?;
        let asked: Vec<&Named> = asked
            .iter()
            .copied()
            .filter(|named| free.contains(&named.sid))
            .collect();
        fetch_all!(
            tx,
            (String, String),
            concat!(
                "UPDATE sessions SET last_seen_at = GREATEST(sessions.last_seen_at, $2) FROM ",
                named!(postgres),
                " JOIN tickets t ON t.code = b.code JOIN events e ON e.id = t.event_id \
                 WHERE sessions.sid = b.sid AND sessions.ticket_id = t.id AND sessions.ended_at IS NULL \
                 AND sessions.last_seen_at >= $3 AND NOT t.is_revoked AND e.is_active AND t.expires_at > $4 \
                 RETURNING sessions.sid, t.code"
            ),
            json(&asked),
            now.0,
            lapse_limit,
            expires_after.0
        )?
    } else {
        // SQLite's RETURNING knows no joined tables. The cross join keeps it from walking all sessions.
        fetch_all!(
            tx,
            (String, String),
            concat!(
                "UPDATE sessions SET last_seen_at = MAX(sessions.last_seen_at, $2) FROM ",
                named!(sqlite),
                " CROSS JOIN tickets t ON t.code = b.code CROSS JOIN events e ON e.id = t.event_id \
                 WHERE sessions.sid = b.sid AND sessions.ticket_id = t.id AND sessions.ended_at IS NULL \
                 AND sessions.last_seen_at >= $3 AND NOT t.is_revoked AND e.is_active AND t.expires_at > $4 \
                 RETURNING sid, (SELECT code FROM tickets WHERE id = sessions.ticket_id)"
            ),
            json(asked),
            now.0,
            lapse_limit,
            expires_after.0
        )?
    };
    Ok(rows.into_iter().map(|(sid, code)| Named { sid, code }).collect())
}

/// Locks the sessions on PostgreSQL, in the one order in which everybody does; returns those that are locked now.
async fn lock(tx: &mut Tx, asked: &[&Named], locks: Locks) -> Result<HashSet<String>, sqlx::Error> {
    let sql = match locks {
        Locks::Skip => concat!(
            "SELECT sid FROM sessions WHERE ended_at IS NULL AND sid IN (SELECT b.sid FROM ",
            named!(postgres),
            ") ORDER BY sid FOR NO KEY UPDATE SKIP LOCKED"
        ),
        Locks::Wait => concat!(
            "SELECT sid FROM sessions WHERE ended_at IS NULL AND sid IN (SELECT b.sid FROM ",
            named!(postgres),
            ") ORDER BY sid FOR NO KEY UPDATE"
        ),
    };
    let rows: Vec<(String,)> = fetch_all!(tx, (String,), sql, json(asked))?;
    Ok(rows.into_iter().map(|(sid,)| sid).collect())
}

#[derive(sqlx::FromRow)]
struct FactsRow {
    sid: String,
    code: String,
    ticket_id: String,
    is_revoked: bool,
    expires_at: i64,
    is_active: bool,
    stored_sid: Option<String>,
    device_id: Option<String>,
    last_seen_at: Option<i64>,
    end_reason: Option<String>,
    ended_by_device_id: Option<String>,
    other_holder_seen_at: Option<i64>,
}

/// Returns what decides over heartbeats that extended no session; nothing for tickets that are gone.
pub(super) async fn facts(tx: &mut Tx, missed: &[&Named]) -> Result<HashMap<Named, Facts>, sqlx::Error> {
    if missed.is_empty() {
        return Ok(HashMap::new());
    }
    macro_rules! facts_of {
        ($named:expr) => {
            concat!(
                "SELECT b.sid, b.code, t.id AS ticket_id, t.is_revoked, t.expires_at, e.is_active, s.sid AS stored_sid, s.device_id, \
                 s.last_seen_at, s.end_reason, s.ended_by_device_id, h.last_seen_at AS other_holder_seen_at FROM ",
                $named,
                " JOIN tickets t ON t.code = b.code JOIN events e ON e.id = t.event_id \
                 LEFT JOIN sessions s ON s.sid = b.sid AND s.ticket_id = t.id \
                 LEFT JOIN sessions h ON h.ticket_id = t.id AND h.ended_at IS NULL AND h.sid <> b.sid"
            )
        };
    }
    let sql = if tx.is_postgres() {
        facts_of!(named!(postgres))
    } else {
        facts_of!(named!(sqlite))
    };
    let rows: Vec<FactsRow> = fetch_all!(tx, FactsRow, sql, json(missed))?;
    rows.into_iter().map(FactsRow::read).collect()
}

impl FactsRow {
    fn read(self) -> Result<(Named, Facts), sqlx::Error> {
        let session = match (self.stored_sid, self.last_seen_at) {
            (Some(sid), Some(last_seen_at)) => Some(Session {
                sid: parse_sid(&sid)?,
                device_id: self.device_id,
                last_seen_at: UnixMillis(last_seen_at),
                ended: EndReason::read(self.end_reason)?,
                ended_by_device_id: self.ended_by_device_id,
            }),
            _ => None,
        };
        let facts = Facts {
            ticket_id: self.ticket_id,
            admission: Admission {
                is_revoked: self.is_revoked,
                event_is_active: self.is_active,
                expires_at: UnixMillis(self.expires_at),
            },
            session,
            other_holder_seen_at: self.other_holder_seen_at.map(UnixMillis),
        };
        let named = Named {
            sid: self.sid,
            code: self.code,
        };
        Ok((named, facts))
    }
}

fn json(named: &[&Named]) -> String {
    // Texts only: nothing in it can fail to be written.
    serde_json::to_string(named).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Named, json};

    #[test]
    fn names_are_written_as_the_database_reads_them() {
        let named = Named {
            sid: "s".to_owned(),
            code: "c".to_owned(),
        };
        assert_eq!(json(&[&named]), r#"[{"sid":"s","code":"c"}]"#);
    }
}
