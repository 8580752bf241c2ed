//! `streamgate serve`: platform and edge in one process on one port.

use streamgate_serving::random::SystemRandom;

use crate::one_port::OnePort;
use crate::settings::{
    EdgeOrigin, Secrets, Values, edge_settings, kept_edge_id, platform_settings, process_settings,
};
use crate::{process, telemetry};

const DEFAULT_PORT: u16 = 3_000;

/// Runs both services until a signal.
pub(crate) fn serve(values: &Values) -> anyhow::Result<()> {
    telemetry::start(values)?;
    let settings = process_settings(values, DEFAULT_PORT)?;
    let data_dir = values.data_dir()?;
    let secrets = Secrets::made_if_missing(values, &data_dir, &SystemRandom)?;
    let port = settings.address.port();
    let playback_base_url = values.base_url("HLS_SERVER_BASE_URL")?.unwrap_or_default();
    let platform = platform_settings(values, &secrets, &data_dir, port, playback_base_url)?;
    let edge_id = kept_edge_id(values, &data_dir, &SystemRandom)?;
    let edge = edge_settings(
        values,
        &secrets,
        &data_dir,
        edge_id,
        &EdgeOrigin::InProcess { port },
    )?;
    tracing::info!(data_dir = %data_dir.display(), stream_root = %edge.stream_root.display(), "starting");
    process::block_on(async {
        let shutdown = process::shutdown_on_signal()?;
        let services = OnePort::load(platform, edge).await?;
        let listener = process::listen(settings.address)?;
        if let Some(password) = &secrets.new_admin_password {
            show_once(password);
        }
        services.run(listener, settings.limits, shutdown).await
    })
}

#[expect(
    clippy::print_stderr,
    reason = "shown once to the operator; it must not reach the log"
)]
fn show_once(password: &str) {
    eprintln!("The admin password, shown this once: {password}");
}
