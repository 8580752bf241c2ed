//! An edge with files of a stream and a platform that says once what is revoked.

use std::fs::{self, File};
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use http::Request;
use http::request::Parts;
use streamgate_contract::activity::ActivityReport;
use streamgate_contract::claims::PlaybackClaims;
use streamgate_contract::deny_state::DenyState;
use streamgate_contract::feed::{ChainHash, Epoch, FeedCursor, FeedEvent, RevokedEntry, Snapshot};
use streamgate_contract::ids::{Code, EdgeId, EventId, SessionId};
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::playback_token::{Signer, SigningSecret};
use streamgate_contract::time::UnixMillis;
use streamgate_edge::{CacheSettings, Edge, EdgeSettings, LinkError, PlatformLink, UpstreamSettings};
use streamgate_serving::api_key::ApiKey;
use streamgate_serving::client_ip::TrustedProxies;
use streamgate_serving::clock::{Clock as _, SystemClock};
use tokio_util::sync::CancellationToken;

pub(crate) const PEER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));
/// Few: an edge stores them meanwhile, and whether that is over when the count ends must not show.
const REVOKED: usize = 2;
const REVOKED_MANY: usize = 10_000;
const SEGMENT_BYTES: usize = 64 * 1024;

/// An edge that is up, and its folder.
pub(crate) struct Rig {
    pub(crate) edge: Arc<Edge>,
    folder: tempfile::TempDir,
}

struct Platform;

impl PlatformLink for Platform {
    fn subscribe(&self, _: Option<FeedCursor>) -> BoxStream<'static, Result<FeedEvent, LinkError>> {
        let snapshot = stream::iter([Ok(FeedEvent::Snapshot(snapshot(REVOKED)))]);
        snapshot.chain(stream::pending()).boxed()
    }

    fn report(&self, _: &EdgeId, _: ActivityReport) -> BoxFuture<'static, Result<(), LinkError>> {
        Box::pin(async { Ok(()) })
    }
}

impl Rig {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let streams = folder.path().join("streams");
        write(&streams.join("evt/720p/live.m3u8"), playlist().as_bytes());
        write(&streams.join("evt/720p/seg1.ts"), &vec![7; SEGMENT_BYTES]);
        let settings = EdgeSettings {
            edge_id: EdgeId::parse("edge").unwrap(),
            stream_root: Some(streams),
            upstream: UpstreamSettings::default(),
            cache: CacheSettings {
                root: folder.path().join("cache"),
                bytes_max: 1 << 30,
                age_max: Duration::from_hours(72),
                cleanup_interval: Duration::from_hours(6),
            },
            state_file: folder.path().join("deny.state"),
            internal_api_key: ApiKey::new("an-internal-api-key").unwrap(),
            signing_secret: secret(),
            previous_signing_secret: None,
            cors_allowed_origins: Vec::new(),
            trusted_proxies: TrustedProxies::default(),
            access_log_sample: 1.0,
            feed_strict: false,
            feed_strict_after: Duration::from_mins(15),
            poll_interval: Duration::from_secs(30),
            hsts: false,
        };
        let edge = Edge::load(settings, Arc::new(SystemClock), Arc::new(Platform)).unwrap();
        tokio::spawn(Arc::clone(&edge).run(CancellationToken::new()));
        let rig = Self { edge, folder };
        while rig.edge.handle(request("/ready", "", &[]), PEER).await.status() != 200 {
            // Rarely: each look counts.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        rig
    }
}

impl Rig {
    /// Has the edge take a file for open, so that it opens none.
    pub(crate) fn keep_open(&self, request_path: &str) {
        let path = MediaPath::from_request(request_path).unwrap().path;
        let folder = self.folder.path().join("streams/evt");
        let file = File::open(folder.join(path.relative())).unwrap();
        assert!(self.edge.keep_open(&path, file));
    }
}

/// A request with a token and further headers.
pub(crate) fn request(target: &str, token: &str, headers: &[(&str, &str)]) -> Parts {
    let request = Request::get(target).header("host", "edge.example.org");
    let request = request.header("user-agent", "a player").header("accept", "*/*");
    let mut request = request.header("authorization", format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap().into_parts().0
}

pub(crate) fn secret() -> SigningSecret {
    SigningSecret::new(b"0123456789abcdef0123456789abcdef".to_vec()).unwrap()
}

pub(crate) fn now() -> UnixMillis {
    UnixMillis(SystemClock.unix_millis())
}

/// Of a viewer who may watch.
pub(crate) fn claims() -> PlaybackClaims {
    let now = now().as_secs();
    PlaybackClaims {
        code: Code::parse("Secret12Code").unwrap(),
        event_id: EventId::parse("evt").unwrap(),
        session_id: SessionId::from_random_bytes([1; 16]),
        issued_at: now,
        expires_at: now + 3600,
    }
}

/// Of a viewer whose ticket is revoked.
pub(crate) fn revoked_claims() -> PlaybackClaims {
    PlaybackClaims {
        code: revoked_code(1),
        ..claims()
    }
}

pub(crate) fn token(claims: &PlaybackClaims) -> String {
    Signer::new(&secret(), false).sign_playback(claims)
}

pub(crate) fn deny_state() -> DenyState {
    DenyState::from_snapshot(snapshot(REVOKED_MANY))
}

fn snapshot(revoked: usize) -> Snapshot {
    let entry = |number| RevokedEntry {
        code: revoked_code(number),
        at: now(),
    };
    Snapshot {
        epoch: Epoch::parse("e1").unwrap(),
        seq: 0,
        h: ChainHash::GENESIS,
        now: now(),
        revoked: (0..revoked).map(entry).collect(),
        events_off: Vec::new(),
        sessions_ended: Vec::new(),
        sources: Vec::new(),
    }
}

fn revoked_code(number: usize) -> Code {
    Code::parse(&format!("Code{number:08}")).unwrap()
}

fn write(path: &Path, content: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    // So old that nobody is writing it any more.
    let now = Duration::from_millis(u64::try_from(now().0).unwrap());
    let minute_ago = UNIX_EPOCH + now - Duration::from_mins(1);
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(minute_ago)
        .unwrap();
}

fn playlist() -> String {
    let segments = (1..=10).map(|number| format!("#EXTINF:4.000,\n/streams/evt/720p/seg{number}.ts\n"));
    let head = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:1\n";
    head.to_owned() + &segments.collect::<String>()
}
