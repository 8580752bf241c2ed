//! An edge with a folder of its own, a clock that tests move and a platform that says what tests say.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use http::request::Parts;
use http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use streamgate_contract::activity::ActivityReport;
use streamgate_contract::claims::{PlaybackClaims, ProbeClaims};
use streamgate_contract::feed::{
    ChainHash, Epoch, FeedChange, FeedCursor, FeedEvent, FeedRecord, Head, Snapshot, chain, record_body,
};
use streamgate_contract::ids::{Code, EdgeId, EventId, SessionId};
use streamgate_contract::playback_token::{Signer, SigningSecret};
use streamgate_contract::time::UnixMillis;
use streamgate_edge::{CacheSettings, Edge, EdgeSettings, LinkError, PlatformLink, UpstreamSettings};
use streamgate_serving::api_key::ApiKey;
use streamgate_serving::client_ip::TrustedProxies;
use streamgate_serving::clock::{Clock, FakeClock, SystemClock};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

pub(crate) const API_KEY: &str = "an-internal-api-key";
pub(crate) const ORIGIN: &str = "https://tickets.example.org";
pub(crate) const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

/// One connection that the edge made to the feed.
pub(crate) struct Connection {
    pub(crate) cursor: Option<FeedCursor>,
    events: UnboundedSender<Result<FeedEvent, LinkError>>,
}

impl Connection {
    pub(crate) fn say(&self, event: FeedEvent) {
        self.events.send(Ok(event)).unwrap();
    }

    /// Says something to an edge that may have hung up.
    pub(crate) fn say_if_heard(&self, event: FeedEvent) {
        drop(self.events.send(Ok(event)));
    }

    pub(crate) fn fail(&self, error: LinkError) {
        self.events.send(Err(error)).unwrap();
    }
}

/// A platform inside the test.
pub(crate) struct FakePlatform {
    connections: Mutex<VecDeque<Connection>>,
    pub(crate) reports: Mutex<Vec<ActivityReport>>,
    pub(crate) refuses_reports: AtomicBool,
    pub(crate) is_down: AtomicBool,
}

impl PlatformLink for FakePlatform {
    fn subscribe(&self, cursor: Option<FeedCursor>) -> BoxStream<'static, Result<FeedEvent, LinkError>> {
        if self.is_down.load(Ordering::SeqCst) {
            return stream::iter([Err(LinkError::Unreachable("down".to_owned()))]).boxed();
        }
        let (events, received) = unbounded_channel();
        self.connections
            .lock()
            .unwrap()
            .push_back(Connection { cursor, events });
        stream::unfold(received, |mut received: UnboundedReceiver<_>| async move {
            received.recv().await.map(|event| (event, received))
        })
        .boxed()
    }

    fn report(&self, _: &EdgeId, report: ActivityReport) -> BoxFuture<'static, Result<(), LinkError>> {
        self.reports.lock().unwrap().push(report);
        let refuses = self.refuses_reports.load(Ordering::SeqCst);
        Box::pin(async move {
            if refuses {
                Err(LinkError::Status(503))
            } else {
                Ok(())
            }
        })
    }
}

impl FakePlatform {
    /// Waits for the edge to connect.
    pub(crate) async fn connection(&self) -> Connection {
        until(|| self.connections.lock().unwrap().pop_front()).await
    }
}

/// An edge and everything around it.
pub(crate) struct Rig {
    pub(crate) edge: Arc<Edge>,
    pub(crate) clock: FakeClock,
    pub(crate) platform: Arc<FakePlatform>,
    pub(crate) folder: Arc<tempfile::TempDir>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) running: Option<tokio::task::JoinHandle<()>>,
    seq: Mutex<(u64, ChainHash)>,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn code(&self) -> String {
        let json: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        json["code"].as_str().unwrap().to_owned()
    }
}

/// Asks until there is an answer; ten seconds mean that there will be none.
pub(crate) async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1000 {
        if let Some(found) = look() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited ten seconds in vain");
}

pub(crate) fn event() -> EventId {
    EventId::parse("evt").unwrap()
}

pub(crate) fn code() -> Code {
    Code::parse("Secret12Code").unwrap()
}

pub(crate) fn sid(number: u8) -> SessionId {
    SessionId::from_random_bytes([number; 16])
}

pub(crate) fn secret() -> SigningSecret {
    SigningSecret::new(b"0123456789abcdef0123456789abcdef".to_vec()).unwrap()
}

pub(crate) fn epoch(name: &str) -> Epoch {
    Epoch::parse(name).unwrap()
}

impl Rig {
    /// An edge that has never heard of its platform and is not following the feed.
    pub(crate) fn stopped() -> Self {
        Self::with(Arc::new(tempfile::tempdir().unwrap()), |_| {})
    }

    pub(crate) fn with(folder: Arc<tempfile::TempDir>, change: impl FnOnce(&mut EdgeSettings)) -> Self {
        // A minute ahead of the file system, so that files of a test are not "being written".
        let clock = FakeClock::new(SystemClock.unix_millis() + 60_000);
        fs::create_dir_all(folder.path().join("streams/evt")).unwrap();
        let mut settings = EdgeSettings {
            edge_id: EdgeId::parse("edge-1").unwrap(),
            stream_root: Some(folder.path().join("streams")),
            upstream: UpstreamSettings::default(),
            cache: CacheSettings {
                root: folder.path().join("cache"),
                bytes_max: 1 << 30,
                age_max: Duration::from_hours(72),
                cleanup_interval: Duration::from_hours(6),
            },
            state_file: folder.path().join("deny.state"),
            internal_api_key: ApiKey::new(API_KEY).unwrap(),
            signing_secret: secret(),
            previous_signing_secret: None,
            cors_allowed_origins: vec![ORIGIN.to_owned()],
            trusted_proxies: TrustedProxies::default(),
            access_log_sample: 1.0,
            feed_strict: false,
            feed_strict_after: Duration::from_mins(15),
            poll_interval: Duration::from_secs(30),
            hsts: false,
        };
        change(&mut settings);
        let platform = Arc::new(FakePlatform {
            connections: Mutex::default(),
            reports: Mutex::default(),
            refuses_reports: AtomicBool::new(false),
            is_down: AtomicBool::new(false),
        });
        let link: Arc<dyn PlatformLink> = Arc::clone(&platform) as _;
        let edge = Edge::load(settings, Arc::new(clock.clone()), link).unwrap();
        let seq = Mutex::new((0, ChainHash::GENESIS));
        Self {
            edge,
            clock,
            platform,
            folder,
            shutdown: CancellationToken::new(),
            running: None,
            seq,
        }
    }

    /// An edge with an empty deny state that follows the feed.
    pub(crate) async fn ready() -> (Self, Connection) {
        let mut rig = Self::stopped();
        let connection = rig.start().await;
        (rig, connection)
    }

    /// Follows the feed and hears an empty snapshot.
    pub(crate) async fn start(&mut self) -> Connection {
        self.run();
        let connection = self.platform.connection().await;
        connection.say(FeedEvent::Snapshot(self.snapshot("e1", 0)));
        self.until_seq(0).await;
        connection
    }

    pub(crate) fn run(&mut self) {
        self.running = Some(tokio::spawn(Arc::clone(&self.edge).run(self.shutdown.clone())));
    }

    /// Ends the loops as a graceful shutdown does.
    pub(crate) async fn stop(&mut self) {
        self.shutdown.cancel();
        self.running.take().unwrap().await.unwrap();
    }

    pub(crate) fn now(&self) -> UnixMillis {
        UnixMillis(self.clock.unix_millis())
    }

    pub(crate) fn snapshot(&self, epoch_name: &str, seq: u64) -> Snapshot {
        Snapshot {
            epoch: epoch(epoch_name),
            seq,
            h: ChainHash::GENESIS,
            now: self.now(),
            revoked: vec![],
            events_off: vec![],
            sessions_ended: vec![],
            sources: vec![],
        }
    }

    pub(crate) fn head(&self, seq: u64) -> FeedEvent {
        let h = self.seq.lock().unwrap().1.clone();
        FeedEvent::Head(Head {
            epoch: epoch("e1"),
            seq,
            h,
            now: self.now(),
        })
    }

    /// Says the next record and waits until it is in force.
    pub(crate) async fn tell(&self, connection: &Connection, change: FeedChange) {
        let seq = {
            let mut last = self.seq.lock().unwrap();
            let seq = last.0 + 1;
            let h = chain(&last.1, &record_body(seq, &change));
            *last = (seq, h.clone());
            connection.say(FeedEvent::Record(FeedRecord {
                seq,
                change: Some(change),
                h,
            }));
            seq
        };
        self.until_seq(seq).await;
    }

    pub(crate) async fn until_seq(&self, seq: u64) {
        for _ in 0..1000 {
            if self.health().await["feedSeq"] == seq {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("record {seq} never came into force");
    }

    pub(crate) async fn health(&self) -> serde_json::Value {
        serde_json::from_slice(&self.get("/health", &[]).await.body).unwrap()
    }

    pub(crate) fn claims(&self) -> PlaybackClaims {
        let now = self.now().as_secs();
        PlaybackClaims {
            code: code(),
            event_id: event(),
            session_id: sid(1),
            issued_at: now,
            expires_at: now + 3600,
        }
    }

    pub(crate) fn token(&self) -> String {
        self.sign(&self.claims())
    }

    #[expect(clippy::unused_self, reason = "reads as what a rig does, beside token()")]
    pub(crate) fn sign(&self, claims: &PlaybackClaims) -> String {
        Signer::new(&secret(), false).sign_playback(claims)
    }

    pub(crate) fn probe_token(&self) -> String {
        let now = self.now().as_secs();
        let claims = ProbeClaims {
            event_id: event(),
            issued_at: now,
            expires_at: now + 10,
        };
        Signer::new(&secret(), false).sign_probe(&claims)
    }

    /// Writes a file of the event.
    pub(crate) fn write(&self, relative: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join("streams/evt").join(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Writes a file that changed `age` ago by the edge's clock.
    pub(crate) fn write_aged(&self, relative: &str, content: impl AsRef<[u8]>, age: Duration) -> PathBuf {
        let path = self.write(relative, content);
        let now = Duration::from_millis(u64::try_from(self.now().0).unwrap());
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_modified(UNIX_EPOCH + now - age)
            .unwrap();
        path
    }

    pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    pub(crate) async fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
        let response = self
            .edge
            .handle(Self::request(method, target, headers), PEER)
            .await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    pub(crate) async fn get(&self, target: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", target, headers).await
    }

    /// Asks for a file of the event with a right token in the header.
    pub(crate) async fn watch(&self, relative: &str, headers: &[(&str, &str)]) -> Answer {
        self.watch_by("GET", relative, headers).await
    }

    pub(crate) async fn watch_by(&self, method: &str, relative: &str, headers: &[(&str, &str)]) -> Answer {
        let authorization = format!("Bearer {}", self.token());
        let mut headers = headers.to_vec();
        headers.push(("authorization", &authorization));
        self.ask(method, &format!("/streams/evt/{relative}"), &headers)
            .await
    }
}
