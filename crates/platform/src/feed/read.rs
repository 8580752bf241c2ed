//! Reading the feed from a cursor: the records behind it, or a snapshot where it cannot be continued.

use streamgate_contract::deny_state::DenyState;
use streamgate_contract::feed::{ChainHash, FeedCursor, FeedError, FeedRecord, Head, Snapshot, record_json};

use super::queries::{self, StoredRecord};
use crate::app::App;
use crate::db::Tx;
use crate::error::ApiError;

/// Records that are read at once, so that a reader far behind takes little memory.
const RECORDS_PER_READ: i64 = 1_000;
/// Larger than any number of retained records.
const ALL: i64 = i64::MAX;

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
        Some(_) | None => return Ok(Read::Snapshot(snapshot(&mut tx, head).await?)),
    };
    let records = if continued.after == head.seq {
        Vec::new()
    } else {
        queries::records_after(&mut tx, continued.after, RECORDS_PER_READ).await?
    };
    Ok(Read::Records { records, head })
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

/// Folds the retained records into the state that they lead to. Older ones need not be known: whatever they
/// forbid, no token that it could refuse is alive.
async fn snapshot(tx: &mut Tx, head: Head) -> Result<Snapshot, ApiError> {
    let records = queries::records_after(tx, 0, ALL).await?;
    let mut state = DenyState::from_snapshot(Snapshot {
        epoch: head.epoch.clone(),
        seq: records
            .first()
            .map_or(head.seq, |first| first.seq.saturating_sub(1)),
        h: head.h.clone(),
        now: head.now,
        revoked: Vec::new(),
        events_off: Vec::new(),
        sessions_ended: Vec::new(),
        sources: Vec::new(),
    });
    for record in &records {
        let record = parse(record).map_err(|_| ApiError::Internal("a stored feed record is malformed"))?;
        state
            .apply(&record)
            .map_err(|_| ApiError::Internal("the stored feed has a gap"))?;
    }
    if state.seq() != head.seq {
        return Err(ApiError::Internal("the stored feed does not end at its head"));
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
