//! How many simulated viewers this machine carries: a process of its own on both cores.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::ground::{BOTH_CORES, Ground};
use super::report::{Section, Table, Verdict};
use crate::simulate::LARGEST;
use crate::stats::number;

const VIEWERS_LEAST: u32 = 5_000;
/// Two connections for each viewer, one at either end, and a process may have 20,000 on the usual machine.
const VIEWERS_MOST: &str = "14000";
/// They come at a quarter of that a second.
const STEP: &str = "2000";

pub(super) fn viewers(ground: &Ground) -> Result<Section> {
    let bench = std::env::current_exe()?;
    // A segment plays 4 s: each step lasts for two of them, a quick one for one.
    let (from, hold) = if ground.effort.is_quick {
        ("10000", "4")
    } else {
        ("6000", "8")
    };
    let output = Command::new("taskset")
        .args(["-c", BOTH_CORES])
        .arg(bench)
        .args([
            "simulate",
            "--find",
            "--viewers",
            VIEWERS_MOST,
            "--from",
            from,
            "--step",
            STEP,
        ])
        .args(["--watch", hold, "--program"])
        .arg(&ground.program)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    let said = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "the simulation failed: {said}");
    let largest = said.lines().find_map(|line| line.strip_prefix(LARGEST));
    let largest: u32 = largest.context("no result of the simulation")?.trim().parse()?;
    let mut table = Table::new(["what", "figure"]);
    for line in said.lines() {
        let (what, figure) = line
            .split_once("  ")
            .or(line.split_once(": "))
            .unwrap_or((line, ""));
        table.line([what.trim().to_owned(), figure.trim().to_owned()]);
    }
    Ok(Section {
        title: "Simulated viewers",
        method: "`cargo xtask simulate --find`: viewers of a 300 kb/s live stream in segments of 4 s redeem their tickets, follow \
                 the playlists, fetch segments in real time, send heartbeats, refresh and leave, each on a connection of its own. \
                 `streamgate serve` (platform and edge in one process, SQLite), the viewers and the encoder share both cores. A \
                 segment is late when the picture had stopped for it or it took longer to load than it plays. The audience grows \
                 from 6,000 in steps of 2,000, each held for 8 s.",
        table,
        limit: "14,000 is the largest audience that is tried, because the descriptor limit of 20,000 of such a machine lets a server \
                take 15,000 connections; the processor line says how much of both cores that took.",
        verdicts: vec![Verdict {
            what: "simulated viewers without a late segment".to_owned(),
            target: format!(">= {}", number(f64::from(VIEWERS_LEAST), 0)),
            reached: number(f64::from(largest), 0),
            is_met: largest >= VIEWERS_LEAST,
        }],
    })
}
