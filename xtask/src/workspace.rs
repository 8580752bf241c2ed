//! Where things lie: the root of the repository and what cargo says about the workspace.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::command_line::CommandLine;

/// The root of the repository.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The folder of the page.
pub(crate) fn web() -> PathBuf {
    root().join("web")
}

/// What `cargo metadata` says about our own crates; dependencies are named but not resolved.
pub(crate) fn metadata() -> Result<Value> {
    let text = CommandLine::new("cargo metadata --no-deps --format-version 1").output()?;
    serde_json::from_str(&text).context("cargo metadata gave no JSON")
}

/// Builds the program for development, with what the demo and the tests share, and returns where it is.
pub(crate) fn build_program() -> Result<PathBuf> {
    CommandLine::new("cargo build --package streamgate").run()?;
    program("debug", "streamgate")
}

/// Builds one package as it is shipped, alone, so that no other adds features to what they share, and returns its program.
pub(crate) fn build_release(package: &str) -> Result<PathBuf> {
    CommandLine::new("cargo build --locked --release --package")
        .arg(package)
        .run()?;
    program("release", package)
}

/// The same in a folder of its own and without the paths of this machine, so that who builds it elsewhere gets the same.
pub(crate) fn build_for_strangers(package: &str) -> Result<PathBuf> {
    let target = root().join("target/stranger");
    let flags = [
        format!("--remap-path-prefix={}=cargo", cargo_home().display()),
        format!("--remap-path-prefix={}=streamgate", root().display()),
        // Names of functions end with a number that is made from the folder that they were compiled in.
        "-Cstrip=symbols".to_owned(),
    ];
    CommandLine::new("cargo build --locked --release --package")
        .arg(package)
        .arg("--target-dir")
        .arg(&target)
        // Parted by a character that no path holds.
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .run()?;
    Ok(target.join("release").join(package))
}

/// Where cargo keeps the sources of dependencies.
pub(crate) fn cargo_home() -> PathBuf {
    let home = || Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

fn program(profile: &str, name: &str) -> Result<PathBuf> {
    let metadata = metadata()?;
    let target = metadata
        .get("target_directory")
        .and_then(Value::as_str)
        .context("cargo metadata names no target directory")?;
    Ok(Path::new(target)
        .join(profile)
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}
