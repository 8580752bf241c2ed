//! The deny state on disk, so that a restart while the platform is down forgets nothing.
//!
//! One line with format and SHA-256, then the snapshot as JSON. Written as temp file, synced and renamed,
//! mode 0600 because it holds codes. A file that does not prove whole counts as none.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use streamgate_contract::deny_state::DenyState;
use streamgate_contract::feed::Snapshot;

const FORMAT: &str = "streamgate-deny-state-1";

/// Why there is no stored state to start from.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The file cannot be read; also when there is none.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The file is not what was written: cut short, changed, or of another program.
    #[error("the stored deny state is damaged")]
    Damaged,
}

/// Reads the state back.
pub(crate) fn load(path: &Path) -> Result<DenyState, LoadError> {
    let text = match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(LoadError::Damaged),
        other => other?,
    };
    let (head, json) = text.split_once('\n').ok_or(LoadError::Damaged)?;
    if head != header(json) {
        return Err(LoadError::Damaged);
    }
    let snapshot: Snapshot = serde_json::from_str(json).map_err(|_| LoadError::Damaged)?;
    Ok(DenyState::from_snapshot(snapshot))
}

/// Replaces the stored state. Blocks until it is on the disk.
pub(crate) fn save(path: &Path, snapshot: &Snapshot) -> io::Result<()> {
    let json = serde_json::to_string(snapshot)?;
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let temporary = temporary_name(path);
    // A left-over of a crash may have any mode.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(header(&json).as_bytes())?;
    file.write_all(b"\n")?;
    file.write_all(json.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(folder)?.sync_all()
}

fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    name.into()
}

fn header(json: &str) -> String {
    use std::fmt::Write as _;
    let mut line = format!("{FORMAT} ");
    for byte in digest(&SHA256, json.as_bytes()).as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(line, "{byte:02x}");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;
    use streamgate_contract::feed::{ChainHash, Epoch, RevokedEntry};
    use streamgate_contract::ids::Code;
    use streamgate_contract::time::UnixMillis;

    fn snapshot() -> Snapshot {
        Snapshot {
            epoch: Epoch::parse("e1").unwrap(),
            seq: 7,
            h: ChainHash::GENESIS,
            now: UnixMillis(1_000),
            revoked: vec![RevokedEntry {
                code: Code::parse("abcdefghijkl").unwrap(),
                at: UnixMillis(500),
            }],
            events_off: vec![],
            sessions_ended: vec![],
            sources: vec![],
        }
    }

    #[test]
    fn what_is_saved_is_loaded_and_only_the_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deny.state");
        save(&path, &snapshot()).unwrap();
        save(&path, &snapshot()).unwrap();
        assert_eq!(load(&path).unwrap(), DenyState::from_snapshot(snapshot()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    // V-15
    #[test]
    fn a_damaged_file_counts_as_none_wherever_it_is_cut_or_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deny.state");
        save(&path, &snapshot()).unwrap();
        let whole = fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            fs::write(&path, &whole[..cut]).unwrap();
            assert!(matches!(load(&path), Err(LoadError::Damaged)), "{cut}");
        }
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, &changed).unwrap();
            load(&path).unwrap_err();
        }
    }

    #[test]
    fn no_file_is_told_apart_from_a_damaged_one() {
        let folder = tempfile::tempdir().unwrap();
        let error = load(&folder.path().join("none")).unwrap_err();
        assert!(matches!(error, LoadError::Io(error) if error.kind() == io::ErrorKind::NotFound));
    }
}
