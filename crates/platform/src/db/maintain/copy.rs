//! Copying a whole database into another of either kind, in one transaction of the target.

use super::link::Link;
use super::schema::{self, Table, quoted};
use super::upgrade::require_current;
use super::{MaintainError, rows};
use crate::db::DatabaseUrl;

/// How many rows of a table were copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableCount {
    /// The table's name.
    pub table: String,
    /// Its rows, counted in both databases.
    pub rows: i64,
}

/// What the target may hold before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Target {
    /// Nothing.
    MustBeEmpty,
    /// Anything: it is removed in the same transaction.
    IsReplaced,
}

/// Copies everything in `from` into `to`, whose schema must be current and which must hold no data, and gives the
/// copy the identity `new_epoch`: edges notice that it is another database and ask for its state anew.
///
/// Nobody writes to `from` meanwhile: it is locked, so that no acknowledged change is missing in the copy.
pub async fn copy(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    new_epoch: &str,
) -> Result<Vec<TableCount>, MaintainError> {
    let mut source = Link::open(from).await?;
    let mut target = Link::open(to).await?;
    require_current(&mut source).await?;
    let tables = schema::tables(&mut source).await?;
    freeze(&mut source, &tables).await?;
    let counts = pour(&mut source, &mut target, new_epoch, Target::MustBeEmpty).await?;
    source.run("ROLLBACK").await?;
    source.close().await?;
    target.close().await?;
    Ok(counts)
}

/// Begins a transaction during which nobody else writes.
async fn freeze(source: &mut Link, tables: &[Table]) -> Result<(), MaintainError> {
    let statements = if source.is_postgres() {
        let names: Vec<String> = tables.iter().map(|table| quoted(&table.name)).collect();
        format!(
            "BEGIN; SET LOCAL lock_timeout = '5s'; LOCK TABLE {} IN SHARE MODE",
            names.join(", ")
        )
    } else {
        "BEGIN IMMEDIATE".to_owned()
    };
    Ok(source.run(&statements).await?)
}

/// Copies what the source's transaction sees, checks the counts, and commits the target.
pub(super) async fn pour(
    source: &mut Link,
    target: &mut Link,
    new_epoch: &str,
    what_is_there: Target,
) -> Result<Vec<TableCount>, MaintainError> {
    require_current(target).await?;
    let pairs = schema::pair(&schema::tables(source).await?, &schema::tables(target).await?)?;
    target
        .run(if target.is_postgres() {
            "BEGIN"
        } else {
            "BEGIN IMMEDIATE"
        })
        .await?;
    empty(target, &pairs, what_is_there).await?;
    let triggers = Triggers::silence(target, &pairs).await?;
    let mut counts = Vec::with_capacity(pairs.len());
    for pair in &pairs {
        let read = rows::copy_table(source, target, pair).await?;
        counts.push((pair.1.name.clone(), read));
    }
    triggers.restore(target).await?;
    let counts = verified(source, target, counts).await?;
    let epoch = new_epoch.replace('\'', "");
    target
        .run(&format!("UPDATE feed_head SET epoch = '{epoch}' WHERE id = 1"))
        .await?;
    if target.is_postgres() {
        // Platforms that run on the target look at the feed anew.
        target.run("SELECT pg_notify('streamgate_feed', '')").await?;
    }
    target.run("COMMIT").await?;
    Ok(counts)
}

/// Makes sure that the target's tables are empty; a new database holds its own identity and no more.
async fn empty(
    target: &mut Link,
    pairs: &[(Table, Table)],
    what_is_there: Target,
) -> Result<(), MaintainError> {
    for (_, table) in pairs.iter().rev() {
        let name = quoted(&table.name);
        if what_is_there == Target::MustBeEmpty && table.name != "feed_head" {
            let some = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {name} LIMIT 1) AS found");
            if target.number(&some).await? > 0 {
                return Err(MaintainError::NotEmpty(format!("table {}", table.name)));
            }
        }
        target.run(&format!("DELETE FROM {name}")).await?;
    }
    Ok(())
}

async fn verified(
    source: &mut Link,
    target: &mut Link,
    counts: Vec<(String, i64)>,
) -> Result<Vec<TableCount>, MaintainError> {
    let mut verified = Vec::with_capacity(counts.len());
    for (table, read) in counts {
        let count = format!("SELECT COUNT(*) FROM {}", quoted(&table));
        let (there, written) = (source.number(&count).await?, target.number(&count).await?);
        if there != read || written != read {
            return Err(MaintainError::Count {
                table,
                read: there,
                written,
            });
        }
        verified.push(TableCount { table, rows: read });
    }
    Ok(verified)
}

/// The target's triggers, which must not act on rows that were acted on where they come from.
enum Triggers {
    /// Their definitions; they were dropped.
    Sqlite(Vec<String>),
    /// The tables whose triggers are off.
    Postgres(Vec<String>),
}

impl Triggers {
    async fn silence(target: &mut Link, pairs: &[(Table, Table)]) -> Result<Self, MaintainError> {
        if target.is_postgres() {
            let tables: Vec<String> = pairs.iter().map(|(_, table)| quoted(&table.name)).collect();
            for table in &tables {
                target
                    .run(&format!("ALTER TABLE {table} DISABLE TRIGGER USER"))
                    .await?;
            }
            return Ok(Self::Postgres(tables));
        }
        let definitions = target
            .texts("SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
            .await?;
        for name in target
            .texts("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            .await?
        {
            target.run(&format!("DROP TRIGGER {}", quoted(&name))).await?;
        }
        Ok(Self::Sqlite(definitions))
    }

    async fn restore(self, target: &mut Link) -> Result<(), MaintainError> {
        match self {
            Self::Sqlite(definitions) => {
                for definition in definitions {
                    target.run(&definition).await?;
                }
            }
            Self::Postgres(tables) => {
                for table in tables {
                    target
                        .run(&format!("ALTER TABLE {table} ENABLE TRIGGER USER"))
                        .await?;
                }
            }
        }
        Ok(())
    }
}
