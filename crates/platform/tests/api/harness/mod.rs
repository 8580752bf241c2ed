//! A platform with a database of its own, a clock that stands still until told, and the people who use it.

mod actors;
mod database;
mod half_open;
mod probe;
mod requests;

pub(crate) use actors::{Admin, EdgeActor, Viewer, code, id, token};
pub(crate) use database::{Kind, TestDatabase, setting};
pub(crate) use half_open::deaf_to_notifications;
pub(crate) use probe::FakeProbe;
pub(crate) use requests::{Answer, request, send};

use std::sync::Arc;
use std::time::Duration;

use streamgate_contract::playback_token::{Signer, SigningSecret, Verifier};
use streamgate_platform::db::DatabaseUrl;
use streamgate_platform::settings::{
    PageSettings, PlatformSettings, RateLimits, SessionSharing, TokenCarrier,
};
use streamgate_platform::{Platform, PlatformParts};
use streamgate_serving::api_key::ApiKey;
use streamgate_serving::client_ip::TrustedProxies;
use streamgate_serving::clock::{Clock, FakeClock};
use streamgate_serving::random::SeededRandom;
use tokio_util::sync::CancellationToken;

/// What admins show as `Authorization: Bearer`.
pub(crate) const ADMIN_KEY: &str = "an-admin-api-key-for-tests";
/// What edges show.
pub(crate) const INTERNAL_KEY: &str = "an-internal-api-key-for-tests";
/// 2026-06-01T12:00:00Z, when every test begins.
pub(crate) const NOON: i64 = 1_780_315_200_000;
/// The session timeout of every test platform.
pub(crate) const SESSION_TIMEOUT: Duration = Duration::from_mins(1);

/// Makes one test of each function, for either database: `name::sqlite` and `name::postgres`.
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($platform:ident: TestPlatform) $body:block)+) => { $(
        $(#[$attribute])*
        async fn $name($platform: &$crate::harness::TestPlatform) $body

        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let platform = $crate::harness::TestPlatform::start($crate::harness::Kind::Sqlite).await;
                super::$name(&platform).await;
                platform.close().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let platform = $crate::harness::TestPlatform::start($crate::harness::Kind::Postgres).await;
                super::$name(&platform).await;
                platform.close().await;
            }
        }
    )+ };
}

/// A running platform and everything around it that a test may touch.
pub(crate) struct TestPlatform {
    pub(crate) platform: Platform,
    pub(crate) clock: FakeClock,
    pub(crate) probe: Arc<FakeProbe>,
    pub(crate) database: TestDatabase,
    pub(crate) settings: PlatformSettings,
}

impl TestPlatform {
    /// Starts a platform that has run for longer than a session timeout, so that sessions lapse as they should.
    pub(crate) async fn start(kind: Kind) -> Self {
        Self::start_with(kind, |_| {}).await
    }

    /// Starts a platform whose settings differ from the usual ones.
    pub(crate) async fn start_with(kind: Kind, change: impl FnOnce(&mut PlatformSettings)) -> Self {
        let database = TestDatabase::create(kind).await;
        let mut settings = settings(&database);
        change(&mut settings);
        Self::on(database, settings).await
    }

    /// Starts a platform on a database that is there.
    pub(crate) async fn start_on(database: TestDatabase) -> Self {
        let settings = settings(&database);
        Self::on(database, settings).await
    }

    async fn on(database: TestDatabase, settings: PlatformSettings) -> Self {
        let clock = FakeClock::new(NOON - 3_600_000);
        let probe = Arc::new(FakeProbe::default());
        let platform = load(&settings, &clock, &probe, 1).await;
        clock.set(NOON);
        Self {
            platform,
            clock,
            probe,
            database,
            settings,
        }
    }

    /// Starts one more process on the same database, at this very moment. `seed` must be new.
    pub(crate) async fn another_process(&self, seed: u64) -> Platform {
        load(&self.settings, &self.clock, &self.probe, seed).await
    }

    /// Starts one more process that reaches the same database at another address.
    pub(crate) async fn another_process_at(&self, database: DatabaseUrl, seed: u64) -> Platform {
        let mut settings = self.settings.clone();
        settings.database = database;
        load(&settings, &self.clock, &self.probe, seed).await
    }

    /// Returns the moment that the clock shows.
    pub(crate) fn now(&self) -> i64 {
        self.clock.unix_millis()
    }

    /// Moves the time forward.
    pub(crate) fn advance(&self, secs: u64) {
        self.clock.advance(Duration::from_secs(secs));
    }

    /// Runs the platform's background work until the returned guard is dropped.
    pub(crate) fn run_in_background(&self) -> Running {
        run(self.platform.clone())
    }

    pub(crate) fn admin(&self) -> Admin<'_> {
        Admin {
            platform: &self.platform,
            now: self.now(),
        }
    }

    /// A viewer on a device of their own.
    pub(crate) fn viewer(&self, device: &str) -> Viewer<'_> {
        Viewer::new(&self.platform, device)
    }

    pub(crate) fn edge(&self, edge_id: &str) -> EdgeActor<'_> {
        EdgeActor::new(&self.platform, edge_id)
    }

    /// Checks tokens as an edge would.
    pub(crate) fn verifier(&self) -> Verifier {
        Verifier::new(&self.settings.signing_secret, None)
    }

    /// Signs tokens as the platform would.
    pub(crate) fn signer(&self) -> Signer {
        Signer::new(&self.settings.signing_secret, false)
    }

    /// Ends the platform and removes its database.
    pub(crate) async fn close(self) {
        self.platform.app().db.close().await;
        drop(self.platform);
        self.database.remove().await;
    }
}

/// Background work that ends with this value.
pub(crate) struct Running {
    shutdown: CancellationToken,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Runs the background work of any platform.
pub(crate) fn run(platform: Platform) -> Running {
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    tokio::spawn(async move { platform.run(token).await });
    Running { shutdown }
}

async fn load(settings: &PlatformSettings, clock: &FakeClock, probe: &Arc<FakeProbe>, seed: u64) -> Platform {
    let parts = PlatformParts {
        clock: Arc::new(clock.clone()),
        clock_rules_database: true,
        random: Arc::new(SeededRandom::new(seed)),
        probe: Arc::<FakeProbe>::clone(probe),
    };
    Platform::load(settings.clone(), parts)
        .await
        .expect("the platform starts")
}

fn settings(database: &TestDatabase) -> PlatformSettings {
    PlatformSettings {
        database: database.url(),
        signing_secret: SigningSecret::new(b"a signing secret of 32 bytes min.".to_vec())
            .expect("long enough"),
        previous_signing_secret: None,
        internal_api_key: ApiKey::new(INTERNAL_KEY).unwrap(),
        admin_password_hash: None,
        admin_api_key: Some(ApiKey::new(ADMIN_KEY).unwrap()),
        public_url: "http://localhost:3000".parse().expect("a URL"),
        playback_base_url: String::new(),
        token_carrier: TokenCarrier::Header,
        page: PageSettings {
            app_name: "StreamGate".to_owned(),
            support_contact: None,
            imprint_url: None,
            privacy_url: None,
        },
        session_timeout: SESSION_TIMEOUT,
        session_sharing: SessionSharing::Report,
        retention_days: 90,
        trusted_proxies: TrustedProxies::default(),
        rate_limits: RateLimits::default(),
    }
}
