//! Listeners that cannot be held hostage: every wait for a client has an end, every count has a bound.
//!
//! 1. A connection is accepted only while there is room for it; more wait in the kernel's queue.
//! 2. Each connection is a task: a panic in a service ends that connection and nothing else.
//! 3. Silence, slow heads, idleness and clients that take nothing end a connection (see [`Limits`]).
//! 4. After the shutdown signal nothing is accepted, idle connections close at once, running responses
//!    have until the drain deadline, and then what is left is cut.
//!
//! The time for a request's body and for the service's own work is the service's to limit.

mod activity;
mod connection;
mod descriptors;
mod framing;
mod limits;
mod outlet;
mod per_client;
mod piece;
mod streams;
mod tls;
mod tracked;
mod transport;
mod watchdog;

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use connection::Shared;
use per_client::PerClient;

pub use descriptors::{descriptor_limit, raise_descriptor_limit};
pub use limits::Limits;
pub use outlet::{Outlet, Standing};
pub use piece::{FILE_PIECE_MAX, FilePart, Piece};
pub use tls::{Tls, TlsError};

// Clients that come while the cap is reached wait here instead of being refused.
const BACKLOG: u32 = 1024;
// Without descriptors `accept` fails at once and for ever; the pause keeps that from eating a core.
const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(50);
const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(1);
/// The address of the socket's other end; an extension of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

/// Where clients come in: a listening socket, and whether they speak TLS.
#[derive(Debug)]
pub struct Door {
    /// The listening socket.
    pub listener: TcpListener,
    /// With it clients speak TLS and nothing else.
    pub tls: Option<Tls>,
}

impl From<TcpListener> for Door {
    fn from(listener: TcpListener) -> Self {
        Self { listener, tls: None }
    }
}

/// Binds a listening socket; port 0 is any free one.
///
/// An address that a previous process used a moment ago is taken over.
///
/// # Errors
///
/// What the system says: the address is in use, not ours, or not allowed.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves HTTP/1.1 and HTTP/2 (prior knowledge, or agreed on in TLS) at `door` until `shutdown`, then drains.
///
/// `service` is cloned for every connection. Returns when no connection is left, at the latest
/// [`Limits::drain_deadline`] after `shutdown`. Failed accepts are logged and retried.
///
/// # Errors
///
/// None today; a listener that cannot go on would say so here.
pub async fn serve<S, B, Fut>(
    door: impl Into<Door>,
    service: S,
    limits: Limits,
    shutdown: CancellationToken,
) -> io::Result<()>
where
    S: Fn(Request<Incoming>) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Response<B>> + Send + 'static,
    B: http_body::Body<Data: Into<Piece>> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let Door { listener, tls } = door.into();
    let clients = PerClient::new(limits.connections_per_client_max);
    let connections_max = limits.connections_max.max(1);
    let shared = Arc::new(Shared::new(limits, tls, shutdown.clone()));
    let mut connections = JoinSet::new();
    let mut pause = ACCEPT_PAUSE_MIN;
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            Some(ended) = connections.join_next() => log_panic(ended),
            accepted = listener.accept(), if connections.len() < connections_max => match accepted {
                Ok((socket, address)) => {
                    pause = ACCEPT_PAUSE_MIN;
                    let Some(slot) = clients.admit(address.ip()) else {
                        tracing::debug!("connection refused: its client has as many as it may have");
                        continue;
                    };
                    tune(&socket);
                    let shared = Arc::clone(&shared);
                    drop(connections.spawn(connection::run(socket, Peer(address), slot, service.clone(), shared)));
                }
                // The client left before it was accepted.
                Err(error) if left_early(&error) => {}
                Err(error) => {
                    tracing::error!(%error, pause_ms = pause.as_millis(), "cannot accept connections");
                    // `None` is the shutdown, which the next round sees first.
                    let (Some(()) | None) = shutdown.run_until_cancelled(tokio::time::sleep(pause)).await;
                    pause = (pause * 2).min(ACCEPT_PAUSE_MAX);
                }
            },
        }
    }
    drop(listener);
    drain(connections, &shared).await;
    Ok(())
}

async fn drain(mut connections: JoinSet<()>, shared: &Shared) {
    let finish = async {
        while let Some(ended) = connections.join_next().await {
            log_panic(ended);
        }
    };
    if tokio::time::timeout(shared.limits.drain_deadline, finish)
        .await
        .is_err()
    {
        tracing::warn!(
            connections = connections.len(),
            "drain deadline passed: connections are cut"
        );
        shared.cut.cancel();
        connections.shutdown().await;
    }
}

fn left_early(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

// A socket that refuses the option is about to fail anyway, and serves without it until then.
fn tune(socket: &TcpStream) {
    if let Err(error) = socket.set_nodelay(true) {
        tracing::debug!(%error, "cannot tune a connection");
    }
}

fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && error.is_panic()
    {
        // The panic's own text may quote what a client sent; the panic hook decides about that.
        tracing::error!("a connection ended by a panic");
    }
}
