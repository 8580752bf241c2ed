//! The licences of what the program is made of, whose texts most of them ask to be kept.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::sbom::Part;

const LICENCE_NAMES: &[&str] = &["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"];

/// Returns one text with the licences of all parts.
pub(crate) fn of_all(parts: &BTreeSet<Part>) -> Result<String> {
    let mut all = String::from("StreamGate contains the following parts, each under its own licence.\n");
    for part in parts {
        let _infallible = write!(
            all,
            "\n\n==== {} {} ({})\n",
            part.name, part.version, part.licence
        );
        let files = licence_files(Path::new(&part.folder))?;
        if files.is_empty() {
            all.push_str("\nIts package holds no text of it.\n");
        }
        for file in files {
            let text = fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
            let _infallible = write!(all, "\n{}\n", String::from_utf8_lossy(&text).trim());
        }
    }
    Ok(all)
}

fn licence_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_uppercase();
        if path.is_file() && LICENCE_NAMES.iter().any(|known| name.starts_with(known)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn licences_are_found_by_their_names() {
        let found = licence_files(workspace::root()).unwrap();
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["LICENSE-APACHE", "LICENSE-MIT"]);
    }
}
