//! The database: SQLite or PostgreSQL behind one small enum. It knows nothing of tickets.
//!
//! One SQL text serves both (`$1` placeholders, `ON CONFLICT`, `RETURNING`, times as integers). [`Tx`] is a
//! connection, with or without a transaction; the macros `fetch_all`, `fetch_optional` and `execute` run
//! a statement on whichever database it belongs to. Statements stand only in `queries.rs` files and here.

pub mod maintain;
mod migrations;
mod open;
mod tx;
mod writer;
#[cfg(test)]
mod writer_tests;

pub use open::{DatabaseTime, DatabaseUrl, Db, OpenError};
pub use tx::Tx;

/// Returns an error that several callers are told of: they share one failure, and errors cannot be copied.
pub(crate) fn share_error(error: &std::sync::Arc<sqlx::Error>) -> sqlx::Error {
    sqlx::Error::Io(std::io::Error::other(std::sync::Arc::clone(error)))
}

/// Says in an operator's words what a database answered, or that it did not: the library's own texts name lines of
/// PostgreSQL's sources.
fn plain(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(answer) => format!("the database refuses: {}", answer.message()),
        sqlx::Error::Io(error) => format!("the database cannot be reached: {error}"),
        sqlx::Error::PoolTimedOut => "the database does not answer".to_owned(),
        error => format!("the database refuses: {error}"),
    }
}

/// Runs a query and returns all rows as `$row`.
macro_rules! fetch_all {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx.raw() {
            $crate::db::Raw::Sqlite(connection) =>
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(connection).await,
            $crate::db::Raw::Postgres(connection) =>
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_all(connection).await,
        }
    };
}

/// Runs a query and returns its first row as `$row`, if there is one.
macro_rules! fetch_optional {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx.raw() {
            $crate::db::Raw::Sqlite(connection) =>
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(connection).await,
            $crate::db::Raw::Postgres(connection) =>
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_optional(connection).await,
        }
    };
}

/// Runs a query and hands each row, as `$row`, to `$each` as it comes, so that a million of them need no memory.
macro_rules! fetch_each {
    ($tx:expr, $row:ty, $each:expr, $sql:expr $(, $bind:expr)* $(,)?) => {{
        use futures_util::TryStreamExt as _;
        let mut each = $each;
        match $tx.raw() {
            $crate::db::Raw::Sqlite(connection) =>
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch(connection)
                    .try_for_each(|row| std::future::ready(each(row))).await,
            $crate::db::Raw::Postgres(connection) =>
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch(connection)
                    .try_for_each(|row| std::future::ready(each(row))).await,
        }
    }};
}

/// Runs a query that always has a row, such as an aggregate, and returns it as `$row`.
macro_rules! fetch_one {
    ($tx:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx.raw() {
            $crate::db::Raw::Sqlite(connection) =>
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_one(connection).await,
            $crate::db::Raw::Postgres(connection) =>
                sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.fetch_one(connection).await,
        }
    };
}

/// Runs a statement and returns the number of rows that it changed.
macro_rules! execute {
    ($tx:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $tx.raw() {
            $crate::db::Raw::Sqlite(connection) =>
                sqlx::query($sql)$(.bind($bind))*.execute(connection).await.map(|done| done.rows_affected()),
            $crate::db::Raw::Postgres(connection) =>
                sqlx::query($sql)$(.bind($bind))*.execute(connection).await.map(|done| done.rows_affected()),
        }
    };
}

pub(crate) use tx::Raw;
pub(crate) use {execute, fetch_all, fetch_each, fetch_one, fetch_optional};

/// Returns the expression for a text column with ASCII letters in lower case and all others as they are.
///
/// PostgreSQL's `LOWER` follows the database's locale unless the collation is "C"; SQLite's knows only ASCII.
pub(crate) fn ascii_lower(tx: &Tx, column: &str) -> String {
    if tx.is_postgres() {
        format!("LOWER({column} COLLATE \"C\")")
    } else {
        format!("LOWER({column})")
    }
}
