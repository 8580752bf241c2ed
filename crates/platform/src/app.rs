//! Everything that a request may use, built once.

use std::sync::Arc;
use std::time::Duration;

use streamgate_contract::playback_token::{Signer, Verifier};
use streamgate_contract::time::UnixMillis;
use streamgate_serving::clock::Clock;
use streamgate_serving::random::Random;
use uuid::Uuid;

use crate::audit::refusals::RefusalNotes;
use crate::db::Db;
use crate::edges::{StreamProbe, StreamStates};
use crate::feed::FeedHub;
use crate::limits::Limiters;
use crate::metrics::Metrics;
use crate::playback::heartbeats::Heartbeats;
use crate::playback::rules::LapseRule;
use crate::settings::PlatformSettings;
use crate::web_ui::Page;

/// The state of a running platform.
#[derive(Debug)]
pub struct App {
    /// Settings, validated at the start.
    pub settings: PlatformSettings,
    /// The database.
    pub db: Db,
    /// This process's clock: for limits and intervals. Sessions and tokens use [`crate::db::Tx::now`].
    pub clock: Arc<dyn Clock>,
    /// Where codes, ids and keys come from.
    pub random: Arc<dyn Random>,
    /// Mints playback and probe tokens.
    pub signer: Signer,
    /// Checks playback tokens.
    pub verifier: Verifier,
    /// Wakes whoever waits for feed records.
    pub feed: FeedHub,
    /// What the edges last said of each event's stream.
    pub stream_states: StreamStates,
    /// The embedded page, prepared for these settings.
    pub page: Page,
    /// Rate limits.
    pub limiters: Limiters,
    /// Refusals of tickets that wait to be stored.
    pub(crate) refusals: RefusalNotes,
    /// What is counted.
    pub metrics: Metrics,
    /// When a silent session has lapsed.
    pub lapse_rule: LapseRule,
    /// Answers heartbeats in batches.
    pub(crate) heartbeats: Heartbeats,
    /// At most two password checks at once: each takes a core for a fifth of a second.
    pub password_checks: Arc<tokio::sync::Semaphore>,
}

impl App {
    pub(crate) fn new(
        settings: PlatformSettings,
        db: Db,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        probe: Arc<dyn StreamProbe>,
        started_at: UnixMillis,
    ) -> Self {
        let lapse_rule = LapseRule {
            timeout_ms: duration_millis(settings.session_timeout),
            started_at,
        };
        let rotating = settings.previous_signing_secret.is_some();
        Self {
            signer: Signer::new(&settings.signing_secret, rotating),
            verifier: Verifier::new(
                &settings.signing_secret,
                settings.previous_signing_secret.as_ref(),
            ),
            feed: FeedHub::new(),
            stream_states: StreamStates::new(probe, Arc::clone(&clock)),
            page: Page::new(&settings),
            limiters: Limiters::new(&settings.rate_limits),
            refusals: RefusalNotes::default(),
            metrics: Metrics::default(),
            password_checks: Arc::new(tokio::sync::Semaphore::new(2)),
            heartbeats: Heartbeats::start(db.clone(), lapse_rule),
            lapse_rule,
            settings,
            db,
            clock,
            random,
        }
    }

    /// Returns a new id that sorts by creation time.
    pub(crate) fn new_id(&self, now: UnixMillis) -> String {
        let mut bytes = [0; 10];
        self.random.fill(&mut bytes);
        let millis = u64::try_from(now.0).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes)
            .into_uuid()
            .to_string()
    }

    /// Returns a new random (version 4) UUID: session ids must not be guessable.
    pub(crate) fn new_random_uuid(&self) -> Uuid {
        let mut bytes = [0; 16];
        self.random.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Returns the time before which a session's last sign of life makes it lapsed.
    pub(crate) fn lapse_limit(&self, now: UnixMillis) -> Option<UnixMillis> {
        self.lapse_rule.limit(now)
    }

    /// Returns the time since which a session must have given a sign of life to be live at `now`.
    pub(crate) fn live_since(&self, now: UnixMillis) -> UnixMillis {
        self.lapse_limit(now).unwrap_or(UnixMillis(i64::MIN))
    }
}

/// Returns a duration in whole milliseconds.
pub(crate) fn duration_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
