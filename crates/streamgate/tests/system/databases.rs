//! What an operator does to a database as a whole: migrate, copy, back up, restore.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::actors::{code, id};
use crate::harness::database::PostgresDatabase;
use crate::harness::process::program;
use crate::harness::site::Site;
use crate::harness::{A_SECOND, SOON, until};

/// Runs a command to its end and returns what it printed; fails the test unless it ends with `status`.
#[track_caller]
fn run(mut command: Command, status: i32) -> String {
    let Output {
        status: ended,
        stdout,
        stderr,
    } = command.output().unwrap();
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    assert_eq!(ended.code(), Some(status), "{printed}");
    printed
}

async fn stop(site: &mut Site) {
    site.platform.process.signal(Signal::TERM);
    site.platform.process.end(SOON).await;
}

/// Waits until the first edge answers a token with `status`.
async fn plays(site: &Site, event: &Value, token: &str, status: u16) {
    let player = site.player();
    until(
        SOON,
        "the edge's answer",
        || player.get(event, "stream.m3u8", token),
        |answer| answer.status == status,
    )
    .await;
}

async fn is_revoked(site: &Site, ticket: &Value) -> bool {
    let path = format!("/api/admin/tokens?search={}", code(ticket));
    let answer = site.admin().send(Method::GET, &path, None).await.expect(200);
    answer.json()["data"][0]["isRevoked"].as_bool().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_moves_from_sqlite_to_postgresql_while_its_viewers_go_on_watching() {
    let postgres = PostgresDatabase::create();
    let mut site = Site::apart(1, &[]).await;
    let (event, kept) = site.event_with_ticket().await;
    let (revoked, later) = (
        site.admin().ticket(&event).await,
        site.admin().ticket(&event).await,
    );
    let token = site.viewer("kept").watch(&kept).await;
    let revoked_token = site.viewer("revoked").watch(&revoked).await;
    let later_token = site.viewer("later").watch(&later).await;
    site.admin().to_ticket(&revoked, "revoke").await.expect(200);
    stop(&mut site).await;

    let file = format!(
        "file:{}",
        site.platform.data_dir().join("streamgate.db").display()
    );
    let printed = run(program(&["copy-database", &file, &postgres.url()]), 0);
    assert!(
        printed.lines().any(|line| line.trim() == "3  tickets"),
        "{printed}"
    );
    let again = run(program(&["copy-database", &file, &postgres.url()]), 1);
    assert!(again.contains("already holds data (table "), "{again}");
    let itself = run(program(&["copy-database", &file, &file]), 1);
    assert!(itself.contains("FROM and TO are the same database"), "{itself}");

    site.platform.start_again_with("DATABASE_URL", &postgres.url());
    site.platform.ready().await;
    site.viewer("kept").post("heartbeat", &token).await.expect(200);
    plays(&site, &event, &token, 200).await;
    plays(&site, &event, &revoked_token, 403).await;
    // The edge follows the new database: what is revoked there is refused here.
    site.admin().to_ticket(&later, "revoke").await.expect(200);
    let player = site.player();
    until(
        A_SECOND,
        "a revocation made on PostgreSQL",
        || player.get(&event, "stream.m3u8", &later_token),
        |answer| answer.is(403, "ticket_revoked"),
    )
    .await;
    drop(site);
    postgres.remove();
}

/// Takes a backup, revokes a ticket, restores: the database, and every edge, are as they were at the backup.
async fn comes_back(mut site: Site) -> Site {
    let (event, ticket) = site.event_with_ticket().await;
    let token = site.viewer("watching").watch(&ticket).await;
    let file = site.folder.path().join("backup.db");
    let path = file.display().to_string();
    let printed = run(site.platform.command(&["backup", &path]), 0);
    assert!(
        printed.lines().any(|line| line.trim() == "1  tickets"),
        "{printed}"
    );
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let again = run(site.platform.command(&["backup", &path]), 1);
    assert!(again.contains("exists"), "{again}");

    site.admin().to_ticket(&ticket, "revoke").await.expect(200);
    plays(&site, &event, &token, 403).await;
    stop(&mut site).await;
    let refused = run(site.platform.command(&["restore", &path]), 1);
    assert!(refused.contains("--replace"), "{refused}");
    run(site.platform.command(&["restore", "--replace", &path]), 0);
    site.platform.start_again();
    site.platform.ready().await;
    assert!(!is_revoked(&site, &ticket).await);
    plays(&site, &event, &token, 200).await;
    site
}

// D-10
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_sqlite_brings_back_the_moment_at_which_it_was_taken() {
    let site = comes_back(Site::apart(1, &[]).await).await;
    let kept = site.platform.data_dir().join("streamgate.db.before-restore");
    assert!(fs::metadata(kept).unwrap().is_file());
    assert!(
        !site
            .platform
            .data_dir()
            .join("streamgate.db.restoring")
            .try_exists()
            .unwrap()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_postgresql_brings_back_the_moment_at_which_it_was_taken() {
    let database = PostgresDatabase::create();
    let site = comes_back(Site::apart(1, &[("DATABASE_URL", &database.url())]).await).await;
    drop(site);
    database.remove();
}

// D-09
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_refuses_a_database_in_use_and_a_file_that_is_no_backup() {
    let site = Site::serve().await;
    let event = site.admin().event(json!({})).await;
    let folder = site.folder.path();
    let backup = folder.join("backup.db").display().to_string();
    run(site.platform.command(&["backup", &backup]), 0);
    let refused = run(site.platform.command(&["restore", "--replace", &backup]), 1);
    assert!(refused.contains("in use"), "{refused}");

    fs::write(folder.join("text.db"), "not a database".repeat(100)).unwrap();
    let mut damaged = fs::read(&backup).unwrap();
    let half = damaged.len() / 2;
    damaged[4_096..half].fill(0xA5);
    fs::write(folder.join("damaged.db"), damaged).unwrap();
    for file in ["text.db", "damaged.db"] {
        let path = folder.join(file).display().to_string();
        let refused = run(site.platform.command(&["restore", "--replace", &path]), 1);
        assert!(refused.contains("no sound StreamGate backup"), "{refused}");
    }
    let missing = run(
        site.platform.command(&["restore", "--replace", "/nothing/here"]),
        1,
    );
    assert!(
        missing.contains("there is no database at /nothing/here"),
        "{missing}"
    );
    // Nothing of this touched the database that is in use.
    let path = format!("/api/admin/events/{}", id(&event));
    site.admin().send(Method::GET, &path, None).await.expect(200);
}

// D-08
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_told_not_to_migrate_refuses_an_old_schema_and_starts_on_a_current_one() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("file:{}", folder.path().join("x.db").display());
    let command = |arguments: &[&str]| {
        let mut command = program(arguments);
        let data_dir: &Path = folder.path();
        command
            .env("DATA_DIR", data_dir)
            .env("DATABASE_URL", &database)
            .env("RUST_LOG", "error");
        command
    };
    let refused = run(command(&["serve", "--no-migrate"]), 2);
    assert!(
        refused.starts_with("streamgate: DATABASE_URL: pending migrations: 0001 initial"),
        "{refused}"
    );
    assert!(!folder.path().join("x.db").try_exists().unwrap());
    assert!(run(command(&["migrate"]), 0).contains("applied 0001 initial"));
    assert_eq!(run(command(&["migrate"]), 0), "the schema is up to date\n");
    // Past the check, the next thing that is wrong is told.
    let other = run(command(&["serve", "--no-migrate", "--port", "x"]), 2);
    assert!(other.starts_with("streamgate: PORT: "), "{other}");
}

#[test]
fn a_generated_secret_is_long_enough_and_never_the_same() {
    let made = || run(program(&["generate-secret"]), 0);
    let (first, second) = (made(), made());
    assert_eq!(first.trim().len(), 64);
    assert!(first.trim().bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_ne!(first, second);
}
