//! The project's own commands. `cargo xtask` alone lists them; each prints every command line that it runs, so that this
//! program is also the documentation of how StreamGate is built and tested.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program talks to its terminal"
)]

mod banned;
mod command_line;
mod commands;
mod http_reference;
mod layers;
mod ledger;
mod licences;
mod links;
mod postgres;
mod sbom;
mod security_cases;
mod source_rules;
mod tools;
mod web;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

/// One row of the table: what is typed, what it does, and who does it.
struct Command {
    name: &'static str,
    /// Flags that the command understands, or `...` if it hands everything on.
    arguments: &'static [&'static str],
    summary: &'static str,
    run: fn(&[String]) -> Result<()>,
}

const HANDS_EVERYTHING_ON: &str = "...";

const COMMANDS: &[Command] = &[
    Command {
        name: "demo",
        arguments: &[HANDS_EVERYTHING_ON],
        summary: "builds the page and the program and starts a demonstration; Ctrl-C ends it",
        run: commands::demo::run,
    },
    Command {
        name: "test",
        arguments: &["--deep"],
        summary: "everything that CI demands; installs what is missing; --deep: the long counts too",
        run: commands::test::run,
    },
    Command {
        name: "check",
        arguments: &[],
        summary: "the fast part: format, lints, types, layering, generated files current",
        run: commands::check::run,
    },
    Command {
        name: "fix",
        arguments: &[],
        summary: "rewrites what can be: format, lint fixes, generated files",
        run: commands::fix::run,
    },
    Command {
        name: "codegen",
        arguments: &["--check"],
        summary: "writes the generated files; --check: only names those that are stale",
        run: commands::codegen::run,
    },
    Command {
        name: "bench",
        arguments: &[HANDS_EVERYTHING_ON],
        summary: "measures StreamGate beside nginx: [ROWS] [--quick], --write: also docs/reference/benchmarks.md",
        run: commands::bench::run,
    },
    Command {
        name: "simulate",
        arguments: &[HANDS_EVERYTHING_ON],
        summary: "lets viewers watch (--viewers 1000), or finds how many this machine carries (--find)",
        run: commands::simulate::run,
    },
    Command {
        name: "instructions",
        arguments: &[],
        summary: "counts the instructions of what every request needs, and fails when they became many more",
        run: commands::instructions::run,
    },
    Command {
        name: "fuzz-api",
        arguments: &[],
        summary: "lets schemathesis attack the API by its own document, on both databases",
        run: commands::fuzz_api::run,
    },
    Command {
        name: "dist",
        arguments: &[],
        summary: "makes the release archive in target/dist, with its parts list (SBOM), licences and checksums",
        run: commands::dist::run,
    },
    Command {
        name: "install-hooks",
        arguments: &[],
        summary: "lets git check format and lints before each commit",
        run: commands::install_hooks::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<()> {
    if let Some((command, rest)) = select(arguments)? {
        return (command.run)(rest);
    }
    print!("{}", help());
    Ok(())
}

/// Finds the command that was asked for and its own arguments; `None` if help was.
fn select(arguments: &[String]) -> Result<Option<(&'static Command, &[String])>> {
    let Some((name, rest)) = arguments.split_first() else {
        return Ok(None);
    };
    if ["help", "--help", "-h"].contains(&name.as_str()) {
        return Ok(None);
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        bail!("there is no command `{name}`; `cargo xtask help` lists them all");
    };
    let understood = |argument: &&String| {
        command
            .arguments
            .iter()
            .any(|known| known == argument || *known == HANDS_EVERYTHING_ON)
    };
    match rest.iter().find(|argument| !understood(argument)) {
        Some(unknown) => bail!(
            "`cargo xtask {name}` does not understand `{unknown}`; usage: {}",
            usage(command)
        ),
        None => Ok(Some((command, rest))),
    }
}

fn usage(command: &Command) -> String {
    let words = command.arguments.iter().map(|argument| format!("[{argument}]"));
    ["cargo xtask".to_owned(), command.name.to_owned()]
        .into_iter()
        .chain(words)
        .collect::<Vec<_>>()
        .join(" ")
}

fn help() -> String {
    let width = COMMANDS
        .iter()
        .map(|command| usage(command).len())
        .max()
        .unwrap_or_default();
    let row = |command: &Command| format!("  {:width$}  {}\n", usage(command), command.summary);
    let rows: Vec<String> = COMMANDS.iter().map(row).collect();
    format!("The commands of this project:\n\n{}", rows.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn selected(text: &str) -> Result<Option<(&'static str, Vec<String>)>> {
        Ok(select(&words(text))?.map(|(command, rest)| (command.name, rest.to_vec())))
    }

    #[test]
    fn nothing_and_every_spelling_of_help_list_the_commands() {
        for text in ["", "help", "--help", "-h"] {
            assert!(selected(text).unwrap().is_none(), "{text}");
        }
        assert!(COMMANDS.iter().all(|command| help().contains(command.summary)));
    }

    #[test]
    fn a_command_gets_its_own_arguments() {
        assert_eq!(selected("check").unwrap(), Some(("check", vec![])));
        assert_eq!(selected("test --deep").unwrap(), Some(("test", words("--deep"))));
    }

    #[test]
    fn the_demo_hands_everything_on_even_what_looks_like_ours() {
        assert_eq!(
            selected("demo --port 8080 --help").unwrap(),
            Some(("demo", words("--port 8080 --help")))
        );
    }

    #[test]
    fn an_unknown_command_or_flag_is_refused_with_the_way_to_the_right_one() {
        assert!(
            selected("tset")
                .unwrap_err()
                .to_string()
                .contains("`cargo xtask help`")
        );
        let refusal = selected("test --fast").unwrap_err().to_string();
        assert!(
            refusal.contains("`--fast`") && refusal.contains("cargo xtask test [--deep]"),
            "{refusal}"
        );
    }
}
