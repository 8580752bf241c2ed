//! A PostgreSQL database for one test.

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// A database of its own in the server for tests.
pub(crate) struct PostgresDatabase {
    server: String,
    name: String,
}

impl PostgresDatabase {
    pub(crate) async fn create() -> Self {
        let server = server();
        let name = format!("streamgate_system_{}", std::process::id());
        statement(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        statement(&server, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
        Self { server, name }
    }

    pub(crate) fn url(&self) -> String {
        let mut url: url::Url = self
            .server
            .parse()
            .expect("STREAMGATE_TEST_POSTGRES_URL is a URL");
        url.set_path(&self.name);
        url.into()
    }

    pub(crate) async fn remove(self) {
        statement(
            &self.server,
            &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
        )
        .await;
    }
}

#[expect(clippy::disallowed_methods, reason = "tests have no settings but these")]
fn server() -> String {
    std::env::var("STREAMGATE_TEST_POSTGRES_URL").expect(
        "STREAMGATE_TEST_POSTGRES_URL names the PostgreSQL server for tests; `cargo xtask test` sets it",
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
