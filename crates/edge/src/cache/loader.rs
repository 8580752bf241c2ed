//! Reads what is stored into the index, behind the requests, which find objects without it.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, UNIX_EPOCH};

use streamgate_contract::ids::EventId;

use super::ObjectCache;
use super::index::Fact;
use super::key::{ObjectId, ObjectKey};
use super::record::Record;

/// After so many files the reader rests, so that a million of them keep no request waiting for the disk.
const REST_EVERY: u64 = 32;
const REST: Duration = Duration::from_millis(1);
/// Nothing is silent for so long while it is being written (10 s between bytes).
const UNFINISHED_FOR: Duration = Duration::from_mins(2);

impl ObjectCache {
    /// Reads the whole cache into the index. Blocks.
    pub(super) fn load_index(&self) {
        let started = Instant::now();
        let mut files = 0u64;
        let read = self.read_events(&mut files);
        if let Err(error) = read {
            self.note_disk_error("read the index of", &error);
        }
        tracing::info!(
            files,
            bytes = self.index.bytes(),
            events = self.index.events(),
            millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            "the cache's index is complete"
        );
    }

    fn read_events(&self, files: &mut u64) -> io::Result<()> {
        for event in fs::read_dir(&self.disk.objects)? {
            let event = event?;
            let Some(id) = event
                .file_name()
                .to_str()
                .and_then(|name| EventId::parse(name).ok())
            else {
                continue;
            };
            for folder in read_folder(&event.path())? {
                let folder = folder?;
                let name = folder.file_name();
                for file in read_folder(&folder.path())? {
                    let file = file?;
                    let (folder, file_name) = (name.to_str(), file.file_name());
                    let names = folder.zip(file_name.to_str());
                    match names.and_then(|(folder, file)| ObjectId::from_names(folder, file)) {
                        Some(object) => self.read_object(&id, object, &file.path()),
                        None => remove(&file.path()),
                    }
                    *files += 1;
                    if files.is_multiple_of(REST_EVERY) {
                        std::thread::sleep(REST);
                    }
                    if self.is_stopping.load(Ordering::Relaxed) {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    fn read_object(&self, event: &EventId, id: ObjectId, path: &Path) {
        let Ok(metadata) = fs::symlink_metadata(path) else {
            return;
        };
        let record = Record::read_at(path);
        let Some(record) = record.filter(|record| metadata.is_file() && record.length == metadata.len())
        else {
            return remove(path);
        };
        let used = metadata.modified().ok();
        let used = used.and_then(|used| used.duration_since(UNIX_EPOCH).ok());
        let fact = Fact {
            bytes: record.length,
            stored_secs: record.stored_secs,
            used_secs: used.map_or(record.stored_secs, |used| used.as_secs()),
            is_live: false,
        };
        let key = ObjectKey {
            event: event.clone(),
            id,
        };
        self.index.insert(&key, fact, true);
    }

    /// Removes bodies that nobody is writing any more, and emptied events. Blocks.
    pub(super) fn empty_trash(&self) {
        for folder in [&self.disk.trash, &self.disk.unfinished] {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if *folder == self.disk.trash {
                    self.remove_all(&path);
                } else if entry.metadata().is_ok_and(|metadata| is_left_over(&metadata)) {
                    remove(&path);
                }
            }
        }
    }

    fn remove_all(&self, path: &Path) {
        if self.is_stopping.load(Ordering::Relaxed) {
            return;
        }
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                self.remove_all(&entry.path());
            } else {
                remove(&entry.path());
            }
        }
        if let Err(error) = fs::remove_dir(path) {
            tracing::debug!(%error, "an emptied folder of the cache stays for now");
        }
    }
}

fn is_left_over(metadata: &fs::Metadata) -> bool {
    // A time in the future is a clock's mistake.
    metadata
        .modified()
        .is_ok_and(|modified| modified.elapsed().is_ok_and(|silent| silent > UNFINISHED_FOR))
}

/// Reads a folder that may be gone, or be none.
fn read_folder(path: &Path) -> io::Result<Box<dyn Iterator<Item = io::Result<fs::DirEntry>>>> {
    match fs::read_dir(path) {
        Ok(entries) => Ok(Box::new(entries)),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(Box::new(std::iter::empty()))
        }
        Err(error) => Err(error),
    }
}

fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        tracing::debug!(%error, "a file of the cache stays for now");
    }
}
