//! Builds the program as it is shipped, and becomes the simulation of an audience.

use anyhow::Result;

use crate::command_line::CommandLine;
use crate::workspace;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let program = workspace::build_release("streamgate")?;
    let bench = workspace::build_release("streamgate-bench")?;
    let simulation = CommandLine::new("")
        .arg(bench)
        .arg("simulate")
        .arg("--program")
        .arg(program);
    arguments.iter().fold(simulation, CommandLine::arg).become_it()
}
