//! Which sessions are watching, from whom and how much: what the edge tells the platform every 5 s.
//!
//! Bytes are given up only when a report was accepted. Memory is bounded by [`SESSIONS_MAX`] and by forgetting
//! sessions that no living token can name any more.

pub(crate) mod reporter;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use streamgate_contract::activity::{CLIENTS_WINDOW_SECS, SESSIONS_PER_REPORT_MAX, SessionActivity};
use streamgate_contract::claims::{CLOCK_LEEWAY_SECS, PLAYBACK_TOKEN_LIFETIME_SECS};
use streamgate_contract::ids::SessionId;
use streamgate_contract::time::UnixMillis;

/// Sessions that are remembered at most: about 100 bytes each.
const SESSIONS_MAX: usize = 200_000;
// Beyond this nobody asks whether a session is shared.
const CLIENTS_PER_SESSION_MAX: usize = 16;
const CLIENTS_WINDOW_MS: i64 = (CLIENTS_WINDOW_SECS * 1000).cast_signed();
/// Silence after which a session is forgotten: its newest token has expired.
const FORGET_AFTER_MS: i64 = (PLAYBACK_TOKEN_LIFETIME_SECS + CLOCK_LEEWAY_SECS) * 1000;

/// What is known of one session.
#[derive(Debug)]
struct Watched {
    last_get: Option<UnixMillis>,
    last_seen: UnixMillis,
    reported_get: Option<UnixMillis>,
    bytes: u64,
    clients: Vec<(u64, UnixMillis)>,
}

/// All sessions that this edge served.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    sessions: Mutex<HashMap<SessionId, Watched>>,
}

/// What is about to be reported, to be settled when the platform took it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Batch {
    pub(crate) sessions: Vec<SessionActivity>,
    last_gets: Vec<UnixMillis>,
}

/// Returns what one client of a session is: a network and a program, not a whole address.
pub(crate) fn client_fingerprint(address: IpAddr, user_agent: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    match address.to_canonical() {
        IpAddr::V4(address) => hasher.write(address.octets().get(..3).unwrap_or_default()),
        IpAddr::V6(address) => hasher.write(address.octets().get(..8).unwrap_or_default()),
    }
    user_agent.hash(&mut hasher);
    hasher.finish()
}

impl Activity {
    /// Notes a permitted GET.
    pub(crate) fn note_get(&self, sid: SessionId, client: u64, now: UnixMillis) {
        let mut sessions = self.lock();
        let watched = entry(&mut sessions, sid, now);
        watched.last_get = Some(now);
        if let Some((_, seen)) = watched.clients.iter_mut().find(|(known, _)| *known == client) {
            *seen = now;
            return;
        }
        watched.clients.retain(|(_, seen)| is_recent(*seen, now));
        if watched.clients.len() < CLIENTS_PER_SESSION_MAX {
            watched.clients.push((client, now));
        }
    }

    /// Notes that a session was let in by a request that is no activity.
    pub(crate) fn note_seen(&self, sid: SessionId, now: UnixMillis) {
        entry(&mut self.lock(), sid, now);
    }

    /// Notes body bytes on their way to a viewer: a long download is activity as long as it flows.
    pub(crate) fn note_bytes(&self, sid: SessionId, bytes: u64, now: UnixMillis) {
        let mut sessions = self.lock();
        let watched = entry(&mut sessions, sid, now);
        watched.bytes = watched.bytes.saturating_add(bytes);
        watched.last_get = watched.last_get.max(Some(now));
    }

    /// Returns how many sessions are remembered.
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Tells whether a session was let in before.
    pub(crate) fn has_seen(&self, sid: SessionId) -> bool {
        self.lock().contains_key(&sid)
    }

    /// Returns what is to be reported, in batches of the contract's size.
    pub(crate) fn collect(&self, now: UnixMillis) -> Vec<Batch> {
        let mut due = Vec::new();
        for (sid, watched) in self.lock().iter_mut() {
            let Some(last_get) = watched.last_get else {
                continue;
            };
            watched.clients.retain(|(_, seen)| is_recent(*seen, now));
            // While it is recent a session is told of although it is silent, so that its clients are counted down.
            if watched.bytes > 0 || watched.reported_get != Some(last_get) || is_recent(last_get, now) {
                let session = SessionActivity {
                    sid: *sid,
                    idle_ms: u64::try_from(now.millis_since(last_get)).unwrap_or(0),
                    bytes: watched.bytes,
                    clients: u32::try_from(watched.clients.len()).unwrap_or(u32::MAX),
                };
                due.push((session, last_get));
            }
        }
        due.chunks(SESSIONS_PER_REPORT_MAX)
            .map(|chunk| {
                let (sessions, last_gets) = chunk.iter().cloned().unzip();
                Batch { sessions, last_gets }
            })
            .collect()
    }

    /// Takes off what the platform has accepted; what came meanwhile stays.
    pub(crate) fn settle(&self, batch: &Batch) {
        let mut sessions = self.lock();
        for (reported, last_get) in batch.sessions.iter().zip(&batch.last_gets) {
            if let Some(watched) = sessions.get_mut(&reported.sid) {
                watched.bytes = watched.bytes.saturating_sub(reported.bytes);
                watched.reported_get = Some(*last_get);
            }
        }
    }

    /// Forgets sessions whose last token has expired.
    pub(crate) fn prune(&self, now: UnixMillis) {
        self.lock()
            .retain(|_, watched| now.millis_since(watched.last_seen) < FORGET_AFTER_MS);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Watched>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn entry(sessions: &mut HashMap<SessionId, Watched>, sid: SessionId, now: UnixMillis) -> &mut Watched {
    if sessions.len() >= SESSIONS_MAX && !sessions.contains_key(&sid) {
        // Rare: the oldest half goes, so that this does not happen again for a while.
        let mut ages: Vec<UnixMillis> = sessions.values().map(|watched| watched.last_seen).collect();
        let middle = ages.len() / 2;
        let (_, median, _) = ages.select_nth_unstable(middle);
        let median = *median;
        sessions.retain(|_, watched| watched.last_seen > median);
    }
    let watched = sessions.entry(sid).or_insert_with(|| Watched {
        last_get: None,
        last_seen: now,
        reported_get: None,
        bytes: 0,
        clients: Vec::new(),
    });
    watched.last_seen = watched.last_seen.max(now);
    watched
}

const fn is_recent(then: UnixMillis, now: UnixMillis) -> bool {
    now.millis_since(then) < CLIENTS_WINDOW_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sid(number: u8) -> SessionId {
        SessionId::from_random_bytes([number; 16])
    }

    fn at(secs: i64) -> UnixMillis {
        UnixMillis::from_secs(secs)
    }

    fn only(activity: &Activity, now: UnixMillis) -> SessionActivity {
        activity.collect(now).remove(0).sessions.remove(0)
    }

    #[test]
    fn bytes_stay_until_a_report_of_them_was_accepted() {
        let activity = Activity::default();
        activity.note_get(sid(1), 7, at(100));
        activity.note_bytes(sid(1), 500, at(101));
        let lost = activity.collect(at(105)).remove(0);
        assert_eq!((lost.sessions[0].bytes, lost.sessions[0].idle_ms), (500, 4_000));
        activity.note_bytes(sid(1), 20, at(106));
        let accepted = activity.collect(at(110)).remove(0);
        assert_eq!(accepted.sessions[0].bytes, 520);
        activity.note_bytes(sid(1), 3, at(111));
        activity.settle(&accepted);
        assert_eq!(only(&activity, at(115)).bytes, 3);
    }

    #[test]
    fn clients_are_counted_by_network_and_program_over_a_minute() {
        let activity = Activity::default();
        let client = |address: &str, agent: &[u8]| client_fingerprint(address.parse().unwrap(), agent);
        for (address, agent) in [
            ("192.0.2.1", b"a"),
            ("192.0.2.99", b"a"),
            ("::ffff:192.0.2.5", b"a"),
            ("192.0.2.1", b"b"),
            ("2001:db8::1", b"a"),
            ("2001:db8::2:0:0:1", b"a"),
        ] {
            activity.note_get(sid(1), client(address, agent), at(0));
        }
        assert_eq!(only(&activity, at(1)).clients, 3);
        activity.note_get(sid(1), 1, at(59));
        assert_eq!(only(&activity, at(59)).clients, 4);
        assert_eq!(only(&activity, at(60)).clients, 1);
    }

    #[test]
    fn sessions_without_a_permitted_get_are_not_reported() {
        let activity = Activity::default();
        activity.note_seen(sid(1), at(0));
        assert_eq!(activity.collect(at(1)), []);
        assert!(activity.has_seen(sid(1)) && !activity.has_seen(sid(2)));
    }

    #[test]
    fn a_report_holds_no_more_sessions_than_the_contract_allows() {
        let activity = Activity::default();
        for number in 0..2_001u128 {
            activity.note_get(
                SessionId::from_random_bytes((number << 64).to_be_bytes()),
                1,
                at(0),
            );
        }
        let sizes: Vec<usize> = activity
            .collect(at(1))
            .iter()
            .map(|batch| batch.sessions.len())
            .collect();
        assert_eq!(sizes, [2_000, 1]);
    }

    #[test]
    fn a_session_is_told_of_until_its_last_get_was_accepted_and_a_minute_has_passed() {
        let activity = Activity::default();
        activity.note_get(sid(1), 1, at(0));
        assert_eq!(activity.collect(at(300)).len(), 1);
        let batch = activity.collect(at(300)).remove(0);
        activity.settle(&batch);
        assert_eq!(activity.collect(at(300)), []);
    }

    #[test]
    fn sessions_are_forgotten_when_their_last_token_has_expired() {
        let activity = Activity::default();
        activity.note_get(sid(1), 1, at(0));
        activity.prune(at(3_604));
        assert!(activity.has_seen(sid(1)));
        activity.prune(at(3_605));
        assert!(!activity.has_seen(sid(1)));
    }
}
