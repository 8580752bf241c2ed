//! A database that grew through every version has the schema of a new one, and keeps what it held.

use http::Method;
use sqlx::migrate::Migrator;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use streamgate_platform::db::DatabaseUrl;

use crate::harness::{Kind, TestDatabase, TestPlatform};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// Rows of the first version, in every table that later ones refer to.
const FIRST_ROWS: &str = "INSERT INTO events VALUES ('e1', 'A concert', NULL, NULL, NULL, 1, 2, 48, 'block', \
     TRUE, NULL, FALSE, 1, 1); \
     INSERT INTO tickets VALUES ('t1', 'AAAABBBBCCCC', 'e1', NULL, FALSE, NULL, 5, '192.0.2.1', 9, 1); \
     INSERT INTO sessions VALUES ('00000000-0000-4000-8000-000000000001', 't1', NULL, '192.0.2.1', NULL, 1, 1, \
     NULL, 0, 0, NULL, NULL, NULL);";

const SQLITE_SCHEMA: &str = "SELECT type || ' ' || name || ' ' || COALESCE(sql, '') FROM sqlite_master \
     WHERE name NOT LIKE '%sqlx%' AND name NOT LIKE 'sqlite_stat%' ORDER BY type, name";
const POSTGRES_SCHEMA: &str = "SELECT line FROM ( \
       SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || \
       COALESCE(column_default, '') AS line FROM information_schema.columns WHERE table_schema = 'public' \
       UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' \
       UNION ALL SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
         WHERE connamespace = CAST('public' AS regnamespace) \
       UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal \
     ) AS parts WHERE line NOT LIKE '%sqlx%' ORDER BY line";

/// Makes a database as the first version left it, with rows in it.
async fn first_version(url: &DatabaseUrl) {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let address = format!("sqlite://{}?mode=rwc", path.display());
            let mut connection = SqliteConnection::connect(&address).await.unwrap();
            SQLITE.run_to(1, &mut connection).await.unwrap();
            connection.execute(FIRST_ROWS).await.unwrap();
            connection.close().await.unwrap();
        }
        DatabaseUrl::Postgres(address) => {
            let mut connection = PgConnection::connect(address).await.unwrap();
            POSTGRES.run_to(1, &mut connection).await.unwrap();
            connection.execute(FIRST_ROWS).await.unwrap();
            connection.close().await.unwrap();
        }
    }
}

async fn schema(url: &DatabaseUrl) -> Vec<String> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let address = format!("sqlite://{}", path.display());
            let mut connection = SqliteConnection::connect(&address).await.unwrap();
            sqlx::query_scalar(SQLITE_SCHEMA)
                .fetch_all(&mut connection)
                .await
                .unwrap()
        }
        DatabaseUrl::Postgres(address) => {
            let mut connection = PgConnection::connect(address).await.unwrap();
            sqlx::query_scalar(POSTGRES_SCHEMA)
                .fetch_all(&mut connection)
                .await
                .unwrap()
        }
    }
}

async fn a_grown_database_equals_a_new_one(kind: Kind) {
    let grown = TestDatabase::create(kind).await;
    first_version(&grown.url()).await;
    let grown = TestPlatform::start_on(grown).await;
    let fresh = TestPlatform::start(kind).await;
    assert_eq!(
        schema(&grown.database.url()).await,
        schema(&fresh.database.url()).await
    );

    let tickets = grown.admin().send(Method::GET, "/api/admin/tokens", None).await;
    assert_eq!(tickets.json()["data"][0]["code"], "AAAABBBBCCCC");
    let event = grown
        .admin()
        .send(Method::GET, "/api/admin/events/e1", None)
        .await;
    assert_eq!(event.json()["data"]["tokenCount"], 1);
    fresh.close().await;
    grown.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grown_sqlite_database_has_the_schema_of_a_new_one() {
    a_grown_database_equals_a_new_one(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grown_postgresql_database_has_the_schema_of_a_new_one() {
    a_grown_database_equals_a_new_one(Kind::Postgres).await;
}
