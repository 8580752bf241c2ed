//! What is typed, and what it does.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use streamgate_bench::compare;
use streamgate_bench::live::{LiveStream, Shape};
use streamgate_bench::process::cpu_time;
use streamgate_bench::simulate::{self, Crowd, LARGEST, Plan, Stairs, Tally};
use streamgate_bench::site::Site;
use streamgate_serving::listeners::raise_descriptor_limit;

#[derive(Parser)]
#[command(about = "Measures StreamGate: beside nginx, and with simulated viewers")]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Lets viewers watch a live stream of an installation of its own, and says how many pictures broke
    Simulate(Simulate),
    /// Measures StreamGate beside nginx
    Compare(Compare),
}

#[derive(Args)]
struct Compare {
    /// The rows that are measured; all if none is named
    rows: Vec<String>,
    /// The program that is measured
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// Fewer rounds
    #[arg(long)]
    quick: bool,
    /// Write the figures as a document; only after a run of all rows
    #[arg(long, value_name = "FILE", conflicts_with = "rows")]
    document: Option<PathBuf>,
}

#[derive(Args)]
struct Simulate {
    /// The program that is measured
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// Viewers; with --find the most that are tried
    #[arg(long, default_value_t = 1_000)]
    viewers: usize,
    /// Look for the largest audience without a late segment, in steps
    #[arg(long)]
    find: bool,
    /// The first audience of --find
    #[arg(long, value_name = "VIEWERS", default_value_t = 1_000)]
    from: usize,
    /// By how much each audience of --find is larger than the one before
    #[arg(long, value_name = "VIEWERS", default_value_t = 1_000)]
    step: usize,
    /// Seconds in which they come
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    ramp: u64,
    /// Seconds that all of them watch; with --find, at each step
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    watch: u64,
    /// Kilobits per second of the stream
    #[arg(long, value_name = "KBIT", default_value_t = 300)]
    bit_rate: u64,
    /// Seconds that a segment plays
    #[arg(long, value_name = "SECONDS", default_value_t = 4)]
    segment: u64,
}

/// Does what the process's arguments say.
pub(crate) fn run() -> Result<ExitCode> {
    let command = CommandLine::parse().command;
    raise_descriptor_limit();
    match command {
        Command::Simulate(simulate) => tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("no runtime")?
            .block_on(simulate.run()),
        Command::Compare(compare) => {
            let options = compare::Options {
                program: compare.program,
                rows: compare.rows,
                is_quick: compare.quick,
                document: compare.document,
            };
            compare::run(&options, |text| println!("{text}"))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl Simulate {
    /// Fails, for a shell, when a picture broke; a search cannot fail.
    async fn run(&self) -> Result<ExitCode> {
        let site = Site::new(&self.program)?;
        let service = site.serve(None).await?;
        let mut admin = site.admin(&service);
        let event = admin.event().await?;
        let shape = Shape {
            segment: Duration::from_secs(self.segment),
            bit_rate: self.bit_rate * 1_000,
        };
        let stream = LiveStream::start(&site.stream_folder(&event), shape)?;
        let tickets = admin.tickets(&event, self.viewers).await?;
        let codes: Vec<String> = tickets.into_iter().map(|ticket| ticket.code).collect();
        println!(
            "{} viewers of {} kb/s in segments of {} s",
            self.viewers, self.bit_rate, self.segment
        );
        let own = std::process::id();
        let before = (cpu_time(service.pid())?, cpu_time(own)?);
        let tally = if self.find {
            self.find(service.authority.clone(), codes).await
        } else {
            let (ramp, watch) = (Duration::from_secs(self.ramp), Duration::from_secs(self.watch));
            let platform = service.authority.clone();
            simulate::run(&Plan {
                platform,
                codes,
                ramp,
                watch,
            })
            .await
        };
        let spent = (
            cpu_time(service.pid())?.saturating_sub(before.0),
            cpu_time(own)?.saturating_sub(before.1),
        );
        println!("{tally}");
        println!(
            "processor              {:.1} s StreamGate, {:.1} s these viewers and their encoder",
            spent.0.as_secs_f64(),
            spent.1.as_secs_f64()
        );
        drop(stream);
        let failed = !self.find && !tally.is_clean();
        Ok(if failed {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }

    async fn find(&self, platform: String, codes: Vec<String>) -> Tally {
        let stairs = Stairs {
            from: self.from,
            step: self.step,
            per_second: self.step.div_ceil(4),
            hold: Duration::from_secs(self.watch),
        };
        let most = codes.len();
        let (carried, tally) =
            simulate::climb(Crowd::new(platform, codes), most, stairs, |viewers, tally| {
                println!(
                    "{viewers} viewers: {} late of {} segments, {} errors",
                    tally.late,
                    tally.segments,
                    tally.errors_total()
                );
            })
            .await;
        println!("{LARGEST} {carried}");
        tally
    }
}
