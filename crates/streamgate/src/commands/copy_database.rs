//! `streamgate copy-database`: from one database to another, such as from SQLite to PostgreSQL.

use std::io::Write;
use std::sync::Arc;

use anyhow::Context;
use streamgate_platform::db::maintain::{self, TableCount};
use streamgate_platform::db::{DatabaseTime, DatabaseUrl};
use streamgate_platform::new_epoch;
use streamgate_serving::clock::SystemClock;
use streamgate_serving::random::SystemRandom;

use crate::process;
use crate::settings::database_url;

/// Copies everything from one database to an empty other one and prints what arrived.
pub(crate) fn copy_database(from: &str, to: &str) -> anyhow::Result<()> {
    let (from, to) = (database_url("FROM", from)?, database_url("TO", to)?);
    anyhow::ensure!(!are_same(&from, &to), "FROM and TO are the same database");
    let counts = process::block_on(async {
        require_file(&from)?;
        let time = DatabaseTime::Database(Arc::new(SystemClock));
        maintain::migrate(&to, time).await.context("TO")?;
        Ok(maintain::copy(&from, &to, &new_epoch(&SystemRandom)).await?)
    })?;
    print_counts(&counts)?;
    writeln!(
        std::io::stdout().lock(),
        "copied and counted; start the platform with DATABASE_URL set to the new database"
    )?;
    Ok(())
}

/// Otherwise the copy would wait for the lock that it holds itself.
fn are_same(from: &DatabaseUrl, to: &DatabaseUrl) -> bool {
    match (from, to) {
        (DatabaseUrl::Sqlite(from), DatabaseUrl::Sqlite(to)) => {
            from == to || matches!((from.canonicalize(), to.canonicalize()), (Ok(from), Ok(to)) if from == to)
        }
        (from, to) => from == to,
    }
}

/// Without it, a typing error in FROM would first make tables in TO.
fn require_file(from: &DatabaseUrl) -> anyhow::Result<()> {
    if let DatabaseUrl::Sqlite(path) = from {
        anyhow::ensure!(
            path.try_exists().unwrap_or(false),
            "FROM: there is no database at {}",
            path.display()
        );
    }
    Ok(())
}

/// Prints the number of rows of each table.
pub(super) fn print_counts(counts: &[TableCount]) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    for count in counts {
        writeln!(output, "{:>9}  {}", count.rows, count.table)?;
    }
    Ok(())
}
