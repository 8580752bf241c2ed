//! Files of an encoder under `STREAM_ROOT/{eventId}/`, read while they are written.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustix::io::Errno;
use streamgate_contract::media_path::MediaPath;

use crate::authorize::Permit;
use crate::source::beneath::{self, Patience};
use crate::source::{Identity, SourceError};

// More playlists than this in one folder are no stream; the look stays cheap.
const PLAYLISTS_PER_FOLDER_MAX: usize = 32;

/// An open file and which version of it this is.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) file: Arc<File>,
    pub(crate) identity: Identity,
}

/// The folder that holds one folder per event; an edge without one finds nothing in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct LocalSource {
    root: Option<Arc<Path>>,
}

impl LocalSource {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self {
            root: Some(root.into()),
        }
    }

    /// Opens an object of the event that `permit` is for.
    pub(crate) async fn open(&self, permit: &Permit, path: &MediaPath) -> Result<Object, SourceError> {
        if !permit.covers(path) {
            return Err(SourceError::NotFound);
        }
        let Some(root) = &self.root else {
            return Err(SourceError::NotFound);
        };
        let folder = root.join(path.event().as_str());
        let relative = PathBuf::from(path.relative());
        match beneath::open(&folder, &relative, Patience::CachedOnly) {
            Ok(file) => return identify(file),
            // A kernel before 5.12 does not know the flag that asks for what is at hand.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::INVAL) => {}
            Err(error) if is_permanent(&error) => return Err(SourceError::NotFound),
            Err(_) => {}
        }
        blocking(move || identify(beneath::open(&folder, &relative, Patience::Blocking).map_err(explain)?))
            .await
    }

    /// Returns the playlists that lie in `folder` of the permitted event (`""` or `"720p/"`).
    pub(crate) async fn playlists_in(&self, permit: &Permit, folder: &str) -> Vec<MediaPath> {
        let event = permit.path().event().clone();
        let Some(root) = &self.root else {
            return Vec::new();
        };
        let event_folder = root.join(event.as_str());
        let folder = folder.to_owned();
        let names = blocking(move || list_playlists(&event_folder, &folder).map_err(explain)).await;
        names
            .unwrap_or_default()
            .iter()
            .filter_map(|name| MediaPath::parse(event.clone(), name).ok())
            .collect()
    }
}

fn list_playlists(event_folder: &Path, folder: &str) -> io::Result<Vec<String>> {
    let relative = if folder.is_empty() { "." } else { folder };
    let directory = beneath::open(event_folder, Path::new(relative), Patience::Blocking)?;
    let mut found = Vec::new();
    for entry in rustix::fs::Dir::read_from(&directory)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name.ends_with(b".m3u8")
            && let Ok(name) = std::str::from_utf8(name)
            && found.len() < PLAYLISTS_PER_FOLDER_MAX
        {
            found.push(encode(&format!("{folder}{name}")));
        }
    }
    Ok(found)
}

/// Encodes the names of a decoded path, but not the slashes between them.
fn encode(relative: &str) -> String {
    let names = relative.split('/');
    let encoded = names.map(|name| utf8_percent_encode(name, NON_ALPHANUMERIC).to_string());
    encoded.collect::<Vec<_>>().join("/")
}

fn identify(file: File) -> Result<Object, SourceError> {
    let metadata = file.metadata().map_err(explain)?;
    if !metadata.is_file() {
        return Err(SourceError::NotFound);
    }
    Ok(Object {
        identity: Identity::of(&metadata),
        file: Arc::new(file),
    })
}

/// Runs file system work where it may wait.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.unwrap_or_else(|error| Err(SourceError::Unavailable(io::Error::other(error))))
}

pub(crate) fn explain(error: io::Error) -> SourceError {
    if is_permanent(&error) {
        SourceError::NotFound
    } else {
        SourceError::Unavailable(error)
    }
}

/// Whether asking again cannot help: the object is missing, odd, out of bounds or not for us.
fn is_permanent(error: &io::Error) -> bool {
    matches!(
        Errno::from_io_error(error),
        Some(
            Errno::NOENT
                | Errno::NOTDIR
                | Errno::ISDIR
                | Errno::ACCESS
                | Errno::PERM
                | Errno::LOOP
                | Errno::XDEV
                | Errno::NAMETOOLONG
                | Errno::NXIO
                | Errno::NODEV
                | Errno::INVAL
                | Errno::STALE
        )
    ) || error.kind() == io::ErrorKind::NotFound
}
