//! The platform over HTTP: a pushed feed, long polls while the push is broken, and activity reports.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use reqwest::{Client, RequestBuilder, Response, header};
use streamgate_contract::activity::ActivityReport;
use streamgate_contract::feed::{FeedCursor, FeedEvent, FeedPage, LONG_POLL_SECS_MAX};
use streamgate_contract::ids::EdgeId;
use streamgate_serving::api_key::ApiKey;
use tokio::time::Instant;
use url::Url;

use crate::link::push::feed_events;
use crate::link::{LinkError, PlatformLink};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
// From the request to the head of the answer; a push then lives on.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
const LONG_POLL: Duration = Duration::from_secs(LONG_POLL_SECS_MAX);

/// Reaches the platform at its internal HTTP endpoints.
#[derive(Clone, Debug)]
pub struct HttpPlatformLink(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    platform: Url,
    api_key: ApiKey,
    poll_interval: Duration,
    pace: Mutex<Pace>,
}

/// When to push again and when to poll next.
#[derive(Debug, Default)]
struct Pace {
    push_broken_until: Option<Instant>,
    next_poll: Option<Instant>,
}

impl HttpPlatformLink {
    /// Creates a link to the platform at `platform_url`. `poll_interval` is how often a broken push is tried
    /// again, and the pause between polls that the platform answers at once with nothing.
    pub fn new(platform_url: Url, api_key: ApiKey, poll_interval: Duration) -> Result<Self, LinkError> {
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|error| unreachable_platform(&error))?;
        let pace = Mutex::default();
        Ok(Self(Arc::new(Inner {
            client,
            platform: platform_url,
            api_key,
            poll_interval,
            pace,
        })))
    }
}

impl PlatformLink for HttpPlatformLink {
    fn subscribe(&self, cursor: Option<FeedCursor>) -> BoxStream<'static, Result<FeedEvent, LinkError>> {
        let inner = Arc::clone(&self.0);
        stream::once(async move { inner.connect(cursor).await })
            .try_flatten()
            .boxed()
    }

    fn report(&self, edge_id: &EdgeId, report: ActivityReport) -> BoxFuture<'static, Result<(), LinkError>> {
        let inner = Arc::clone(&self.0);
        let url = inner.endpoint(&["edges", edge_id.as_str()]);
        async move {
            let request = inner.client.post(url?).json(&report);
            inner.send(request).await.map(drop)
        }
        .boxed()
    }
}

impl Inner {
    async fn connect(
        self: Arc<Self>,
        cursor: Option<FeedCursor>,
    ) -> Result<BoxStream<'static, Result<FeedEvent, LinkError>>, LinkError> {
        let is_broken = self
            .pace()
            .push_broken_until
            .is_some_and(|until| Instant::now() < until);
        if is_broken {
            let events = self.poll(cursor).await?;
            return Ok(stream::iter(events.into_iter().map(Ok)).boxed());
        }
        let mut events = self
            .push(cursor)
            .await
            .map_err(|error| self.note_failure(error))?;
        // A proxy that collects a whole answer before it passes it on shows as a push that never begins.
        let first = events.next().await.unwrap_or(Err(LinkError::Malformed));
        let first = first.map_err(|error| self.note_failure(error))?;
        Ok(stream::once(async { Ok(first) }).chain(events).boxed())
    }

    async fn push(
        &self,
        cursor: Option<FeedCursor>,
    ) -> Result<BoxStream<'static, Result<FeedEvent, LinkError>>, LinkError> {
        let request = self
            .client
            .get(self.feed_url(cursor)?)
            .header(header::ACCEPT, "text/event-stream");
        let response = self.send(request).await?;
        let content_type = response.headers().get(header::CONTENT_TYPE);
        if !content_type.is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream")) {
            return Err(LinkError::Malformed);
        }
        let pieces = response
            .bytes_stream()
            .map_err(|error| unreachable_platform(&error));
        Ok(feed_events(pieces.boxed()).boxed())
    }

    /// One long poll. Changes arrive as fast as by push; only a platform that does not hold the request is
    /// asked no more often than the interval says.
    async fn poll(&self, cursor: Option<FeedCursor>) -> Result<Vec<FeedEvent>, LinkError> {
        let due = self.pace().next_poll.take();
        if let Some(due) = due {
            tokio::time::sleep_until(due).await;
        }
        let started = Instant::now();
        let mut url = self.feed_url(cursor)?;
        url.query_pairs_mut()
            .append_pair("wait", &LONG_POLL_SECS_MAX.to_string());
        let request = self.client.get(url).header(header::ACCEPT, "application/json");
        let read = async {
            self.send_within(request, LONG_POLL + ANSWER_TIMEOUT)
                .await?
                .json()
                .await
                .map_err(|_| LinkError::Malformed)
        };
        let page: FeedPage = tokio::time::timeout(LONG_POLL + ANSWER_TIMEOUT, read)
            .await
            .map_err(|_| LinkError::Silent)??;
        let events = page.into_events();
        let is_news = events.iter().any(|event| !matches!(event, FeedEvent::Head(_)));
        if !is_news && started.elapsed() < LONG_POLL / 2 {
            self.pace().next_poll = Some(started + self.poll_interval);
        }
        Ok(events)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, LinkError> {
        self.send_within(request, ANSWER_TIMEOUT).await
    }

    async fn send_within(&self, request: RequestBuilder, limit: Duration) -> Result<Response, LinkError> {
        let request = request.header("x-internal-api-key", self.api_key.expose());
        let response = tokio::time::timeout(limit, request.send())
            .await
            .map_err(|_| LinkError::Silent)?;
        let response = response.map_err(|error| unreachable_platform(&error))?;
        match response.status().as_u16() {
            200..=299 => Ok(response),
            401 => Err(LinkError::Unauthorized),
            status => Err(LinkError::Status(status)),
        }
    }

    /// Remembers that pushing does not work although the platform answers; polls stand in for a while.
    fn note_failure(&self, error: LinkError) -> LinkError {
        if !matches!(error, LinkError::Unreachable(_) | LinkError::Unauthorized) {
            let mut pace = self.pace();
            pace.push_broken_until = Some(Instant::now() + self.poll_interval);
            pace.next_poll = None;
        }
        error
    }

    fn feed_url(&self, cursor: Option<FeedCursor>) -> Result<Url, LinkError> {
        let mut url = self.endpoint(&["feed"])?;
        if let Some(FeedCursor { after, h, epoch }) = cursor {
            url.query_pairs_mut()
                .append_pair("after", &after.to_string())
                .append_pair("h", h.as_str())
                .append_pair("epoch", epoch.as_str());
        }
        Ok(url)
    }

    fn endpoint(&self, below: &[&str]) -> Result<Url, LinkError> {
        let mut url = self.platform.clone();
        url.path_segments_mut()
            .map_err(|()| LinkError::Unreachable("the platform's URL cannot carry a path".to_owned()))?
            .pop_if_empty()
            .extend(["api", "internal"])
            .extend(below);
        Ok(url)
    }

    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the innermost cause, which is the one that helps, and never the URL.
fn unreachable_platform(error: &reqwest::Error) -> LinkError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    LinkError::Unreachable(cause.to_string())
}
