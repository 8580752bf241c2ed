//! Requests per second at full load, and what each costs the server: the load on the other core, contenders in alternation.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::contender::Contender;
use crate::process::{cpu_time_of_threads, machine_time, own_time};
use crate::sockets::at_full_load;
use crate::stats::Rounds;

const SCRIPT: &str = include_str!("tokens.lua");
/// Enough to keep a server busy; each with one request at a time.
const CONNECTIONS: usize = 32;
/// Rounds are tried so many times as often as they are wanted.
const ATTEMPTS: u32 = 2;
/// The share of a core that others may use in a round that counts at once.
const DISTURBANCE_MOST: f64 = 0.05;

/// The load of one row.
pub(super) struct Load<'a> {
    pub(super) tool: Tool<'a>,
    /// Without the host.
    pub(super) path: &'a str,
    pub(super) rounds: u32,
    pub(super) seconds: u32,
}

/// What asks.
pub(super) enum Tool<'a> {
    /// wrk, which copies every body.
    Wrk {
        /// A folder for its script.
        folder: &'a Path,
        /// A file with a token in each line.
        tokens: &'a Path,
    },
    /// Bare sockets, whose bodies the kernel discards.
    Sockets(Vec<Arc<[u8]>>),
}

/// What one contender reached in each round.
#[derive(Default)]
pub(super) struct Reached {
    pub(super) per_second: Rounds,
    /// Microseconds of the server's processor time for each request.
    pub(super) cpu_micros: Rounds,
}

/// What all contenders reached, and how much others disturbed them in the worst round that counts, as a share of a core.
pub(super) struct Measured {
    pub(super) reached: Vec<Reached>,
    pub(super) disturbance: f64,
}

/// One contender's turn.
struct Turn {
    per_second: f64,
    cpu_micros: f64,
    disturbance: f64,
}

/// Measures the contenders in turn, round by round, after a first round that does not count. A round in which others used
/// the machine is repeated while there is patience; in the end the quietest rounds count.
pub(super) fn measure(contenders: &[Contender], load: &Load<'_>) -> Result<Measured> {
    let mut rounds: Vec<(f64, Vec<Turn>)> = Vec::new();
    let mut quiet = 0;
    for round in 0..=load.rounds * ATTEMPTS {
        let turns = contenders.iter().map(|contender| {
            turn(contender, load).with_context(|| format!("{} at {}", load.path, contender.name))
        });
        let turns = turns.collect::<Result<Vec<Turn>>>()?;
        let disturbance = turns.iter().map(|turn| turn.disturbance).fold(0.0, f64::max);
        if round > 0 {
            quiet += u32::from(disturbance <= DISTURBANCE_MOST);
            rounds.push((disturbance, turns));
        }
        if quiet == load.rounds {
            break;
        }
    }
    rounds.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    rounds.truncate(usize::try_from(load.rounds)?);
    let mut reached: Vec<Reached> = contenders.iter().map(|_| Reached::default()).collect();
    for (_, turns) in &rounds {
        for (turn, reached) in turns.iter().zip(&mut reached) {
            reached.per_second.add(turn.per_second);
            reached.cpu_micros.add(turn.cpu_micros);
        }
    }
    let disturbance = rounds.last().map_or(0.0, |(disturbance, _)| *disturbance);
    Ok(Measured { reached, disturbance })
}

fn turn(contender: &Contender, load: &Load<'_>) -> Result<Turn> {
    let (started, machine, own) = (Instant::now(), machine_time()?, own_time()?);
    let server = cpu_time_of_threads(contender.pid)?;
    let (requests, seconds) = match &load.tool {
        Tool::Wrk { folder, tokens } => wrk(folder, tokens, &contender.authority, load)?,
        Tool::Sockets(requests) => {
            let lasts = Duration::from_secs(load.seconds.into());
            let (answers, lasted) = at_full_load(contender.address()?, requests, CONNECTIONS, lasts)?;
            (f64::from(answers), lasted.as_secs_f64())
        }
    };
    let server = cpu_time_of_threads(contender.pid)?.saturating_sub(server);
    let ours = own_time()?.saturating_sub(own) + server;
    let others = machine_time()?.saturating_sub(machine).saturating_sub(ours);
    Ok(Turn {
        per_second: requests / seconds,
        cpu_micros: server.as_secs_f64() * 1e6 / requests,
        disturbance: others.as_secs_f64() / started.elapsed().as_secs_f64(),
    })
}

/// Returns how many requests were answered in how many seconds; fails if any was answered otherwise than 200.
fn wrk(folder: &Path, tokens: &Path, authority: &str, load: &Load<'_>) -> Result<(f64, f64)> {
    let script = folder.join("tokens.lua");
    std::fs::write(&script, SCRIPT)?;
    let output = Command::new("wrk")
        .args([
            "--threads",
            "1",
            "--connections",
            &CONNECTIONS.to_string(),
            "--duration",
        ])
        .arg(format!("{}s", load.seconds))
        .arg("--script")
        .arg(script)
        .arg(format!("http://{authority}"))
        .arg("--")
        .arg(load.path)
        .arg(tokens)
        .stdin(Stdio::null())
        .output()
        .context("wrk does not start")?;
    let said = String::from_utf8_lossy(&output.stdout);
    let Some((requests, micros, errors)) = result(&said) else {
        bail!("wrk: {said}{}", String::from_utf8_lossy(&output.stderr));
    };
    ensure!(
        errors < 1.0 && requests > 0.0,
        "{requests} requests, {errors} of them failed"
    );
    Ok((requests, micros / 1e6))
}

/// Reads the script's last line: requests, microseconds, errors.
fn result(said: &str) -> Option<(f64, f64, f64)> {
    let line = said.lines().find_map(|line| line.strip_prefix("RESULT "))?;
    let mut numbers = line.split(' ').map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some((next()?, next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_result_is_read_among_what_wrk_says() {
        assert_eq!(
            result("Running 1s test\nRESULT 1200 1000100 3\n"),
            Some((1200.0, 1_000_100.0, 3.0))
        );
        assert_eq!(result("unable to connect"), None);
    }
}
