//! Opening a database: its URL, its pools, its migrations and its identity.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool, SqlitePool};
use streamgate_serving::clock::Clock;

use super::tx::Link;
use super::writer::Writer;
use super::{Tx, migrations};

/// The oldest SQLite without the WAL-reset corruption bug (sqlite.org/wal.html#walresetbug).
const SQLITE_OLDEST: (u32, u32, u32) = (3, 51, 3);
/// How long a statement waits for another process that holds the SQLite write lock.
const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Readers of SQLite; more would only compete for the machine's few cores.
const SQLITE_READERS: u32 = 4;
/// What the writer may hold of the file, in KiB as SQLite wants it. A batch of claims changes hundreds of pages in as many
/// places; those that find no room are written out before the commit, and again when the next claim touches them.
const SQLITE_WRITER_CACHE: &str = "-16384";
/// Plans without counts are the same whatever a database holds, and are those that the benchmark of a million tickets
/// measures. Counts of an earlier, smaller day (an end used to take them) make it read all tickets for one.
const SQLITE_FORGETS_COUNTS: &str = "DROP TABLE IF EXISTS sqlite_stat1; DROP TABLE IF EXISTS sqlite_stat4";
/// Connections of one platform process to PostgreSQL, whose default limit is 100 for all of them.
const POSTGRES_CONNECTIONS: u32 = 20;
/// How long a statement of PostgreSQL waits for a lock, as SQLite's does, and how long it may take at all: without
/// these a request hangs for as long as somebody holds a table or a row, and takes a connection with it.
const POSTGRES_PATIENCE: &str = "SET lock_timeout = '5s'; SET statement_timeout = '30s'";
/// How long the end waits for connections of PostgreSQL: one that is half open would never say farewell.
const POSTGRES_FAREWELL: Duration = Duration::from_secs(3);
/// How long a request waits for a free connection before it is answered 503.
const ACQUIRE_TIMEOUT: Duration = super::writer::PATIENCE;

/// Which database to open.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file; created when missing.
    Sqlite(PathBuf),
    /// A `postgres://` URL. It may hold a password, so it is never logged.
    Postgres(String),
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => formatter.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => formatter.write_str("Postgres([redacted])"),
        }
    }
}

/// For the operator's log: which file, or that it is PostgreSQL.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(formatter, "{}", path.display()),
            Self::Postgres(_) => formatter.write_str("PostgreSQL"),
        }
    }
}

/// Whose clock counts for sessions and tokens.
#[derive(Debug)]
pub enum DatabaseTime {
    /// PostgreSQL's own clock, shared by all platform processes; with SQLite the given one of this process.
    Database(Arc<dyn Clock>),
    /// The given clock, whatever the database: for tests that move time.
    Given(Arc<dyn Clock>),
}

impl DatabaseTime {
    pub(super) fn clock(&self) -> &dyn Clock {
        match self {
            Self::Database(clock) | Self::Given(clock) => &**clock,
        }
    }
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file or server cannot be reached, or refuses.
    #[error("{}", super::plain(.0))]
    Connect(sqlx::Error),
    /// A migration failed, or the database was made by a newer version.
    #[error("the database cannot be migrated: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// The SQLite library can corrupt its file.
    #[error("SQLite {0} can corrupt a database in WAL mode; 3.51.3 or newer is needed")]
    SqliteTooOld(String),
    /// The file's folder or permissions are wrong.
    #[error("the database file cannot be made private: {0}")]
    Permissions(#[from] std::io::Error),
}

/// An open database of either kind.
#[derive(Clone, Debug)]
pub struct Db {
    pools: Pools,
    time: Arc<DatabaseTime>,
}

#[derive(Clone, Debug)]
enum Pools {
    /// SQLite has one writer at a time in any case; one connection makes them queue here instead of there.
    Sqlite {
        writer: Writer,
        readers: SqlitePool,
    },
    Postgres(PgPool),
}

impl Db {
    /// Opens the database and brings its schema up to date.
    pub async fn open(url: &DatabaseUrl, time: DatabaseTime) -> Result<Self, OpenError> {
        let pools = match url {
            DatabaseUrl::Sqlite(path) => open_sqlite(path).await?,
            DatabaseUrl::Postgres(url) => open_postgres(url).await?,
        };
        Ok(Self {
            pools,
            time: Arc::new(time),
        })
    }

    /// Returns a connection for single statements that only read.
    pub async fn read(&self) -> Result<Tx, sqlx::Error> {
        let link = match &self.pools {
            Pools::Sqlite { readers, .. } => Link::SqliteRead(readers.acquire().await?),
            Pools::Postgres(pool) => Link::PostgresRead(pool.acquire().await?),
        };
        Ok(Tx::new(link, Arc::clone(&self.time)))
    }

    /// Returns a transaction whose statements all see the same state.
    pub async fn snapshot(&self) -> Result<Tx, sqlx::Error> {
        let link = match &self.pools {
            Pools::Sqlite { readers, .. } => Link::SqliteTransaction(readers.begin().await?),
            Pools::Postgres(pool) => Link::PostgresTransaction(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    .await?,
            ),
        };
        Ok(Tx::new(link, Arc::clone(&self.time)))
    }

    /// Begins a transaction that writes.
    pub async fn write(&self) -> Result<Tx, sqlx::Error> {
        let link = match &self.pools {
            Pools::Sqlite { writer, .. } => Link::SqliteTurn(writer.turn().await?),
            Pools::Postgres(pool) => Link::PostgresTransaction(pool.begin().await?),
        };
        Ok(Tx::new(link, Arc::clone(&self.time)))
    }

    /// Returns PostgreSQL's pool, for listening to notifications.
    pub(crate) const fn postgres(&self) -> Option<&PgPool> {
        match &self.pools {
            Pools::Postgres(pool) => Some(pool),
            Pools::Sqlite { .. } => None,
        }
    }

    /// Closes all connections after their statements have ended.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => {
                if tokio::time::timeout(POSTGRES_FAREWELL, pool.close())
                    .await
                    .is_err()
                {
                    tracing::warn!("connections to the database that do not answer are left behind");
                }
            }
        }
    }
}

async fn open_sqlite(path: &std::path::Path) -> Result<Pools, OpenError> {
    make_private(path)?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: an acknowledged revocation survives a power cut, not only a crash of the process.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .pragma("trusted_schema", "OFF")
        // After a burst the log shrinks to this again instead of keeping its largest size for ever.
        .pragma("journal_size_limit", "67108864")
        .busy_timeout(SQLITE_BUSY_TIMEOUT);
    let writing = options.clone().pragma("cache_size", SQLITE_WRITER_CACHE);
    let mut writer = writing.connect().await.map_err(OpenError::Connect)?;
    let (version,): (String,) = sqlx::query_as("SELECT sqlite_version()")
        .fetch_one(&mut writer)
        .await
        .map_err(OpenError::Connect)?;
    if parse_version(&version) < SQLITE_OLDEST {
        return Err(OpenError::SqliteTooOld(version));
    }
    migrations::SQLITE.run(&mut writer).await?;
    writer
        .execute(SQLITE_FORGETS_COUNTS)
        .await
        .map_err(OpenError::Connect)?;
    let readers = SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .connect_with(options.read_only(true))
        .await
        .map_err(OpenError::Connect)?;
    let writer = Writer::start(writer, writing);
    Ok(Pools::Sqlite { writer, readers })
}

async fn open_postgres(url: &str) -> Result<Pools, OpenError> {
    let options: PgConnectOptions = url.parse().map_err(OpenError::Connect)?;
    // A connection of its own: a migration may take longer than any request.
    let mut migrating = tokio::time::timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(&options))
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
        .map_err(OpenError::Connect)?;
    migrations::POSTGRES.run(&mut migrating).await?;
    migrating.close().await.map_err(OpenError::Connect)?;
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection.execute(POSTGRES_PATIENCE).await?;
                Ok(())
            })
        })
        .connect_with(options)
        .await
        .map_err(OpenError::Connect)?;
    Ok(Pools::Postgres(pool))
}

/// Creates the file readable by its owner only: it holds every code in clear.
fn make_private(path: &std::path::Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    drop(options.open(path)?);
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

fn parse_version(text: &str) -> (u32, u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    (
        parts.next().unwrap_or(0),
        parts.next().unwrap_or(0),
        parts.next().unwrap_or(0),
    )
}

#[cfg(test)]
mod tests {
    use super::{SQLITE_OLDEST, parse_version};

    // D-11
    #[test]
    fn versions_compare_by_number_not_by_text() {
        assert!(parse_version("3.6.10") < SQLITE_OLDEST);
        assert!(parse_version("3.51.2") < SQLITE_OLDEST);
        assert!(parse_version("3.51.3") >= SQLITE_OLDEST);
        assert!(parse_version("3.100.0") >= SQLITE_OLDEST);
    }
}
