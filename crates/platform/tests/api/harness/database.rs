//! A database for one test: a file in a temporary folder, or a database of its own in the test server.

use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};
use streamgate_platform::db::DatabaseUrl;

/// Which database a test runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A database that is there for one test.
pub(crate) enum TestDatabase {
    Sqlite { folder: tempfile::TempDir },
    Postgres { server: String, name: String },
}

impl TestDatabase {
    pub(crate) async fn create(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::Sqlite {
                folder: tempfile::tempdir().expect("a temporary folder"),
            },
            Kind::Postgres => {
                let (server, name) = (server(), unused_name());
                statement(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
                statement(&server, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
                Self::Postgres { server, name }
            }
        }
    }

    pub(crate) fn url(&self) -> DatabaseUrl {
        match self {
            Self::Sqlite { folder } => DatabaseUrl::Sqlite(folder.path().join("streamgate.db")),
            Self::Postgres { server, name } => {
                let mut url: url::Url = server.parse().expect("STREAMGATE_TEST_POSTGRES_URL is a URL");
                url.set_path(name);
                DatabaseUrl::Postgres(url.into())
            }
        }
    }

    /// Runs a statement beside the platform.
    pub(crate) async fn execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        match self.url() {
            DatabaseUrl::Sqlite(path) => {
                let address = format!("sqlite://{}", path.display());
                let mut connection = SqliteConnection::connect(&address).await?;
                connection.execute(AssertSqlSafe(sql)).await?;
                connection.close().await
            }
            DatabaseUrl::Postgres(address) => {
                let mut connection = PgConnection::connect(&address).await?;
                connection.execute(AssertSqlSafe(sql)).await?;
                connection.close().await
            }
        }
    }

    /// Ends all connections to a database of PostgreSQL and lets nobody in any more, or lets everybody in again.
    pub(crate) async fn let_in(&self, allowed: bool) {
        let Self::Postgres { server, name } = self else {
            panic!("no PostgreSQL")
        };
        statement(
            server,
            &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}"),
        )
        .await;
        if !allowed {
            let all =
                format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
            statement(server, &all).await;
        }
    }

    pub(crate) async fn remove(self) {
        match self {
            Self::Sqlite { folder } => drop(folder),
            Self::Postgres { server, name } => {
                statement(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
            }
        }
    }
}

/// Returns what the test command sets for the tests.
#[expect(clippy::disallowed_methods, reason = "tests have no other settings")]
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn server() -> String {
    setting("STREAMGATE_TEST_POSTGRES_URL").expect(
        "STREAMGATE_TEST_POSTGRES_URL names the PostgreSQL server for tests; `cargo xtask test` sets it",
    )
}

/// Test processes may run side by side, and tests within each.
fn unused_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!(
        "streamgate_test_{}_{}",
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

async fn statement(server: &str, sql: &str) {
    let mut connection = PgConnection::connect(server)
        .await
        .expect("the PostgreSQL server for tests answers");
    connection
        .execute(AssertSqlSafe(sql))
        .await
        .expect("the test server does as it is told");
    connection.close().await.expect("the connection closes");
}
