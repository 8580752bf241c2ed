//! Files that were opened a moment ago and are still what their paths name: a crowd asks for the same few.
//!
//! An open file is used again only while it is the version that was opened: whatever is written, renamed or
//! removed changes its times or its count of names. Only the rename of a folder above it does not, so that an
//! open file is trusted for a second and no longer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use streamgate_contract::media_path::MediaPath;

use crate::source::local::Object;

/// How long an open file is trusted.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// Files that are kept open at most: a part of the descriptors that connections leave.
const KEPT_MAX: usize = 128;

/// The files that were opened last.
#[derive(Debug, Default)]
pub(crate) struct OpenFiles(Mutex<HashMap<MediaPath, Kept>>);

#[derive(Debug)]
struct Kept {
    object: Object,
    opened: Instant,
}

impl OpenFiles {
    /// Returns the open file of `path`, if it is still the one that lies there.
    pub(crate) fn get(&self, path: &MediaPath) -> Option<Object> {
        let object = {
            let mut kept = self.lock();
            let found = kept.get(path)?;
            if found.opened.elapsed() >= TRUSTED_FOR {
                kept.remove(path);
                return None;
            }
            found.object.clone()
        };
        if object.is_unchanged() {
            return Some(object);
        }
        self.lock().remove(path);
        None
    }

    /// Keeps a file that was opened at `path` by a way that no link is part of.
    pub(crate) fn keep(&self, path: &MediaPath, object: &Object) {
        let opened = Instant::now();
        let mut kept = self.lock();
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, kept| kept.opened.elapsed() < TRUSTED_FOR);
        }
        if kept.len() < KEPT_MAX {
            let object = object.clone();
            kept.insert(path.clone(), Kept { object, opened });
        }
    }

    /// Closes the files that are trusted no more.
    pub(crate) fn close_old(&self) {
        self.lock().retain(|_, kept| kept.opened.elapsed() < TRUSTED_FOR);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MediaPath, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::source::Identity;
    use std::fs::{self, File};
    use std::sync::Arc;
    use streamgate_contract::ids::EventId;

    fn path() -> MediaPath {
        MediaPath::parse(EventId::parse("evt").unwrap(), "a.ts").unwrap()
    }

    #[test]
    fn a_file_that_is_written_renamed_replaced_or_removed_is_opened_again() {
        type Change = fn(&std::path::Path);
        let changes: [(&str, Change); 4] = [
            ("written", |file| fs::write(file, "new").unwrap()),
            ("renamed", |file| {
                fs::rename(file, file.with_extension("old")).unwrap();
            }),
            ("replaced", |file| {
                fs::write(file.with_extension("new"), "old").unwrap();
                fs::rename(file.with_extension("new"), file).unwrap();
            }),
            ("removed", |file| fs::remove_file(file).unwrap()),
        ];
        for (name, change) in changes {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("a.ts");
            fs::write(&file, "old").unwrap();
            // Older than any tick of the file system's clock.
            let options = File::options().write(true).open(&file).unwrap();
            options.set_modified(std::time::UNIX_EPOCH).unwrap();
            let opened = File::open(&file).unwrap();
            let object = Object {
                identity: Identity::of(&opened.metadata().unwrap()),
                file: Arc::new(opened),
            };
            let files = OpenFiles::default();
            files.keep(&path(), &object);
            assert!(files.get(&path()).is_some(), "{name}");
            // Times of change are as coarse as the kernel's ticks.
            std::thread::sleep(Duration::from_millis(15));
            change(&file);
            assert!(files.get(&path()).is_none(), "{name}");
            assert!(files.lock().is_empty());
        }
    }
}
