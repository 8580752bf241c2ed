//! A process that serves: its runtime, its signals, its listener.

use std::future::Future;
use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Runs `future` to its end on a runtime with one worker per core.
pub(crate) fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?
        .block_on(future)
}

/// Binds `address` and says so in the log.
pub(crate) fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let listener = streamgate_serving::listeners::bind(address)
        .with_context(|| format!("cannot listen on {address} (PORT, BIND_ADDR)"))?;
    let address = listener.local_addr()?;
    tracing::info!(%address, "listening on http://{address}");
    Ok(listener)
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
