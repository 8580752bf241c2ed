//! D-02: `kill -9` at any moment, under load, loses nothing that was acknowledged.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use streamgate_serving::random::{Random as _, SystemRandom};
use tokio::task::JoinSet;

use crate::harness::ADMIN_KEY;
use crate::harness::actors::{Viewer, code, id, token_of};
use crate::harness::database::PostgresDatabase;
use crate::harness::http::{Answer, keeping_client, try_send};
use crate::harness::site::Site;

/// Asks for another number of kills; `cargo xtask test --deep` for the hundred that the project promises.
const KILLS_SETTING: &str = "STREAMGATE_KILLS";
const KILLS: usize = 5;
/// People at work when the process dies.
const WORKERS: usize = 8;
/// The latest moment of a kill, in milliseconds of work.
const KILL_WITHIN_MS: u64 = 300;

/// How far a ticket has come, by what was acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Generated,
    Redeemed,
    Released,
    Revoked,
}

/// A ticket, and what is known of it.
#[derive(Clone, Debug)]
struct Known {
    ticket: Value,
    token: Option<String>,
    stage: Stage,
    /// What was asked for and not answered: it may have happened or not.
    asked: Option<Stage>,
}

type Ledger = Arc<Mutex<Vec<Known>>>;

#[expect(clippy::disallowed_methods, reason = "tests have no settings but these")]
fn kills() -> usize {
    match std::env::var(KILLS_SETTING) {
        Ok(text) => text.parse().expect("STREAMGATE_KILLS is a number"),
        Err(_) => KILLS,
    }
}

/// Somebody who makes tickets, redeems them, gives them back and revokes them until nobody answers.
struct Worker {
    base: String,
    event: String,
    client: reqwest::Client,
    ledger: Ledger,
}

impl Worker {
    async fn work(self) {
        while let Some(tickets) = self.generate().await {
            for (number, ticket) in tickets.into_iter().enumerate() {
                if self.use_ticket(ticket, number).await.is_none() {
                    return;
                }
            }
        }
    }

    async fn generate(&self) -> Option<Vec<Value>> {
        let url = format!("{}/api/admin/events/{}/tokens/generate", self.base, self.event);
        let request = self
            .client
            .post(url)
            .bearer_auth(ADMIN_KEY)
            .json(&serde_json::json!({ "count": 4 }));
        let mut answer = self.answered(request, 201).await?.json();
        match answer["data"].take() {
            Value::Array(tickets) => Some(tickets),
            other => panic!("no list of tickets: {other}"),
        }
    }

    async fn use_ticket(&self, ticket: Value, number: usize) -> Option<()> {
        let place = self.note(ticket.clone());
        self.ask(place, Stage::Redeemed);
        let body = serde_json::json!({ "code": code(&ticket), "deviceId": "the-first-device-of-all" });
        let request = self
            .client
            .post(format!("{}/api/tokens/validate", self.base))
            .json(&body);
        let token = token_of(&self.answered(request, 200).await?);
        self.answer(place, Stage::Redeemed, Some(&token));
        if number.is_multiple_of(2) {
            self.ask(place, Stage::Released);
            let url = format!("{}/api/playback/release", self.base);
            self.answered(self.client.post(url).bearer_auth(&token), 200)
                .await?;
            self.answer(place, Stage::Released, None);
        } else if number == 1 {
            self.ask(place, Stage::Revoked);
            let url = format!("{}/api/admin/tokens/{}/revoke", self.base, id(&ticket));
            self.answered(self.client.patch(url).bearer_auth(ADMIN_KEY), 200)
                .await?;
            self.answer(place, Stage::Revoked, None);
        }
        Some(())
    }

    /// Returns the answer; `None` once the process is dead.
    async fn answered(&self, request: reqwest::RequestBuilder, status: u16) -> Option<Answer> {
        let answer = try_send(request).await.ok()?;
        Some(answer.expect(status))
    }

    fn note(&self, ticket: Value) -> usize {
        let mut ledger = self.ledger.lock().unwrap();
        ledger.push(Known {
            ticket,
            token: None,
            stage: Stage::Generated,
            asked: None,
        });
        ledger.len() - 1
    }

    fn ask(&self, place: usize, stage: Stage) {
        self.ledger.lock().unwrap()[place].asked = Some(stage);
    }

    fn answer(&self, place: usize, stage: Stage, token: Option<&str>) {
        let known = &mut self.ledger.lock().unwrap()[place];
        (known.stage, known.asked) = (stage, None);
        if let Some(token) = token {
            known.token = Some(token.to_owned());
        }
    }
}

/// Fails unless what was acknowledged of a ticket is so; what was only asked for may be so.
async fn check(site: &Site, other: &Viewer, known: &Known) {
    let answer = other.validate(code(&known.ticket)).await;
    let is = |stage| match stage {
        Stage::Generated | Stage::Released => answer.status == 200,
        Stage::Redeemed => answer.is(409, "in_use"),
        Stage::Revoked => answer.is(403, "ticket_revoked"),
    };
    assert!(
        is(known.stage) || known.asked.is_some_and(is),
        "{known:?}: {}",
        answer.text()
    );
    if let (Some(token), Stage::Released | Stage::Revoked) = (&known.token, known.stage) {
        let event = serde_json::json!({ "id": known.ticket["eventId"] });
        let refusal = site.player().get(&event, "seg0.ts", token).await;
        let why = if known.stage == Stage::Revoked {
            "ticket_revoked"
        } else {
            "session_ended"
        };
        refusal.refused(403, why);
    }
}

async fn nothing_acknowledged_is_lost(mut site: Site) {
    let (event, _) = site.event_with_ticket().await;
    let client = keeping_client();
    let mut checked = 0;
    for _ in 0..kills() {
        let ledger = Ledger::default();
        let mut workers = JoinSet::new();
        for _ in 0..WORKERS {
            let worker = Worker {
                base: site.platform.base.clone(),
                event: id(&event).to_owned(),
                client: client.clone(),
                ledger: Arc::clone(&ledger),
            };
            workers.spawn(worker.work());
        }
        let mut byte = [0; 8];
        SystemRandom.fill(&mut byte);
        let moment = Duration::from_millis(20 + u64::from_le_bytes(byte) % KILL_WITHIN_MS);
        // The moment of the disaster is what this test is about; nothing is waited for.
        tokio::time::sleep(moment).await;
        site.platform.process.kill_9();
        while let Some(worker) = workers.join_next().await {
            worker.unwrap();
        }
        site.platform.start_again();
        site.platform.ready().await;
        let other = Viewer {
            client: client.clone(),
            ..site.viewer("another")
        };
        let ledger = std::mem::take(&mut *ledger.lock().unwrap());
        for known in &ledger {
            check(&site, &other, known).await;
        }
        checked += ledger.len();
    }
    assert!(checked > kills(), "there was work when the process died");
}

// D-01
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_under_load_loses_nothing_acknowledged_on_sqlite() {
    let site = Site::serve_with(&[("RATE_LIMIT_VALIDATIONS_PER_MINUTE", "10000000")]).await;
    nothing_acknowledged_is_lost(site).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_under_load_loses_nothing_acknowledged_on_postgresql() {
    let database = PostgresDatabase::create();
    let settings = [
        ("RATE_LIMIT_VALIDATIONS_PER_MINUTE", "10000000"),
        ("DATABASE_URL", &database.url()),
    ];
    let site = Site::serve_with(&settings).await;
    nothing_acknowledged_is_lost(site).await;
    database.remove();
}
