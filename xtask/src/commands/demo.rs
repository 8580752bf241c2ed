//! Builds the page and the program and becomes `streamgate demo`.

use anyhow::{Context, Result};

use crate::command_line::CommandLine;
use crate::{web, workspace};

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    web::install_dependencies().context("the page's dependencies")?;
    web::build().context("the page's build")?;
    let program = workspace::build_program().context("the program's build")?;
    let demo = CommandLine::new("").arg(program).arg("demo");
    arguments.iter().fold(demo, CommandLine::arg).become_it()
}
