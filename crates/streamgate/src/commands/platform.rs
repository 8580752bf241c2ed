//! `streamgate platform`: the platform alone.

use std::sync::Arc;

use anyhow::Context;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use streamgate_platform::edges::HttpStreamProbe;
use streamgate_platform::{Platform, PlatformParts};
use streamgate_serving::clock::{Clock, SystemClock};
use streamgate_serving::random::SystemRandom;
use streamgate_serving::{listeners, metrics};
use tower::ServiceExt;

use crate::settings::{
    Secrets, SettingError, Values, ops_settings, platform_settings, probe_base_url, process_settings,
};
use crate::{process, telemetry};

const DEFAULT_PORT: u16 = 3_000;
const DEFAULT_OPS_PORT: u16 = 9_300;

/// Runs the platform until a signal.
pub(crate) fn platform(values: &Values) -> anyhow::Result<()> {
    telemetry::start(values)?;
    let settings = process_settings(values, DEFAULT_PORT)?;
    let ops = ops_settings(values, DEFAULT_OPS_PORT)?;
    let secrets = Secrets::required(values)?;
    if secrets.admin_password_hash.is_none() {
        return Err(SettingError::missing("ADMIN_PASSWORD_HASH").into());
    }
    values.require("HLS_SERVER_BASE_URL")?;
    let playback_base_url = values.base_url("HLS_SERVER_BASE_URL")?.unwrap_or_default();
    let probe_base_url = probe_base_url(values, &playback_base_url)?;
    let data_dir = values.data_dir()?;
    let platform = platform_settings(
        values,
        &secrets,
        &data_dir,
        settings.address.port(),
        playback_base_url,
    )?;
    process::block_on(async {
        let shutdown = process::shutdown_on_signal()?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let probe = HttpStreamProbe::new(
            &probe_base_url,
            &platform.signing_secret,
            platform.previous_signing_secret.is_some(),
            Arc::clone(&clock),
        )
        .context("the client for edges cannot start")?;
        let parts = PlatformParts {
            clock,
            clock_rules_database: false,
            random: Arc::new(SystemRandom),
            probe: Arc::new(probe),
        };
        let platform = Platform::load(platform, parts)
            .await
            .context("the platform cannot start")?;
        process::reload_on_hangup(settings.tls.as_ref())?;
        let door = process::listen(settings.address, settings.tls)?;
        let ops = process::listen_for_ops(&ops)?;
        let mut registry = metrics::registry();
        platform.register_metrics(&mut registry);
        let router = platform.router();
        let service = move |request: Request<Incoming>| {
            let router = router.clone();
            async move {
                match router.oneshot(request.map(Body::new)).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            }
        };
        let (served, (), shown) = tokio::join!(
            listeners::serve(door, service, settings.limits, shutdown.clone()),
            platform.run(shutdown.clone()),
            process::show_metrics(ops, registry, shutdown.clone()),
        );
        shown.context("the operations listener failed")?;
        served.context("the listener failed")
    })
}
