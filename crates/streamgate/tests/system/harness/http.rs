//! HTTP without surprises: no proxy, no connection kept, every answer read whole.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Fails the test unless the status is `status`.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }

    /// Fails the test unless status and `code` are these.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, code: &str) -> Self {
        assert!(
            self.is(status, code),
            "wanted {status} {code}: {} {}",
            self.status,
            self.text()
        );
        self
    }

    pub(crate) fn is(&self, status: u16, code: &str) -> bool {
        self.status == status && self.json()["code"] == code
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns the body as JSON; `null` if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Returns a client that opens a connection for each request.
pub(crate) fn client() -> Client {
    build(0)
}

/// Returns a client that keeps connections, for thousands of requests.
pub(crate) fn keeping_client() -> Client {
    build(64)
}

fn build(idle: usize) -> Client {
    Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(idle)
        .timeout(Duration::from_secs(20))
        .build()
        .expect("a client")
}

/// Sends `request` and reads the answer.
pub(crate) async fn send(request: RequestBuilder) -> Answer {
    try_send(request).await.expect("an answer")
}

/// Sends `request` to someone who may not be there.
pub(crate) async fn try_send(request: RequestBuilder) -> reqwest::Result<Answer> {
    let answer = request.send().await?;
    Ok(Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        body: answer.bytes().await?.to_vec(),
    })
}
