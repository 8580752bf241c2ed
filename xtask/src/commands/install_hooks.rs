//! Lets git check format and lints before each commit.

use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Context, Result, bail};

use crate::command_line::CommandLine;
use crate::workspace;

const MARK: &str = "# Written by `cargo xtask install-hooks`.";

/// Only what takes a second or two; the rest is `cargo xtask check`.
const CHECKS: &str = "\
set -e
cargo fmt --all --check
if [ -d web/node_modules ]; then
    cd web
    npx --no-install biome check
fi
";

pub(crate) fn run(_arguments: &[String]) -> Result<()> {
    let path = CommandLine::new("git rev-parse --git-path hooks/pre-commit").output()?;
    let path = workspace::root().join(path.trim());
    if let Ok(present) = std::fs::read_to_string(&path)
        && !present.contains(MARK)
    {
        bail!(
            "{} is somebody else's: add these lines to it by hand:\n\n{CHECKS}",
            path.display()
        );
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))?;
    }
    std::fs::write(&path, format!("#!/bin/sh\n{MARK}\n{CHECKS}"))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    println!("{} checks format and lints before each commit", path.display());
    Ok(())
}
