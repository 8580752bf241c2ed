//! The release archive: the program and all that an operator needs beside it, the list of its parts, their licences, and
//! checksums. The same commit and tool chain make the same bytes.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command_line::CommandLine;
use crate::sbom::{self, Part};
use crate::{web, workspace};

const PROGRAM: &str = "streamgate";
/// What goes in beside the program, from the root of the repository.
const FILES: &[&str] = &[
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "README.md",
    "CHANGELOG.md",
    "DEPLOYMENT.md",
    "SECURITY.md",
    ".env.example",
    "deploy",
    "docs",
];
const LICENCE_NAMES: &[&str] = &["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"];

pub(crate) fn run(_arguments: &[String]) -> Result<()> {
    web::install_dependencies()?;
    web::build()?;
    let program = workspace::build_release(PROGRAM)?;
    let release = Release::of_this_commit()?;
    let folder = workspace::root().join("target/dist");
    if folder.is_dir() {
        fs::remove_dir_all(&folder).context("target/dist cannot be emptied")?;
    }
    let stage = folder.join(release.name());
    fs::create_dir_all(&stage)?;
    fs::copy(program, stage.join(PROGRAM))?;
    for file in FILES {
        copy(&workspace::root().join(file), &stage.join(file))?;
    }
    let parts = release.parts()?;
    let document = sbom::cyclonedx(&release.version, &release.made_at, &parts);
    fs::write(
        stage.join("sbom.cdx.json"),
        serde_json::to_string_pretty(&document)? + "\n",
    )?;
    fs::write(stage.join("THIRD-PARTY-LICENCES.txt"), licences(&parts)?)?;
    fs::copy(
        stage.join("sbom.cdx.json"),
        folder.join(format!("{}.cdx.json", release.name())),
    )?;
    archive(&folder, &release.name(), &release.seconds)?;
    fs::remove_dir_all(&stage)?;
    let names = [
        format!("{}.tar.gz", release.name()),
        format!("{}.cdx.json", release.name()),
    ];
    let sums = CommandLine::new("sha256sum")
        .arg(&names[0])
        .arg(&names[1])
        .dir(&folder)
        .output()?;
    fs::write(folder.join("SHA256SUMS"), &sums)?;
    println!("{} holds {} parts:\n{sums}", folder.display(), parts.len());
    Ok(())
}

/// What the archive is called after.
struct Release {
    version: String,
    target: String,
    /// The commit's time, in seconds and as text: nothing of the moment of building goes in.
    seconds: String,
    made_at: String,
}

impl Release {
    fn of_this_commit() -> Result<Self> {
        let commit = |format: &str| {
            let asked = CommandLine::new("git log -1").arg(format!("--format={format}"));
            Ok::<_, anyhow::Error>(asked.env("TZ", "UTC").output()?.trim().to_owned())
        };
        let compiler = CommandLine::new("rustc -vV").output()?;
        let target = compiler
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .context("rustc names no host")?;
        let metadata = workspace::metadata()?;
        let version = metadata
            .pointer("/packages")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .find(|package| package.get("name").and_then(Value::as_str) == Some(PROGRAM))
            .and_then(|package| package.get("version")?.as_str())
            .context("the program has no version")?;
        Ok(Self {
            version: version.to_owned(),
            target: target.to_owned(),
            seconds: commit("%ct")?,
            made_at: commit("%cI")?,
        })
    }

    fn name(&self) -> String {
        format!("{PROGRAM}-{}-{}", self.version, self.target)
    }

    fn parts(&self) -> Result<BTreeSet<Part>> {
        let metadata = CommandLine::new("cargo metadata --locked --format-version 1 --filter-platform")
            .arg(&self.target)
            .output()?;
        let mut parts = sbom::crates(&serde_json::from_str(&metadata)?, PROGRAM)?;
        let web = workspace::web();
        let lock = fs::read_to_string(web.join("package-lock.json")).context("web/package-lock.json")?;
        parts.extend(sbom::page_packages(
            &serde_json::from_str(&lock)?,
            &web.display().to_string(),
        )?);
        Ok(parts)
    }
}

/// Packs `name` in `folder` so that nothing of this machine and this moment shows.
fn archive(folder: &Path, name: &str, seconds: &str) -> Result<()> {
    let archive = format!("{name}.tar");
    CommandLine::new("tar --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX --format=ustar")
        .arg(format!("--mtime=@{seconds}"))
        .arg("-cf")
        .arg(&archive)
        .arg(name)
        .dir(folder)
        .run()?;
    CommandLine::new("gzip --no-name --best --force")
        .arg(&archive)
        .dir(folder)
        .run()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if !from.is_dir() {
        fs::copy(from, to).with_context(|| format!("{} cannot be copied", from.display()))?;
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// The licences of all parts, whose texts most of them ask to be kept.
fn licences(parts: &BTreeSet<Part>) -> Result<String> {
    let mut all = String::from("StreamGate contains the following parts, each under its own licence.\n");
    for part in parts {
        let _infallible = write!(
            all,
            "\n\n==== {} {} ({})\n",
            part.name, part.version, part.licence
        );
        for file in licence_files(Path::new(&part.folder))? {
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

    #[test]
    fn an_archive_of_the_same_files_is_the_same_bytes_whenever_it_is_made() {
        let folder = std::env::temp_dir().join(format!("streamgate-dist-{}", std::process::id()));
        let stage = folder.join("streamgate-1");
        copy(&workspace::root().join("deploy"), &stage).unwrap();
        let pack = |file: &str| {
            // Other dates, another order of making.
            fs::write(stage.join("last"), "x").unwrap();
            fs::File::options()
                .append(true)
                .open(stage.join(file))
                .unwrap()
                .set_modified(std::time::UNIX_EPOCH)
                .unwrap();
            archive(&folder, "streamgate-1", "1700000000").unwrap();
            fs::read(folder.join("streamgate-1.tar.gz")).unwrap()
        };
        let (first, second) = (pack("last"), pack("nginx/streamgate.conf"));
        assert!(
            first == second && first.len() > 1_000,
            "{} and {} bytes",
            first.len(),
            second.len()
        );
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn all_that_is_packed_is_there() {
        assert!(
            FILES
                .iter()
                .all(|file| workspace::root().join(file).try_exists().unwrap())
        );
    }

    #[test]
    fn licences_are_found_by_their_names() {
        let found = licence_files(workspace::root()).unwrap();
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()).collect();
        assert_eq!(names, ["LICENSE-APACHE", "LICENSE-MIT"]);
    }
}
