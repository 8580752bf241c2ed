//! What callers of SQLite's one writer may rely on, on a real file.

use std::sync::Arc;
use std::task::Poll;

use futures_util::poll;
use streamgate_serving::clock::FakeClock;
use tempfile::TempDir;

use super::{DatabaseTime, DatabaseUrl, Db, Tx, execute, fetch_all, fetch_one};

async fn database() -> (TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("test.db"));
    let time = DatabaseTime::Given(Arc::new(FakeClock::new(0)));
    let db = Db::open(&url, time).await.unwrap();
    let mut tx = db.write().await.unwrap();
    execute!(
        tx,
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"
    )
    .unwrap();
    execute!(
        tx,
        "CREATE TABLE pages (note INTEGER REFERENCES notes (id) DEFERRABLE INITIALLY DEFERRED)"
    )
    .unwrap();
    tx.commit().await.unwrap();
    (folder, db)
}

async fn note(tx: &mut Tx, id: i64) {
    execute!(tx, "INSERT INTO notes (id, text) VALUES ($1, 'x')", id).unwrap();
}

/// Returns the notes that a reader sees, which are those that are durable.
async fn durable(db: &Db) -> Vec<i64> {
    let mut tx = db.read().await.unwrap();
    let rows: Vec<(i64,)> = fetch_all!(tx, (i64,), "SELECT id FROM notes ORDER BY id").unwrap();
    rows.into_iter().map(|(id,)| id).collect()
}

#[tokio::test]
async fn counts_of_a_day_when_the_database_was_small_mislead_no_plan() {
    let (folder, db) = database().await;
    let mut tx = db.write().await.unwrap();
    note(&mut tx, 1).await;
    execute!(tx, "ANALYZE").unwrap();
    tx.commit().await.unwrap();
    db.close().await;
    let url = DatabaseUrl::Sqlite(folder.path().join("test.db"));
    let time = DatabaseTime::Given(Arc::new(FakeClock::new(0)));
    let db = Db::open(&url, time).await.unwrap();
    let mut tx = db.read().await.unwrap();
    let counts: Vec<(String,)> = fetch_all!(
        tx,
        (String,),
        "SELECT name FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'"
    )
    .unwrap();
    assert_eq!(counts, []);
    let plan: Vec<(i64, i64, i64, String)> = fetch_all!(
        tx,
        (i64, i64, i64, String),
        "EXPLAIN QUERY PLAN UPDATE notes SET text = 'y' WHERE id IN (SELECT value FROM json_each('[1]'))"
    )
    .unwrap();
    assert!(
        plan.iter().any(|(.., step)| step.starts_with("SEARCH notes")),
        "{plan:?}"
    );
}

#[tokio::test]
async fn callers_that_wait_together_become_durable_together_and_are_told_only_then() {
    let (_folder, db) = database().await;
    let mut first = db.write().await.unwrap();
    note(&mut first, 1).await;
    let mut asking = Box::pin(db.write());
    assert!(poll!(&mut asking).is_pending(), "one turn at a time");
    let mut first_commits = Box::pin(first.commit());
    assert!(poll!(&mut first_commits).is_pending());
    let mut second = asking.await.unwrap();
    note(&mut second, 2).await;
    assert!(
        poll!(&mut first_commits).is_pending(),
        "the batch has not been committed"
    );
    assert!(durable(&db).await.is_empty());
    second.commit().await.unwrap();
    assert!(matches!(poll!(&mut first_commits), Poll::Ready(Ok(()))));
    assert_eq!(durable(&db).await, [1, 2]);
}

#[tokio::test]
async fn a_caller_that_gives_up_in_the_middle_of_a_batch_loses_its_own_changes_and_nobody_elses() {
    let (_folder, db) = database().await;
    let mut first = db.write().await.unwrap();
    note(&mut first, 1).await;
    let mut second = Box::pin(db.write());
    assert!(poll!(&mut second).is_pending());
    let mut third = Box::pin(db.write());
    assert!(poll!(&mut third).is_pending());
    let first = tokio::spawn(first.commit());
    let mut second = second.await.unwrap();
    note(&mut second, 2).await;
    drop(second);
    let mut third = third.await.unwrap();
    note(&mut third, 3).await;
    third.commit().await.unwrap();
    first.await.unwrap().unwrap();
    assert_eq!(durable(&db).await, [1, 3]);
}

#[tokio::test]
async fn a_caller_that_gives_up_last_does_not_keep_the_others_from_being_durable() {
    let (_folder, db) = database().await;
    let mut first = db.write().await.unwrap();
    note(&mut first, 1).await;
    let mut last = Box::pin(db.write());
    assert!(poll!(&mut last).is_pending());
    let first = tokio::spawn(first.commit());
    let mut last = last.await.unwrap();
    note(&mut last, 2).await;
    drop(last);
    first.await.unwrap().unwrap();
    assert_eq!(durable(&db).await, [1]);
}

#[tokio::test]
async fn a_caller_that_fails_panics_or_goes_away_while_it_waits_harms_nobody() {
    let (_folder, db) = database().await;
    let mut first = db.write().await.unwrap();
    note(&mut first, 1).await;
    let mut gone = Box::pin(db.write());
    assert!(poll!(&mut gone).is_pending());
    let panicking = {
        let db = db.clone();
        tokio::spawn(async move {
            let mut tx = db.write().await.unwrap();
            note(&mut tx, 2).await;
            panic!("a bug");
        })
    };
    let failing = {
        let db = db.clone();
        tokio::spawn(async move {
            let mut tx = db.write().await.unwrap();
            note(&mut tx, 3).await;
            execute!(tx, "INSERT INTO notes (id, text) VALUES (1, 'twice')").unwrap_err();
            // Only the statement failed: what the caller keeps is its own choice.
            tx.commit().await
        })
    };
    tokio::task::yield_now().await;
    drop(gone);
    first.commit().await.unwrap();
    assert!(panicking.await.unwrap_err().is_panic());
    failing.await.unwrap().unwrap();
    assert_eq!(durable(&db).await, [1, 3]);
}

// D-03
#[tokio::test]
async fn a_commit_that_fails_fails_for_every_caller_of_its_batch_and_for_no_other() {
    let (_folder, db) = database().await;
    let mut first = db.write().await.unwrap();
    note(&mut first, 1).await;
    let mut second = Box::pin(db.write());
    assert!(poll!(&mut second).is_pending());
    let first = tokio::spawn(first.commit());
    let mut second = second.await.unwrap();
    // Checked at the commit: there is no such note.
    execute!(second, "INSERT INTO pages (note) VALUES (99)").unwrap();
    second.commit().await.unwrap_err();
    first.await.unwrap().unwrap_err();
    assert!(durable(&db).await.is_empty());
    let mut next = db.write().await.unwrap();
    note(&mut next, 4).await;
    next.commit().await.unwrap();
    assert_eq!(durable(&db).await, [4]);
}

/// D-03, D-05: SQLite may then roll back the whole transaction by itself, with every caller's changes in it.
#[tokio::test]
async fn with_a_full_disk_whoever_was_told_of_success_is_kept_and_nobody_else() {
    let (_folder, db) = database().await;
    let mut tx = db.write().await.unwrap();
    let (pages,): (i64,) = fetch_one!(tx, (i64,), "PRAGMA page_count").unwrap();
    let limit = format!("PRAGMA max_page_count = {}", pages + 4);
    let super::Raw::Sqlite(connection) = tx.raw() else {
        panic!("no SQLite")
    };
    sqlx::query(sqlx::AssertSqlSafe(limit))
        .execute(connection)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut callers = tokio::task::JoinSet::new();
    for id in 0..40_i64 {
        let db = db.clone();
        callers.spawn(async move {
            let mut tx = db.write().await.ok()?;
            let text = "x".repeat(2_000);
            execute!(tx, "INSERT INTO notes (id, text) VALUES ($1, $2)", id, text).ok()?;
            tx.commit().await.ok()?;
            Some(id)
        });
    }
    let mut told: Vec<i64> = callers.join_all().await.into_iter().flatten().collect();
    told.sort_unstable();
    assert!(!told.is_empty() && told.len() < 40, "{told:?}");
    assert_eq!(durable(&db).await, told);
}

#[tokio::test]
async fn turns_come_in_the_order_of_asking_and_every_caller_gets_one() {
    let (_folder, db) = database().await;
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..1_000 {
        let db = db.clone();
        callers.spawn(async move {
            let mut tx = db.write().await.unwrap();
            execute!(tx, "INSERT INTO notes (text) VALUES ('x')").unwrap();
            tx.commit().await.unwrap();
        });
    }
    let () = callers.join_all().await.into_iter().collect();
    assert_eq!(durable(&db).await.len(), 1_000);
    let mut held = db.write().await.unwrap();
    let mut asking: Vec<_> = (0..3).map(|_| Box::pin(db.write())).collect();
    for caller in &mut asking {
        assert!(poll!(caller).is_pending());
    }
    note(&mut held, 5_000).await;
    drop(held);
    for (id, caller) in (6_000..).zip(asking) {
        let mut turn = caller.await.unwrap();
        note(&mut turn, id).await;
        drop(turn);
    }
}

#[tokio::test]
async fn closing_waits_for_whoever_asked_before_and_refuses_whoever_asks_later() {
    let (_folder, db) = database().await;
    let mut tx = db.write().await.unwrap();
    note(&mut tx, 1).await;
    let mut closing = Box::pin(db.close());
    assert!(poll!(&mut closing).is_pending());
    tx.commit().await.unwrap();
    closing.await;
    assert!(matches!(db.write().await, Err(sqlx::Error::PoolClosed)));
}
