//! Asking an edge for the state of an event's stream.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::StatusCode;
use streamgate_contract::claims::{PROBE_TOKEN_LIFETIME_SECS, ProbeClaims};
use streamgate_contract::ids::EventId;
use streamgate_contract::playback_token::{Signer, SigningSecret};
use streamgate_contract::stream_state::{STREAM_STATE_HEADER, StreamState};
use streamgate_contract::time::UnixMillis;
use streamgate_serving::clock::Clock;

/// How long an edge may take to be reached: it is near, and somebody may be waiting for the answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long an edge may take to answer; it may have to ask its upstream first.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What came of a probe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProbeOutcome {
    /// The edge answered: the stream's state, or `None` when there is no stream.
    Known(Option<StreamState>),
    /// No edge answered, or not with anything that says something of the stream.
    Unknown,
}

/// Asks an edge for the state of an event's stream.
pub trait StreamProbe: Send + Sync + fmt::Debug + 'static {
    /// Returns what the edge says now. Never fails: an error is [`ProbeOutcome::Unknown`].
    fn stream_state(&self, event_id: &EventId) -> BoxFuture<'static, ProbeOutcome>;
}

/// A probe over HTTP: `HEAD {base}/streams/{id}/stream.m3u8` with a probe token.
pub struct HttpStreamProbe {
    client: reqwest::Client,
    base: String,
    signer: Signer,
    clock: Arc<dyn Clock>,
}

impl HttpStreamProbe {
    /// Prepares probes of the edge at `base` (`HLS_SERVER_INTERNAL_URL`, with or without a trailing slash).
    ///
    /// `with_kid` as for the platform's own [`Signer`]. Fails when the TLS set-up of the machine does.
    pub fn new(
        base: &str,
        secret: &SigningSecret,
        with_kid: bool,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()?;
        let base = base.trim_end_matches('/').to_owned();
        Ok(Self {
            client,
            base,
            signer: Signer::new(secret, with_kid),
            clock,
        })
    }

    fn token(&self, event_id: &EventId) -> String {
        let issued_at = UnixMillis(self.clock.unix_millis()).as_secs();
        self.signer.sign_probe(&ProbeClaims {
            event_id: event_id.clone(),
            issued_at,
            expires_at: issued_at + PROBE_TOKEN_LIFETIME_SECS,
        })
    }
}

impl fmt::Debug for HttpStreamProbe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HttpStreamProbe")
            .field("base", &self.base)
            .finish_non_exhaustive()
    }
}

impl StreamProbe for HttpStreamProbe {
    fn stream_state(&self, event_id: &EventId) -> BoxFuture<'static, ProbeOutcome> {
        let request = self
            .client
            .head(format!("{}/streams/{event_id}/stream.m3u8", self.base))
            .bearer_auth(self.token(event_id))
            .send();
        Box::pin(async move {
            match request.await {
                Ok(response) => outcome(&response),
                Err(error) => {
                    tracing::debug!(error = %error.without_url(), "stream probe failed");
                    ProbeOutcome::Unknown
                }
            }
        })
    }
}

fn outcome(response: &reqwest::Response) -> ProbeOutcome {
    match response.status() {
        StatusCode::NOT_FOUND => ProbeOutcome::Known(None),
        StatusCode::OK => response
            .headers()
            .get(STREAM_STATE_HEADER)
            .and_then(|value| StreamState::parse(value.to_str().ok()?))
            .map_or(ProbeOutcome::Unknown, |state| ProbeOutcome::Known(Some(state))),
        _ => ProbeOutcome::Unknown,
    }
}
