//! A large database of the kind that a few years of events leave behind.

use std::fmt;
use std::path::Path;

use sqlx::{Connection as _, SqliteConnection};

/// How much is made.
#[derive(Clone, Copy)]
pub(crate) struct Scale {
    events: i64,
    tickets: i64,
}

/// What the questions name.
pub(crate) struct Seeded {
    pub(crate) largest_event: String,
    pub(crate) small_event: String,
    pub(crate) ticket: String,
    pub(crate) code: String,
    pub(crate) tickets: i64,
    pub(crate) tickets_of_largest: i64,
}

impl Scale {
    pub(crate) fn from_environment() -> Self {
        Self {
            events: number("EVENTS", 10_000),
            tickets: number("TICKETS", 1_000_000),
        }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} events and {} tickets, a third of them in one event; one in a thousand revoked; 10,000 sessions live",
            self.events, self.tickets
        )
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark has no other settings")]
fn number(name: &str, default: i64) -> i64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark runs by the real clock")]
fn now_ms() -> i64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// Fills the database, beside the program that has it open. Everything follows from a row's number.
pub(crate) async fn seed(file: &Path, scale: Scale) -> Seeded {
    let mut database = SqliteConnection::connect(&format!("sqlite://{}", file.display()))
        .await
        .unwrap();
    let mut tx = database.begin().await.unwrap();
    // Nine of ten are over; event 0 is on now and has a third of all tickets.
    sqlx::query(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1), \
         e AS (SELECT i, CASE WHEN i = 0 THEN $2 - 3600000 ELSE $2 + (i - $1 * 9 / 10) * 21600000 END AS starts_at FROM n) \
         INSERT INTO events (id, title, starts_at, ends_at, access_window_hours, device_policy, is_active, \
         is_archived, created_at, updated_at) SELECT printf('%08x-0000-7000-8000-000000000000', i), \
         CASE WHEN i = 0 THEN 'Largest' ELSE 'Concert ' || i END, starts_at, starts_at + 10800000, 48, 'block', \
         i % 50 <> 1, i % 20 = 2, starts_at, starts_at FROM e",
    )
    .bind(scale.events)
    .bind(now_ms())
    .execute(&mut *tx)
    .await
    .unwrap();
    // A code is the number in base 62, scrambled so that neighbours have nothing in common. Ids and rows follow the time of
    // creation, as those that the platform makes.
    sqlx::query(
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1), \
         t AS (SELECT i, CASE WHEN i % 3 = 0 THEN 0 ELSE i % $2 END AS event, i * 2654435761 % 4294967296 AS a, \
         i * 40503 % 2147483647 + i AS b FROM n) \
         INSERT INTO tickets (id, code, event_id, label, is_revoked, revoked_at, redeemed_at, redeemed_ip, \
         expires_at, created_at) \
         SELECT printf('%08x-%04x-7000-8000-%012x', (e.starts_at - 30 * 86400000 + i % 1000) / 65536, \
         (e.starts_at - 30 * 86400000 + i % 1000) % 65536, i), \
         substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 1 + a % 62, 1) || \
         substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 1 + a / 62 % 62, 1) || \
         substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 1 + a / 3844 % 62, 1) || \
         substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 1 + a / 238328 % 62, 1) || \
         substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 1 + a / 14776336 % 62, 1) || \
         substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 1 + a / 916132832 % 62, 1) || \
         substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 1 + b % 62, 1) || \
         substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', 1 + b / 62 % 62, 1) || \
         printf('%04d', i % 10000), \
         e.id, CASE WHEN i % 3 <> 1 THEN 'Guest ' || i || ' of table ' || (i % 97) END, \
         i % 1000 = 7, CASE WHEN i % 1000 = 7 THEN e.starts_at END, \
         CASE WHEN i % 5 < 3 AND e.starts_at <= $3 THEN e.starts_at END, \
         CASE WHEN i % 5 < 3 AND e.starts_at <= $3 THEN '192.0.2.1' END, \
         e.ends_at + 48 * 3600000, e.starts_at - 30 * 86400000 + i % 1000 \
         FROM t JOIN events e ON e.id = printf('%08x-0000-7000-8000-000000000000', event) \
         ORDER BY e.starts_at - 30 * 86400000 + i % 1000, i",
    )
    .bind(scale.tickets)
    .bind(scale.events)
    .bind(now_ms())
    .execute(&mut *tx)
    .await
    .unwrap();
    watched(&mut tx, now_ms()).await;
    tx.commit().await.unwrap();
    let (largest, small) = (event_id(0), event_id(scale.events * 9 / 10 + 5));
    let (ticket, code): (String, String) =
        sqlx::query_as("SELECT id, code FROM tickets WHERE event_id = $1 ORDER BY id LIMIT 1 OFFSET 20")
            .bind(&small)
            .fetch_one(&mut database)
            .await
            .unwrap();
    let (tickets_of_largest,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM tickets WHERE event_id = $1")
        .bind(&largest)
        .fetch_one(&mut database)
        .await
        .unwrap();
    Seeded {
        largest_event: largest,
        small_event: small,
        ticket,
        code,
        tickets: scale.tickets,
        tickets_of_largest,
    }
}

fn event_id(number: i64) -> String {
    format!("{number:08x}-0000-7000-8000-000000000000")
}

/// Ten thousand sessions are live, a hundred thousand have ended, and the audit log and the chart have their rows.
async fn watched(tx: &mut SqliteConnection, now: i64) {
    for statement in [
        "INSERT INTO sessions (sid, ticket_id, client_ip, created_at, last_seen_at, bytes, clients, ended_at, end_reason) \
         SELECT printf('%08x-2222-4000-8000-000000000000', row_number() OVER ()), id, '192.0.2.1', $1 - 600000, $1, 0, 1, \
         NULL, NULL FROM (SELECT id FROM tickets WHERE redeemed_at IS NOT NULL ORDER BY created_at DESC LIMIT 10000)",
        "INSERT INTO sessions (sid, ticket_id, client_ip, created_at, last_seen_at, bytes, clients, ended_at, end_reason) \
         SELECT printf('%08x-3333-4000-8000-000000000000', row_number() OVER ()), id, '192.0.2.1', $1 - 7200000, \
         $1 - 3600000, 0, 1, $1 - 3600000, 'released' FROM (SELECT id FROM tickets WHERE redeemed_at IS NOT NULL LIMIT 100000)",
        "INSERT INTO audit_log (id, at, kind, client_ip, event_id, ticket_id) \
         SELECT 'a' || id, redeemed_at, 'ticket_redeemed', '192.0.2.1', event_id, id FROM tickets \
         WHERE redeemed_at > $1 - 90 * 86400000",
        "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 129600) \
         INSERT INTO viewer_samples (event_id, minute, viewers) SELECT '', ($1 / 60000 - i) * 60000, i % 500 FROM n",
    ] {
        sqlx::query(statement).bind(now).execute(&mut *tx).await.unwrap();
    }
}
