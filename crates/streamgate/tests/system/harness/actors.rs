//! The people who use the service.

use reqwest::{Client, Method};
use serde_json::{Value, json};
use streamgate_contract::claims::{Claims, PlaybackClaims};
use streamgate_contract::playback_token::{Signer, SigningSecret, Verifier};
use streamgate_contract::time::UnixMillis;

use super::http::{Answer, send};
use super::{ADMIN_KEY, SIGNING_SECRET, now_ms};

pub(crate) const HOUR_MS: i64 = 3_600_000;

/// An organiser's script.
#[derive(Clone)]
pub(crate) struct Admin {
    pub(crate) base: String,
    pub(crate) client: Client,
}

impl Admin {
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .bearer_auth(ADMIN_KEY);
        if let Some(body) = body {
            request = request.json(body);
        }
        send(request).await
    }

    /// Creates an event that runs now; the members of `changes` differ from the usual ones.
    pub(crate) async fn event(&self, changes: Value) -> Value {
        let mut body = json!({
            "title": "A concert",
            "startsAt": UnixMillis(now_ms() - HOUR_MS).to_iso(),
            "endsAt": UnixMillis(now_ms() + HOUR_MS).to_iso(),
        });
        merge(&mut body, &changes);
        let answer = self.send(Method::POST, "/api/admin/events", Some(&body)).await;
        answer.expect(201).json()["data"].take()
    }

    /// Changes an event; its other members stay.
    pub(crate) async fn edit(&self, event: &Value, changes: Value) -> Answer {
        let mut body = json!({
            "title": event["title"], "startsAt": event["startsAt"], "endsAt": event["endsAt"],
        });
        merge(&mut body, &changes);
        let path = format!("/api/admin/events/{}", id(event));
        self.send(Method::PUT, &path, Some(&body)).await
    }

    pub(crate) async fn tickets(&self, event: &Value, count: u32) -> Vec<Value> {
        let path = format!("/api/admin/events/{}/tokens/generate", id(event));
        let answer = self
            .send(Method::POST, &path, Some(&json!({ "count": count })))
            .await;
        let data = answer.expect(201).json()["data"].take();
        data.as_array().expect("a list of tickets").clone()
    }

    pub(crate) async fn ticket(&self, event: &Value) -> Value {
        self.tickets(event, 1).await.remove(0)
    }

    /// Does `action` (`revoke`, `unrevoke`) to a ticket.
    pub(crate) async fn to_ticket(&self, ticket: &Value, action: &str) -> Answer {
        let path = format!("/api/admin/tokens/{}/{action}", id(ticket));
        self.send(Method::PATCH, &path, None).await
    }

    /// Does `action` (`deactivate`, `reactivate`) to an event.
    pub(crate) async fn to_event(&self, event: &Value, action: &str) -> Answer {
        let path = format!("/api/admin/events/{}/{action}", id(event));
        self.send(Method::PATCH, &path, None).await
    }

    /// Deletes an event, with its title typed as confirmation.
    pub(crate) async fn delete(&self, event: &Value) -> Answer {
        let title = event["title"].as_str().expect("a title").replace(' ', "%20");
        let request = self
            .client
            .delete(format!("{}/api/admin/events/{}", self.base, id(event)))
            .bearer_auth(ADMIN_KEY)
            .header("x-confirm-delete", title);
        send(request).await
    }
}

fn merge(body: &mut Value, changes: &Value) {
    for (name, value) in changes.as_object().into_iter().flatten() {
        body[name] = value.clone();
    }
}

/// Returns the `id` of an event or a ticket.
#[track_caller]
pub(crate) fn id(row: &Value) -> &str {
    row["id"].as_str().expect("an id")
}

/// Returns the code of a ticket.
#[track_caller]
pub(crate) fn code(ticket: &Value) -> &str {
    ticket["code"].as_str().expect("a code")
}

/// A browser on a device of its own.
#[derive(Clone)]
pub(crate) struct Viewer {
    pub(crate) base: String,
    pub(crate) client: Client,
    pub(crate) device_id: String,
}

impl Viewer {
    pub(crate) async fn validate(&self, code: &str) -> Answer {
        let body = json!({ "code": code, "deviceId": self.device_id });
        send(
            self.client
                .post(format!("{}/api/tokens/validate", self.base))
                .json(&body),
        )
        .await
    }

    /// Enters the code of a ticket that must work and returns the playback token.
    pub(crate) async fn watch(&self, ticket: &Value) -> String {
        let answer = self.validate(code(ticket)).await.expect(200);
        token_of(&answer)
    }

    /// Posts to `heartbeat`, `refresh` or `release` with the token.
    pub(crate) async fn post(&self, endpoint: &str, token: &str) -> Answer {
        let url = format!("{}/api/playback/{endpoint}", self.base);
        send(self.client.post(url).bearer_auth(token)).await
    }

    pub(crate) async fn status(&self, event: &Value, ticket: &Value) -> Answer {
        let url = format!("{}/api/events/{}/status", self.base, id(event));
        send(self.client.get(url).header("x-ticket-code", code(ticket))).await
    }
}

/// Returns the playback token of an answer.
#[track_caller]
pub(crate) fn token_of(answer: &Answer) -> String {
    answer.json()["playbackToken"]
        .as_str()
        .expect("a playback token")
        .to_owned()
}

fn secret() -> SigningSecret {
    SigningSecret::new(SIGNING_SECRET.as_bytes().to_vec()).unwrap()
}

/// Returns what a playback token says.
#[track_caller]
pub(crate) fn claims(token: &str) -> PlaybackClaims {
    match Verifier::new(&secret(), None).verify(token, UnixMillis(now_ms())) {
        Ok(Claims::Playback(claims)) => claims,
        other => panic!("no playback token: {other:?}"),
    }
}

/// Signs claims as the platform would.
pub(crate) fn sign(claims: &PlaybackClaims) -> String {
    Signer::new(&secret(), false).sign_playback(claims)
}

/// A player at an edge.
#[derive(Clone)]
pub(crate) struct Player {
    pub(crate) base: String,
    pub(crate) client: Client,
}

impl Player {
    /// Gets a file of an event with the token in the header.
    pub(crate) async fn get(&self, event: &Value, file: &str, token: &str) -> Answer {
        send(self.client.get(self.url(event, file)).bearer_auth(token)).await
    }

    /// Gets any path without a token.
    pub(crate) async fn get_path(&self, path: &str) -> Answer {
        send(self.client.get(format!("{}{path}", self.base))).await
    }

    pub(crate) fn url(&self, event: &Value, file: &str) -> String {
        format!("{}/streams/{}/{file}", self.base, id(event))
    }

    /// The URL for native players that carries the token in its path.
    pub(crate) fn path_url(&self, event: &Value, file: &str, token: &str) -> String {
        format!("{}/t/{token}/streams/{}/{file}", self.base, id(event))
    }

    /// The URL for native players that carries the token in its query.
    pub(crate) fn query_url(&self, event: &Value, file: &str, token: &str) -> String {
        format!("{}?__token={token}", self.url(event, file))
    }
}
