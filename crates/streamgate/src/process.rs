//! A process that serves: its runtime, its signals, its listener.

use std::future::Future;
use std::net::SocketAddr;

use anyhow::Context;
use streamgate_serving::listeners::{self, Door, Tls};
use streamgate_serving::metrics::{self, Registry};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::settings::OpsSettings;

/// Runs `future` to its end on a runtime with one worker per core.
pub(crate) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?
        .block_on(future)
}

/// Binds `address` and says so in the log.
pub(crate) fn listen(address: SocketAddr, tls: Option<Tls>) -> anyhow::Result<Door> {
    let listener =
        listeners::bind(address).with_context(|| format!("cannot listen on {address} (PORT, BIND_ADDR)"))?;
    let address = listener.local_addr()?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    tracing::info!(%address, "listening on {scheme}://{address}");
    Ok(Door { listener, tls })
}

/// Binds the operations listener. `None` if its default address is taken, as by a second edge on one machine:
/// that must not keep a service from starting.
pub(crate) fn listen_for_ops(ops: &OpsSettings) -> anyhow::Result<Option<TcpListener>> {
    match listeners::bind(ops.address) {
        Ok(listener) => {
            let address = listener.local_addr()?;
            tracing::info!(%address, "metrics on http://{address}/metrics");
            Ok(Some(listener))
        }
        Err(error) if ops.is_given => {
            Err(error).with_context(|| format!("cannot listen on {} (OPS_ADDR)", ops.address))
        }
        Err(error) => {
            tracing::warn!(%error, address = %ops.address, "no metrics: set OPS_ADDR to an address that is free");
            Ok(None)
        }
    }
}

/// Shows the metrics until `shutdown`.
pub(crate) async fn show_metrics(
    listener: Option<TcpListener>,
    registry: Registry,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    match listener {
        Some(listener) => Ok(metrics::serve(listener, registry, shutdown).await?),
        None => Ok(()),
    }
}

/// Has SIGHUP read the certificate of `tls` again; without TLS it keeps its usual meaning.
#[cfg(unix)]
pub(crate) fn reload_on_hangup(tls: Option<&Tls>) -> anyhow::Result<()> {
    let Some(tls) = tls.cloned() else {
        return Ok(());
    };
    let mut hangup = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())
        .context("cannot listen for SIGHUP")?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match tls.reload() {
                Ok(()) => tracing::info!("certificate read again"),
                Err(error) => {
                    tracing::error!(%error, "cannot read the new certificate: the former one stays in use");
                }
            }
        }
    });
    Ok(())
}

/// Only Unix has the signal.
#[cfg(not(unix))]
pub(crate) fn reload_on_hangup(_tls: Option<&Tls>) -> anyhow::Result<()> {
    Ok(())
}

/// Returns a token that is cancelled by SIGTERM or SIGINT (Ctrl-C).
pub(crate) fn shutdown_on_signal() -> anyhow::Result<CancellationToken> {
    let shutdown = CancellationToken::new();
    let cancelled = shutdown.clone();
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
        .context("cannot listen for SIGTERM")?;
    tokio::spawn(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        drop(tokio::signal::ctrl_c().await);
        tracing::info!("shutting down");
        cancelled.cancel();
    });
    Ok(shutdown)
}
