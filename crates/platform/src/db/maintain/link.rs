//! One connection to one database of either kind, outside the pools that serve requests.

use std::path::Path;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, SqliteConnection,
};

use super::MaintainError;
use crate::db::DatabaseUrl;

/// How long a connection attempt to a server may take: an operator is waiting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a statement waits for a process that holds the SQLite write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection of either kind.
#[derive(Debug)]
pub(super) enum Link {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Link {
    /// Connects to a database that is there.
    pub(super) async fn open(url: &DatabaseUrl) -> Result<Self, MaintainError> {
        match url {
            DatabaseUrl::Sqlite(path) => Self::open_file(path).await,
            DatabaseUrl::Postgres(url) => {
                let options: PgConnectOptions = url.parse()?;
                let connecting = tokio::time::timeout(CONNECT_TIMEOUT, options.connect());
                let connection = connecting.await.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
                Ok(Self::Postgres(connection))
            }
        }
    }

    /// Connects to an SQLite file that is there, in whichever journal mode it is in.
    pub(super) async fn open_file(path: &Path) -> Result<Self, MaintainError> {
        match path.try_exists() {
            Ok(true) => {}
            Ok(false) => return Err(MaintainError::Missing(path.to_owned())),
            Err(error) => return Err(MaintainError::File(path.to_owned(), error)),
        }
        let connection = options(path).connect().await?;
        Ok(Self::Sqlite(connection))
    }

    pub(super) const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Runs statements that are part of this program, or made of names that the database itself gave.
    pub(super) async fn run(&mut self, statements: &str) -> Result<(), sqlx::Error> {
        let statements = AssertSqlSafe(statements.to_owned());
        match self {
            Self::Sqlite(connection) => connection.execute(sqlx::raw_sql(statements)).await.map(drop),
            Self::Postgres(connection) => connection.execute(sqlx::raw_sql(statements)).await.map(drop),
        }
    }

    /// Returns the one number that a statement answers.
    pub(super) async fn number(&mut self, statement: &str) -> Result<i64, sqlx::Error> {
        let query = AssertSqlSafe(statement.to_owned());
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(query).fetch_one(connection).await,
            Self::Postgres(connection) => sqlx::query_scalar(query).fetch_one(connection).await,
        }
    }

    /// Returns the texts that a statement answers, one a row.
    pub(super) async fn texts(&mut self, statement: &str) -> Result<Vec<String>, sqlx::Error> {
        let query = AssertSqlSafe(statement.to_owned());
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(query).fetch_all(connection).await,
            Self::Postgres(connection) => sqlx::query_scalar(query).fetch_all(connection).await,
        }
    }

    /// Ends the connection; a transaction that is open is rolled back.
    pub(super) async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
}

/// Creates an empty file for its owner only, which must not be there yet: a database holds every code in clear.
pub(super) fn create_private(path: &Path) -> Result<(), MaintainError> {
    let mut options = std::fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(MaintainError::Exists(path.to_owned()))
        }
        Err(error) => Err(MaintainError::File(path.to_owned(), error)),
    }
}
