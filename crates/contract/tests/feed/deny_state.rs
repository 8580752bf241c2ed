//! Promises: the deny state is a replay of the records, through snapshots and pruning.

use proptest::prelude::*;
use std::collections::BTreeMap;
use streamgate_contract::deny_state::{DenyReason, DenyState, FeedGap};
use streamgate_contract::feed::{ChainHash, FeedChange, FeedCursor, FeedRecord, chain, record_body};
use streamgate_contract::time::UnixMillis;

use super::{ENTRY_LIFETIME_MS, claims, code, empty, epoch, event, record, sid};

// V-05
#[test]
fn a_gap_or_a_repetition_is_refused_and_changes_nothing() {
    let mut state = empty();
    let purge = |seq| {
        record(
            seq,
            FeedChange::TicketRevoked {
                code: code(1),
                at: UnixMillis(0),
            },
        )
    };
    for got in [0, 2, u64::MAX] {
        assert_eq!(state.apply(&purge(got)), Err(FeedGap { expected: 1, got }));
    }
    assert_eq!(state, empty());
    state.apply(&purge(1)).unwrap();
    assert_eq!(state.apply(&purge(1)), Err(FeedGap { expected: 2, got: 1 }));
}

#[test]
fn the_first_reason_counts_in_the_order_ticket_event_session() {
    let mut state = empty();
    let at = UnixMillis(0);
    let viewer = claims(1, 1, 1);
    let changes = [
        (
            FeedChange::SessionEnded { sid: sid(1), at },
            Some(DenyReason::SessionEnded),
        ),
        (
            FeedChange::EventOff {
                event_id: event(1),
                at,
            },
            Some(DenyReason::EventUnavailable),
        ),
        (
            FeedChange::TicketRevoked { code: code(1), at },
            Some(DenyReason::TicketRevoked),
        ),
        (
            FeedChange::TicketRestored { code: code(1) },
            Some(DenyReason::EventUnavailable),
        ),
        (
            FeedChange::EventOn { event_id: event(1) },
            Some(DenyReason::SessionEnded),
        ),
    ];
    assert_eq!(state.decide(&viewer), None);
    for (seq, (change, reason)) in (1..).zip(changes) {
        state.apply(&record(seq, change)).unwrap();
        assert_eq!(state.decide(&viewer), reason);
        assert_eq!(state.decide(&claims(2, 2, 2)), None);
    }
}

// V-08
#[test]
fn an_entry_leaves_at_one_token_lifetime_and_leeway_exactly() {
    let mut state = empty();
    for (seq, change) in (1..).zip([
        FeedChange::TicketRevoked {
            code: code(1),
            at: UnixMillis(1000),
        },
        FeedChange::EventOff {
            event_id: event(1),
            at: UnixMillis(1000),
        },
        FeedChange::SessionEnded {
            sid: sid(1),
            at: UnixMillis(1000),
        },
        FeedChange::EventSource {
            event_id: event(1),
            url: Some("https://up/".to_owned()),
        },
    ]) {
        state.apply(&record(seq, change)).unwrap();
    }
    state.prune(UnixMillis(1000 + ENTRY_LIFETIME_MS - 1));
    assert_eq!(state.len(), 3);
    state.prune(UnixMillis(1000 + ENTRY_LIFETIME_MS));
    assert_eq!((state.len(), state.sources().count()), (0, 1));
}

/// The deny state as a child would keep it: a list of what is denied since when.
#[derive(Default)]
struct Model {
    denied: BTreeMap<(u8, u8), i64>,
    sources: BTreeMap<u8, String>,
}

/// One step: what to do, to whom, when.
type Step = (u8, u8, i64);

fn change_of((action, who, at): Step) -> Option<FeedChange> {
    let at = UnixMillis(at);
    Some(match action {
        0 => FeedChange::TicketRevoked { code: code(who), at },
        1 => FeedChange::TicketRestored { code: code(who) },
        2 => FeedChange::EventOff {
            event_id: event(who),
            at,
        },
        3 => FeedChange::EventOn { event_id: event(who) },
        4 => FeedChange::SessionEnded { sid: sid(who), at },
        5 => FeedChange::Purge { event_id: event(who) },
        6 => FeedChange::EventSource {
            event_id: event(who),
            url: Some(format!("https://{}/", at.0)),
        },
        7 => FeedChange::EventSource {
            event_id: event(who),
            url: None,
        },
        _ => return None,
    })
}

impl Model {
    fn step(&mut self, (action, who, at): Step) {
        match action {
            0 | 2 | 4 => {
                let entry = self.denied.entry((action, who)).or_insert(at);
                *entry = at.max(*entry);
            }
            1 | 3 => drop(self.denied.remove(&(action - 1, who))),
            6 => drop(self.sources.insert(who, format!("https://{at}/"))),
            7 => drop(self.sources.remove(&who)),
            _ => {}
        }
    }

    fn decide(&self, ticket: u8, of_event: u8, session: u8) -> Option<DenyReason> {
        [
            ((0, ticket), DenyReason::TicketRevoked),
            ((2, of_event), DenyReason::EventUnavailable),
            ((4, session), DenyReason::SessionEnded),
        ]
        .into_iter()
        .find_map(|(key, reason)| self.denied.contains_key(&key).then_some(reason))
    }
}

proptest! {
    #[test]
    fn the_state_is_what_a_naive_replay_says(
        steps in prop::collection::vec((0..9_u8, 0..3_u8, 0..10_000_000_i64), 0..60),
        prune_every in 1..20_usize,
        restart_every in 1..20_usize,
    ) {
        let (mut state, mut model) = (empty(), Model::default());
        let mut h = ChainHash::GENESIS;
        for (index, step) in steps.into_iter().enumerate() {
            let seq = index as u64 + 1;
            let change = change_of(step);
            if let Some(change) = &change {
                h = chain(&h, &record_body(seq, change));
            }
            state.apply(&FeedRecord { seq, change, h: h.clone() }).unwrap();
            model.step(step);
            if index % prune_every == 0 {
                state.prune(UnixMillis(step.2));
                model.denied.retain(|_, at| step.2 < *at + ENTRY_LIFETIME_MS);
            }
            if index % restart_every == 0 {
                let json = serde_json::to_string(&state.to_snapshot(UnixMillis(0))).unwrap();
                let restarted = DenyState::from_snapshot(serde_json::from_str(&json).unwrap());
                prop_assert_eq!(&restarted, &state);
                state = restarted;
            }
            prop_assert_eq!(state.cursor(), FeedCursor { after: seq, h: h.clone(), epoch: epoch() });
            prop_assert_eq!(state.len(), model.denied.len());
            for who in 0..3 {
                for other in 0..3 {
                    for third in 0..3 {
                        prop_assert_eq!(state.decide(&claims(who, other, third)), model.decide(who, other, third));
                    }
                }
                prop_assert_eq!(state.source(&event(who)), model.sources.get(&who).map(String::as_str));
            }
        }
    }
}
