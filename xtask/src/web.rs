//! The page: its dependencies and its build, each done only when it is not current.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::command_line::CommandLine;
use crate::{tools, workspace};

/// What the build never reads, in `web/`.
const NOT_SOURCES: &[&str] = &["node_modules", "dist", "e2e", "test-results", "playwright-report"];

/// Installs what `package-lock.json` names, unless that was done for this very lock file.
pub(crate) fn install_dependencies() -> Result<()> {
    tools::require_node()?;
    let lock = std::fs::read_to_string(workspace::web().join("package-lock.json"))
        .context("web/package-lock.json cannot be read")?;
    // The stamp is a copy of the lock file: a date would be fooled by a checkout.
    let stamp = workspace::web().join("node_modules/.streamgate-installed-lock");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == lock) {
        println!("node_modules is what package-lock.json says");
        return Ok(());
    }
    npm("ci --no-audit --no-fund").run()?;
    std::fs::write(&stamp, lock).with_context(|| format!("could not write {}", stamp.display()))
}

/// Builds the page into `web/dist/app`, unless nothing changed since it was built.
pub(crate) fn build() -> Result<()> {
    let built =
        std::fs::metadata(workspace::web().join("dist/app/index.html")).and_then(|file| file.modified());
    if built.is_ok_and(|built| newest_source().is_ok_and(|source| source <= built)) {
        println!("web/dist/app is newer than its sources");
        return Ok(());
    }
    npm("run build").run()
}

/// An `npm` command line in `web/`.
pub(crate) fn npm(arguments: &str) -> CommandLine {
    CommandLine::new(&format!("npm {arguments}")).dir(workspace::web())
}

fn newest_source() -> Result<SystemTime> {
    let entries = files_under(&workspace::web(), &|path| {
        !path
            .file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| NOT_SOURCES.contains(&name))
    })?;
    let changed = |path: &PathBuf| Ok(std::fs::metadata(path)?.modified()?);
    entries
        .iter()
        .map(changed)
        .try_fold(SystemTime::UNIX_EPOCH, |newest, next: Result<_>| {
            Ok(newest.max(next?))
        })
}

/// All files under `dir`, sorted, leaving out what `wanted` does not want (folders are asked about too).
pub(crate) fn files_under(dir: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            std::fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            if !wanted(&entry.path()) {
                continue;
            }
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files.sort();
    Ok(files)
}
