//! StreamGate beside nginx, in one run on one machine.
//!
//! Whoever is measured has one core to itself and the load has the other. Contenders take turns, so that what disturbs the
//! machine disturbs all of them; before anything is measured they must answer with the same bytes.

mod contender;
mod files;
mod ground;
mod idle;
mod latency;
mod machine;
mod nginx;
mod objects;
mod origin;
mod platform;
mod report;
mod revocation;
mod stampede;
mod throughput;
mod token;
mod viewers;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use ground::{Effort, Ground};
use report::Section;

const INTRODUCTION: &str = include_str!("introduction.md");
const ROUNDS: u32 = 5;
const ROUNDS_QUICK: u32 = 3;

type Measure = fn(&Ground) -> Result<Section>;
/// Of the named objects; also how much others disturbed them, as a share of a core.
type MeasureObjects = fn(&Ground, &[&str]) -> Result<(Section, f64)>;

/// Rows that are measured alone; those of objects come in two groups.
const OTHER_ROWS: [(&str, Measure); 9] = [
    ("latency", latency::latency),
    ("token", token::token),
    ("stampede", stampede::stampede),
    ("expired", stampede::expired),
    ("idle", idle::idle_connections),
    ("revocation", revocation::revocation),
    ("heartbeats", platform::heartbeats),
    ("redemptions", platform::redemptions),
    ("viewers", viewers::viewers),
];

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program that is measured, built as it is shipped.
    pub program: PathBuf,
    /// Names of rows; all if there are none.
    pub rows: Vec<String>,
    /// Fewer rounds.
    pub is_quick: bool,
    /// Where the document is written; `None` for nowhere.
    pub document: Option<PathBuf>,
}

/// Returns the names of all rows in their order.
pub fn row_names() -> Vec<&'static str> {
    let objects = objects::LOCAL_ROWS.into_iter().chain(objects::CACHED_ROWS);
    objects.chain(OTHER_ROWS.map(|(name, _)| name)).collect()
}

/// Measures, and calls `tell` with each group of rows as it is done and with the promises at the end.
///
/// A row that cannot be measured is told and does not keep the others from being measured; it fails the run at its end.
pub fn run(options: &Options, tell: impl Fn(&str)) -> Result<()> {
    let names = row_names();
    if let Some(unknown) = options.rows.iter().find(|row| !names.contains(&row.as_str())) {
        bail!("there is no row `{unknown}`; there are {}", names.join(" "));
    }
    let is_wanted = |row: &str| options.rows.is_empty() || options.rows.iter().any(|wanted| wanted == row);
    let effort = Effort {
        rounds: if options.is_quick { ROUNDS_QUICK } else { ROUNDS },
        is_quick: options.is_quick,
    };
    let machine = machine::describe()?;
    tell(&machine);
    let ground = Ground::prepare(&options.program, effort).context("preparing the ground")?;
    let (mut done, mut disturbance) = (Done::default(), 0.0_f64);
    for (group, measure) in [
        (objects::LOCAL_ROWS, objects::local as MeasureObjects),
        (objects::CACHED_ROWS, objects::cached),
    ] {
        let rows: Vec<&str> = group.into_iter().filter(|row| is_wanted(row)).collect();
        if !rows.is_empty() {
            let outcome = measure(&ground, &rows).map(|(section, of_it)| {
                disturbance = disturbance.max(of_it);
                section
            });
            done.add(&rows.join(" "), outcome, &tell);
        }
    }
    for (row, measure) in OTHER_ROWS.into_iter().filter(|(row, _)| is_wanted(row)) {
        done.add(row, measure(&ground), &tell);
    }
    let disturbance = format!("{:.0} %", disturbance * 100.0);
    tell(&format!(
        "others took at most {disturbance} of a core in the rounds of objects that count\n"
    ));
    let verdicts = report::verdicts(&done.sections);
    tell(&verdicts);
    if !done.failed.is_empty() {
        bail!("not measured: {}", done.failed.join(", "));
    }
    if let Some(path) = &options.document {
        write(path, [&machine, &disturbance, &verdicts], &done.sections)?;
    }
    Ok(())
}

#[derive(Default)]
struct Done {
    sections: Vec<Section>,
    failed: Vec<String>,
}

impl Done {
    fn add(&mut self, rows: &str, outcome: Result<Section>, tell: &impl Fn(&str)) {
        match outcome {
            Ok(section) => {
                tell(&section.markdown());
                self.sections.push(section);
            }
            Err(error) => {
                tell(&format!("{rows}: not measured: {error:#}\n"));
                self.failed.push(rows.to_owned());
            }
        }
    }
}

fn write(path: &Path, about: [&str; 3], sections: &[Section]) -> Result<()> {
    let [machine, disturbance, verdicts] = about;
    let sections: Vec<String> = sections.iter().map(Section::markdown).collect();
    let text = INTRODUCTION
        .replace("{{MACHINE}}", machine)
        .replace("{{DISTURBANCE}}", disturbance)
        .replace("{{PROMISES}}", verdicts.trim_end())
        .replace("{{SECTIONS}}", sections.join("\n").trim_end());
    std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}
