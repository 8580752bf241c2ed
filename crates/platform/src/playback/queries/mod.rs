//! SQL of sessions, and of tickets as far as playback needs them.

mod claim;

use streamgate_contract::ids::{Code, EventId, SessionId};
use streamgate_contract::time::UnixMillis;

pub(crate) use self::claim::{Claimable, NewSession, lock_claimable, open_session, redeem};
use super::{EndReason, Session};
use crate::db::{Tx, execute, fetch_all, fetch_one, fetch_optional};

/// A ticket as far as playback needs it.
#[derive(Clone, Debug)]
pub(crate) struct HeldTicket {
    pub(crate) id: String,
    pub(crate) event_id: EventId,
    pub(crate) is_revoked: bool,
    pub(crate) expires_at: UnixMillis,
}

#[derive(sqlx::FromRow)]
struct HeldTicketRow {
    id: String,
    event_id: String,
    is_revoked: bool,
    expires_at: i64,
}

/// Returns the ticket with this code.
///
/// `None` stands for a text that cannot be a code: it is looked up all the same, so that it takes as long as one
/// that no ticket has.
pub(crate) async fn ticket_by_code(
    tx: &mut Tx,
    code: Option<&Code>,
) -> Result<Option<HeldTicket>, sqlx::Error> {
    let row = fetch_optional!(
        tx,
        HeldTicketRow,
        "SELECT id, event_id, is_revoked, expires_at FROM tickets WHERE code = $1",
        code.map_or("------------", Code::as_str)
    )?;
    row.map(|row| {
        Ok(HeldTicket {
            event_id: EventId::parse(&row.event_id).map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            id: row.id,
            is_revoked: row.is_revoked,
            expires_at: UnixMillis(row.expires_at),
        })
    })
    .transpose()
}

/// Locks the ticket with this code until the end of the transaction and returns it as it is then.
///
/// Whoever revokes, edits or deletes waits for this lock, so what is minted under it is older than their record.
pub(crate) async fn lock_ticket_by_code(tx: &mut Tx, code: &Code) -> Result<Option<HeldTicket>, sqlx::Error> {
    wait_for_ticket(tx, code).await?;
    ticket_by_code(tx, Some(code)).await
}

/// Waits until nobody else holds the ticket with this code, and holds it. Nothing to do for SQLite's one writer.
async fn wait_for_ticket(tx: &mut Tx, code: &Code) -> Result<(), sqlx::Error> {
    if tx.is_postgres() {
        // A statement of its own: the next one then sees what was committed while this one waited.
        execute!(
            tx,
            "SELECT id FROM tickets WHERE code = $1 FOR UPDATE",
            code.as_str()
        )?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    sid: String,
    device_id: Option<String>,
    last_seen_at: i64,
    end_reason: Option<String>,
    ended_by_device_id: Option<String>,
}

impl TryFrom<SessionRow> for Session {
    type Error = sqlx::Error;

    fn try_from(row: SessionRow) -> Result<Self, sqlx::Error> {
        let ended = EndReason::read(row.end_reason)?;
        Ok(Self {
            sid: parse_sid(&row.sid)?,
            device_id: row.device_id,
            last_seen_at: UnixMillis(row.last_seen_at),
            ended,
            ended_by_device_id: row.ended_by_device_id,
        })
    }
}

/// Returns the ticket's session with this id.
pub(crate) async fn session(
    tx: &mut Tx,
    ticket_id: &str,
    sid: SessionId,
) -> Result<Option<Session>, sqlx::Error> {
    let row = fetch_optional!(
        tx,
        SessionRow,
        "SELECT sid, device_id, last_seen_at, end_reason, ended_by_device_id FROM sessions \
         WHERE sid = $1 AND ticket_id = $2",
        sid.to_string(),
        ticket_id
    )?;
    row.map(Session::try_from).transpose()
}

/// Returns the ticket's live or lapsed session without locking it.
pub(crate) async fn holder(tx: &mut Tx, ticket_id: &str) -> Result<Option<Session>, sqlx::Error> {
    let row = fetch_optional!(
        tx,
        SessionRow,
        "SELECT sid, device_id, last_seen_at, end_reason, ended_by_device_id FROM sessions \
         WHERE ticket_id = $1 AND ended_at IS NULL",
        ticket_id
    )?;
    row.map(Session::try_from).transpose()
}

/// Returns the ticket's live or lapsed session and keeps its heartbeats waiting until the transaction ends.
pub(crate) async fn lock_holder(tx: &mut Tx, ticket_id: &str) -> Result<Option<Session>, sqlx::Error> {
    if tx.is_postgres() {
        // Otherwise a heartbeat between this look and the claim would be acknowledged and then superseded.
        execute!(
            tx,
            "SELECT sid FROM sessions WHERE ticket_id = $1 AND ended_at IS NULL FOR UPDATE",
            ticket_id
        )?;
    }
    holder(tx, ticket_id).await
}

/// Notes that a session that is known to be live was seen.
pub(crate) async fn touch(tx: &mut Tx, sid: SessionId, now: UnixMillis) -> Result<(), sqlx::Error> {
    execute!(
        tx,
        "UPDATE sessions SET last_seen_at = $1 WHERE sid = $2 AND ended_at IS NULL AND last_seen_at < $1",
        now.0,
        sid.to_string()
    )?;
    Ok(())
}

/// Ends a session, unless it has ended; tells whether it did.
///
/// The caller appends the `session_ended` record in the same transaction.
pub(crate) async fn end_session(
    tx: &mut Tx,
    sid: SessionId,
    reason: EndReason,
    now: UnixMillis,
) -> Result<bool, sqlx::Error> {
    let ended = execute!(
        tx,
        "UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE sid = $3 AND ended_at IS NULL",
        now.0,
        reason.as_str(),
        sid.to_string()
    )?;
    Ok(ended > 0)
}

/// Ends the ticket's live or lapsed session, if there is one, and returns its sid.
///
/// The caller appends the `session_ended` record in the same transaction. `ended_by_device` is the device whose
/// claim ends it, if one does.
pub(crate) async fn end_session_of_ticket(
    tx: &mut Tx,
    ticket_id: &str,
    reason: EndReason,
    ended_by_device: Option<&str>,
    now: UnixMillis,
) -> Result<Option<SessionId>, sqlx::Error> {
    let ended: Option<(String,)> = fetch_optional!(
        tx,
        (String,),
        "UPDATE sessions SET ended_at = $1, end_reason = $2, ended_by_device_id = $3 \
         WHERE ticket_id = $4 AND ended_at IS NULL RETURNING sid",
        now.0,
        reason.as_str(),
        ended_by_device,
        ticket_id
    )?;
    ended.map(|(sid,)| parse_sid(&sid)).transpose()
}

/// Returns sessions that have not ended although their tickets expired before `expired_before`, at most `limit`,
/// in the order in which everybody locks them.
pub(crate) async fn sessions_of_expired_tickets(
    tx: &mut Tx,
    expired_before: UnixMillis,
    limit: i64,
) -> Result<Vec<SessionId>, sqlx::Error> {
    let mut rows: Vec<(String,)> = fetch_all!(
        tx,
        (String,),
        "SELECT s.sid FROM sessions s JOIN tickets t ON t.id = s.ticket_id \
         WHERE s.ended_at IS NULL AND t.expires_at <= $1 LIMIT $2",
        expired_before.0,
        limit
    )?;
    // Not by the statement, which would then walk the ended sessions too.
    rows.sort_unstable();
    rows.iter().map(|(sid,)| parse_sid(sid)).collect()
}

/// A session that fell silent.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct SilentSession {
    pub(crate) sid: String,
    pub(crate) ticket_id: String,
    pub(crate) last_seen_at: i64,
}

/// Returns sessions that have not ended and were last seen before `until`, in the order of that time and their
/// sids, at most `limit` of those that follow `after`. An empty sid precedes all others of its time.
pub(crate) async fn sessions_last_seen(
    tx: &mut Tx,
    after: (UnixMillis, &str),
    until: UnixMillis,
    limit: i64,
) -> Result<Vec<SilentSession>, sqlx::Error> {
    fetch_all!(
        tx,
        SilentSession,
        "SELECT sid, ticket_id, last_seen_at FROM sessions \
         WHERE ended_at IS NULL AND (last_seen_at, sid) > ($1, $2) AND last_seen_at < $3 \
         ORDER BY last_seen_at, sid LIMIT $4",
        after.0.0,
        after.1,
        until.0,
        limit
    )
}

/// Ends a session as `expired` if its ticket expired before `expired_before` and it has not ended; tells whether
/// it did.
pub(crate) async fn expire_session(
    tx: &mut Tx,
    sid: SessionId,
    expired_before: UnixMillis,
    now: UnixMillis,
) -> Result<bool, sqlx::Error> {
    let ended = execute!(
        tx,
        "UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE sid = $3 AND ended_at IS NULL \
         AND EXISTS (SELECT 1 FROM tickets t WHERE t.id = sessions.ticket_id AND t.expires_at <= $4)",
        now.0,
        EndReason::Expired.as_str(),
        sid.to_string(),
        expired_before.0
    )?;
    Ok(ended > 0)
}

/// Removes sessions that ended before `ended_before`.
pub(crate) async fn remove_ended_sessions(tx: &mut Tx, ended_before: UnixMillis) -> Result<u64, sqlx::Error> {
    execute!(tx, "DELETE FROM sessions WHERE ended_at < $1", ended_before.0)
}

/// Reads a stored session id.
pub(crate) fn parse_sid(text: &str) -> Result<SessionId, sqlx::Error> {
    SessionId::parse(text).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// Counts the sessions that were heard of after `heard_after` and have not ended.
pub(crate) async fn count_live_sessions(tx: &mut Tx, heard_after: UnixMillis) -> Result<i64, sqlx::Error> {
    const SQL: &str = "SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL AND last_seen_at > $1";
    let (count,) = fetch_one!(tx, (i64,), SQL, heard_after.0)?;
    Ok(count)
}
