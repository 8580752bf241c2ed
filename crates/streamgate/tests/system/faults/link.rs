//! A way between two processes that can be cut, stalled and slowed.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What happens to bytes on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    Through,
    /// Each piece waits.
    Slow(Duration),
    /// Nothing arrives and nothing is closed, as when packets are dropped.
    Stalled,
    /// Open connections break and new ones are closed.
    Cut,
}

/// The way; it is there until the test's runtime ends.
pub(super) struct Link {
    pub(super) address: String,
    mode: watch::Sender<Mode>,
}

impl Link {
    /// Leads to `target` (`host:port`).
    pub(super) async fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (mode, watched) = watch::channel(Mode::Through);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if *watched.borrow() != Mode::Cut {
                    tokio::spawn(carry(near, target.clone(), watched.clone()));
                }
            }
        });
        Self { address, mode }
    }

    pub(super) fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }
}

async fn carry(near: TcpStream, target: String, mode: watch::Receiver<Mode>) {
    let Ok(far) = TcpStream::connect(target).await else {
        return;
    };
    let (mut from_near, mut to_near) = near.into_split();
    let (mut from_far, mut to_far) = far.into_split();
    let mut cut = mode.clone();
    // Whichever ends first takes the whole connection with it.
    tokio::select! {
        () = pump(&mut from_near, &mut to_far, mode.clone()) => {}
        () = pump(&mut from_far, &mut to_near, mode) => {}
        _ = cut.wait_for(|mode| *mode == Mode::Cut) => {}
    }
}

async fn pump(
    from: &mut tokio::net::tcp::OwnedReadHalf,
    to: &mut tokio::net::tcp::OwnedWriteHalf,
    mut mode: watch::Receiver<Mode>,
) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let now = *mode.borrow();
        match now {
            Mode::Slow(time) => tokio::time::sleep(time).await,
            Mode::Stalled if mode.wait_for(|mode| *mode != Mode::Stalled).await.is_err() => return,
            _ => {}
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
