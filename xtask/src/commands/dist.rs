//! The release archive: the program and all that an operator needs beside it, the list of its parts, their licences, and
//! checksums. The same commit and tool chain make the same bytes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::command_line::CommandLine;
use crate::sbom::{self, Part};
use crate::{licences, links, web, workspace};

const PROGRAM: &str = "streamgate";
/// What goes in beside the program, from the root of the repository.
const FILES: &[&str] = &[
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "DEPLOYMENT.md",
    "SECURITY.md",
    ".env.example",
    "deploy",
    "docs",
    // What the page of figures was measured beside.
    "bench/src/compare/nginx.conf",
    "bench/src/compare/sgjwt.lua",
];

pub(crate) fn run(_arguments: &[String]) -> Result<()> {
    web::install_dependencies()?;
    web::build()?;
    let program = workspace::build_for_strangers(PROGRAM)?;
    let release = Release::of_this_commit()?;
    let folder = workspace::root().join("target/dist");
    if folder.is_dir() {
        fs::remove_dir_all(&folder).context("target/dist cannot be emptied")?;
    }
    let stage = folder.join(release.name());
    fs::create_dir_all(&stage)?;
    fs::copy(program, stage.join(PROGRAM))?;
    copy_files(&stage)?;
    let parts = release.parts()?;
    let document = sbom::cyclonedx(&release.version, &release.made_at, &parts);
    fs::write(
        stage.join("sbom.cdx.json"),
        serde_json::to_string_pretty(&document)? + "\n",
    )?;
    fs::write(stage.join("THIRD-PARTY-LICENCES.txt"), licences::of_all(&parts)?)?;
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
    try_as_a_stranger(&folder, &release)?;
    println!("{} holds {} parts:\n{sums}", folder.display(), parts.len());
    Ok(())
}

/// Takes the archive as somebody does who has nothing else: sums, unpacking, the program, the documents.
fn try_as_a_stranger(folder: &Path, release: &Release) -> Result<()> {
    CommandLine::new("sha256sum --check --strict SHA256SUMS")
        .dir(folder)
        .run()?;
    let unpacked = folder.join("unpacked");
    fs::create_dir(&unpacked)?;
    CommandLine::new("tar -xzf")
        .arg(folder.join(format!("{}.tar.gz", release.name())))
        .dir(&unpacked)
        .run()?;
    let inside = unpacked.join(release.name());
    let version = CommandLine::new(&format!("./{PROGRAM} --version"))
        .dir(&inside)
        .output()?;
    ensure!(
        version.trim() == format!("{PROGRAM} {}", release.version),
        "the program calls itself {version}"
    );
    links::check_in(&inside)?;
    ensure!(
        !holds(&fs::read(inside.join(PROGRAM))?, &workspace::cargo_home()),
        "the program tells where it was built"
    );
    fs::remove_dir_all(&unpacked)?;
    Ok(())
}

fn holds(bytes: &[u8], path: &Path) -> bool {
    let path = path.as_os_str().as_encoded_bytes();
    bytes.windows(path.len()).any(|window| window == path)
}

fn copy_files(stage: &Path) -> Result<()> {
    for file in FILES {
        copy(&workspace::root().join(file), &stage.join(file))?;
    }
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
        let ask = |command: &str| CommandLine::new(command).arg(&self.target).output();
        let metadata = ask("cargo metadata --locked --format-version 1 --filter-platform")?;
        // What optional features could bring is in the metadata too; this knows what is linked.
        let linked = ask("cargo tree --locked --edges normal --prefix none --package streamgate --target")?;
        let mut parts = sbom::crates(&serde_json::from_str(&metadata)?, &linked)?;
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
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder)?;
        }
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
    fn all_that_is_packed_is_there_and_its_links_lead_nowhere_else() {
        let folder = std::env::temp_dir().join(format!("streamgate-stage-{}", std::process::id()));
        copy_files(&folder).unwrap();
        links::check_in(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }

    // Z-06
    #[test]
    fn the_parts_are_those_of_the_lock_files_and_nothing_that_is_banned() {
        let parts = Release::of_this_commit().unwrap().parts().unwrap();
        let lock = fs::read_to_string(workspace::root().join("Cargo.lock")).unwrap();
        let names: BTreeSet<&str> = parts.iter().map(|part| part.name.as_str()).collect();
        for part in parts.iter().filter(|part| part.registry == "cargo") {
            let locked = format!("name = \"{}\"\nversion = \"{}\"\n", part.name, part.version);
            assert!(lock.contains(&locked), "{locked}");
        }
        assert!(parts.iter().all(|part| !part.licence.is_empty()));
        assert!(
            ["hyper", "rustls", "libsqlite3-sys", "hls.js", "react"]
                .iter()
                .all(|name| names.contains(name))
        );
        assert!(
            ["ring", "openssl-sys", "sqlx-mysql", "vite"]
                .iter()
                .all(|name| !names.contains(name))
        );
    }

    #[test]
    fn a_program_that_tells_where_it_was_built_is_noticed() {
        assert!(holds(b"at /home/a/.cargo/x.rs", Path::new("/home/a/.cargo")));
        assert!(!holds(b"at crates/x.rs", Path::new("/home/a/.cargo")));
    }
}
