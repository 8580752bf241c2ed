//! Platform and edge in one process on one port: feed, reports and probes are function calls.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::Context;
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::Request;
use http_body_util::combinators::MapFrame;
use http_body_util::{BodyExt, Either};
use hyper::body::{Frame, Incoming};
use streamgate_edge::{Edge, EdgeBody, EdgeSettings, PlatformLink};
use streamgate_platform::settings::PlatformSettings;
use streamgate_platform::{Platform, PlatformParts};
use streamgate_serving::clock::{Clock, SystemClock};
use streamgate_serving::listeners::{self, Door, Limits, Peer, Piece};
use streamgate_serving::metrics::{self, Registry};
use streamgate_serving::random::SystemRandom;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::in_process::{InProcessLink, InProcessProbe};

/// Both services, wired to each other.
pub(crate) struct OnePort {
    pub(crate) platform: Platform,
    edge: Arc<Edge>,
}

impl OnePort {
    /// Loads both services. Binds no port.
    pub(crate) async fn load(platform: PlatformSettings, edge: EdgeSettings) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let probe = Arc::new(InProcessProbe::new(&platform.signing_secret, Arc::clone(&clock)));
        let parts = PlatformParts {
            clock: Arc::clone(&clock),
            clock_rules_database: false,
            random: Arc::new(SystemRandom),
            probe: Arc::clone(&probe) as _,
        };
        let platform = Platform::load(platform, parts)
            .await
            .context("the platform cannot start")?;
        let link: Arc<dyn PlatformLink> = Arc::new(InProcessLink::new(platform.clone()));
        let edge = Edge::load(edge, clock, link).context("the edge cannot start")?;
        probe.connect(Arc::clone(&edge));
        Ok(Self { platform, edge })
    }

    /// Returns a future that ends once the edge can answer viewers.
    pub(crate) fn ready(&self) -> impl Future<Output = ()> + use<> {
        let edge = Arc::clone(&self.edge);
        async move { edge.ready().await }
    }

    /// Returns what both services count.
    pub(crate) fn metrics(&self) -> Registry {
        let mut registry = metrics::registry();
        self.platform.register_metrics(&mut registry);
        self.edge.register_metrics(&mut registry);
        registry
    }

    /// Answers requests until `shutdown`, then finishes what is running and persists what must be.
    pub(crate) async fn run(
        self,
        door: Door,
        limits: Limits,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        let router = self.platform.router();
        let edge = Arc::clone(&self.edge);
        let service = move |request| answer(Arc::clone(&edge), router.clone(), request);
        let edge_work = Arc::clone(&self.edge).run(shutdown.clone());
        let (served, (), ()) = tokio::join!(
            listeners::serve(door, service, limits, shutdown.clone()),
            edge_work,
            self.platform.run(shutdown.clone()),
        );
        served.context("the listener failed")
    }
}

/// The platform's body in the edge's form.
type PageBody = MapFrame<Body, fn(Frame<Bytes>) -> Frame<Piece>>;

fn as_pieces(frame: Frame<Bytes>) -> Frame<Piece> {
    frame.map_data(Piece::Bytes)
}

async fn answer(
    edge: Arc<Edge>,
    router: axum::Router,
    request: Request<Incoming>,
) -> Response<Either<EdgeBody, PageBody>> {
    if Edge::claims_path(request.uri().path()) {
        let peer = peer_ip(&request);
        let (parts, _) = request.into_parts();
        return edge.handle(parts, peer).await.map(Either::Left);
    }
    match router.oneshot(request.map(Body::new)).await {
        Ok(response) => response.map(|body| Either::Right(body.map_frame(as_pieces as _))),
        Err(never) => match never {},
    }
}

/// Returns the address of the connection that a request came on.
pub(crate) fn peer_ip<B>(request: &Request<B>) -> IpAddr {
    request
        .extensions()
        .get::<Peer>()
        .map_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip())
}
