//! The database: whether it answers, what it is, whether its schema is this program's.

use streamgate_platform::db::DatabaseUrl;
use streamgate_platform::db::maintain::{self, Inspection, MaintainError};
use streamgate_serving::clock::{Clock, SystemClock};

use super::neighbours::skew;
use super::report::Report;
use crate::settings::{Values, database};

const NAME: &str = "DATABASE_URL";

pub(super) async fn check(values: &Values, report: &mut Report) {
    let Ok(data_dir) = values.data_dir_path() else {
        return;
    };
    let url = match database(values, &data_dir) {
        Ok(url) => url,
        Err(error) => return report.fail(NAME, &error.to_string()),
    };
    match maintain::inspect(&url).await {
        Ok(found) => tell(&found, report),
        Err(MaintainError::Missing(path)) => {
            report.warn(
                NAME,
                &format!("{} is not there yet; a start makes it", path.display()),
            );
        }
        Err(error) => report.fail(NAME, &error.to_string()),
    }
    if let DatabaseUrl::Sqlite(path) = &url {
        readable_by_others(path, report);
    }
}

fn tell(found: &Inspection, report: &mut Report) {
    if found.is_supported {
        report.good(NAME, &format!("{} answers", found.software));
    } else {
        report.fail(NAME, &format!("{} is older than PostgreSQL 14", found.software));
    }
    match (found.unknown, found.pending) {
        (0, 0) => report.good(NAME, "the schema is up to date"),
        (0, pending) => report.warn(
            NAME,
            &format!("{pending} migrations are pending; a start applies them"),
        ),
        (unknown, _) => report.fail(
            NAME,
            &format!("a newer StreamGate made this database ({unknown} migrations are unknown)"),
        ),
    }
    if let Some(clock_ms) = found.clock_ms {
        skew(
            "clock",
            "the database",
            clock_ms - SystemClock.unix_millis(),
            report,
        );
    }
}

#[cfg(unix)]
fn readable_by_others(path: &std::path::Path, report: &mut Report) {
    use std::os::unix::fs::PermissionsExt as _;

    if let Ok(metadata) = path.metadata()
        && metadata.permissions().mode() & 0o077 != 0
    {
        report.warn(
            NAME,
            &format!(
                "{} can be read by other users of this machine, and holds every code",
                path.display()
            ),
        );
    }
}

#[cfg(not(unix))]
fn readable_by_others(_path: &std::path::Path, _report: &mut Report) {}
