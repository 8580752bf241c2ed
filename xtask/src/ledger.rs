//! The steps of a long command: each is announced and timed, a failure says at once what to do, and a table closes the run.
//!
//! A failed step does not end the run by itself: one run shows everything that is wrong.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// What became of the steps so far.
#[derive(Default)]
pub(crate) struct Ledger {
    entries: Vec<Entry>,
}

struct Entry {
    step: &'static str,
    took: Duration,
    outcome: Outcome,
}

#[derive(PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
}

impl Ledger {
    /// Does one step and tells whether it passed. `remedy` says what to do about a failure.
    pub(crate) fn step(
        &mut self,
        step: &'static str,
        remedy: &str,
        work: impl FnOnce() -> Result<()>,
    ) -> bool {
        println!("\n== {step}");
        let started = Instant::now();
        let result = work();
        let took = started.elapsed();
        if let Err(error) = &result {
            eprintln!("\nFAILED: {step}: {error:#}\n  what to do: {remedy}");
        }
        let passed = result.is_ok();
        self.entries.push(Entry {
            step,
            took,
            outcome: if passed { Outcome::Passed } else { Outcome::Failed },
        });
        passed
    }

    /// Notes a step that this machine cannot do and that is done elsewhere.
    pub(crate) fn skip(&mut self, step: &'static str, reason: &'static str) {
        println!("\n== {step}\nskipped locally: {reason}");
        self.entries.push(Entry {
            step,
            took: Duration::ZERO,
            outcome: Outcome::Skipped(reason),
        });
    }

    /// Prints the closing table; an error if any step failed.
    pub(crate) fn close(self) -> Result<()> {
        println!("\n{}", self.table());
        let failed: Vec<&str> = self
            .entries
            .iter()
            .filter(|entry| entry.outcome == Outcome::Failed)
            .map(|entry| entry.step)
            .collect();
        match failed.len() {
            0 => Ok(()),
            count => bail!(
                "{count} of {} steps failed: {}",
                self.entries.len(),
                failed.join(", ")
            ),
        }
    }

    fn table(&self) -> String {
        let width = self
            .entries
            .iter()
            .map(|entry| entry.step.len())
            .max()
            .unwrap_or_default()
            .max("step".len());
        let mut lines = vec![format!("{:width$}  {:>8}  ok", "step", "time")];
        for entry in &self.entries {
            let outcome = match entry.outcome {
                Outcome::Passed => "yes",
                Outcome::Failed => "NO",
                Outcome::Skipped(_) => "skipped",
            };
            lines.push(format!(
                "{:width$}  {:>8}  {outcome}",
                entry.step,
                clock(entry.took)
            ));
        }
        let total = self.entries.iter().map(|entry| entry.took).sum();
        lines.push(format!("{:width$}  {:>8}", "total", clock(total)));
        lines.join("\n")
    }
}

/// Minutes, seconds and tenths.
fn clock(duration: Duration) -> String {
    let secs = duration.as_secs();
    format!(
        "{}:{:02}.{}",
        secs / 60,
        secs % 60,
        duration.subsec_millis() / 100
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_runs_and_one_failure_fails_the_whole() {
        let mut ledger = Ledger::default();
        assert!(!ledger.step("format", "run `cargo xtask fix`", || bail!("not formatted")));
        assert!(ledger.step("lints", "", || Ok(())));
        ledger.skip("licences", "cargo-deny is not installed");
        assert_eq!(
            ledger.close().unwrap_err().to_string(),
            "1 of 3 steps failed: format"
        );
    }

    #[test]
    fn the_closing_table_lines_up() {
        let entry = |step, ms, outcome| Entry {
            step,
            took: Duration::from_millis(ms),
            outcome,
        };
        let entries = vec![
            entry("lints", 61_250, Outcome::Passed),
            entry("rust tests", 900, Outcome::Failed),
        ];
        assert_eq!(
            Ledger { entries }.table(),
            "step            time  ok\nlints         1:01.2  yes\nrust tests    0:00.9  NO\ntotal         1:02.1"
        );
    }
}
