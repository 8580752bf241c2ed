//! Which statements ran, and which of them read a whole table or index.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::Path;
use std::sync::{Arc, Mutex};

use sqlx::{AssertSqlSafe, Connection as _};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// The texts of all statements since it listens.
#[derive(Clone, Default)]
pub(crate) struct Statements(Arc<Mutex<BTreeSet<String>>>);

impl Statements {
    /// Begins to note what sqlx logs of each statement.
    pub(crate) fn listen() -> Self {
        let statements = Self::default();
        tracing_subscriber::registry().with(statements.clone()).init();
        statements
    }

    pub(crate) fn taken(&self) -> BTreeSet<String> {
        self.0.lock().unwrap().clone()
    }
}

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let mut text = Text::default();
        event.record(&mut text);
        let statement = if text.statement.trim().is_empty() {
            text.summary
        } else {
            text.statement
        };
        let one_line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
        if one_line.starts_with("SELECT") {
            self.0.lock().unwrap().insert(one_line);
        }
    }
}

#[derive(Default)]
struct Text {
    summary: String,
    statement: String,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.statement),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// Prints each statement whose plan scans, with its plan.
pub(crate) async fn print_scans(file: &Path, statements: &BTreeSet<String>) {
    let mut database = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display()))
        .await
        .unwrap();
    for statement in statements {
        let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(explain).fetch_all(&mut database).await.unwrap();
        let scans = |step: &str| {
            step.starts_with("SCAN")
                && !["SCAN place", "SCAN (", "SCAN json", "SCAN CONSTANT"]
                    .iter()
                    .any(|known| step.starts_with(known))
        };
        if plan.iter().any(|(.., step)| scans(step)) {
            println!("- {statement}");
            for (.., step) in &plan {
                println!("    {}{step}", if scans(step) { "> " } else { "  " });
            }
        }
    }
}
