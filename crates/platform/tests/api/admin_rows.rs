//! Reads rows that no endpoint shows yet, straight from the database.

use sqlx::{Connection as _, FromRow, PgConnection, SqliteConnection};
use streamgate_platform::db::DatabaseUrl;

use crate::harness::TestPlatform;

/// A row of the audit log.
#[derive(FromRow)]
pub(crate) struct AuditRow {
    pub(crate) kind: String,
    pub(crate) client_ip: Option<String>,
    pub(crate) detail: Option<String>,
    /// Every text of the row, joined.
    pub(crate) all_text: String,
}

const SELECT: &str = "SELECT kind, client_ip, detail, id || kind || COALESCE(client_ip, '') || \
     COALESCE(user_agent, '') || COALESCE(event_id, '') || COALESCE(ticket_id, '') || COALESCE(detail, '') \
     AS all_text FROM audit_log";

/// Returns the audit log, sorted as the requests of a test came, which are one by one.
pub(crate) async fn audit_rows(platform: &TestPlatform) -> Vec<AuditRow> {
    match platform.database.url() {
        DatabaseUrl::Sqlite(path) => {
            let url = format!("sqlite:{}", path.display());
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            let sql = sqlx::AssertSqlSafe(format!("{SELECT} ORDER BY rowid"));
            sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
        }
        DatabaseUrl::Postgres(url) => {
            let mut connection = PgConnection::connect(&url).await.unwrap();
            let sql = sqlx::AssertSqlSafe(format!("{SELECT} ORDER BY ctid"));
            sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
        }
    }
}
