//! Builds the program as it is shipped, and becomes the comparison with nginx, pinned to the core of the load.

use anyhow::Result;

use crate::command_line::CommandLine;
use crate::{tools, workspace};

/// The other core is for whoever is measured (`bench/src/compare/ground.rs`).
const LOAD_CORE: &str = "1";
const DOCUMENT: &str = "docs/reference/benchmarks.md";
const WRITE: &str = "--write";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    tools::install_missing_bench_tools()?;
    let program = workspace::build_release("streamgate")?;
    let bench = workspace::build_release("streamgate-bench")?;
    let comparison = CommandLine::new("taskset -c")
        .arg(LOAD_CORE)
        .arg(bench)
        .arg("compare")
        .arg("--program")
        .arg(program);
    let others = arguments.iter().filter(|argument| *argument != WRITE);
    let comparison = others.fold(comparison, CommandLine::arg);
    if arguments.iter().any(|argument| argument == WRITE) {
        comparison.arg("--document").arg(DOCUMENT).become_it()
    } else {
        comparison.become_it()
    }
}
