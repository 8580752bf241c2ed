//! Another program holds the database: requests wait for a while, and nobody is told anything but that.

use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use streamgate_contract::time::UnixMillis;
use streamgate_platform::db::DatabaseUrl;
use tokio::time::{Duration, timeout};

use crate::harness::{Kind, TestPlatform, Viewer, code};

/// Longer than any lock is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

async fn postgres(platform: &TestPlatform) -> PgConnection {
    let DatabaseUrl::Postgres(url) = platform.database.url() else {
        panic!("no PostgreSQL")
    };
    PgConnection::connect(&url).await.unwrap()
}

async fn is_told_of_an_outage(platform: &TestPlatform, code: &str, token: &str) {
    let anna = platform.viewer("anna");
    let asked = async { tokio::join!(anna.validate(code), anna.heartbeat(token), anna.refresh(token)) };
    let (validated, beaten, refreshed) = timeout(PATIENCE, asked).await.expect("no request hangs");
    for answer in [validated, beaten, refreshed] {
        let answer = answer.refused(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "5");
    }
}

// D-06
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_table_is_an_outage_and_not_a_hang_on_postgres() {
    let platform = TestPlatform::start(Kind::Postgres).await;
    let (_, ticket) = platform.admin().event_with_ticket().await;
    let token = platform.viewer("anna").watch(&ticket).await;
    let mut holder = postgres(&platform).await;
    holder.execute("BEGIN; LOCK TABLE tickets").await.unwrap();
    is_told_of_an_outage(&platform, code(&ticket), &token).await;
    holder.execute("ROLLBACK").await.unwrap();
    platform.viewer("anna").heartbeat(&token).await.expect(200);
    holder.close().await.unwrap();
    platform.close().await;
}

// D-06
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_file_is_an_outage_and_not_a_hang_on_sqlite() {
    let platform = TestPlatform::start(Kind::Sqlite).await;
    let (_, ticket) = platform.admin().event_with_ticket().await;
    let token = platform.viewer("anna").watch(&ticket).await;
    let DatabaseUrl::Sqlite(path) = platform.database.url() else {
        panic!("no SQLite")
    };
    let mut holder = SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    holder.execute("BEGIN EXCLUSIVE").await.unwrap();
    is_told_of_an_outage(&platform, code(&ticket), &token).await;
    holder.execute("ROLLBACK").await.unwrap();
    platform.viewer("anna").heartbeat(&token).await.expect(200);
    holder.close().await.unwrap();
    platform.close().await;
}

/// A refresh that is under way holds the ticket and may mint until it commits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_that_waited_for_the_ticket_is_dated_after_the_wait() {
    let platform = TestPlatform::start(Kind::Postgres).await;
    let (_, ticket) = platform.admin().event_with_ticket().await;
    let token = platform.viewer("anna").watch(&ticket).await;
    let mut holder = postgres(&platform).await;
    holder
        .execute("BEGIN; SELECT id FROM tickets FOR UPDATE; SELECT sid FROM sessions FOR UPDATE")
        .await
        .unwrap();
    let process = platform.platform.clone();
    let releasing = tokio::spawn(async move { Viewer::new(&process, "anna").release(&token).await });
    let waiting = async {
        let waits = "SELECT COUNT(*) FROM pg_stat_activity \
             WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while sqlx::query_as::<_, (i64,)>(waits)
            .fetch_one(&mut holder)
            .await
            .unwrap()
            .0
            == 0
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("the release waits");
    platform.advance(3);
    holder.execute("ROLLBACK").await.unwrap();
    releasing.await.unwrap().expect(200);
    let feed = platform.edge("edge-1").feed("").await;
    let ended = &feed["snapshot"]["sessionsEnded"][0];
    assert_eq!(ended["at"], UnixMillis(platform.now()).to_iso());
    holder.close().await.unwrap();
    platform.close().await;
}
