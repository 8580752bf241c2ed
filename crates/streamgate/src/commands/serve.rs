//! `streamgate serve`: platform and edge in one process on one port.

use crate::one_port::OnePort;
use crate::settings::{Values, one_port_settings, ops_settings, process_settings};
use crate::{process, telemetry};

const DEFAULT_PORT: u16 = 3_000;
const DEFAULT_OPS_PORT: u16 = 9_300;

/// Runs both services until a signal.
pub(crate) fn serve(values: &Values) -> anyhow::Result<()> {
    telemetry::start(values)?;
    let process = process_settings(values, DEFAULT_PORT)?;
    let ops = ops_settings(values, DEFAULT_OPS_PORT)?;
    let settings = one_port_settings(values, process.address.port())?;
    tracing::info!(
        database = %settings.platform.database,
        stream_root = settings.edge.stream_root.as_deref().map(|path| display(path.display())),
        "starting"
    );
    // At once: it is kept from now on, so a start that fails below must not be the only one that knew it.
    if let Some(password) = &settings.new_admin_password {
        show_once(password);
    }
    process::block_on(async {
        let shutdown = process::shutdown_on_signal()?;
        let services = OnePort::load(settings.platform, settings.edge).await?;
        process::reload_on_hangup(process.tls.as_ref())?;
        let door = process::listen(process.address, process.tls)?;
        let ops = process::listen_for_ops(&ops)?;
        let registry = services.metrics();
        let (served, shown) = tokio::join!(
            services.run(door, process.limits, shutdown.clone()),
            process::show_metrics(ops, registry, shutdown.clone()),
        );
        shown.and(served)
    })
}

#[expect(
    clippy::print_stderr,
    reason = "shown once to the operator; it must not reach the log"
)]
fn show_once(password: &str) {
    eprintln!("The admin password, shown this once: {password}");
}
