//! Who is there while everything fails, and what none of them may ever see.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::actors::{Admin, Player, Viewer, code, id, token_of};
use crate::harness::http::{Answer, try_send};

/// A moment between two requests of one person: dozens of them share two cores with all the processes.
const PAUSE: Duration = Duration::from_millis(40);

/// What everybody shares: whether it is over, what went well, and what must not have happened.
#[derive(Clone, Default)]
pub(super) struct Evening {
    pub(super) over: Arc<AtomicBool>,
    pub(super) seen: Arc<Mutex<Seen>>,
}

#[derive(Default, Debug)]
pub(super) struct Seen {
    pub(super) violations: BTreeSet<String>,
    pub(super) played: usize,
    pub(super) unavailable: usize,
    /// Acknowledged revocations: ticket and a playback token of it.
    pub(super) revoked: Vec<(Value, String)>,
}

impl Evening {
    fn goes_on(&self) -> bool {
        !self.over.load(Ordering::Relaxed)
    }

    fn forbid(&self, invariant: &str, answer: &Answer) {
        let text = format!(
            "{invariant}: {} {}",
            answer.status,
            answer.text().chars().take(120).collect::<String>()
        );
        self.seen.lock().unwrap().violations.insert(text);
    }
}

/// Sends a request to somebody who may be away; `None` for silence and for a fault that is told as one.
async fn ask(evening: &Evening, request: reqwest::RequestBuilder) -> Option<Answer> {
    let answer = try_send(request).await.ok();
    let answer = answer.filter(|answer| answer.status < 500);
    if answer.is_none() {
        evening.seen.lock().unwrap().unavailable += 1;
        tokio::time::sleep(PAUSE).await;
    }
    answer
}

fn redeem(viewer: &Viewer, ticket: &Value) -> reqwest::RequestBuilder {
    let body = json!({ "code": code(ticket), "deviceId": viewer.device_id });
    viewer
        .client
        .post(format!("{}/api/tokens/validate", viewer.base))
        .json(&body)
}

fn tell(viewer: &Viewer, what: &str, token: &str) -> reqwest::RequestBuilder {
    viewer
        .client
        .post(format!("{}/api/playback/{what}", viewer.base))
        .bearer_auth(token)
}

/// One who watches: right bytes or a fault that is told as one, and a session that stands.
pub(super) async fn watch(
    evening: Evening,
    (viewer, player): (Viewer, Player),
    (event, token): (Value, String),
    object: impl Fn(usize) -> (String, Vec<u8>) + Send,
) {
    for number in 0.. {
        if !evening.goes_on() {
            return;
        }
        let (name, bytes) = object(number);
        let request = player.client.get(player.url(&event, &name)).bearer_auth(&token);
        if let Some(answer) = ask(&evening, request).await {
            match answer.status {
                200 if answer.body == bytes => evening.seen.lock().unwrap().played += 1,
                200 => evening.forbid("8 whole: other bytes", &answer),
                _ => evening.forbid("an outage told as a refusal, at the edge", &answer),
            }
        }
        if number % 8 == 0
            && let Some(answer) = ask(&evening, tell(&viewer, "heartbeat", &token)).await
            && answer.status != 200
        {
            evening.forbid("an outage told as a refusal, to a heartbeat", &answer);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// One who tries the tickets of those who watch.
pub(super) async fn contend(evening: Evening, viewer: Viewer, tickets: Vec<Value>) {
    for ticket in tickets.iter().cycle() {
        if !evening.goes_on() {
            return;
        }
        if let Some(answer) = ask(&evening, redeem(&viewer, ticket)).await
            && !answer.is(409, "in_use")
        {
            evening.forbid("1 exclusive: a ticket that is being watched", &answer);
        }
        tokio::time::sleep(PAUSE * 4).await;
    }
}

/// One who has no ticket for what he asks for.
pub(super) async fn intrude(evening: Evening, players: Vec<Player>, event: Value, foreign: String) {
    let forged = format!("{}x", foreign.trim_end_matches(char::is_alphanumeric));
    let escapes = [
        "%2e%2e%2fother%2fseg0.ts",
        "..%2f..%2fplatform%2fstreamgate.db",
        "%252e%252e/x.ts",
    ];
    let names = ["seg0.ts", "stream.m3u8", "0.ts"].into_iter().chain(escapes);
    let asked: Vec<_> = names
        .flat_map(|name| [(name, &foreign), (name, &forged)])
        .collect();
    for (name, token) in asked.into_iter().cycle() {
        if !evening.goes_on() {
            return;
        }
        for player in &players {
            let request = player.client.get(player.url(&event, name)).bearer_auth(token);
            if let Some(answer) = ask(&evening, request).await
                && answer.status < 400
            {
                evening.forbid("5 and 7, denied and contained", &answer);
            }
        }
        tokio::time::sleep(PAUSE * 2).await;
    }
}

/// The organiser, and viewers whose tickets are handed on and revoked; nothing of what was acknowledged may be undone.
pub(super) async fn organise(
    evening: Evening,
    (admin, event): (Admin, Value),
    (first, second): (Viewer, Viewer),
    players: Vec<Player>,
) {
    while evening.goes_on() {
        // Whatever is not acknowledged ends the round: it may have happened or not.
        let _given_up = round(&evening, (&admin, &event), (&first, &second)).await;
        let refused: Vec<String> = {
            let seen = evening.seen.lock().unwrap();
            seen.revoked
                .iter()
                .rev()
                .take(3)
                .map(|(_, token)| token.clone())
                .collect()
        };
        for player in &players {
            for token in &refused {
                let request = || {
                    player
                        .client
                        .get(player.url(&event, "seg0.ts"))
                        .bearer_auth(token)
                };
                if let Some(answer) = ask(&evening, request()).await
                    && answer.is(403, "ticket_revoked")
                    && let Some(answer) = ask(&evening, request()).await
                    && answer.status == 200
                {
                    evening.forbid("4 revoked stays revoked, at an edge", &answer);
                }
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn round(
    evening: &Evening,
    (admin, event): (&Admin, &Value),
    (first, second): (&Viewer, &Viewer),
) -> Option<()> {
    let key = crate::harness::ADMIN_KEY;
    let generate = format!("{}/api/admin/events/{}/tokens/generate", admin.base, id(event));
    let made = admin
        .client
        .post(generate)
        .bearer_auth(key)
        .json(&json!({ "count": 1 }));
    let ticket = ask(evening, made).await?.expect(201).json()["data"][0].take();
    let held = |answer: Answer| {
        // The answer to an earlier try may have been lost on the way, not its effect.
        (answer.status == 200).then(|| token_of(&answer))
    };
    let one = held(ask(evening, redeem(first, &ticket)).await?)?;
    let released = ask(evening, tell(first, "release", &one)).await?;
    if released.status != 200 {
        evening.forbid("3 durable: a session that was acknowledged", &released);
    }
    let answer = ask(evening, redeem(second, &ticket)).await?;
    if answer.status != 200 {
        evening.forbid("3 durable: a release that was acknowledged", &answer);
    }
    let other = held(answer)?;
    let late = ask(evening, tell(first, "heartbeat", &one)).await?;
    if late.status == 200 {
        evening.forbid("2 fenced: a heartbeat after somebody else took over", &late);
    }
    let revoke = format!("{}/api/admin/tokens/{}/revoke", admin.base, id(&ticket));
    let revoked = ask(evening, admin.client.patch(revoke).bearer_auth(key)).await?;
    if revoked.status != 200 {
        evening.forbid("3 durable: a ticket that was acknowledged", &revoked);
        return None;
    }
    evening
        .seen
        .lock()
        .unwrap()
        .revoked
        .push((ticket.clone(), other.clone()));
    for request in [redeem(second, &ticket), tell(second, "heartbeat", &other)] {
        if let Some(answer) = ask(evening, request).await
            && !answer.is(403, "ticket_revoked")
        {
            evening.forbid("4 revoked stays revoked, at the platform", &answer);
        }
    }
    Some(())
}
