//! Reading the feed from a cursor: the records behind it, or a snapshot where it cannot be continued.

use streamgate_contract::deny_state::{DenyState, ENTRY_LIFETIME_MS};
use streamgate_contract::feed::{ChainHash, FeedCursor, FeedError, FeedRecord, Head, Snapshot, record_json};

use super::queries::{self, StoredRecord};
use crate::app::App;
use crate::db::Tx;
use crate::error::ApiError;

/// Records that are read at once, so that a reader far behind takes little memory.
const RECORDS_PER_READ: i64 = 1_000;

/// What follows a cursor.
#[derive(Debug)]
pub(super) enum Read {
    /// The cursor cannot be continued: this replaces everything that its owner knows.
    Snapshot(Snapshot),
    /// The next records; none when the cursor is the head.
    Records {
        records: Vec<StoredRecord>,
        /// The head as of this read; records may be missing in between, then read again.
        head: Head,
    },
}

/// Reads what follows `cursor`, all of it from one state of the database.
pub(super) async fn read(app: &App, cursor: Option<&FeedCursor>) -> Result<Read, ApiError> {
    let mut tx = app.db.snapshot().await?;
    let head = queries::head(&mut tx).await?;
    let continued = match cursor {
        Some(cursor) if continues(&mut tx, cursor, &head).await? => cursor,
        Some(_) | None => {
            drop(tx);
            return Ok(Read::Snapshot(fold(app).await?));
        }
    };
    let records = if continued.after == head.seq {
        Vec::new()
    } else {
        queries::records_after(&mut tx, continued.after, RECORDS_PER_READ).await?
    };
    Ok(Read::Records { records, head })
}

/// Makes a snapshot when it is this reader's turn, so that edges which all come back at once leave viewers the
/// database's other connections.
async fn fold(app: &App) -> Result<Snapshot, ApiError> {
    let _turn = app.feed.snapshot_turn().await;
    let mut tx = app.db.snapshot().await?;
    let head = queries::head(&mut tx).await?;
    snapshot(&mut tx, head).await
}

/// Tells whether the records after the cursor continue exactly the history that its owner knows.
async fn continues(tx: &mut Tx, cursor: &FeedCursor, head: &Head) -> Result<bool, ApiError> {
    if cursor.epoch != head.epoch || cursor.after > head.seq {
        return Ok(false);
    }
    if cursor.after == head.seq {
        return Ok(cursor.h == head.h);
    }
    if cursor.after == 0 {
        return Ok(cursor.h == ChainHash::GENESIS && queries::oldest(tx).await? == Some(1));
    }
    Ok(queries::hash_at(tx, cursor.after).await? == Some(cursor.h.clone()))
}

/// Folds the records of one token lifetime into the state that they lead to. Older ones need not be known: whatever
/// they forbid, no token that it could refuse is alive.
///
/// A page at a time, all of one state of the database, so that two hours of a busy evening take little memory and
/// never hold a thread for long.
async fn snapshot(tx: &mut Tx, head: Head) -> Result<Snapshot, ApiError> {
    let alive_since = head.now.plus_millis(-ENTRY_LIFETIME_MS);
    let first = queries::first_since(tx, alive_since).await?;
    let mut state = DenyState::from_snapshot(Snapshot {
        epoch: head.epoch.clone(),
        seq: first.map_or(head.seq, |first| first.saturating_sub(1)),
        h: head.h.clone(),
        now: head.now,
        revoked: Vec::new(),
        events_off: Vec::new(),
        sessions_ended: Vec::new(),
        sources: Vec::new(),
    });
    while state.seq() < head.seq {
        let page = queries::records_after(tx, state.seq(), RECORDS_PER_READ).await?;
        if page.is_empty() {
            return Err(ApiError::Internal("the stored feed does not end at its head"));
        }
        for record in &page {
            let record =
                parse(record).map_err(|_| ApiError::Internal("a stored feed record is malformed"))?;
            state
                .apply(&record)
                .map_err(|_| ApiError::Internal("the stored feed has a gap"))?;
        }
    }
    state.prune(head.now);
    Ok(Snapshot {
        h: head.h,
        sources: queries::sources(tx).await?,
        ..state.to_snapshot(head.now)
    })
}

/// Returns a record as edges read it.
pub(super) fn parse(record: &StoredRecord) -> Result<FeedRecord, FeedError> {
    FeedRecord::parse(&json(record))
}

/// Returns a record's JSON, byte for byte what its hash covers and the hash.
pub(super) fn json(record: &StoredRecord) -> String {
    record_json(&record.body, &record.h)
}
