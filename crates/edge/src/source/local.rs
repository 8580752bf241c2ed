//! Files of an encoder under `STREAM_ROOT/{eventId}/`, read while they are written.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustix::io::Errno;
use streamgate_contract::media_path::MediaPath;

use crate::authorize::Permit;
use crate::reply::conditional::Validators;
use crate::reply::etag;
use crate::source::beneath::{self, Patience};
use crate::source::open_files::OpenFiles;
use crate::source::resident::Resident;
use crate::source::{Identity, SourceError};

// More playlists than this in one folder are no stream; the look stays cheap.
const PLAYLISTS_PER_FOLDER_MAX: usize = 32;

/// An open file and which version of it this is.
#[derive(Clone, Debug)]
pub(crate) struct Object {
    pub(crate) file: Arc<File>,
    pub(crate) identity: Identity,
    pub(crate) validators: Validators,
    pub(crate) resident: Arc<Resident>,
}

impl Object {
    pub(crate) fn new(file: File, identity: Identity) -> Self {
        let modified_secs = u64::try_from(identity.modified().as_secs()).unwrap_or(0);
        Self {
            validators: Validators::new(&etag::of(&identity.to_bytes()), modified_secs),
            resident: Arc::new(Resident::new(identity.size)),
            file: Arc::new(file),
            identity,
        }
    }

    /// Tells whether the file is still the version that was opened, and has not lost its name. What only a
    /// network could tell is not asked for.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_unchanged(&self) -> bool {
        use rustix::fs::{AtFlags, StatxFlags, statx};

        let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_DONT_SYNC;
        let stat = statx(&*self.file, c"", flags, StatxFlags::BASIC_STATS);
        stat.is_ok_and(|stat| stat.stx_nlink > 0 && Identity::of_statx(&stat) == self.identity)
    }

    /// Elsewhere a file is opened for every request.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn is_unchanged(&self) -> bool {
        false
    }
}

/// The folder that holds one folder per event; an edge without one finds nothing in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct LocalSource {
    root: Option<Arc<Path>>,
    open_files: Arc<OpenFiles>,
}

impl LocalSource {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self {
            root: Some(root.into()),
            open_files: Arc::default(),
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
        if let Some(object) = self.open_files.get(path) {
            return Ok(object);
        }
        let folder = root.join(path.event().as_str());
        match beneath::open_plain(&folder.join(path.relative())) {
            Ok(file) => {
                let object = identify(file)?;
                self.open_files.keep(path, &object);
                return Ok(object);
            }
            Err(error) if is_absent(&error) => return Err(SourceError::NotFound),
            // A link, or something that is not at hand.
            Err(_) => {}
        }
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

    /// Takes `file` for what lies at `path`, for a long time.
    pub(crate) fn keep_open(&self, path: &MediaPath, file: File) -> Result<(), SourceError> {
        self.open_files.keep_long(path, identify(file)?);
        Ok(())
    }

    /// Closes files that nobody asked for lately.
    pub(crate) fn close_old(&self) {
        self.open_files.close_old();
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
    Ok(Object::new(file, Identity::of(&metadata)))
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

/// Whether there is no such file.
fn is_absent(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOENT | Errno::NOTDIR))
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
