//! The command line: one table of commands, one exit code for each kind of failure.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Arg, Command};

use crate::commands;
use crate::settings::{SettingError, Values, catalogue};

/// Exit code for a setting that is missing or wrong, as for a wrong command line.
const EXIT_SETTINGS: u8 = 2;

/// Runs the command that `arguments` name and returns how the process ends.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => error.exit(),
    };
    let (name, matches) = matches.subcommand().unwrap_or(("", &matches));
    let outcome = Values::from_matches(matches)
        .map_err(anyhow::Error::from)
        .and_then(|values| match name {
            "serve" => commands::serve(&values),
            "platform" => commands::platform(&values),
            "edge" => commands::edge(&values),
            "demo" => commands::demo(&values),
            "seed" => commands::seed(&values),
            "hash-password" => commands::hash_password(),
            "openapi" => commands::openapi(),
            _ => commands::settings_reference(matches.get_one::<String>("form").map_or("", String::as_str)),
        });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::from(if error.is::<SettingError>() {
                EXIT_SETTINGS
            } else {
                1
            })
        }
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the operator reads this at the terminal; logging may not be up yet"
)]
fn report(error: &anyhow::Error) {
    eprintln!("streamgate: {error:#}");
}

/// Returns the whole command line.
pub(crate) fn command() -> Command {
    Command::new("streamgate")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Puts a live stream or a recording behind tickets")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(with_settings(
            "serve",
            "Run platform and edge in one process on one port; makes secrets and an admin password at first start",
        ))
        .subcommand(with_settings("platform", "Run the platform: viewer page, JSON API, feed for edges"))
        .subcommand(with_settings("edge", "Run an edge: check every request, serve the streams"))
        .subcommand(with_settings(
            "demo",
            "Show it all with a real picture in a temporary folder that is removed at the end",
        ))
        .subcommand(with_settings("seed", "Add three sample events with ten tickets each to the database"))
        .subcommand(
            Command::new("hash-password")
                .about("Read a password without echo and print ADMIN_PASSWORD_HASH=... for it"),
        )
        .subcommand(Command::new("openapi").about("Print the OpenAPI document of the JSON API"))
        .subcommand(
            Command::new("settings-reference")
                .about("Print every setting, for the documentation")
                .hide(true)
                .arg(Arg::new("form").required(true).value_parser(["markdown", "env"])),
        )
}

fn with_settings(name: &'static str, about: &'static str) -> Command {
    Command::new(name)
        .about(about)
        .args(catalogue::arguments_of(name))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }
}
