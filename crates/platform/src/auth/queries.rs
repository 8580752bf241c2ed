//! SQL of admin sign-ins.

use std::net::IpAddr;

use streamgate_contract::time::UnixMillis;

use crate::db::{Tx, execute, fetch_optional};

/// Returns when the sign-in with this hash ends, if it has not ended by `now`.
pub(super) async fn session_expiry(
    tx: &mut Tx,
    id_hash: &str,
    now: UnixMillis,
) -> Result<Option<UnixMillis>, sqlx::Error> {
    let row: Option<(i64,)> = fetch_optional!(
        tx,
        (i64,),
        "SELECT expires_at FROM admin_sessions WHERE id_hash = $1 AND expires_at > $2",
        id_hash,
        now.0
    )?;
    Ok(row.map(|(expires_at,)| UnixMillis(expires_at)))
}

/// Stores a sign-in.
pub(super) async fn open_session(
    tx: &mut Tx,
    id_hash: &str,
    now: UnixMillis,
    expires_at: UnixMillis,
    client: IpAddr,
) -> Result<(), sqlx::Error> {
    execute!(
        tx,
        "INSERT INTO admin_sessions (id_hash, created_at, expires_at, client_ip) VALUES ($1, $2, $3, $4)",
        id_hash,
        now.0,
        expires_at.0,
        client.to_string()
    )?;
    Ok(())
}

/// Ends a sign-in everywhere.
pub(super) async fn close_session(tx: &mut Tx, id_hash: &str) -> Result<(), sqlx::Error> {
    execute!(tx, "DELETE FROM admin_sessions WHERE id_hash = $1", id_hash)?;
    Ok(())
}

/// Removes sign-ins that have ended: nothing needs them any more.
pub(crate) async fn remove_expired_sessions(tx: &mut Tx, now: UnixMillis) -> Result<(), sqlx::Error> {
    execute!(tx, "DELETE FROM admin_sessions WHERE expires_at <= $1", now.0)?;
    Ok(())
}
