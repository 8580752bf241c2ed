//! What the edge refuses although the token is right: revoked tickets, switched-off events, ended sessions.
//!
//! Invariants: records are applied without a gap; a member is refused whatever its token's `iat`; an entry leaves by
//! its counter-record, or when no token that it could refuse is alive.

use std::collections::HashMap;
use std::hash::Hash;

use crate::claims::{CLOCK_LEEWAY_SECS, PLAYBACK_TOKEN_LIFETIME_SECS, PlaybackClaims};
use crate::feed::{
    ChainHash, Epoch, EventOffEntry, FeedChange, FeedCursor, FeedRecord, RevokedEntry, SessionEndedEntry,
    Snapshot, SourceEntry,
};
use crate::ids::{Code, EventId, SessionId};
use crate::time::UnixMillis;

/// Milliseconds after which an entry may be dropped: everything minted before it has expired.
pub const ENTRY_LIFETIME_MS: i64 = (PLAYBACK_TOKEN_LIFETIME_SECS + CLOCK_LEEWAY_SECS) * 1000;

/// Why a token that is right is refused all the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DenyReason {
    /// The ticket is revoked.
    TicketRevoked,
    /// The event is switched off or deleted.
    EventUnavailable,
    /// The session has ended.
    SessionEnded,
}

/// A record that does not follow the last one: something was lost, or another history is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("feed record {got} where {expected} was due")]
pub struct FeedGap {
    /// The number that was due.
    pub expected: u64,
    /// The number that came.
    pub got: u64,
}

/// The state of the feed up to one record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DenyState {
    epoch: Epoch,
    seq: u64,
    h: ChainHash,
    revoked: HashMap<Code, UnixMillis>,
    events_off: HashMap<EventId, UnixMillis>,
    sessions_ended: HashMap<SessionId, UnixMillis>,
    sources: HashMap<EventId, String>,
}

impl DenyState {
    /// Takes over a snapshot.
    pub fn from_snapshot(snapshot: Snapshot) -> Self {
        let Snapshot {
            epoch,
            seq,
            h,
            now: _,
            revoked,
            events_off,
            sessions_ended,
            sources,
        } = snapshot;
        let mut state = Self {
            epoch,
            seq,
            h,
            revoked: HashMap::with_capacity(revoked.len()),
            events_off: HashMap::with_capacity(events_off.len()),
            sessions_ended: HashMap::with_capacity(sessions_ended.len()),
            sources: sources
                .into_iter()
                .map(|entry| (entry.event_id, entry.url))
                .collect(),
        };
        for entry in revoked {
            deny(&mut state.revoked, entry.code, entry.at);
        }
        for entry in events_off {
            deny(&mut state.events_off, entry.event_id, entry.at);
        }
        for entry in sessions_ended {
            deny(&mut state.sessions_ended, entry.sid, entry.at);
        }
        state
    }

    /// Returns the state as a snapshot of the moment `now`, each list in a fixed order.
    pub fn to_snapshot(&self, now: UnixMillis) -> Snapshot {
        let sources = self.sources.iter().map(|(id, url)| (id.clone(), url.clone()));
        Snapshot {
            epoch: self.epoch.clone(),
            seq: self.seq,
            h: self.h.clone(),
            now,
            revoked: sorted(&self.revoked)
                .map(|(code, at)| RevokedEntry { code, at })
                .collect(),
            events_off: sorted(&self.events_off)
                .map(|(event_id, at)| EventOffEntry { event_id, at })
                .collect(),
            sessions_ended: sorted(&self.sessions_ended)
                .map(|(sid, at)| SessionEndedEntry { sid, at })
                .collect(),
            sources: in_order(sources.collect())
                .map(|(event_id, url)| SourceEntry { event_id, url })
                .collect(),
        }
    }

    /// Returns where the feed is to be continued.
    pub fn cursor(&self) -> FeedCursor {
        FeedCursor {
            after: self.seq,
            h: self.h.clone(),
            epoch: self.epoch.clone(),
        }
    }

    /// Returns the number of the last applied record.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// Returns the identity of the database that the records come from.
    pub const fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// Returns how many tickets, events and sessions are refused; sources do not count.
    pub fn len(&self) -> usize {
        self.revoked.len() + self.events_off.len() + self.sessions_ended.len()
    }

    /// Tells whether nothing at all is refused.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the events with a source of their own, in no particular order, with its URL.
    pub fn sources(&self) -> impl Iterator<Item = (&EventId, &str)> {
        self.sources
            .iter()
            .map(|(event_id, url)| (event_id, url.as_str()))
    }

    /// Returns the URL of an event's own source, if it has one.
    pub fn source(&self, event_id: &EventId) -> Option<&str> {
        self.sources.get(event_id).map(String::as_str)
    }

    /// Applies the next record; one of an unknown kind only moves the position.
    ///
    /// # Errors
    /// [`FeedGap`] if the record is not the next one; the state is then unchanged.
    pub fn apply(&mut self, record: &FeedRecord) -> Result<(), FeedGap> {
        let expected = self.seq.saturating_add(1);
        if record.seq != expected {
            return Err(FeedGap {
                expected,
                got: record.seq,
            });
        }
        match &record.change {
            Some(FeedChange::TicketRevoked { code, at }) => deny(&mut self.revoked, code.clone(), *at),
            Some(FeedChange::TicketRestored { code }) => drop(self.revoked.remove(code)),
            Some(FeedChange::EventOff { event_id, at }) => deny(&mut self.events_off, event_id.clone(), *at),
            Some(FeedChange::EventOn { event_id }) => drop(self.events_off.remove(event_id)),
            Some(FeedChange::SessionEnded { sid, at }) => deny(&mut self.sessions_ended, *sid, *at),
            Some(FeedChange::EventSource {
                event_id,
                url: Some(url),
            }) => {
                self.sources.insert(event_id.clone(), url.clone());
            }
            Some(FeedChange::EventSource { event_id, url: None }) => drop(self.sources.remove(event_id)),
            // A purge empties caches; it refuses nobody.
            Some(FeedChange::Purge { .. }) | None => {}
        }
        self.seq = record.seq;
        self.h = record.h.clone();
        Ok(())
    }

    /// Drops the entries that are one token lifetime and the leeway old at `now`: nothing that they refuse is alive.
    pub fn prune(&mut self, now: UnixMillis) {
        let alive = |at: &UnixMillis| now.millis_since(*at) < ENTRY_LIFETIME_MS;
        self.revoked.retain(|_, at| alive(at));
        self.events_off.retain(|_, at| alive(at));
        self.sessions_ended.retain(|_, at| alive(at));
    }

    /// Decides whether a viewer is refused, and why: the first reason that matches in the order of [`DenyReason`].
    pub fn decide(&self, claims: &PlaybackClaims) -> Option<DenyReason> {
        if self.revoked.contains_key(&claims.code) {
            return Some(DenyReason::TicketRevoked);
        }
        if self.events_off.contains_key(&claims.event_id) {
            return Some(DenyReason::EventUnavailable);
        }
        self.sessions_ended
            .contains_key(&claims.session_id)
            .then_some(DenyReason::SessionEnded)
    }
}

/// Enters a denial. The latest time counts, so that an entry never leaves before the last of its reasons allows.
fn deny<K: Eq + Hash>(entries: &mut HashMap<K, UnixMillis>, key: K, at: UnixMillis) {
    entries
        .entry(key)
        .and_modify(|known| *known = at.max(*known))
        .or_insert(at);
}

fn sorted<K: Ord + Clone>(entries: &HashMap<K, UnixMillis>) -> impl Iterator<Item = (K, UnixMillis)> {
    in_order(entries.iter().map(|(key, at)| (key.clone(), *at)).collect())
}

fn in_order<K: Ord, V>(mut entries: Vec<(K, V)>) -> impl Iterator<Item = (K, V)> {
    entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    entries.into_iter()
}
