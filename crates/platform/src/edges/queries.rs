//! SQL of edges and of what they report.

use serde::Serialize;
use streamgate_contract::activity::{ActivityReport, SessionActivity};
use streamgate_contract::ids::{EdgeId, SessionId};
use streamgate_contract::time::UnixMillis;

use crate::db::{Tx, execute};
use crate::error::ApiError;
use crate::playback::EndReason;

/// Bytes of one report that count; no link sends more in five seconds, and sums stay far below 2^63.
const BYTES_PER_REPORT_MAX: u64 = 1 << 40;

/// Remembers that the edge was heard and how far it is.
pub(crate) async fn note_edge(
    tx: &mut Tx,
    edge_id: &EdgeId,
    report: &ActivityReport,
    now: UnixMillis,
) -> Result<(), sqlx::Error> {
    let applied_seq = report
        .applied_seq
        .map(|seq| i64::try_from(seq).unwrap_or(i64::MAX));
    execute!(
        tx,
        "INSERT INTO edges (edge_id, version, mode, last_contact_at, clock_offset_ms, epoch, applied_seq) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (edge_id) DO UPDATE SET version = excluded.version, mode = excluded.mode, \
         last_contact_at = excluded.last_contact_at, clock_offset_ms = excluded.clock_offset_ms, \
         epoch = excluded.epoch, applied_seq = excluded.applied_seq",
        edge_id.as_str(),
        &report.version,
        &report.mode,
        now.0,
        report.now.millis_since(now),
        report.epoch.as_ref().map(ToString::to_string),
        applied_seq
    )?;
    Ok(())
}

#[derive(Serialize)]
struct Touch {
    sid: String,
    seen_at: i64,
    bytes: u64,
    clients: u32,
}

/// Notes the sessions' last media requests, in one statement. Ended and unknown sessions stay as they are.
pub(crate) async fn touch_sessions(
    tx: &mut Tx,
    edge_id: &EdgeId,
    sessions: &[SessionActivity],
    now: UnixMillis,
) -> Result<(), ApiError> {
    if sessions.is_empty() {
        return Ok(());
    }
    let touches: Vec<Touch> = sessions
        .iter()
        .map(|session| Touch {
            sid: session.sid.to_string(),
            seen_at: now
                .plus_millis(-i64::try_from(session.idle_ms).unwrap_or(i64::MAX))
                .0,
            bytes: session.bytes.min(BYTES_PER_REPORT_MAX),
            clients: session.clients,
        })
        .collect();
    let json = serde_json::to_string(&touches).map_err(|_| ApiError::Internal("a report is no JSON"))?;
    if tx.is_postgres() {
        // In one order with the end of expired sessions, so that the two never wait for each other.
        execute!(
            tx,
            "SELECT sid FROM sessions WHERE ended_at IS NULL AND sid IN \
             (SELECT t.sid FROM json_to_recordset(CAST($1 AS JSON)) AS t (sid TEXT)) ORDER BY sid FOR UPDATE",
            &json
        )?;
        execute!(
            tx,
            "UPDATE sessions SET last_seen_at = GREATEST(last_seen_at, t.seen_at), bytes = sessions.bytes + t.bytes, \
             clients = t.clients, edge_id = $1 \
             FROM json_to_recordset(CAST($2 AS JSON)) AS t (sid TEXT, seen_at BIGINT, bytes BIGINT, clients BIGINT) \
             WHERE sessions.sid = t.sid AND sessions.ended_at IS NULL",
            edge_id.as_str(),
            &json
        )?;
    } else {
        execute!(
            tx,
            "UPDATE sessions SET last_seen_at = MAX(last_seen_at, t.seen_at), bytes = sessions.bytes + t.bytes, \
             clients = t.clients, edge_id = $1 \
             FROM (SELECT json_extract(value, '$.sid') AS sid, json_extract(value, '$.seen_at') AS seen_at, \
                   json_extract(value, '$.bytes') AS bytes, json_extract(value, '$.clients') AS clients \
                   FROM json_each($2)) AS t \
             WHERE sessions.sid = t.sid AND sessions.ended_at IS NULL",
            edge_id.as_str(),
            &json
        )?;
    }
    Ok(())
}

/// Ends a session as `kicked`; tells whether it was not ended before.
pub(crate) async fn kick_session(tx: &mut Tx, sid: SessionId, now: UnixMillis) -> Result<bool, sqlx::Error> {
    let ended = execute!(
        tx,
        "UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE sid = $3 AND ended_at IS NULL",
        now.0,
        EndReason::Kicked.as_str(),
        sid.to_string()
    )?;
    Ok(ended > 0)
}
