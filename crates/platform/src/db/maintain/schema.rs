//! Which tables and columns a database has, read from the database itself.

use std::collections::{BTreeMap, BTreeSet};

use super::MaintainError;
use super::link::Link;

/// What a column holds, as far as moving it is concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Text,
    Integer,
    Boolean,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// A table, with its columns in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<Column>,
}

impl Table {
    /// Returns the columns' names, quoted, for a statement.
    pub(super) fn column_list(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|column| quoted(&column.name)).collect();
        names.join(", ")
    }
}

/// Returns a name for use in a statement.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Returns the tables that hold data, each after those that its rows refer to.
pub(super) async fn tables(link: &mut Link) -> Result<Vec<Table>, MaintainError> {
    let mut found = BTreeMap::new();
    for name in link.texts(table_names(link.is_postgres())).await? {
        let columns = columns(link, &name).await?;
        found.insert(name.clone(), Table { name, columns });
    }
    let mut parents: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for pair in link.texts(references(link.is_postgres())).await? {
        if let Some((child, parent)) = pair.split_once('>')
            && child != parent
        {
            parents
                .entry(child.to_owned())
                .or_default()
                .insert(parent.to_owned());
        }
    }
    let mut ordered: Vec<Table> = Vec::with_capacity(found.len());
    while !found.is_empty() {
        let is_free = |name: &String| {
            let parents = parents.get(name);
            parents.is_none_or(|parents| parents.iter().all(|parent| !found.contains_key(parent)))
        };
        let Some(next) = found.keys().find(|name| is_free(name)).cloned() else {
            return Err(MaintainError::Schema(
                "tables refer to each other in a circle".to_owned(),
            ));
        };
        ordered.extend(found.remove(&next));
    }
    Ok(ordered)
}

/// Pairs the tables of source and target, in the target's order and with the source's columns.
pub(super) fn pair(source: &[Table], target: &[Table]) -> Result<Vec<(Table, Table)>, MaintainError> {
    if let Some(extra) = source
        .iter()
        .find(|table| target.iter().all(|other| other.name != table.name))
    {
        return Err(MaintainError::Schema(format!(
            "the target has no table {}",
            extra.name
        )));
    }
    let mut pairs = Vec::with_capacity(target.len());
    for table in target {
        let Some(from) = source.iter().find(|other| other.name == table.name) else {
            return Err(MaintainError::Schema(format!(
                "the source has no table {}",
                table.name
            )));
        };
        let names = |table: &Table| -> BTreeSet<String> {
            table.columns.iter().map(|column| column.name.clone()).collect()
        };
        if names(from) != names(table) {
            return Err(MaintainError::Schema(format!(
                "the columns of {} are not the same",
                table.name
            )));
        }
        // Both sides in one order, whatever migrations added when.
        let columns = from.columns.iter().filter_map(|column| {
            let same_name = |other: &&Column| other.name == column.name;
            table.columns.iter().find(same_name).cloned()
        });
        let to = Table {
            name: table.name.clone(),
            columns: columns.collect(),
        };
        pairs.push((from.clone(), to));
    }
    Ok(pairs)
}

async fn columns(link: &mut Link, table: &str) -> Result<Vec<Column>, MaintainError> {
    let literal = table.replace('\'', "''");
    let statement = if link.is_postgres() {
        format!(
            "SELECT data_type || ':' || column_name FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = '{literal}' AND is_generated = 'NEVER' \
             ORDER BY ordinal_position"
        )
    } else {
        format!("SELECT LOWER(type) || ':' || name FROM pragma_table_info('{literal}') ORDER BY cid")
    };
    let texts = link.texts(&statement).await?;
    texts.iter().map(|text| column(table, text)).collect()
}

fn column(table: &str, text: &str) -> Result<Column, MaintainError> {
    let (kind, name) = text.split_once(':').unwrap_or_default();
    let kind = match kind {
        "text" => Kind::Text,
        "integer" | "bigint" => Kind::Integer,
        "boolean" => Kind::Boolean,
        _ => {
            return Err(MaintainError::Schema(format!(
                "{table}.{name} is of type {kind}, which cannot be moved"
            )));
        }
    };
    Ok(Column {
        name: name.to_owned(),
        kind,
    })
}

const fn table_names(is_postgres: bool) -> &'static str {
    if is_postgres {
        "SELECT CAST(tablename AS TEXT) FROM pg_tables \
         WHERE schemaname = current_schema() AND tablename <> '_sqlx_migrations' ORDER BY tablename"
    } else {
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
         AND name NOT LIKE 'sqlite%' AND name <> '_sqlx_migrations' ORDER BY name"
    }
}

/// Foreign keys as `child>parent`.
const fn references(is_postgres: bool) -> &'static str {
    if is_postgres {
        "SELECT child.relname || '>' || parent.relname FROM pg_constraint c \
         JOIN pg_class child ON child.oid = c.conrelid JOIN pg_class parent ON parent.oid = c.confrelid \
         WHERE c.contype = 'f' AND c.connamespace = CAST(current_schema() AS regnamespace)"
    } else {
        "SELECT m.name || '>' || f.\"table\" FROM sqlite_master m, pragma_foreign_key_list(m.name) f \
         WHERE m.type = 'table'"
    }
}
