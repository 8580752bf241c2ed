//! A connection in use: plain for reading, or in a transaction for writing and for snapshots.

use std::fmt;
use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, Postgres, Sqlite, SqliteConnection, Transaction};
use streamgate_contract::time::UnixMillis;

use super::DatabaseTime;
use super::writer::Turn;

/// A connection of either database. Dropped without [`Tx::commit`], a transaction is rolled back.
#[derive(Debug)]
pub struct Tx {
    link: Link,
    time: Arc<DatabaseTime>,
    after_commit: AfterCommit,
}

/// What waits for the commit.
#[derive(Default)]
struct AfterCommit(Vec<Box<dyn FnOnce() + Send + Sync>>);

impl fmt::Debug for AfterCommit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "AfterCommit({})", self.0.len())
    }
}

#[derive(Debug)]
pub(super) enum Link {
    SqliteRead(PoolConnection<Sqlite>),
    SqliteTransaction(Transaction<'static, Sqlite>),
    SqliteTurn(Turn),
    PostgresRead(PoolConnection<Postgres>),
    PostgresTransaction(Transaction<'static, Postgres>),
}

/// What the query macros run a statement on.
pub(crate) enum Raw<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl Tx {
    pub(super) const fn new(link: Link, time: Arc<DatabaseTime>) -> Self {
        Self {
            link,
            time,
            after_commit: AfterCommit(Vec::new()),
        }
    }

    pub(crate) fn raw(&mut self) -> Raw<'_> {
        match &mut self.link {
            Link::SqliteRead(connection) => Raw::Sqlite(connection),
            Link::SqliteTransaction(transaction) => Raw::Sqlite(transaction),
            Link::SqliteTurn(turn) => Raw::Sqlite(turn.connection()),
            Link::PostgresRead(connection) => Raw::Postgres(connection),
            Link::PostgresTransaction(transaction) => Raw::Postgres(transaction),
        }
    }

    /// Tells whether this is PostgreSQL, for the few statements that differ (row locks, notifications).
    pub(crate) const fn is_postgres(&self) -> bool {
        matches!(self.link, Link::PostgresRead(_) | Link::PostgresTransaction(_))
    }

    /// Returns the time by the database's clock, the one clock of all platform processes.
    ///
    /// Taken anew at each call, so that a time read after a lock was won is later than the lock's last holder's.
    pub async fn now(&mut self) -> Result<UnixMillis, sqlx::Error> {
        let asks_database = matches!(*self.time, DatabaseTime::Database(_));
        let time = Arc::clone(&self.time);
        match (self.raw(), asks_database) {
            (Raw::Postgres(connection), true) => {
                let (now,): (i64,) = sqlx::query_as(
                    "SELECT CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)",
                )
                .fetch_one(connection)
                .await?;
                Ok(UnixMillis(now))
            }
            _ => Ok(UnixMillis(time.clock().unix_millis())),
        }
    }

    /// Lets this transaction's statements take minutes, for changes that reach a million rows. How long they wait for
    /// locks stays as it is.
    pub(crate) async fn take_time(&mut self) -> Result<(), sqlx::Error> {
        if let Raw::Postgres(connection) = self.raw() {
            sqlx::query("SET LOCAL statement_timeout = '10min'")
                .execute(connection)
                .await?;
        }
        Ok(())
    }

    /// Does something as soon as the changes of this transaction are durable, and never if they are not.
    pub(crate) fn after_commit(&mut self, what: impl FnOnce() + Send + Sync + 'static) {
        self.after_commit.0.push(Box::new(what));
    }

    /// Makes the changes of this transaction durable.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self.link {
            Link::SqliteTransaction(transaction) => transaction.commit().await?,
            Link::SqliteTurn(turn) => turn.commit().await?,
            Link::PostgresTransaction(transaction) => transaction.commit().await?,
            Link::SqliteRead(_) | Link::PostgresRead(_) => {}
        }
        for what in self.after_commit.0 {
            what();
        }
        Ok(())
    }
}
