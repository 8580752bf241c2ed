//! Bringing a schema up to date, and telling what that would do.

use sqlx::migrate::Migrator;

use super::MaintainError;
use super::link::Link;
use crate::db::{DatabaseTime, DatabaseUrl, Db, OpenError, migrations};

/// One step of the schema's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number; steps are applied in the order of their numbers.
    pub version: i64,
    /// What it does, in a few words.
    pub description: String,
}

/// Returns the steps that the database lacks, without changing anything. One that is not there lacks them all.
pub async fn pending(url: &DatabaseUrl) -> Result<Vec<Step>, MaintainError> {
    let mut link = match Link::open(url).await {
        Ok(link) => link,
        Err(MaintainError::Missing(_)) => return Ok(steps(url, &[])),
        Err(error) => return Err(error),
    };
    let applied = applied(&mut link).await?;
    link.close().await?;
    Ok(steps(url, &applied))
}

/// Applies the steps that the database lacks, making the database if it is an SQLite file that is not there, and
/// returns them.
pub async fn migrate(url: &DatabaseUrl, time: DatabaseTime) -> Result<Vec<Step>, MaintainError> {
    let steps = pending(url).await?;
    match Db::open(url, time).await {
        Ok(db) => db.close().await,
        Err(OpenError::Connect(error)) => return Err(error.into()),
        Err(OpenError::Migrate(error)) => return Err(error.into()),
        Err(OpenError::SqliteTooOld(version)) => {
            return Err(MaintainError::Schema(format!("SQLite {version} is too old")));
        }
        Err(OpenError::Permissions(error)) => {
            let path = match url {
                DatabaseUrl::Sqlite(path) => path.clone(),
                DatabaseUrl::Postgres(_) => "postgres".into(),
            };
            return Err(MaintainError::File(path, error));
        }
    }
    Ok(steps)
}

/// Fails unless the schema is this program's.
pub(super) async fn require_current(link: &mut Link) -> Result<(), MaintainError> {
    let applied = applied(link).await?;
    let known = migrator(link.is_postgres());
    if let Some(newer) = applied.iter().find(|version| !known.version_exists(**version)) {
        return Err(sqlx::migrate::MigrateError::VersionMissing(*newer).into());
    }
    match known
        .iter()
        .filter(|step| !applied.contains(&step.version))
        .count()
    {
        0 => Ok(()),
        lacking => Err(MaintainError::Pending(lacking)),
    }
}

/// Returns the numbers of the steps that were applied, none for a database that is empty.
pub(super) async fn applied(link: &mut Link) -> Result<Vec<i64>, MaintainError> {
    let history = if link.is_postgres() {
        "SELECT COUNT(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = '_sqlx_migrations'"
    } else {
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'"
    };
    if link.number(history).await? == 0 {
        return Ok(Vec::new());
    }
    let versions = "SELECT CAST(version AS TEXT) FROM _sqlx_migrations WHERE success ORDER BY version";
    let texts = link.texts(versions).await?;
    Ok(texts.iter().filter_map(|text| text.parse().ok()).collect())
}

fn steps(url: &DatabaseUrl, applied: &[i64]) -> Vec<Step> {
    migrator(matches!(url, DatabaseUrl::Postgres(_)))
        .iter()
        .filter(|step| !applied.contains(&step.version))
        .map(|step| Step {
            version: step.version,
            description: step.description.to_string(),
        })
        .collect()
}

pub(super) fn migrator(is_postgres: bool) -> &'static Migrator {
    if is_postgres {
        &migrations::POSTGRES
    } else {
        &migrations::SQLITE
    }
}
