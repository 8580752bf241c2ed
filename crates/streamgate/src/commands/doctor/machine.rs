//! The machine: room on the disks, descriptors, a port that is free.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use streamgate_serving::listeners::raise_descriptor_limit;

use super::Service;
use super::report::Report;
use crate::settings::{Values, process_settings};

/// Below this a database cannot be relied on to grow, nor a cache to be of use.
const FREE_BYTES_LOW: u64 = 1 << 30;
/// Each viewer holds a connection or two, and each file that is sent a descriptor.
const DESCRIPTORS_LOW: u64 = 4_096;

pub(super) fn check(values: &Values, service: Service, report: &mut Report) {
    let mut folders: Vec<(&str, PathBuf)> = Vec::new();
    if let Ok(path) = values.data_dir_path() {
        folders.push(("DATA_DIR", path));
    }
    if service != Service::Platform {
        let given = |name: &'static str| values.get(name).map(|path| (name, PathBuf::from(path)));
        folders.extend(given("STREAM_ROOT"));
        folders.extend(given("SEGMENT_CACHE_ROOT"));
    }
    for (name, path) in folders {
        room(name, &path, report);
    }
    let descriptors = raise_descriptor_limit();
    let finding = format!("{descriptors} file descriptors can be open");
    if descriptors < DESCRIPTORS_LOW {
        report.warn(
            "descriptors",
            &format!("only {finding}; raise the hard limit (ulimit -Hn, LimitNOFILE=)"),
        );
    } else {
        report.good("descriptors", &finding);
    }
    port(values, service, report);
}

fn room(name: &str, path: &Path, report: &mut Report) {
    let Some(folder) = path.ancestors().find(|ancestor| ancestor.is_dir()) else {
        report.fail(name, &format!("{} cannot be made", path.display()));
        return;
    };
    match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            // Where there is room now; the folder itself may not be there yet.
            let finding = format!("{} MiB free at {}", free >> 20, folder.display());
            if free < FREE_BYTES_LOW {
                report.warn(name, &format!("only {finding}"));
            } else {
                report.good(name, &finding);
            }
        }
        Err(error) => report.fail(name, &format!("{}: {error}", path.display())),
    }
}

fn port(values: &Values, service: Service, report: &mut Report) {
    let default = if service == Service::Edge { 4_000 } else { 3_000 };
    // A wrong setting is reported by the check of the settings.
    let Ok(settings) = process_settings(values, default) else {
        return;
    };
    match TcpListener::bind(settings.address) {
        Ok(_) => report.good("PORT", &format!("{} is free", settings.address)),
        Err(error) => report.warn(
            "PORT",
            &format!("{}: {error} (as it is while the service runs)", settings.address),
        ),
    }
}
