//! `streamgate backup` and `streamgate restore`.

use std::io::Write;
use std::path::Path;

use streamgate_platform::db::DatabaseUrl;
use streamgate_platform::db::maintain::{self, MaintainError};
use streamgate_platform::new_epoch;
use streamgate_serving::random::SystemRandom;

use super::copy_database::print_counts;
use crate::settings::{Values, database};
use crate::{process, telemetry};

/// Writes the database to a new file.
pub(crate) fn backup(values: &Values, file: &Path) -> anyhow::Result<()> {
    telemetry::start(values)?;
    let from = database(values, &values.data_dir_path()?)?;
    let counts = process::block_on(async { Ok(maintain::backup(&from, file).await?) })?;
    print_counts(&counts)?;
    writeln!(
        std::io::stdout().lock(),
        "written to {}; it holds every code in clear, keep it as safe as the database",
        file.display()
    )?;
    Ok(())
}

/// Puts a backup in the place of the database.
pub(crate) fn restore(values: &Values, file: &Path, replace: bool) -> anyhow::Result<()> {
    telemetry::start(values)?;
    let data_dir = values.data_dir()?;
    let to = database(values, &data_dir)?;
    let epoch = new_epoch(&SystemRandom);
    let restored =
        process::block_on(async { Ok(maintain::restore(file, &to, replace, &epoch, &data_dir).await) })?;
    let restored = restored.map_err(|error| match error {
        MaintainError::NotEmpty(_) => anyhow::anyhow!("{error}; --replace restores all the same"),
        error => error.into(),
    })?;
    print_counts(&restored.counts)?;
    let mut output = std::io::stdout().lock();
    if let (Some(previous), DatabaseUrl::Sqlite(_)) = (&restored.previous, &to) {
        writeln!(
            output,
            "the database that was there is now {}",
            previous.display()
        )?;
    }
    writeln!(
        output,
        "restored; edges notice the new identity and take its state when the platform runs"
    )?;
    Ok(())
}
