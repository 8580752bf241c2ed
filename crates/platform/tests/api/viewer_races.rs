//! Simultaneous claims of one ticket: exactly one wins, whatever the database and the number of processes.

use streamgate_platform::Platform;
use tokio::task::JoinSet;

use crate::harness::{Kind, TestPlatform, Viewer, code, id, setting};

/// Rounds of every test run; `STREAMGATE_CONTENDED_ROUNDS=10000` runs as many as the product promises.
const ROUNDS: u32 = 300;
/// The API generates at most so many tickets at once.
const TICKETS_MAX: u32 = 500;
const CONTENDERS: usize = 8;

//
async fn exactly_one_contender_wins_each_ticket(platform: &TestPlatform, processes: &[Platform]) {
    let event = platform.admin().create_event().await;
    let mut rounds =
        setting("STREAMGATE_CONTENDED_ROUNDS").map_or(ROUNDS, |text| text.parse().expect("a number"));
    let mut tickets = Vec::new();
    while rounds > 0 {
        let count = rounds.min(TICKETS_MAX);
        tickets.extend(platform.admin().tickets(&event, count).await);
        rounds -= count;
    }
    for ticket in tickets {
        let mut contenders = JoinSet::new();
        for contender in 0..CONTENDERS {
            let process = processes[contender % processes.len()].clone();
            let code = code(&ticket).to_owned();
            contenders.spawn(async move {
                let viewer = Viewer::new(&process, &format!("contender-{contender}"));
                viewer.validate(&code).await.status.as_u16()
            });
        }
        let mut statuses = contenders.join_all().await;
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
    }
}

fn unlimited(settings: &mut streamgate_platform::settings::PlatformSettings) {
    settings.rate_limits.validations_per_minute = 1_000_000;
}

//
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_simultaneous_claims_exactly_one_wins_on_sqlite() {
    let platform = TestPlatform::start_with(Kind::Sqlite, unlimited).await;
    exactly_one_contender_wins_each_ticket(&platform, std::slice::from_ref(&platform.platform)).await;
    platform.close().await;
}

//
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_simultaneous_claims_exactly_one_wins_with_two_processes_on_postgres() {
    let platform = TestPlatform::start_with(Kind::Postgres, unlimited).await;
    let second = platform.another_process(2).await;
    exactly_one_contender_wins_each_ticket(&platform, &[platform.platform.clone(), second.clone()]).await;
    second.app().db.close().await;
    platform.close().await;
}

on_both_databases! {
    //
    async fn a_heartbeat_that_races_a_claim_never_leaves_two_holders(platform: TestPlatform) {
        let event = platform.admin().create_event_with(serde_json::json!({ "devicePolicy": "takeover" })).await;
        for ticket in platform.admin().tickets(&event, 50).await {
            let (anna, bert) = (platform.viewer("anna"), platform.viewer("bert"));
            let first = anna.watch(&ticket).await;
            let (_, claim) = tokio::join!(anna.heartbeat(&first), bert.validate(code(&ticket)));
            let second = crate::harness::token(&claim.expect(200));
            anna.heartbeat(&first).await.refused(409, "session_conflict");
            bert.heartbeat(&second).await.expect(200);
        }
    }

    // the guard is in the schema, so that no program can forget it.
    async fn the_database_itself_refuses_a_second_live_session(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        platform.viewer("anna").watch(&ticket).await;
        let second = format!(
            "INSERT INTO sessions (sid, ticket_id, client_ip, created_at, last_seen_at, bytes, clients) \
             VALUES ('00000000-0000-4000-8000-000000000001', '{}', '192.0.2.1', 1, 1, 0, 0)",
            id(&ticket)
        );
        let refusal = platform.database.execute(&second).await.unwrap_err();
        assert!(refusal.as_database_error().unwrap().is_unique_violation(), "{refusal}");
    }
}
