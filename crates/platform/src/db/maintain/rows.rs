//! Moving rows: read as a stream, written some hundred at a time, so that a million tickets need little memory.

use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, PgConnection, Postgres, QueryBuilder, Row as _, Sqlite, SqliteConnection};

use super::MaintainError;
use super::link::Link;
use super::schema::{Kind, Table, quoted};

/// Rows that one statement writes. Times the columns of the widest table it stays far below the 32,766 values
/// that SQLite binds.
const ROWS_PER_INSERT: usize = 500;

/// A value between two databases.
#[derive(Clone, Debug)]
enum Value {
    Null,
    Text(String),
    Integer(i64),
    Boolean(bool),
}

type Row = Vec<Value>;

/// Copies all rows of `from` into `to` and returns how many were read.
pub(super) async fn copy_table(
    source: &mut Link,
    target: &mut Link,
    (from, to): &(Table, Table),
) -> Result<i64, MaintainError> {
    let select = AssertSqlSafe(format!(
        "SELECT {} FROM {}",
        from.column_list(),
        quoted(&from.name)
    ));
    let mut batch: Vec<Row> = Vec::with_capacity(ROWS_PER_INSERT);
    let mut read = 0i64;
    match source {
        Link::Sqlite(connection) => {
            let mut rows = sqlx::query(select).fetch(connection);
            while let Some(row) = rows.try_next().await? {
                batch.push(read_sqlite(&row, from)?);
                read += 1;
                if batch.len() == ROWS_PER_INSERT {
                    write(target, to, std::mem::take(&mut batch)).await?;
                }
            }
        }
        Link::Postgres(connection) => {
            let mut rows = sqlx::query(select).fetch(connection);
            while let Some(row) = rows.try_next().await? {
                batch.push(read_postgres(&row, from)?);
                read += 1;
                if batch.len() == ROWS_PER_INSERT {
                    write(target, to, std::mem::take(&mut batch)).await?;
                }
            }
        }
    }
    write(target, to, batch).await?;
    Ok(read)
}

fn read_sqlite(row: &SqliteRow, table: &Table) -> Result<Row, MaintainError> {
    let columns = table.columns.iter().enumerate();
    let values = columns.map(|(index, column)| match column.kind {
        Kind::Text => Ok(row.try_get::<Option<String>, _>(index)?.map(Value::Text)),
        Kind::Integer | Kind::Boolean => Ok(row.try_get::<Option<i64>, _>(index)?.map(Value::Integer)),
    });
    values
        .map(|value| value.map(|value| value.unwrap_or(Value::Null)))
        .collect()
}

fn read_postgres(row: &PgRow, table: &Table) -> Result<Row, MaintainError> {
    let columns = table.columns.iter().enumerate();
    let values = columns.map(|(index, column)| match column.kind {
        Kind::Text => Ok(row.try_get::<Option<String>, _>(index)?.map(Value::Text)),
        Kind::Boolean => Ok(row.try_get::<Option<bool>, _>(index)?.map(Value::Boolean)),
        Kind::Integer => {
            let wide = row.try_get::<Option<i64>, _>(index);
            let value =
                wide.or_else(|_| Ok::<_, sqlx::Error>(row.try_get::<Option<i32>, _>(index)?.map(i64::from)));
            Ok(value?.map(Value::Integer))
        }
    });
    values
        .map(|value| value.map(|value| value.unwrap_or(Value::Null)))
        .collect()
}

async fn write(target: &mut Link, table: &Table, rows: Vec<Row>) -> Result<(), MaintainError> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows: Vec<Row> = rows
        .into_iter()
        .map(|row| fit(table, row))
        .collect::<Result<_, _>>()?;
    match target {
        Link::Sqlite(connection) => write_sqlite(connection, table, rows).await,
        Link::Postgres(connection) => write_postgres(connection, table, rows).await,
    }
}

/// Gives each value its column's type: SQLite keeps truth as 0 and 1.
fn fit(table: &Table, row: Row) -> Result<Row, MaintainError> {
    let fitted = row.into_iter().zip(&table.columns).map(|(value, column)| {
        Ok(match (value, column.kind) {
            (Value::Integer(number @ (0 | 1)), Kind::Boolean) => Value::Boolean(number == 1),
            (Value::Boolean(truth), Kind::Integer) => Value::Integer(i64::from(truth)),
            (Value::Integer(_), Kind::Boolean | Kind::Text)
            | (Value::Text(_), Kind::Integer | Kind::Boolean) => {
                return Err(MaintainError::Value {
                    table: table.name.clone(),
                    column: column.name.clone(),
                });
            }
            (value, _) => value,
        })
    });
    fitted.collect()
}

async fn write_sqlite(
    connection: &mut SqliteConnection,
    table: &Table,
    rows: Vec<Row>,
) -> Result<(), MaintainError> {
    let mut insert = QueryBuilder::<Sqlite>::new(insert_into(table));
    insert.push_values(rows, |mut tuple, row| {
        for value in row {
            match value {
                Value::Null => tuple.push("NULL"),
                Value::Text(text) => tuple.push_bind(text),
                Value::Integer(number) => tuple.push_bind(number),
                Value::Boolean(truth) => tuple.push_bind(truth),
            };
        }
    });
    insert.build().persistent(false).execute(connection).await?;
    Ok(())
}

async fn write_postgres(
    connection: &mut PgConnection,
    table: &Table,
    rows: Vec<Row>,
) -> Result<(), MaintainError> {
    let mut insert = QueryBuilder::<Postgres>::new(insert_into(table));
    insert.push_values(rows, |mut tuple, row| {
        for value in row {
            match value {
                Value::Null => tuple.push("NULL"),
                Value::Text(text) => tuple.push_bind(text),
                Value::Integer(number) => tuple.push_bind(number),
                Value::Boolean(truth) => tuple.push_bind(truth),
            };
        }
    });
    insert.build().persistent(false).execute(connection).await?;
    Ok(())
}

fn insert_into(table: &Table) -> String {
    format!("INSERT INTO {} ({}) ", quoted(&table.name), table.column_list())
}
