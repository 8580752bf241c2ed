//! The schema's history, compiled in: one folder of SQL files for each database, with the same names.

use sqlx::migrate::Migrator;

/// Migrations of SQLite.
pub(super) static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
/// Migrations of PostgreSQL.
pub(super) static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");
