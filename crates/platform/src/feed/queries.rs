//! SQL of the feed.

use serde_json::{Value, json};
use streamgate_contract::feed::{ChainHash, Epoch, FeedChange, Head, SourceEntry, chain, record_body};
use streamgate_contract::ids::{Code, EventId};
use streamgate_contract::time::UnixMillis;

use crate::db::{Tx, execute, fetch_all, fetch_one, fetch_optional};
use crate::error::ApiError;

/// Records that one statement stores.
const RECORDS_PER_INSERT: usize = 1_000;

/// Appends records for `changes`, in order, and returns the seq of the last one (the head's when there are none).
///
/// Locks the feed's head until commit: call it last in a transaction, so that no other lock is waited for while
/// every other change waits for this one. After the commit, wake the hub.
pub(crate) async fn append(tx: &mut Tx, at: UnixMillis, changes: &[FeedChange]) -> Result<u64, ApiError> {
    // The update takes the row's lock on PostgreSQL; SQLite has one writer anyway.
    let head: Option<(i64, String)> = fetch_optional!(
        tx,
        (i64, String),
        "UPDATE feed_head SET seq = seq WHERE id = 1 RETURNING seq, h"
    )?;
    let (seq, h) = head.ok_or(ApiError::Internal("the feed has no head"))?;
    let mut seq = u64::try_from(seq).map_err(|_| ApiError::Internal("the feed's head is negative"))?;
    let mut h = ChainHash::parse(&h).map_err(|_| ApiError::Internal("the feed's head hash is malformed"))?;
    for part in changes.chunks(RECORDS_PER_INSERT) {
        let mut records = Vec::with_capacity(part.len());
        for change in part {
            seq += 1;
            let body = record_body(seq, change);
            h = chain(&h, &body);
            records.push(json!({ "seq": stored(seq), "body": body, "h": h.as_str() }));
        }
        insert(tx, at, &Value::Array(records)).await?;
    }
    if !changes.is_empty() {
        execute!(
            tx,
            "UPDATE feed_head SET seq = $1, h = $2 WHERE id = 1",
            stored(seq),
            h.as_str()
        )?;
        if tx.is_postgres() {
            // Delivered at commit to every platform process; it says only that there is something to read.
            execute!(tx, "SELECT pg_notify('streamgate_feed', '')")?;
        }
    }
    Ok(seq)
}

/// Stores records in one statement: a revocation of thousands holds the head no longer than it must.
async fn insert(tx: &mut Tx, at: UnixMillis, records: &Value) -> Result<(), sqlx::Error> {
    let rows = if tx.is_postgres() {
        "INSERT INTO feed (seq, at, body, h) SELECT r.seq, $1, r.body, r.h \
         FROM json_to_recordset(CAST($2 AS JSON)) AS r (seq BIGINT, body TEXT, h TEXT)"
    } else {
        "INSERT INTO feed (seq, at, body, h) SELECT json_extract(value, '$.seq'), $1, \
         json_extract(value, '$.body'), json_extract(value, '$.h') FROM json_each($2)"
    };
    execute!(tx, rows, at.0, records.to_string())?;
    Ok(())
}

/// Gives a new database its identity and an empty feed; does nothing to one that has them.
pub(crate) async fn ensure_head(tx: &mut Tx, new_epoch: &str) -> Result<(), sqlx::Error> {
    execute!(
        tx,
        "INSERT INTO feed_head (id, epoch, seq, h) VALUES (1, $1, 0, $2) ON CONFLICT (id) DO NOTHING",
        new_epoch,
        ChainHash::GENESIS.as_str()
    )?;
    Ok(())
}

/// Returns a sequence number as the database stores it; both count from 0 and stay far below 2^63.
fn stored(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A record as stored.
#[derive(Clone, Debug)]
pub(super) struct StoredRecord {
    pub(super) seq: u64,
    pub(super) body: String,
    pub(super) h: ChainHash,
}

/// Returns the feed's head with the present time.
pub(crate) async fn head(tx: &mut Tx) -> Result<Head, sqlx::Error> {
    let (epoch, seq, h): (String, i64, String) = fetch_one!(
        tx,
        (String, i64, String),
        "SELECT epoch, seq, h FROM feed_head WHERE id = 1"
    )?;
    Ok(Head {
        epoch: Epoch::parse(&epoch).map_err(malformed)?,
        seq: read_seq(seq)?,
        h: ChainHash::parse(&h).map_err(malformed)?,
        now: tx.now().await?,
    })
}

/// Returns the hash of the history up to and including the record `seq`, if the record is retained.
pub(super) async fn hash_at(tx: &mut Tx, seq: u64) -> Result<Option<ChainHash>, sqlx::Error> {
    let row: Option<(String,)> =
        fetch_optional!(tx, (String,), "SELECT h FROM feed WHERE seq = $1", stored(seq))?;
    row.map(|(h,)| ChainHash::parse(&h).map_err(malformed))
        .transpose()
}

/// Returns the number of the oldest retained record.
pub(super) async fn oldest(tx: &mut Tx) -> Result<Option<u64>, sqlx::Error> {
    let (oldest,): (Option<i64>,) = fetch_one!(tx, (Option<i64>,), "SELECT MIN(seq) FROM feed")?;
    oldest.map(read_seq).transpose()
}

/// Returns the number of the first record that was written at `since` or later.
///
/// Records are written in the order of their numbers, and so of their times but for what clocks of several machines
/// differ; the least number of all is therefore taken.
pub(super) async fn first_since(tx: &mut Tx, since: UnixMillis) -> Result<Option<u64>, sqlx::Error> {
    let (first,): (Option<i64>,) = fetch_one!(
        tx,
        (Option<i64>,),
        "SELECT MIN(seq) FROM feed WHERE at >= $1",
        since.0
    )?;
    first.map(read_seq).transpose()
}

/// Returns the records after `after` in order, at most `limit`.
pub(super) async fn records_after(
    tx: &mut Tx,
    after: u64,
    limit: i64,
) -> Result<Vec<StoredRecord>, sqlx::Error> {
    let rows: Vec<(i64, String, String)> = fetch_all!(
        tx,
        (i64, String, String),
        "SELECT seq, body, h FROM feed WHERE seq > $1 ORDER BY seq LIMIT $2",
        stored(after),
        limit
    )?;
    rows.into_iter()
        .map(|(seq, body, h)| {
            Ok(StoredRecord {
                seq: read_seq(seq)?,
                body,
                h: ChainHash::parse(&h).map_err(malformed)?,
            })
        })
        .collect()
}

/// Returns the events that have a source of their own.
pub(super) async fn sources(tx: &mut Tx) -> Result<Vec<SourceEntry>, sqlx::Error> {
    let rows: Vec<(String, String)> = fetch_all!(
        tx,
        (String, String),
        "SELECT id, stream_url FROM events WHERE stream_url IS NOT NULL ORDER BY id"
    )?;
    rows.into_iter()
        .map(|(id, url)| {
            Ok(SourceEntry {
                event_id: EventId::parse(&id).map_err(malformed)?,
                url,
            })
        })
        .collect()
}

/// Removes the records written before `before`, and whatever precedes the last of them, so that no gap is left.
///
/// The last by time, which the index finds at once; the greatest seq would be looked for through all that is kept.
pub(crate) async fn prune(tx: &mut Tx, before: UnixMillis) -> Result<u64, sqlx::Error> {
    execute!(
        tx,
        "DELETE FROM feed WHERE seq <= (SELECT seq FROM feed WHERE at < $1 ORDER BY at DESC, seq DESC LIMIT 1)",
        before.0
    )
}

/// Returns the codes that were revoked at or after `since`, with the time, oldest first.
pub(super) async fn revoked_since(
    tx: &mut Tx,
    since: UnixMillis,
) -> Result<Vec<(Code, UnixMillis)>, sqlx::Error> {
    let rows: Vec<(String, i64)> = fetch_all!(
        tx,
        (String, i64),
        "SELECT code, revoked_at FROM tickets WHERE is_revoked AND revoked_at >= $1 ORDER BY revoked_at, id",
        since.0
    )?;
    rows.into_iter()
        .map(|(code, at)| Ok((Code::parse(&code).map_err(malformed)?, UnixMillis(at))))
        .collect()
}

/// Returns the events that were switched off at or after `since`, with the time, each with one of its codes or
/// none; an event has one row per code, in a row.
pub(super) async fn deactivated_since(
    tx: &mut Tx,
    since: UnixMillis,
) -> Result<Vec<(String, UnixMillis, Option<Code>)>, sqlx::Error> {
    let rows: Vec<(String, i64, Option<String>)> = fetch_all!(
        tx,
        (String, i64, Option<String>),
        "SELECT e.id, e.deactivated_at, t.code FROM events e LEFT JOIN tickets t ON t.event_id = e.id \
         WHERE NOT e.is_active AND e.deactivated_at >= $1 ORDER BY e.deactivated_at, e.id, t.created_at, t.id",
        since.0
    )?;
    rows.into_iter()
        .map(|(id, at, code)| {
            let code = code
                .map(|code| Code::parse(&code).map_err(malformed))
                .transpose()?;
            Ok((id, UnixMillis(at), code))
        })
        .collect()
}

fn read_seq(seq: i64) -> Result<u64, sqlx::Error> {
    u64::try_from(seq).map_err(malformed)
}

fn malformed(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}
