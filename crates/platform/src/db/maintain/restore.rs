//! A backup becomes the database again: checked, brought up to date and given a new identity beside the target,
//! then put in its place.

use std::path::{Path, PathBuf};

use super::backup::counted;
use super::copy::{TableCount, Target, pour};
use super::link::{Link, create_private};
use super::upgrade::applied;
use super::{MaintainError, upgrade};
use crate::db::DatabaseUrl;

/// What a restore did.
#[derive(Clone, Debug)]
pub struct Restored {
    /// What the database holds now.
    pub counts: Vec<TableCount>,
    /// Where the database file that was there before lies now.
    pub previous: Option<PathBuf>,
}

/// Puts the backup in `file` in the place of the database `to`, with the identity `new_epoch`, so that edges
/// notice that time went back and ask for its state anew.
///
/// A target that holds data is refused unless `replace` is set. An SQLite file that is there is then kept beside
/// the new one; nobody may have it open. `scratch` is a folder for a copy while it is worked on.
pub async fn restore(
    file: &Path,
    to: &DatabaseUrl,
    replace: bool,
    new_epoch: &str,
    scratch: &Path,
) -> Result<Restored, MaintainError> {
    let stage = match to {
        DatabaseUrl::Sqlite(path) => beside(path, "restoring"),
        DatabaseUrl::Postgres(_) => scratch.join("streamgate.db.restoring"),
    };
    let restored = onto(file, to, replace, new_epoch, &stage).await;
    // After success it was renamed or is not needed; after a failure it only takes room.
    drop(std::fs::remove_file(&stage));
    restored
}

async fn onto(
    file: &Path,
    to: &DatabaseUrl,
    replace: bool,
    new_epoch: &str,
    stage: &Path,
) -> Result<Restored, MaintainError> {
    if let DatabaseUrl::Sqlite(path) = to
        && !replace
        && is_there(path)?
    {
        return Err(MaintainError::NotEmpty(path.display().to_string()));
    }
    let mut staged = prepare(file, stage, new_epoch).await?;
    match to {
        DatabaseUrl::Sqlite(path) => {
            let counts = counted(&mut staged).await?;
            staged.close().await?;
            let previous = set_aside(path).await?;
            put_in_place(stage, path)?;
            Ok(Restored { counts, previous })
        }
        DatabaseUrl::Postgres(_) => {
            let mut target = Link::open(to).await?;
            if let Link::Postgres(connection) = &mut target {
                upgrade::migrator(true).run(&mut *connection).await?;
            }
            let what_is_there = if replace {
                Target::IsReplaced
            } else {
                Target::MustBeEmpty
            };
            let counts = pour(&mut staged, &mut target, new_epoch, what_is_there).await?;
            staged.close().await?;
            target.close().await?;
            Ok(Restored {
                counts,
                previous: None,
            })
        }
    }
}

/// Copies the backup to `stage`, checks it, and brings it up to date there.
async fn prepare(file: &Path, stage: &Path, new_epoch: &str) -> Result<Link, MaintainError> {
    if !is_there(file)? {
        return Err(MaintainError::Missing(file.to_owned()));
    }
    // What an interrupted restore left.
    if is_there(stage)? {
        std::fs::remove_file(stage).map_err(|error| MaintainError::File(stage.to_owned(), error))?;
    }
    create_private(stage)?;
    std::fs::copy(file, stage).map_err(|error| MaintainError::File(file.to_owned(), error))?;
    #[cfg(unix)]
    std::fs::set_permissions(stage, std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .map_err(|error| MaintainError::File(stage.to_owned(), error))?;
    let unsound = |problem: String| MaintainError::NoBackup(file.to_owned(), problem);
    let mut staged = Link::open_file(stage)
        .await
        .map_err(|error| unsound(error.to_string()))?;
    let report = staged
        .texts("PRAGMA integrity_check")
        .await
        .map_err(|error| unsound(error.to_string()))?
        .concat();
    if report != "ok" {
        return Err(unsound("its pages are damaged".to_owned()));
    }
    if applied(&mut staged).await?.is_empty() {
        return Err(unsound("it holds no StreamGate database".to_owned()));
    }
    // One file without a journal beside it, so that one rename moves all of it.
    staged.run("PRAGMA journal_mode = DELETE").await?;
    if let Link::Sqlite(connection) = &mut staged {
        upgrade::migrator(false).run(&mut *connection).await?;
    }
    let epoch = new_epoch.replace('\'', "");
    staged
        .run(&format!("UPDATE feed_head SET epoch = '{epoch}' WHERE id = 1"))
        .await?;
    Ok(staged)
}

/// Gives the database file that is there another name, once it is certain that nobody has it open.
async fn set_aside(path: &Path) -> Result<Option<PathBuf>, MaintainError> {
    if !is_there(path)? {
        return Ok(None);
    }
    let mut current = Link::open_file(path).await?;
    // Succeeds only for the one who has the file alone, and takes in what the journal still holds.
    let settled = current
        .run("PRAGMA busy_timeout = 0; PRAGMA journal_mode = DELETE")
        .await;
    let mode = current.texts("PRAGMA journal_mode").await;
    current.close().await?;
    if settled.is_err() || mode.map_or(true, |mode| mode.concat() != "delete") {
        return Err(MaintainError::InUse(path.to_owned()));
    }
    let mut aside = beside(path, "before-restore");
    let mut number = 1u32;
    while is_there(&aside)? {
        number += 1;
        aside = beside(path, &format!("before-restore-{number}"));
    }
    std::fs::rename(path, &aside).map_err(|error| MaintainError::File(path.to_owned(), error))?;
    Ok(Some(aside))
}

fn put_in_place(stage: &Path, path: &Path) -> Result<(), MaintainError> {
    let place = || {
        std::fs::File::open(stage)?.sync_all()?;
        std::fs::rename(stage, path)?;
        // The name itself is on the disk only when its folder is.
        match path.parent() {
            Some(folder) => std::fs::File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    };
    place().map_err(|error| MaintainError::File(path.to_owned(), error))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    path.with_file_name(name)
}

fn is_there(path: &Path) -> Result<bool, MaintainError> {
    path.try_exists()
        .map_err(|error| MaintainError::File(path.to_owned(), error))
}
