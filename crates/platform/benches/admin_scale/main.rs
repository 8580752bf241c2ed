//! How long the console's questions take with 10,000 events and 1,000,000 tickets on SQLite.
//!
//! `cargo bench -p streamgate-platform --bench admin_scale` makes such a database in a temporary folder, asks
//! every list and figure of the admin API as the console does, prints the median and the slowest of a few answers,
//! and the plan of every statement that reads a whole table or index. It fails when an answer takes longer than is
//! promised: 100 ms, or 500 ms for a search in a part of code or label. `EVENTS` and `TICKETS` make it smaller.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark prints, and one that panics has failed"
)]

mod plans;
mod seeding;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::body::Body;
use http::{Method, Request};
use http_body_util::BodyExt as _;
use serde_json::Value;
use streamgate_contract::playback_token::SigningSecret;
use streamgate_platform::db::DatabaseUrl;
use streamgate_platform::edges::{HttpStreamProbe, StreamProbe};
use streamgate_platform::settings::{
    PageSettings, PlatformSettings, RateLimits, SessionSharing, TokenCarrier,
};
use streamgate_platform::{Platform, PlatformParts};
use streamgate_serving::api_key::ApiKey;
use streamgate_serving::client_ip::TrustedProxies;
use streamgate_serving::clock::{Clock, SystemClock};
use streamgate_serving::listeners::Peer;
use streamgate_serving::random::SystemRandom;
use tower::ServiceExt as _;

const ADMIN_KEY: &str = "an-admin-api-key-for-a-benchmark";
const ROUNDS: usize = 5;
const LIST: Duration = Duration::from_millis(100);
const SEARCH: Duration = Duration::from_millis(500);

#[tokio::main]
async fn main() -> ExitCode {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("streamgate.db");
    let platform = platform(&file).await;
    let scale = seeding::Scale::from_environment();
    let seeded = seeding::seed(&file, scale).await;
    println!("{scale}\n");
    let statements = plans::Statements::listen();
    let mut late = 0;
    println!("{:>9} {:>9}  question", "median", "slowest");
    for (question, promise) in questions(&seeded) {
        let (median, slowest) = ask(&platform, Method::GET, &question).await;
        let verdict = if slowest > promise { "  LATE" } else { "" };
        late += u32::from(slowest > promise);
        println!(
            "{:>6.1} ms {:>6.1} ms  {question}{verdict}",
            millis(median),
            millis(slowest)
        );
    }
    println!("\nstatements that read a whole table or index:");
    plans::print_scans(&file, &statements.taken()).await;
    println!("\nbulk changes, and the longest wait of a heartbeat-sized write meanwhile:");
    bulk(&platform, &seeded).await;
    platform.app().db.close().await;
    if late > 0 {
        println!("\n{late} answers took longer than promised");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn questions(seeded: &seeding::Seeded) -> Vec<(String, Duration)> {
    let (large, deep) = (&seeded.largest_event, seeded.tickets / 50 / 2);
    let list = |path: String| (format!("/api/admin/{path}"), LIST);
    let search = |path: String| (format!("/api/admin/{path}"), SEARCH);
    let mut questions = vec![
        list("dashboard".to_owned()),
        list("events".to_owned()),
        list("events?sort=title&page=200".to_owned()),
        list("events?sort=tokenCount".to_owned()),
        list("events?status=archived".to_owned()),
        list("events?timeframe=upcoming&order=asc".to_owned()),
        list("events?search=concert%20777".to_owned()),
        list(format!("events/{large}")),
        list(format!("events/{large}/viewers")),
        list("edges".to_owned()),
        list("audit-log".to_owned()),
        list("audit-log?kind=ticket_redeemed&page=100".to_owned()),
        list(format!("audit-log?eventId={large}")),
        list(format!("tokens/{}", seeded.ticket)),
        list("tokens".to_owned()),
        list(format!("tokens?page={deep}")),
    ];
    for status in ["unused", "redeemed", "expired", "revoked"] {
        questions.push(list(format!("tokens?status={status}")));
        questions.push(list(format!("tokens?status={status}&page=1500")));
        questions.push(list(format!("tokens?status={status}&eventId={large}")));
        questions.push(list(format!(
            "tokens?status={status}&eventId={}",
            seeded.small_event
        )));
    }
    questions.push(list(format!("events/{large}/tokens?page=400")));
    for status in ["unused", "redeemed", "expired"] {
        let middle = seeded.tickets_of_largest / 50 / 4;
        questions.push(list(format!(
            "tokens?status={status}&eventId={large}&page={middle}"
        )));
    }
    for text in [
        "e",
        "zq",
        "guest",
        "table%2042",
        &seeded.code[3..9],
        "nothing-has-this",
    ] {
        questions.push(search(format!("tokens?search={text}")));
        questions.push(search(format!("tokens?search={text}&eventId={large}")));
        for status in ["unused", "redeemed", "expired", "revoked"] {
            questions.push(search(format!("tokens?search={text}&status={status}")));
        }
        questions.push(search(format!(
            "tokens?search={text}&status=unused&eventId={large}"
        )));
    }
    questions
}

/// Asks a few times; returns the median and the slowest, without the first, which fills caches.
async fn ask(platform: &Platform, method: Method, path: &str) -> (Duration, Duration) {
    let mut times = Vec::new();
    for _ in 0..=ROUNDS {
        let begin = Instant::now();
        let answer = send(platform, method.clone(), path, None).await;
        times.push(begin.elapsed());
        assert!(
            answer["data"].is_object() || answer["data"].is_array(),
            "{path}: {answer}"
        );
    }
    times.remove(0);
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() - 1])
}

async fn send(platform: &Platform, method: Method, path: &str, body: Option<&Value>) -> Value {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {ADMIN_KEY}"))
        .extension(Peer(SocketAddr::from(([127, 0, 0, 1], 1))));
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let response = platform
        .router()
        .oneshot(request.body(body).unwrap())
        .await
        .unwrap();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// Revokes half of all tickets in one request while small writes go on, and says what both take.
async fn bulk(platform: &Platform, seeded: &seeding::Seeded) {
    let body = serde_json::json!({ "filter": { "search": "" } });
    report(platform, "bulk revoke of all", async {
        let answer = send(
            platform,
            Method::POST,
            "/api/admin/tokens/bulk-revoke",
            Some(&body),
        )
        .await;
        answer["data"]["revokedCount"]
            .as_u64()
            .map_or_else(|| answer.to_string(), |count| format!("{count} tickets"))
    })
    .await;
    let path = format!("/api/admin/events/{}", seeded.largest_event);
    report(platform, "delete of the largest event", async {
        let request = Request::builder()
            .method(Method::DELETE)
            .uri(&path)
            .header("authorization", format!("Bearer {ADMIN_KEY}"))
            .header("x-confirm-delete", "Largest")
            .body(Body::empty())
            .unwrap();
        let response = platform.router().oneshot(request).await.unwrap();
        format!("{} {} tickets", response.status(), seeded.tickets_of_largest)
    })
    .await;
}

async fn report(platform: &Platform, what: &str, change: impl Future<Output = String> + Send) {
    let begin = Instant::now();
    let ended = Arc::new(AtomicBool::new(false));
    let writes = tokio::spawn(small_writes(platform.clone(), Arc::clone(&ended)));
    let done = change.await;
    let took = begin.elapsed();
    ended.store(true, Ordering::SeqCst);
    let (longest, refused) = writes.await.unwrap();
    println!(
        "{:>8.1} s  {what}: {done}; longest wait {:.1} s, {refused} refused",
        took.as_secs_f64(),
        longest.as_secs_f64()
    );
}

/// Asks for the database's writer again and again; returns the longest wait, and how often it was refused.
async fn small_writes(platform: Platform, ended: Arc<AtomicBool>) -> (Duration, u32) {
    let (mut longest, mut refused) = (Duration::ZERO, 0);
    while !ended.load(Ordering::SeqCst) {
        let begin = Instant::now();
        let turn = platform.app().db.write().await;
        longest = longest.max(begin.elapsed());
        refused += u32::from(turn.is_err());
        drop(turn);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    (longest, refused)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

async fn platform(file: &std::path::Path) -> Platform {
    let secret = SigningSecret::new(b"a signing secret of 32 bytes min.".to_vec()).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let probe = HttpStreamProbe::new("http://127.0.0.1:9", &secret, false, Arc::clone(&clock)).unwrap();
    let parts = PlatformParts {
        clock,
        clock_rules_database: false,
        random: Arc::new(SystemRandom),
        probe: Arc::new(probe) as Arc<dyn StreamProbe>,
    };
    Platform::load(settings(file, secret), parts)
        .await
        .expect("the platform starts")
}

fn settings(file: &std::path::Path, signing_secret: SigningSecret) -> PlatformSettings {
    PlatformSettings {
        database: DatabaseUrl::Sqlite(file.to_owned()),
        signing_secret,
        previous_signing_secret: None,
        internal_api_key: ApiKey::new("an-internal-api-key-for-a-benchmark").unwrap(),
        admin_password_hash: None,
        admin_api_key: Some(ApiKey::new(ADMIN_KEY).unwrap()),
        public_url: "http://localhost:3000".parse().unwrap(),
        playback_base_url: String::new(),
        token_carrier: TokenCarrier::Header,
        page: PageSettings {
            app_name: "StreamGate".to_owned(),
            support_contact: None,
            imprint_url: None,
            privacy_url: None,
        },
        session_timeout: Duration::from_mins(1),
        session_sharing: SessionSharing::Report,
        retention_days: 90,
        trusted_proxies: TrustedProxies::default(),
        rate_limits: RateLimits::default(),
    }
}
