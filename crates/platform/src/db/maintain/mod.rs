//! What an operator does to a database as a whole, while no request is served from it: bring its schema up to
//! date, copy it to the other kind, back it up, restore it, look at it.
//!
//! Tables and columns are read from the databases themselves, so that a new one cannot be forgotten here.

mod backup;
mod copy;
mod inspect;
mod link;
mod restore;
mod rows;
mod schema;
mod upgrade;

use std::path::PathBuf;

pub use backup::backup;
pub use copy::{TableCount, copy};
pub use inspect::{Inspection, inspect};
pub use restore::{Restored, restore};
pub use upgrade::{Step, migrate, pending};

/// Why an operation on a whole database failed. Nothing was changed then: each is one transaction, or works on a
/// file of its own until it is complete.
#[derive(Debug, thiserror::Error)]
pub enum MaintainError {
    /// The database does not answer, or refuses a statement.
    #[error("{}", super::plain(.0))]
    Database(sqlx::Error),
    /// A migration failed, or the database was made by a newer version.
    #[error("the database cannot be migrated: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    /// A file cannot be read, written or renamed.
    #[error("{path}: {1}", path = .0.display())]
    File(PathBuf, std::io::Error),
    /// There is no database file to read from.
    #[error("there is no database at {}", .0.display())]
    Missing(PathBuf),
    /// The file that is to be written is there.
    #[error("{} exists; choose another name or move it away", .0.display())]
    Exists(PathBuf),
    /// The schema of the source is older than this program's.
    #[error("{0} migrations are pending; run `streamgate migrate` first")]
    Pending(usize),
    /// The target holds data that would be overwritten.
    #[error("the target already holds data ({0})")]
    NotEmpty(String),
    /// Another process has the database file open.
    #[error("{} is in use by another process; stop it first", .0.display())]
    InUse(PathBuf),
    /// Source and target do not have the same tables and columns.
    #[error("source and target differ: {0}")]
    Schema(String),
    /// A value does not fit its column in the target.
    #[error("{table}.{column} holds a value that the target has no type for")]
    Value {
        /// The table's name.
        table: String,
        /// The column's name.
        column: String,
    },
    /// A table arrived with another number of rows than it left with.
    #[error("{table}: {read} rows were read, {written} arrived")]
    Count {
        /// The table's name.
        table: String,
        /// Rows in the source.
        read: i64,
        /// Rows in the target.
        written: i64,
    },
    /// The file is no backup of ours, or is damaged.
    #[error("{path} is no sound StreamGate backup: {1}", path = .0.display())]
    NoBackup(PathBuf, String),
}

// Not as sources: their texts repeat those of their own sources, and an operator reads one line.
impl From<sqlx::Error> for MaintainError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<sqlx::migrate::MigrateError> for MaintainError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        Self::Migrate(error)
    }
}
