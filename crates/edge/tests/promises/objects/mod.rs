//! Objects of upstreams: fetched once, kept, and told the truth about.

mod answers;
pub(crate) mod disk;
mod fills;
mod kept_open;
mod limits;
mod long;
mod odd;
pub(crate) mod origin;
mod own_sources;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use http_body_util::BodyExt as _;
use streamgate_edge::{EdgeBody, EdgeSettings, UpstreamTimeouts};

use self::origin::Origin;
use crate::support::{Connection, PEER, Rig};

/// An edge before an origin.
pub(crate) struct Site {
    pub(crate) rig: Rig,
    pub(crate) feed: Connection,
    pub(crate) origin: Origin,
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut EdgeSettings)) -> Self {
        Self::in_folder(Arc::new(tempfile::tempdir().unwrap()), change).await
    }

    pub(crate) async fn in_folder(
        folder: Arc<tempfile::TempDir>,
        change: impl FnOnce(&mut EdgeSettings),
    ) -> Self {
        let origin = Origin::start().await;
        let url = origin.url();
        let mut rig = Rig::with(folder, |settings| {
            settings.stream_root = None;
            settings.upstream.origin = Some(url);
            change(settings);
        });
        let feed = rig.start().await;
        Self { rig, feed, origin }
    }

    /// Asks for an object of the event and reads the answer piece by piece.
    pub(crate) async fn open(&self, relative: &str) -> Reading {
        open(&self.rig, relative, &[]).await
    }

    /// What the edge says of its cache, once it says `expected` of `field`.
    pub(crate) async fn until_health(&self, field: &str, expected: u64) {
        for _ in 0..1000 {
            if self.rig.health().await[field] == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{field} never came to {expected}: {}", self.rig.health().await);
    }
}

/// Impatient, so that tests of what takes too long are short.
pub(crate) fn impatient(settings: &mut EdgeSettings) {
    settings.upstream.timeouts = UpstreamTimeouts {
        connect: Duration::from_millis(300),
        first_byte: Duration::from_millis(300),
        between_bytes: Duration::from_millis(300),
    };
}

/// An answer that is still coming.
pub(crate) struct Reading {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    body: EdgeBody,
}

pub(crate) async fn open(rig: &Rig, relative: &str, headers: &[(&str, &str)]) -> Reading {
    let authorization = format!("Bearer {}", rig.token());
    let mut headers = headers.to_vec();
    headers.push(("authorization", &authorization));
    let request = Rig::request("GET", &format!("/streams/evt/{relative}"), &headers);
    let (parts, body) = rig.edge.handle(request, PEER).await.into_parts();
    Reading {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
    }
}

impl Reading {
    /// The next bytes; none at the end, an error when the transfer is broken off.
    pub(crate) async fn piece(&mut self) -> Option<Result<Bytes, std::io::Error>> {
        let frame = self.body.frame().await?;
        Some(frame.map(|frame| {
            let mut piece = frame.into_data().unwrap();
            piece.copy_to_bytes(piece.remaining())
        }))
    }

    /// Everything that comes, or how it broke off.
    pub(crate) async fn rest(self) -> Result<Vec<u8>, std::io::Error> {
        Ok(self.body.collect().await?.to_bytes().to_vec())
    }
}
