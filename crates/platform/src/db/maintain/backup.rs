//! A backup: one SQLite file, whichever database it comes from, taken while the platform runs.

use std::path::Path;

use sqlx::Connection as _;

use super::MaintainError;
use super::copy::{TableCount, Target, pour};
use super::link::{Link, create_private};
use super::schema::{self, quoted};
use super::upgrade::require_current;
use crate::db::{DatabaseUrl, migrations};

/// Writes everything in `from` to the new file `file`, as of one moment, and returns what it holds.
///
/// The file is readable by its owner only. When this fails, it is removed.
pub async fn backup(from: &DatabaseUrl, file: &Path) -> Result<Vec<TableCount>, MaintainError> {
    let mut source = Link::open(from).await?;
    require_current(&mut source).await?;
    create_private(file)?;
    let written = match &mut source {
        Link::Sqlite(_) => vacuum_into(&mut source, file).await,
        Link::Postgres(_) => copy_into(&mut source, file).await,
    };
    source.close().await?;
    match written.and_then(|counts| sync(file).map(|()| counts)) {
        Ok(counts) => Ok(counts),
        Err(error) => {
            // The reason why it failed says more than a second one.
            drop(std::fs::remove_file(file));
            Err(error)
        }
    }
}

/// SQLite's own consistent copy; it takes no lock that a writer waits for.
async fn vacuum_into(source: &mut Link, file: &Path) -> Result<Vec<TableCount>, MaintainError> {
    let literal = file.to_string_lossy().replace('\'', "''");
    source.run(&format!("VACUUM INTO '{literal}'")).await?;
    let mut copy = Link::open_file(file).await?;
    let counts = counted(&mut copy).await?;
    copy.close().await?;
    Ok(counts)
}

async fn copy_into(source: &mut Link, file: &Path) -> Result<Vec<TableCount>, MaintainError> {
    source
        .run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        .await?;
    let epoch = source.texts("SELECT epoch FROM feed_head").await?.concat();
    let mut target = Link::open_file(file).await?;
    if let Link::Sqlite(connection) = &mut target {
        migrations::SQLITE.run(&mut *connection).await?;
        connection.ping().await?;
    }
    let counts = pour(source, &mut target, &epoch, Target::IsReplaced).await?;
    source.run("ROLLBACK").await?;
    target.close().await?;
    Ok(counts)
}

/// Returns the number of rows of each table.
pub(super) async fn counted(link: &mut Link) -> Result<Vec<TableCount>, MaintainError> {
    let mut counts = Vec::new();
    for table in schema::tables(link).await? {
        let rows = link
            .number(&format!("SELECT COUNT(*) FROM {}", quoted(&table.name)))
            .await?;
        counts.push(TableCount {
            table: table.name,
            rows,
        });
    }
    Ok(counts)
}

fn sync(file: &Path) -> Result<(), MaintainError> {
    let synced = std::fs::File::open(file).and_then(|file| file.sync_all());
    synced.map_err(|error| MaintainError::File(file.to_owned(), error))
}
