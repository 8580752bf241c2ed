//! Rewrites what can be rewritten without a decision.

use anyhow::Result;

use crate::command_line::CommandLine;
use crate::commands::codegen;
use crate::web;

pub(crate) fn run(_arguments: &[String]) -> Result<()> {
    web::install_dependencies()?;
    web::build()?;
    CommandLine::new("cargo clippy --fix --workspace --all-targets --allow-dirty --allow-staged").run()?;
    CommandLine::new("cargo fmt --all").run()?;
    codegen::write()?;
    web::npm("run fix").run()
}
