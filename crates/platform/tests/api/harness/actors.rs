//! The people and machines that use a platform.

use std::net::SocketAddr;

use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};
use streamgate_contract::time::UnixMillis;
use streamgate_platform::Platform;

use super::requests::{Answer, request, send};
use super::{ADMIN_KEY, INTERNAL_KEY};

const HOUR_MS: i64 = 3_600_000;

/// An organiser's script with `ADMIN_API_KEY`.
pub(crate) struct Admin<'a> {
    pub(crate) platform: &'a Platform,
    pub(crate) now: i64,
}

impl Admin<'_> {
    /// Sends any admin request.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {ADMIN_KEY}");
        let request = request(method, path, &[("authorization", &bearer)], body);
        send(self.platform, SocketAddr::from(([192, 0, 2, 1], 40_000)), request).await
    }

    /// Returns the body of an event that runs from an hour ago to an hour from now.
    pub(crate) fn event_body(&self) -> Value {
        json!({
            "title": "A concert",
            "description": "With everybody.",
            "startsAt": UnixMillis(self.now - HOUR_MS).to_iso(),
            "endsAt": UnixMillis(self.now + HOUR_MS).to_iso(),
            "accessWindowHours": 48,
        })
    }

    /// Creates an event that runs now and returns it.
    pub(crate) async fn create_event(&self) -> Value {
        self.create_event_with(json!({})).await
    }

    /// Creates an event whose members in `changes` differ from the usual ones and returns it.
    pub(crate) async fn create_event_with(&self, changes: Value) -> Value {
        let mut body = self.event_body();
        for (name, value) in changes.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        self.send(Method::POST, "/api/admin/events", Some(&body))
            .await
            .expect(201)
            .json()["data"]
            .take()
    }

    /// Generates tickets of an event and returns them.
    pub(crate) async fn tickets(&self, event: &Value, count: u32) -> Vec<Value> {
        let path = format!("/api/admin/events/{}/tokens/generate", id(event));
        let mut answer = self
            .send(Method::POST, &path, Some(&json!({ "count": count })))
            .await
            .expect(201)
            .json();
        match answer["data"].take() {
            Value::Array(tickets) => tickets,
            other => panic!("no list of tickets: {other}"),
        }
    }

    /// Creates an event with one ticket.
    pub(crate) async fn event_with_ticket(&self) -> (Value, Value) {
        let event = self.create_event().await;
        let ticket = self.tickets(&event, 1).await.remove(0);
        (event, ticket)
    }

    pub(crate) async fn revoke(&self, ticket: &Value) -> Answer {
        self.send(
            Method::PATCH,
            &format!("/api/admin/tokens/{}/revoke", id(ticket)),
            None,
        )
        .await
    }

    pub(crate) async fn unrevoke(&self, ticket: &Value) -> Answer {
        self.send(
            Method::PATCH,
            &format!("/api/admin/tokens/{}/unrevoke", id(ticket)),
            None,
        )
        .await
    }

    pub(crate) async fn end_session(&self, ticket: &Value) -> Answer {
        self.send(
            Method::POST,
            &format!("/api/admin/tokens/{}/end-session", id(ticket)),
            None,
        )
        .await
    }

    pub(crate) async fn deactivate(&self, event: &Value) -> Answer {
        self.send(
            Method::PATCH,
            &format!("/api/admin/events/{}/deactivate", id(event)),
            None,
        )
        .await
    }

    pub(crate) async fn reactivate(&self, event: &Value) -> Answer {
        self.send(
            Method::PATCH,
            &format!("/api/admin/events/{}/reactivate", id(event)),
            None,
        )
        .await
    }

    /// Changes an event; the other members stay as in `event`.
    pub(crate) async fn edit(&self, event: &Value, changes: Value) -> Value {
        let mut body = json!({
            "title": event["title"], "startsAt": event["startsAt"], "endsAt": event["endsAt"],
        });
        for (name, value) in changes.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let path = format!("/api/admin/events/{}", id(event));
        self.send(Method::PUT, &path, Some(&body))
            .await
            .expect(200)
            .json()["data"]
            .take()
    }

    /// Deletes an event, with its title as confirmation.
    pub(crate) async fn delete(&self, event: &Value) -> Answer {
        let bearer = format!("Bearer {ADMIN_KEY}");
        let title = event["title"].as_str().unwrap().replace(' ', "%20");
        let headers = [
            ("authorization", bearer.as_str()),
            ("x-confirm-delete", title.as_str()),
        ];
        let request = request(
            Method::DELETE,
            &format!("/api/admin/events/{}", id(event)),
            &headers,
            None,
        );
        send(self.platform, SocketAddr::from(([192, 0, 2, 1], 40_000)), request).await
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

/// A viewer: a browser with an id of its own behind an address.
pub(crate) struct Viewer<'a> {
    platform: &'a Platform,
    /// What the browser keeps as its device id; `None` for one that sends none.
    pub(crate) device_id: Option<String>,
    pub(crate) address: SocketAddr,
}

impl<'a> Viewer<'a> {
    pub(crate) fn new(platform: &'a Platform, device: &str) -> Self {
        Self {
            platform,
            device_id: Some(format!("device-of-{device:_<16}")),
            address: SocketAddr::from(([198, 51, 100, 7], 50_000)),
        }
    }

    /// The same viewer behind another address.
    pub(crate) fn at(mut self, address: [u8; 4]) -> Self {
        self.address = SocketAddr::from((address, 50_000));
        self
    }

    /// The same viewer without a device id.
    pub(crate) fn without_device(mut self) -> Self {
        self.device_id = None;
        self
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        send(self.platform, self.address, request).await
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        self.send(request(Method::POST, path, headers, body)).await
    }

    /// Enters a code.
    pub(crate) async fn validate(&self, code: &str) -> Answer {
        let mut body = json!({ "code": code });
        if let Some(device_id) = &self.device_id {
            body["deviceId"] = device_id.clone().into();
        }
        self.post("/api/tokens/validate", &[], Some(&body)).await
    }

    /// Enters the code of a ticket that must work and returns the playback token.
    pub(crate) async fn watch(&self, ticket: &Value) -> String {
        token(&self.validate(code(ticket)).await.expect(200))
    }

    pub(crate) async fn heartbeat(&self, token: &str) -> Answer {
        self.with_bearer("/api/playback/heartbeat", token).await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.with_bearer("/api/playback/refresh", token).await
    }

    pub(crate) async fn release(&self, token: &str) -> Answer {
        self.with_bearer("/api/playback/release", token).await
    }

    async fn with_bearer(&self, path: &str, token: &str) -> Answer {
        self.post(path, &[("authorization", &format!("Bearer {token}"))], None)
            .await
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(request(Method::GET, path, headers, None)).await
    }
}

/// Returns the playback token of an answer.
#[track_caller]
pub(crate) fn token(answer: &Answer) -> String {
    answer.json()["playbackToken"]
        .as_str()
        .expect("a playback token")
        .to_owned()
}

/// An edge: it follows the feed and reports who watches.
pub(crate) struct EdgeActor<'a> {
    pub(super) platform: &'a Platform,
    pub(super) edge_id: String,
}

impl<'a> EdgeActor<'a> {
    /// An edge that knows this process.
    pub(crate) fn new(platform: &'a Platform, edge_id: &str) -> Self {
        Self {
            platform,
            edge_id: edge_id.to_owned(),
        }
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut all = vec![("x-internal-api-key", INTERNAL_KEY)];
        all.extend_from_slice(headers);
        let request = request(Method::GET, path, &all, None);
        send(self.platform, SocketAddr::from(([10, 0, 0, 2], 60_000)), request).await
    }

    /// Reads the feed in its JSON form; `query` without a question mark.
    pub(crate) async fn feed(&self, query: &str) -> Value {
        let path = format!("/api/internal/feed?{query}");
        self.get(&path, &[("accept", "application/json")])
            .await
            .expect(200)
            .json()
    }

    /// Sends a report of no session: which database's feed it follows, and how far.
    pub(crate) async fn tell(&self, epoch: Option<&str>, applied_seq: u64) -> Answer {
        self.send_report(&json!({
            "version": "1.2.3", "mode": "local", "now": UnixMillis(super::NOON).to_iso(),
            "epoch": epoch, "appliedSeq": applied_seq, "sessions": [],
        }))
        .await
    }

    /// Sends a report of `(sid, idle_ms, bytes, clients)`.
    pub(crate) async fn report(&self, sessions: &[(&str, u64, u64, u32)]) -> Answer {
        let sessions: Vec<Value> = sessions
            .iter()
            .map(|(sid, idle_ms, bytes, clients)| {
                json!({ "sid": sid, "idleMs": idle_ms, "bytes": bytes, "clients": clients })
            })
            .collect();
        let body = json!({
            "version": "1.2.3", "mode": "local", "now": UnixMillis(super::NOON).to_iso(),
            "epoch": null, "appliedSeq": 7, "sessions": sessions,
        });
        self.send_report(&body).await
    }

    async fn send_report(&self, body: &Value) -> Answer {
        let path = format!("/api/internal/edges/{}", self.edge_id);
        let request = request(
            Method::POST,
            &path,
            &[("x-internal-api-key", INTERNAL_KEY)],
            Some(body),
        );
        send(self.platform, SocketAddr::from(([10, 0, 0, 2], 60_000)), request).await
    }
}
