//! A process whose clock on the wall is set while it runs; its other clocks, and the dates of its files, stay.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::site::Service;

/// The clock of one service, kept right until [`WallClock::set`] says otherwise.
pub(super) struct WallClock {
    ahead: PathBuf,
}

impl WallClock {
    /// Gives the service one; it is not running.
    pub(super) fn of(service: &mut Service) -> Self {
        let clock = Self {
            ahead: service.data_dir().with_extension("clock"),
        };
        clock.set(0);
        let settings = [
            ("LD_PRELOAD", library()),
            ("FAKETIME_TIMESTAMP_FILE", clock.ahead.clone()),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
            ("NO_FAKE_STAT", "1".into()),
        ];
        for (name, value) in settings {
            service.set(name, &value.display().to_string());
        }
        clock
    }

    /// Sets the clock so many seconds ahead of the right time, or behind it.
    pub(super) fn set(&self, secs: i64) {
        // Renamed into place: it is read at any moment.
        let next = self.ahead.with_extension("next");
        fs::write(&next, format!("{secs:+}\n")).unwrap();
        fs::rename(next, &self.ahead).unwrap();
    }
}

/// Removes what the library of a killed process left behind.
pub(super) fn clean_up_after(process: u32) {
    for name in ["faketime_shm_", "sem.faketime_sem_"] {
        // A process without such a clock has none.
        drop(fs::remove_file(format!("/dev/shm/{name}{process}")));
    }
}

/// Debian keeps it in a folder named after the machine.
fn library() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").unwrap().flatten();
    folders
        .map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"))
        .find(|library: &PathBuf| Path::is_file(library))
        .expect("libfaketime is installed")
}
