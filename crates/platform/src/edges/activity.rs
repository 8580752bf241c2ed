//! What an edge reports: which sessions fetch media, and how far it has followed the feed.

use std::collections::BTreeMap;

use streamgate_contract::activity::{
    ActivityReport, CLIENTS_PER_SESSION_MAX, SESSIONS_PER_REPORT_MAX, SessionActivity,
};
use streamgate_contract::feed::FeedChange;
use streamgate_contract::ids::{EdgeId, SessionId};
use streamgate_contract::time::UnixMillis;

use super::queries;
use crate::app::App;
use crate::audit::{self, Entry, Kind};
use crate::db::Tx;
use crate::error::ApiError;
use crate::feed;
use crate::settings::SessionSharing;

/// Longest version and mode that an edge may tell of itself.
const EDGE_TEXT_CHARS_MAX: usize = 64;

/// Takes an edge's report: sessions that fetched media are live again, unless they have ended.
///
/// The time of a session's last sign of life is by the database's clock, `idle_ms` before now; the edge's clock
/// does not matter. Unknown sids are ignored. Fails when the report names too many sessions.
pub async fn record_activity(app: &App, edge_id: &EdgeId, report: ActivityReport) -> Result<(), ApiError> {
    if report.sessions.len() > SESSIONS_PER_REPORT_MAX {
        return Err(ApiError::InvalidRequest(format!(
            "A report holds at most {SESSIONS_PER_REPORT_MAX} sessions."
        )));
    }
    for (name, text) in [("version", &report.version), ("mode", &report.mode)] {
        check_text(name, text)?;
    }
    check_numbers(&report)?;
    let mut tx = app.db.write().await?;
    let now = tx.now().await?;
    queries::note_edge(&mut tx, edge_id, &report, now).await?;
    let sessions = merged(report.sessions);
    queries::touch_sessions(&mut tx, edge_id, &sessions, now).await?;
    let kicked = match app.settings.session_sharing {
        SessionSharing::Report => Vec::new(),
        SessionSharing::End => {
            // Anew: the sessions are locked since then, and no token of theirs may be younger than their end.
            let now = tx.now().await?;
            end_shared(&mut tx, &sessions, now).await?
        }
    };
    tx.commit().await?;
    if !kicked.is_empty() {
        app.feed.wake();
    }
    for sid in kicked {
        audit::log(
            &Entry::own(Kind::SessionEnded).detail(&format!("{sid} kicked: shared by several players")),
        );
    }
    Ok(())
}

/// Refuses what the database or the console could not show; PostgreSQL takes no text with NUL.
fn check_text(name: &str, text: &str) -> Result<(), ApiError> {
    if text.chars().count() > EDGE_TEXT_CHARS_MAX || text.chars().any(char::is_control) {
        return Err(ApiError::InvalidRequest(format!(
            "{name} is at most {EDGE_TEXT_CHARS_MAX} characters without control characters."
        )));
    }
    Ok(())
}

/// Refuses numbers that no database can hold.
fn check_numbers(report: &ActivityReport) -> Result<(), ApiError> {
    let mut numbers = report
        .sessions
        .iter()
        .flat_map(|session| [session.idle_ms, session.bytes])
        .chain(report.applied_seq);
    if numbers.any(|number| i64::try_from(number).is_err()) {
        return Err(ApiError::InvalidRequest(format!(
            "A number is at most {}.",
            i64::MAX
        )));
    }
    Ok(())
}

/// Ends the sessions that more players use than a viewer has, and puts them on the feed.
async fn end_shared(
    tx: &mut Tx,
    sessions: &[SessionActivity],
    now: UnixMillis,
) -> Result<Vec<SessionId>, ApiError> {
    let mut kicked = Vec::new();
    for session in sessions
        .iter()
        .filter(|session| session.clients > CLIENTS_PER_SESSION_MAX)
    {
        if queries::kick_session(tx, session.sid, now).await? {
            kicked.push(session.sid);
        }
    }
    if !kicked.is_empty() {
        let changes: Vec<_> = kicked
            .iter()
            .map(|sid| FeedChange::SessionEnded { sid: *sid, at: now })
            .collect();
        feed::queries::append(tx, now, &changes).await?;
    }
    Ok(kicked)
}

/// Joins lines of the same session and sorts them, so that two reports lock rows in the same order.
fn merged(sessions: Vec<SessionActivity>) -> Vec<SessionActivity> {
    let mut by_sid: BTreeMap<String, SessionActivity> = BTreeMap::new();
    for session in sessions {
        by_sid
            .entry(session.sid.to_string())
            .and_modify(|known| {
                known.idle_ms = known.idle_ms.min(session.idle_ms);
                known.bytes = known.bytes.saturating_add(session.bytes);
                known.clients = known.clients.max(session.clients);
            })
            .or_insert(session);
    }
    by_sid.into_values().collect()
}
