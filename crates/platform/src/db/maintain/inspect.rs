//! A look at a database that changes nothing.

use super::MaintainError;
use super::link::Link;
use super::upgrade::{applied, migrator};
use crate::db::DatabaseUrl;

/// What a look at a database shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The software, such as `SQLite 3.51.3`.
    pub software: String,
    /// Whether it is a version that StreamGate runs on.
    pub is_supported: bool,
    /// Migrations that this program would apply at its start.
    pub pending: usize,
    /// Migrations that this program does not know: a newer one was here.
    pub unknown: usize,
    /// The database's own clock in Unix milliseconds, where it has one.
    pub clock_ms: Option<i64>,
}

/// The oldest supported PostgreSQL, as the server writes its versions.
const POSTGRES_OLDEST: i64 = 140_000;

/// Looks at the database; one that is not there is an error.
pub async fn inspect(url: &DatabaseUrl) -> Result<Inspection, MaintainError> {
    let mut link = Link::open(url).await?;
    let (software, is_supported, clock_ms) = if link.is_postgres() {
        let number = "SELECT CAST(current_setting('server_version_num') AS BIGINT)";
        let now = "SELECT CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)";
        let version = link
            .texts("SELECT current_setting('server_version')")
            .await?
            .concat();
        let is_supported = link.number(number).await? >= POSTGRES_OLDEST;
        (
            format!("PostgreSQL {version}"),
            is_supported,
            Some(link.number(now).await?),
        )
    } else {
        let version = link.texts("SELECT sqlite_version()").await?.concat();
        // Compiled in; the start itself refuses one that can corrupt its file.
        (format!("SQLite {version}"), true, None)
    };
    let applied = applied(&mut link).await?;
    let known = migrator(link.is_postgres());
    link.close().await?;
    Ok(Inspection {
        software,
        is_supported,
        pending: known
            .iter()
            .filter(|step| !applied.contains(&step.version))
            .count(),
        unknown: applied
            .iter()
            .filter(|version| !known.version_exists(**version))
            .count(),
        clock_ms,
    })
}
