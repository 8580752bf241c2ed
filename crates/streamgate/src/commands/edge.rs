//! `streamgate edge`: an edge alone.

use std::sync::Arc;

use anyhow::Context;
use http::Request;
use hyper::body::Incoming;
use streamgate_edge::{Edge, HttpPlatformLink};
use streamgate_serving::clock::SystemClock;
use streamgate_serving::random::SystemRandom;
use streamgate_serving::{listeners, metrics};

use crate::one_port::peer_ip;
use crate::settings::{
    EdgeOrigin, Secrets, SettingError, Values, edge_settings, kept_edge_id, ops_settings, poll_interval,
    process_settings,
};
use crate::{process, telemetry};

const DEFAULT_PORT: u16 = 4_000;
const DEFAULT_OPS_PORT: u16 = 9_400;

/// Runs the edge until a signal.
pub(crate) fn edge(values: &Values) -> anyhow::Result<()> {
    telemetry::start(values)?;
    let settings = process_settings(values, DEFAULT_PORT)?;
    let ops = ops_settings(values, DEFAULT_OPS_PORT)?;
    let secrets = Secrets::required(values)?;
    let platform_url = values
        .http_url("PLATFORM_APP_URL")?
        .ok_or_else(|| SettingError::missing("PLATFORM_APP_URL"))?;
    let poll_interval = poll_interval(values)?;
    let data_dir = values.data_dir()?;
    let edge_id = kept_edge_id(values, &data_dir, &SystemRandom)?;
    let origin = EdgeOrigin::Apart {
        platform_url: platform_url.clone(),
    };
    let edge = edge_settings(values, &secrets, &data_dir, edge_id, &origin)?;
    tracing::info!(
        stream_root = edge.stream_root.as_deref().map(|path| display(path.display())),
        has_upstream = edge.upstream.origin.is_some(),
        edge_id = %edge.edge_id,
        "starting"
    );
    process::block_on(async {
        let shutdown = process::shutdown_on_signal()?;
        let link = HttpPlatformLink::new(platform_url, edge.internal_api_key.clone(), poll_interval)
            .context("the client for the platform cannot start")?;
        let edge =
            Edge::load(edge, Arc::new(SystemClock), Arc::new(link)).context("the edge cannot start")?;
        process::reload_on_hangup(settings.tls.as_ref())?;
        let door = process::listen(settings.address, settings.tls)?;
        let ops = process::listen_for_ops(&ops)?;
        let mut registry = metrics::registry();
        edge.register_metrics(&mut registry);
        let serving = Arc::clone(&edge);
        let service = move |request: Request<Incoming>| {
            let edge = Arc::clone(&serving);
            async move {
                let peer = peer_ip(&request);
                edge.handle(request.into_parts().0, peer).await
            }
        };
        let (served, (), shown) = tokio::join!(
            listeners::serve(door, service, settings.limits, shutdown.clone()),
            edge.run(shutdown.clone()),
            process::show_metrics(ops, registry, shutdown.clone()),
        );
        shown.context("the operations listener failed")?;
        served.context("the listener failed")
    })
}
