//! Promises: the feed's JSON is the contract's, hashes chain as it says, and the deny state holds exactly what a naive
//! replay of the records holds, through snapshots and pruning.
#![expect(clippy::unwrap_used, reason = "test support may panic")]

mod deny_state;
mod wire;

use streamgate_contract::claims::PlaybackClaims;
use streamgate_contract::deny_state::DenyState;
use streamgate_contract::feed::{ChainHash, Epoch, FeedChange, FeedRecord, Snapshot, chain, record_body};
use streamgate_contract::ids::{Code, EventId, SessionId};
use streamgate_contract::time::UnixMillis;

const ENTRY_LIFETIME_MS: i64 = 3_605_000;

fn code(n: u8) -> Code {
    Code::parse(&format!("code{n}")).unwrap()
}

fn event(n: u8) -> EventId {
    EventId::parse(&format!("ev{n}")).unwrap()
}

fn sid(n: u8) -> SessionId {
    SessionId::from_random_bytes([n; 16])
}

fn epoch() -> Epoch {
    Epoch::parse("epoch-1").unwrap()
}

fn claims(ticket: u8, of_event: u8, session: u8) -> PlaybackClaims {
    PlaybackClaims {
        code: code(ticket),
        event_id: event(of_event),
        session_id: sid(session),
        issued_at: i64::MAX,
        expires_at: i64::MAX,
    }
}

fn empty() -> DenyState {
    DenyState::from_snapshot(Snapshot {
        epoch: epoch(),
        seq: 0,
        h: ChainHash::GENESIS,
        now: UnixMillis(0),
        revoked: vec![],
        events_off: vec![],
        sessions_ended: vec![],
        sources: vec![],
    })
}

fn record(seq: u64, change: FeedChange) -> FeedRecord {
    let h = chain(&ChainHash::GENESIS, &record_body(seq, &change));
    FeedRecord {
        seq,
        change: Some(change),
        h,
    }
}
