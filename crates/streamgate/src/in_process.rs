//! The two connections between platform and edge, for when both live in this process.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, OnceLock};

use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt};
use http::{Method, Request};
use streamgate_contract::activity::ActivityReport;
use streamgate_contract::claims::{PROBE_TOKEN_LIFETIME_SECS, ProbeClaims};
use streamgate_contract::feed::{FeedCursor, FeedEvent};
use streamgate_contract::ids::{EdgeId, EventId};
use streamgate_contract::playback_token::{Signer, SigningSecret};
use streamgate_contract::time::UnixMillis;
use streamgate_edge::{Edge, LinkError, PlatformLink};
use streamgate_platform::Platform;
use streamgate_platform::edges::{ProbeReport, StreamProbe};
use streamgate_serving::clock::Clock;

/// The edge's way to the platform beside it.
pub(crate) struct InProcessLink {
    platform: Platform,
}

impl InProcessLink {
    pub(crate) const fn new(platform: Platform) -> Self {
        Self { platform }
    }
}

impl PlatformLink for InProcessLink {
    fn subscribe(&self, cursor: Option<FeedCursor>) -> BoxStream<'static, Result<FeedEvent, LinkError>> {
        self.platform.subscribe_feed(cursor).map(Ok).boxed()
    }

    fn report(&self, edge_id: &EdgeId, report: ActivityReport) -> BoxFuture<'static, Result<(), LinkError>> {
        let (platform, edge_id) = (self.platform.clone(), edge_id.clone());
        Box::pin(async move {
            platform
                .record_activity(&edge_id, report)
                .await
                .map_err(|error| LinkError::Unreachable(error.to_string()))
        })
    }
}

/// The platform's way to the edge beside it, connected once that exists.
#[derive(Debug)]
pub(crate) struct InProcessProbe {
    edge: OnceLock<Arc<Edge>>,
    signer: Signer,
    clock: Arc<dyn Clock>,
}

impl InProcessProbe {
    pub(crate) fn new(secret: &SigningSecret, clock: Arc<dyn Clock>) -> Self {
        Self {
            edge: OnceLock::new(),
            signer: Signer::new(secret, false),
            clock,
        }
    }

    /// Names the edge to ask; until then every state is unknown.
    pub(crate) fn connect(&self, edge: Arc<Edge>) {
        // Connected once, in OnePort::load; a second edge would not be asked.
        let _first_wins = self.edge.set(edge);
    }
}

impl StreamProbe for InProcessProbe {
    fn look(&self, event_id: &EventId) -> BoxFuture<'static, ProbeReport> {
        let Some(edge) = self.edge.get().map(Arc::clone) else {
            return Box::pin(std::future::ready(ProbeReport::UNKNOWN));
        };
        let now = UnixMillis(self.clock.unix_millis()).as_secs();
        let token = self.signer.sign_probe(&ProbeClaims {
            event_id: event_id.clone(),
            issued_at: now,
            expires_at: now + PROBE_TOKEN_LIFETIME_SECS,
        });
        let request = Request::builder()
            .method(Method::HEAD)
            .uri(format!("{}stream.m3u8", event_id.path_prefix()))
            .header(http::header::AUTHORIZATION, format!("Bearer {token}"))
            .body(());
        Box::pin(async move {
            let Ok(request) = request else {
                return ProbeReport::UNKNOWN;
            };
            let response = edge
                .handle(request.into_parts().0, IpAddr::V4(Ipv4Addr::LOCALHOST))
                .await;
            ProbeReport::read(response.status(), response.headers())
        })
    }
}
