//! Of simultaneous claims of one ticket exactly one wins, also across platform processes.

use serde_json::{Value, json};

use crate::harness::actors::{Admin, Viewer, code};
use crate::harness::database::PostgresDatabase;
use crate::harness::http::keeping_client;
use crate::harness::site::Site;

/// Asks for another number of rounds; `cargo xtask test --deep` for the 10,000 that the project promises.
const ROUNDS_SETTING: &str = "STREAMGATE_CONTENDED_ROUNDS";
const ROUNDS: usize = 150;
const CONTENDERS: usize = 6;
const TICKETS_PER_EVENT: u32 = 500;

#[expect(clippy::disallowed_methods, reason = "tests have no settings but this one")]
fn rounds() -> usize {
    match std::env::var(ROUNDS_SETTING) {
        Ok(text) => text.parse().expect("STREAMGATE_CONTENDED_ROUNDS is a number"),
        Err(_) => ROUNDS,
    }
}

async fn tickets(admin: &Admin, count: usize) -> Vec<Value> {
    let mut tickets = Vec::new();
    while tickets.len() < count {
        let event = admin.event(json!({})).await;
        let missing = u32::try_from(count - tickets.len()).unwrap_or(u32::MAX);
        tickets.extend(admin.tickets(&event, missing.min(TICKETS_PER_EVENT)).await);
    }
    tickets
}

/// Lets contenders, spread over `bases`, claim each ticket at once.
async fn contend(admin: &Admin, bases: &[&str]) {
    let client = keeping_client();
    for ticket in tickets(admin, rounds()).await {
        let claims = (0..CONTENDERS).map(|number| {
            let viewer = Viewer {
                base: bases[number % bases.len()].to_owned(),
                client: client.clone(),
                device_id: format!("contender-number-{number}"),
            };
            let code = code(&ticket).to_owned();
            async move { viewer.validate(&code).await }
        });
        let answers = futures_util::future::join_all(claims).await;
        let winners = answers.iter().filter(|answer| answer.status == 200).count();
        let losers = answers
            .iter()
            .filter(|answer| answer.is(409, "in_use") && answer.json()["inUse"] == true)
            .count();
        assert_eq!((winners, losers), (1, CONTENDERS - 1), "{answers:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_one_of_six_simultaneous_claims_wins_on_sqlite() {
    let site = Site::serve().await;
    contend(&site.admin(), &[&site.platform.base]).await;
}

//
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_one_of_six_simultaneous_claims_wins_over_two_platforms_on_postgresql() {
    let database = PostgresDatabase::create();
    let site = Site::apart(0, &[("DATABASE_URL", &database.url())]).await;
    let second = site.second_platform(&database.url()).await;
    contend(&site.admin(), &[&site.platform.base, &second.base]).await;
    drop((site, second));
    database.remove();
}
