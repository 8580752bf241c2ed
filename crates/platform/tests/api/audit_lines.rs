//! What the audit log tells, read as log lines.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use streamgate_contract::claims::Claims;
use streamgate_contract::time::UnixMillis;
use streamgate_platform::db::DatabaseUrl;
use streamgate_platform::playback::upkeep;
use tracing_subscriber::fmt::MakeWriter;

use crate::harness::{Kind, NOON, TestPlatform, code, token};

/// Log lines of this thread, on which all of a test runs.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Lines {
    fn collect(&self) -> tracing::subscriber::DefaultGuard {
        use tracing_subscriber::util::SubscriberInitExt as _;
        let subscriber = tracing_subscriber::fmt().json().flatten_event(true);
        subscriber.with_writer(self.clone()).set_default()
    }

    /// Returns the details of the lines of a kind.
    fn details(&self, kind: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|line| line["kind"] == kind)
            .map(|line| line["detail"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

fn sid(platform: &TestPlatform, token: &str) -> String {
    match platform.verifier().verify(token, UnixMillis(platform.now())) {
        Ok(Claims::Playback(claims)) => claims.session_id.to_string(),
        other => panic!("no playback token: {other:?}"),
    }
}

#[tokio::test]
async fn requests_over_a_limit_and_malformed_ones_are_told_of_too() {
    let lines = Lines::default();
    let _collecting = lines.collect();
    let platform = TestPlatform::start_with(Kind::Sqlite, |settings| {
        settings.rate_limits.validations_per_minute = 2;
        settings.rate_limits.logins_per_minute = 1;
        settings.rate_limits.refreshes_per_hour = 1;
    })
    .await;
    let (_, ticket) = platform.admin().event_with_ticket().await;
    let anna = platform.viewer("anna");
    let watching = anna.watch(&ticket).await;
    let malformed = serde_json::json!({ "code": code(&ticket), "deviceId": "short" });
    anna.post("/api/tokens/validate", &[], Some(&malformed))
        .await
        .refused(400, "invalid_request");
    anna.validate(code(&ticket)).await.refused(429, "rate_limited");
    let told = lines.details("validation_refused");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].contains("too many"), "{told:?}");

    anna.refresh(&watching).await.expect(200);
    anna.refresh(&watching).await.refused(429, "rate_limited");
    anna.refresh("no.token.atall").await.refused(401, "invalid_token");
    let told = lines.details("refresh_refused");
    assert_eq!(told.len(), 2, "{told:?}");

    for _ in 0..2 {
        let password = serde_json::json!({ "password": "wrong" });
        anna.post("/api/admin/login", &[], Some(&password)).await;
    }
    let told = lines.details("admin_sign_in_refused");
    assert_eq!(told.len(), 2, "{told:?}");
    platform.close().await;
}

#[tokio::test]
async fn a_refresh_that_opens_a_new_session_tells_of_its_start_and_of_the_old_ones_end() {
    let lines = Lines::default();
    let _collecting = lines.collect();
    let platform = TestPlatform::start(Kind::Sqlite).await;
    let (_, ticket) = platform.admin().event_with_ticket().await;
    let anna = platform.viewer("anna");
    let lapsed = anna.watch(&ticket).await;
    platform.advance(61);
    let new = token(&anna.refresh(&lapsed).await.expect(200));
    let started = lines.details("session_started");
    assert_eq!(started, [sid(&platform, &lapsed), sid(&platform, &new)]);
    let ended = lines.details("session_ended");
    assert_eq!(ended, [format!("{} superseded", sid(&platform, &lapsed))]);
    platform.close().await;
}

#[tokio::test]
async fn every_session_of_a_crowd_that_falls_silent_at_once_is_told_of() {
    const CROWD: usize = 501;
    let lines = Lines::default();
    let platform = TestPlatform::start(Kind::Sqlite).await;
    let event = platform.admin().create_event().await;
    let mut tickets = platform.admin().tickets(&event, 500).await;
    tickets.extend(platform.admin().tickets(&event, 1).await);
    for ticket in &tickets {
        platform.viewer("anna").watch(ticket).await;
    }
    platform.advance(61);
    let _collecting = lines.collect();
    upkeep::tell_lapses(platform.platform.app(), Some(UnixMillis(NOON)))
        .await
        .unwrap();
    let mut told = lines.details("session_lapsed");
    told.sort_unstable();
    told.dedup();
    assert_eq!(told.len(), CROWD);
    platform.close().await;
}

#[tokio::test]
async fn what_was_not_carried_out_is_not_told() {
    let lines = Lines::default();
    let _collecting = lines.collect();
    let platform = TestPlatform::start(Kind::Sqlite).await;
    let (_, ticket) = platform.admin().event_with_ticket().await;
    let DatabaseUrl::Sqlite(path) = platform.database.url() else {
        panic!("no SQLite")
    };
    let mut database = SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    // The record is the last thing that a revocation writes.
    database
        .execute("CREATE TRIGGER full BEFORE INSERT ON feed BEGIN SELECT RAISE(FAIL, 'disk full'); END")
        .await
        .unwrap();
    platform.admin().revoke(&ticket).await.refused(503, "unavailable");
    assert_eq!(lines.details("ticket_revoked").len(), 0);
    database.execute("DROP TRIGGER full").await.unwrap();
    platform.admin().revoke(&ticket).await.expect(200);
    assert_eq!(lines.details("ticket_revoked").len(), 1);
    database.close().await.unwrap();
    platform.close().await;
}
