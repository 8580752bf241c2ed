//! A file system that is full in a moment.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A disk of three megabytes, which the cache fills in a moment.
pub(super) struct SmallDisk(PathBuf);

impl SmallDisk {
    pub(super) fn at(path: &Path) -> Self {
        std::fs::create_dir_all(path).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=3m", "tmpfs"])
            .arg(path)
            .status();
        assert!(
            mounted.unwrap().success(),
            "this test mounts a small file system, which needs the right to"
        );
        Self(path.to_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the edge may hold files there still.
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}
