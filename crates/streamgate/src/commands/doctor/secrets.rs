//! Settings and secrets: everything that a start would refuse, and what it would make.

use std::path::Path;

use streamgate_serving::random::SystemRandom;

use super::Service;
use super::report::Report;
use crate::settings::{
    EdgeOrigin, SECRETS_FILE, Secrets, SettingError, Values, edge_settings, platform_settings, poll_interval,
    probe_base_url, process_settings,
};

/// Reads all settings of the service as its start does; returns its secrets if they are sound.
pub(super) fn check(values: &Values, service: Service, report: &mut Report) -> Option<Secrets> {
    let data_dir = report.add("DATA_DIR", values.data_dir_path(), "its path can be used")?;
    let secrets = match service {
        Service::Serve => Secrets::looked_at(values, &data_dir, &SystemRandom),
        Service::Platform | Service::Edge => Secrets::required(values).map(|secrets| (secrets, false)),
    };
    let (secrets, made) = match secrets {
        Ok(found) => found,
        Err(error) => {
            report.fail("secrets", &error.to_string());
            return None;
        }
    };
    if made {
        report.warn(
            "secrets",
            "not all are there yet; `serve` makes them at its first start",
        );
    } else {
        report.good("secrets", "present and long enough");
    }
    if secrets.signing_previous.is_some() {
        report.warn(
            "secrets",
            "PLAYBACK_SIGNING_SECRET_PREVIOUS is set: take it away an hour after the rotation",
        );
    }
    keeps_to_itself(&data_dir, report);
    match all(values, service, &secrets, &data_dir) {
        Ok(()) => report.good("settings", "all are valid"),
        Err(error) => report.fail("settings", &error.to_string()),
    }
    Some(secrets)
}

/// Builds the settings of the service and throws them away.
fn all(values: &Values, service: Service, secrets: &Secrets, data_dir: &Path) -> Result<(), SettingError> {
    let port = process_settings(values, 0)?.address.port();
    let base_url = values.base_url("HLS_SERVER_BASE_URL")?.unwrap_or_default();
    if service == Service::Platform {
        values.require("HLS_SERVER_BASE_URL")?;
        values.require("ADMIN_PASSWORD_HASH")?;
    }
    if service != Service::Edge {
        drop(probe_base_url(values, &base_url)?);
        drop(platform_settings(values, secrets, data_dir, port, base_url)?);
    }
    let origin = match service {
        Service::Platform => return Ok(()),
        Service::Serve => EdgeOrigin::InProcess { port },
        Service::Edge => EdgeOrigin::Apart {
            platform_url: values
                .http_url("PLATFORM_APP_URL")?
                .ok_or_else(|| SettingError::missing("PLATFORM_APP_URL"))?,
        },
    };
    poll_interval(values)?;
    let mut values = values.clone();
    // The start makes this folder; a look does not, and has an empty one stand in for it.
    let stand_in =
        tempfile::tempdir().map_err(|error| SettingError::new("STREAM_ROOT", error.to_string()))?;
    if service == Service::Serve && !data_dir.join("streams").is_dir() {
        values.set_default("STREAM_ROOT", &stand_in.path().display().to_string());
    }
    // The start makes a name and keeps it; a look does not.
    let edge_id = values.get("EDGE_ID").unwrap_or("doctor");
    let edge_id = streamgate_contract::ids::EdgeId::parse(edge_id).map_err(|_| {
        SettingError::new(
            "EDGE_ID",
            format!("\"{edge_id}\" is not 1 to 64 of A-Z a-z 0-9 . _ -"),
        )
    })?;
    drop(edge_settings(&values, secrets, data_dir, edge_id, &origin)?);
    Ok(())
}

/// Warns of files that other users of the machine can read.
#[cfg(unix)]
fn keeps_to_itself(data_dir: &Path, report: &mut Report) {
    use std::os::unix::fs::PermissionsExt as _;

    for path in [data_dir.to_owned(), data_dir.join(SECRETS_FILE)] {
        if let Ok(metadata) = path.metadata()
            && metadata.permissions().mode() & 0o077 != 0
        {
            report.warn(
                "DATA_DIR",
                &format!("{} can be read by other users of this machine", path.display()),
            );
        }
    }
}

#[cfg(not(unix))]
fn keeps_to_itself(_data_dir: &Path, _report: &mut Report) {}
