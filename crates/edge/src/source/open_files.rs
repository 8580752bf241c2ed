//! Files that were opened a moment ago and are still what their paths name: a crowd asks for the same few.
//!
//! An open file is used again only while it is the version that was opened: whatever is written, renamed or
//! removed changes its times or its count of names. Only the rename of a folder above it does not, so that an
//! open file is trusted for a second and no longer.

use streamgate_contract::media_path::MediaPath;

use crate::source::local::Object;
use crate::source::recent::Recent;

/// The files that were opened last.
#[derive(Debug, Default)]
pub(crate) struct OpenFiles(Recent<MediaPath, Object>);

impl OpenFiles {
    /// Returns the open file of `path`, if it is still the one that lies there.
    pub(crate) fn get(&self, path: &MediaPath) -> Option<Object> {
        let object = self.0.get(path)?;
        if object.is_unchanged() {
            return Some(object);
        }
        self.0.forget(path);
        None
    }

    /// Keeps a file that was opened at `path` by a way that no link is part of.
    pub(crate) fn keep(&self, path: &MediaPath, object: &Object) {
        self.0.keep(path.clone(), object.clone(), || true);
    }

    /// Keeps a file for a long time, as long as it is unchanged.
    pub(crate) fn keep_long(&self, path: &MediaPath, object: Object) {
        let hour = std::time::Duration::from_hours(1);
        self.0.keep_for(hour, path.clone(), object, || true);
    }

    /// Closes the files that are trusted no more.
    pub(crate) fn close_old(&self) {
        self.0.close_old();
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::source::Identity;
    use std::fs::{self, File};
    use std::time::Duration;
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
            let identity = Identity::of(&opened.metadata().unwrap());
            let object = Object::new(opened, identity);
            let files = OpenFiles::default();
            files.keep(&path(), &object);
            assert!(files.get(&path()).is_some(), "{name}");
            // Times of change are as coarse as the kernel's ticks.
            std::thread::sleep(Duration::from_millis(15));
            change(&file);
            assert!(files.get(&path()).is_none(), "{name}");
        }
    }
}
