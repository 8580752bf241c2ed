//! Builds the program as it is shipped, and becomes the comparison with nginx, pinned to the core of the load and in a
//! network of its own where that may be made.

use anyhow::Result;

use crate::command_line::CommandLine;
use crate::{tools, workspace};

/// The other core is for whoever is measured (`bench/src/compare/ground.rs`).
const LOAD_CORE: &str = "1";
/// Nobody else's packets, and TCP without pacing: BBR, which some machines have, sets a timer for every few packets, and
/// what a timer of a virtual machine costs, and when, would be most of what a large answer costs. What the kernel calls
/// its default, CUBIC, differs from Reno only after a loss, and only Reno is allowed everywhere.
const NETWORK: &str = "ip link set lo up && echo reno > /proc/sys/net/ipv4/tcp_congestion_control";
const DOCUMENT: &str = "docs/reference/benchmarks.md";
const WRITE: &str = "--write";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    tools::install_missing_bench_tools()?;
    let program = workspace::build_release("streamgate")?;
    let bench = workspace::build_release("streamgate-bench")?;
    let comparison = network()
        .arg("taskset")
        .arg("-c")
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

/// Returns what begins in a network of its own, or does not: then the document says how TCP was set.
fn network() -> CommandLine {
    if tools::words_first_line("unshare", &["--net", "sh", "-c", NETWORK]).is_some() {
        return CommandLine::new("unshare --net sh -c")
            .arg(format!("{NETWORK} && exec \"$@\""))
            .arg("sh");
    }
    println!("Measuring in this machine's own network: it takes root to make another one.");
    CommandLine::new("env")
}
