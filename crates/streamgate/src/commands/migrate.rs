//! `streamgate migrate`, and `--no-migrate` of the services.

use std::io::Write;
use std::sync::Arc;

use streamgate_platform::db::DatabaseTime;
use streamgate_platform::db::maintain::{self, Step};
use streamgate_serving::clock::SystemClock;

use crate::settings::{SettingError, Values, database};
use crate::{process, telemetry};

/// Brings the database's schema up to date and prints the steps.
pub(crate) fn migrate(values: &Values) -> anyhow::Result<()> {
    telemetry::start(values)?;
    let url = database(values, &values.data_dir()?)?;
    let time = DatabaseTime::Database(Arc::new(SystemClock));
    let steps = process::block_on(async { Ok(maintain::migrate(&url, time).await?) })?;
    let mut output = std::io::stdout().lock();
    for step in &steps {
        writeln!(output, "applied {}", named(step))?;
    }
    if steps.is_empty() {
        writeln!(output, "the schema is up to date")?;
    }
    Ok(())
}

/// Fails if a start would migrate the database.
pub(crate) fn refuse_pending(values: &Values) -> anyhow::Result<()> {
    let url = database(values, &values.data_dir_path()?)?;
    let steps = process::block_on(async { Ok(maintain::pending(&url).await?) })?;
    if steps.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = steps.iter().map(named).collect();
    let problem = format!(
        "pending migrations: {}; run `streamgate migrate`, or start without --no-migrate",
        names.join(", ")
    );
    Err(SettingError::new("DATABASE_URL", problem).into())
}

fn named(step: &Step) -> String {
    format!("{:04} {}", step.version, step.description)
}
