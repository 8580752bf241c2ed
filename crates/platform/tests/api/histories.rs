//! Whatever happens to one ticket at the same moment: there is an order in which it happened one after another.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use streamgate_platform::Platform;
use streamgate_serving::random::{Random as _, SeededRandom};
use tokio::task::JoinSet;

use crate::harness::{Admin, Kind, NOON, TestPlatform, Viewer, code, setting, token};

/// Histories of every test run; `STREAMGATE_CONTENDED_ROUNDS=10000` records a fifth of it, each of twelve requests.
const HISTORIES: u32 = 50;
/// The API generates at most so many tickets at once.
const TICKETS_MAX: u32 = 500;
const PEOPLE: u8 = 4;
const STEPS: u8 = 3;
/// Fewer than people, so that some come back on a device that is known.
const DEVICES: u8 = 3;

/// What somebody does; a claim is named by its number in the history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deed {
    Claim { device: u8, number: u8 },
    Beat { claim: u8 },
    Release { claim: u8 },
    Revoke,
    Restore,
    EndSession,
}

/// A deed with the status of its answer, and the moments between which it happened.
#[derive(Clone, Copy, Debug)]
struct Done {
    deed: Deed,
    status: u16,
    asked: u32,
    answered: u32,
}

/// The ticket, as one who does one thing after another sees it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
struct Ticket {
    is_revoked: bool,
    /// The device and the claim that hold it.
    holder: Option<(u8, u8)>,
}

impl Ticket {
    /// Returns what becomes of it, if the deed is answered as it was.
    fn after(self, done: &Done) -> Option<Self> {
        let holds = |claim| self.holder.is_some_and(|(_, holder)| holder == claim);
        let (status, next) = match done.deed {
            Deed::Claim { .. } | Deed::Beat { .. } if self.is_revoked => (403, self),
            Deed::Claim { device, number } => match self.holder {
                Some((other, _)) if other != device => (409, self),
                _ => {
                    let holder = Some((device, number));
                    (200, Self { holder, ..self })
                }
            },
            Deed::Beat { claim } if holds(claim) => (200, self),
            Deed::Beat { .. } if self.holder.is_some() => (409, self),
            Deed::Beat { .. } => (404, self),
            Deed::Release { claim } if holds(claim) => (200, Self { holder: None, ..self }),
            Deed::Release { .. } => (200, self),
            Deed::Revoke | Deed::Restore => {
                let is_revoked = done.deed == Deed::Revoke;
                (200, Self { is_revoked, ..self })
            }
            Deed::EndSession => (200, Self { holder: None, ..self }),
        };
        (status == done.status).then_some(next)
    }
}

/// Tells whether there is an order that keeps to the moments and explains every answer.
fn has_an_order(history: &[Done]) -> bool {
    let all = (1_u32 << history.len()) - 1;
    let mut seen = HashSet::new();
    let mut open = vec![(0_u32, Ticket::default())];
    while let Some((past, ticket)) = open.pop() {
        if past == all {
            return true;
        }
        if !seen.insert((past, ticket)) {
            continue;
        }
        let left = || (0..history.len()).filter(|place| past & (1 << place) == 0);
        let first_end = left().map(|place| history[place].answered).min().unwrap_or(0);
        open.extend(
            left()
                .filter(|place| history[*place].asked < first_end)
                .filter_map(|place| Some((past | (1 << place), ticket.after(&history[place])?))),
        );
    }
    false
}

/// Does a few things to a ticket, one after another.
async fn act(
    process: Platform,
    ticket: Value,
    person: u8,
    dice: SeededRandom,
    clock: Arc<AtomicU32>,
) -> Vec<Done> {
    let admin = Admin {
        platform: &process,
        now: NOON,
    };
    let mut done = Vec::new();
    let mut claim: Option<(u8, String)> = None;
    for step in 0..STEPS {
        let mut thrown = [0; 2];
        dice.fill(&mut thrown);
        let device = thrown[1] % DEVICES;
        let viewer = Viewer::new(&process, &format!("number-{device}"));
        let number = person * STEPS + step;
        let asked = clock.fetch_add(1, Ordering::SeqCst);
        let (deed, answer) = match (thrown[0] % 10, &claim) {
            (0, _) => (Deed::Revoke, admin.revoke(&ticket).await),
            (1, _) => (Deed::Restore, admin.unrevoke(&ticket).await),
            (2, _) => (Deed::EndSession, admin.end_session(&ticket).await),
            (3 | 4, Some((claim, token))) => (Deed::Beat { claim: *claim }, viewer.heartbeat(token).await),
            (5 | 6, Some((claim, token))) => (Deed::Release { claim: *claim }, viewer.release(token).await),
            _ => (
                Deed::Claim { device, number },
                viewer.validate(code(&ticket)).await,
            ),
        };
        let answered = clock.fetch_add(1, Ordering::SeqCst);
        let status = answer.status.as_u16();
        if matches!(deed, Deed::Claim { .. }) && status == 200 {
            claim = Some((number, token(&answer)));
        }
        done.push(Done {
            deed,
            status,
            asked,
            answered,
        });
    }
    done
}

async fn every_history_has_an_order(platform: &TestPlatform, processes: &[Platform]) {
    let rounds = setting("STREAMGATE_CONTENDED_ROUNDS").map(|text| text.parse::<u32>().expect("a number"));
    let mut left = rounds.map_or(HISTORIES, |rounds| rounds / 5);
    let event = platform.admin().create_event().await;
    let mut seed = 0;
    while left > 0 {
        let count = left.min(TICKETS_MAX);
        left -= count;
        for ticket in platform.admin().tickets(&event, count).await {
            let clock = Arc::new(AtomicU32::new(0));
            let mut people = JoinSet::new();
            for person in 0..PEOPLE {
                seed += 1;
                let process = processes[usize::from(person) % processes.len()].clone();
                let (ticket, clock) = (ticket.clone(), Arc::clone(&clock));
                people.spawn(act(process, ticket, person, SeededRandom::new(seed), clock));
            }
            let mut history: Vec<Done> = people.join_all().await.into_iter().flatten().collect();
            history.sort_unstable_by_key(|done| done.asked);
            assert!(has_an_order(&history), "{history:#?}");
        }
    }
}

fn unlimited(settings: &mut streamgate_platform::settings::PlatformSettings) {
    settings.rate_limits.validations_per_minute = 1_000_000;
}

///
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_history_of_a_ticket_has_an_order_on_sqlite() {
    let platform = TestPlatform::start_with(Kind::Sqlite, unlimited).await;
    every_history_has_an_order(&platform, std::slice::from_ref(&platform.platform)).await;
    platform.close().await;
}

///
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_history_of_a_ticket_has_an_order_with_two_processes_on_postgres() {
    let platform = TestPlatform::start_with(Kind::Postgres, unlimited).await;
    let second = platform.another_process(2).await;
    every_history_has_an_order(&platform, &[platform.platform.clone(), second.clone()]).await;
    second.app().db.close().await;
    platform.close().await;
}

/// The judge is judged: an answer that no order explains is found.
#[test]
fn two_holders_at_once_have_no_order() {
    let claim = |device, number, asked, answered| Done {
        deed: Deed::Claim { device, number },
        status: 200,
        asked,
        answered,
    };
    let released = |claim, asked, answered| Done {
        deed: Deed::Release { claim },
        status: 200,
        asked,
        answered,
    };
    assert!(!has_an_order(&[claim(0, 0, 0, 2), claim(1, 1, 1, 3)]));
    assert!(has_an_order(&[
        claim(0, 0, 0, 2),
        released(0, 3, 6),
        claim(1, 1, 4, 5)
    ]));
    assert!(!has_an_order(&[
        claim(0, 0, 0, 2),
        claim(1, 1, 3, 4),
        released(0, 5, 6)
    ]));
}
