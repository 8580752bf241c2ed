//! Counts the instructions of what every request needs, and fails when one of them needs more than it may.
//!
//! Seconds on a shared machine prove nothing; instructions do. They are counted by valgrind, in a program that does one
//! thing a number of times (`crates/edge/benches/hot_paths`): twice, so that the difference has no start and no end in it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::command_line::CommandLine;
use crate::tools;

const FEW: u64 = 100;
/// So many that what happens beside it, and not always at the same time, does not show.
const MANY: u64 = 1_100;
/// Counts of one thing at most.
const COUNTS_MOST: u32 = 3;
/// What a compiler or a C library of another version may add without anybody's fault.
const MARGIN_PERCENT: u64 = 15;

/// What is counted, and the instructions that it took when it was looked at last, on x86-64. Who makes one of them slower
/// for a good reason writes the new figure here; who makes it faster, too.
const COUNTS: &[(&str, u64)] = &[
    ("token", 25_170),
    ("path", 1_940),
    ("100-denials", 24_450),
    ("segment", 41_300),
    ("range", 44_400),
    ("not-modified", 38_650),
    ("playlist", 43_950),
    ("rewritten-playlist", 176_900),
    ("revoked", 35_100),
    ("forged", 14_550),
];

/// Valgrind takes the processor for one without instructions for SHA-2, so that what hashes counts for more here than
/// it costs; as a measure of change that does no harm.
pub(crate) fn run(_: &[String]) -> Result<()> {
    tools::install_missing_count_tools()?;
    if !can_count() {
        bail!("the figures are those of Linux on x86-64");
    }
    let program = build()?;
    let (mut worse, mut table) = (Vec::new(), Vec::new());
    for (name, before) in COUNTS {
        let each = least(&program, name, *before)?;
        table.push(format!("{name:20} {each:>8} instructions, {before:>8} before"));
        if exceeds(each, *before) {
            worse.push(*name);
        }
    }
    println!("\n{}", table.join("\n"));
    if !worse.is_empty() {
        bail!(
            "more than {MARGIN_PERCENT} % slower than before: {}",
            worse.join(", ")
        );
    }
    Ok(())
}

/// Returns how many instructions it takes once: the least of three counts when the first is too high. Where the heap finds
/// room differs from run to run, and may only add; what has become slower is so each time.
fn least(program: &Path, name: &str, before: u64) -> Result<u64> {
    let mut least = u64::MAX;
    for _ in 0..COUNTS_MOST {
        let more = count(program, name, MANY)?.saturating_sub(count(program, name, FEW)?);
        least = least.min(more / (MANY - FEW));
        if !exceeds(least, before) {
            break;
        }
    }
    Ok(least)
}

/// Whether the figures are those of this kind of machine.
pub(crate) const fn can_count() -> bool {
    cfg!(all(target_os = "linux", target_arch = "x86_64"))
}

const fn exceeds(count: u64, before: u64) -> bool {
    count * 100 > before * (100 + MARGIN_PERCENT)
}

/// Builds the program that does what is counted, and returns where it is.
fn build() -> Result<PathBuf> {
    let told = CommandLine::new(
        "cargo build --locked --profile counted --package streamgate-edge --bench hot_paths --message-format json-render-diagnostics",
    )
    .output()?;
    let artifacts = told
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut programs =
        artifacts.filter_map(|artifact| Some(artifact.get("executable")?.as_str()?.to_owned()));
    programs
        .next_back()
        .map(PathBuf::from)
        .context("cargo names no program")
}

fn count(program: &Path, name: &str, times: u64) -> Result<u64> {
    let told = CommandLine::new(
        "valgrind --log-fd=1 --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null",
    )
    .arg(program)
    .arg(name)
    .arg(times.to_string())
    .output()?;
    total(&told).with_context(|| format!("valgrind tells no count: {told}"))
}

/// Reads `==42== I   refs:      3,153,784`.
fn total(told: &str) -> Option<u64> {
    let (_, number) = told
        .lines()
        .filter(|line| line.contains("refs:"))
        .find_map(|line| line.split_once("refs:"))?;
    number.trim().replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_among_what_valgrind_tells() {
        let told = "==42== Cachegrind\n==42== Command: x\n==42== \n==42== I   refs:      3,153,784\n";
        assert_eq!(total(told), Some(3_153_784));
        assert_eq!(total("==42== killed"), None);
    }

    #[test]
    fn a_little_more_is_borne_and_no_more() {
        assert!(!exceeds(1_150, 1_000));
        assert!(exceeds(1_151, 1_000));
        assert!(!exceeds(10, 1_000));
    }
}
