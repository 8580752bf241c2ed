//! Asking an edge for the state of an event's stream.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode};
use streamgate_contract::claims::{PROBE_TOKEN_LIFETIME_SECS, ProbeClaims};
use streamgate_contract::ids::EventId;
use streamgate_contract::playback_token::{Signer, SigningSecret};
use streamgate_contract::stream_state::{STREAM_RENDITIONS_HEADER, STREAM_STATE_HEADER, StreamState};
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

/// All that an edge's answer to a probe says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProbeReport {
    /// The stream's state.
    pub outcome: ProbeOutcome,
    /// How many renditions it has.
    pub renditions: Option<u32>,
    /// When its media playlists last changed, to the second.
    pub changed_at: Option<UnixMillis>,
}

impl ProbeReport {
    /// No edge answered.
    pub const UNKNOWN: Self = Self::bare(ProbeOutcome::Unknown);

    /// A report that says nothing but the state.
    pub const fn bare(outcome: ProbeOutcome) -> Self {
        Self {
            outcome,
            renditions: None,
            changed_at: None,
        }
    }

    /// Reads an edge's answer. What cannot be read is unknown.
    pub fn read(status: StatusCode, headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        match status {
            StatusCode::NOT_FOUND => Self::bare(ProbeOutcome::Known(None)),
            StatusCode::OK => match text(STREAM_STATE_HEADER).and_then(StreamState::parse) {
                Some(state) => Self {
                    outcome: ProbeOutcome::Known(Some(state)),
                    renditions: text(STREAM_RENDITIONS_HEADER).and_then(|count| count.parse().ok()),
                    changed_at: text("last-modified").and_then(http_date),
                },
                None => Self::UNKNOWN,
            },
            _ => Self::UNKNOWN,
        }
    }
}

fn http_date(text: &str) -> Option<UnixMillis> {
    let since_epoch = httpdate::parse_http_date(text)
        .ok()?
        .duration_since(std::time::UNIX_EPOCH)
        .ok()?;
    i64::try_from(since_epoch.as_millis()).ok().map(UnixMillis)
}

/// Asks an edge for the state of an event's stream.
pub trait StreamProbe: Send + Sync + fmt::Debug + 'static {
    /// Returns what the edge says now. Never fails: an error is [`ProbeReport::UNKNOWN`].
    fn look(&self, event_id: &EventId) -> BoxFuture<'static, ProbeReport>;
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
    fn look(&self, event_id: &EventId) -> BoxFuture<'static, ProbeReport> {
        let request = self
            .client
            .head(format!("{}/streams/{event_id}/stream.m3u8", self.base))
            .bearer_auth(self.token(event_id))
            .send();
        Box::pin(async move {
            match request.await {
                Ok(response) => ProbeReport::read(response.status(), response.headers()),
                Err(error) => {
                    tracing::debug!(error = %error.without_url(), "stream probe failed");
                    ProbeReport::UNKNOWN
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, StatusCode};
    use streamgate_contract::stream_state::StreamState;
    use streamgate_contract::time::UnixMillis;

    use super::{ProbeOutcome, ProbeReport};

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn an_answer_is_read_whole_and_what_is_unreadable_is_unknown() {
        let whole = headers(&[
            ("x-stream-state", "stalled"),
            ("x-stream-renditions", "3"),
            ("last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ]);
        let report = ProbeReport::read(StatusCode::OK, &whole);
        assert_eq!(report.outcome, ProbeOutcome::Known(Some(StreamState::Stalled)));
        assert_eq!(report.renditions, Some(3));
        assert_eq!(report.changed_at, Some(UnixMillis(784_111_777_000)));
        let absent = ProbeReport::read(StatusCode::NOT_FOUND, &whole);
        assert_eq!(absent, ProbeReport::bare(ProbeOutcome::Known(None)));
        for (status, state) in [
            (StatusCode::OK, "Live"),
            (StatusCode::SERVICE_UNAVAILABLE, "live"),
        ] {
            let report = ProbeReport::read(status, &headers(&[("x-stream-state", state)]));
            assert_eq!(report, ProbeReport::UNKNOWN);
        }
        let odd = headers(&[
            ("x-stream-state", "live"),
            ("x-stream-renditions", "-1"),
            ("last-modified", "now"),
        ]);
        let report = ProbeReport::read(StatusCode::OK, &odd);
        assert_eq!(
            report,
            ProbeReport::bare(ProbeOutcome::Known(Some(StreamState::Live)))
        );
    }
}
