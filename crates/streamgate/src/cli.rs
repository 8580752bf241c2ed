//! The command line: one table of commands, one exit code for each kind of failure.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::commands;
use crate::settings::{SettingError, Values, catalogue};

/// Exit code for a setting that is missing or wrong, as for a wrong command line.
const EXIT_SETTINGS: u8 = 2;
/// The flag that makes a start refuse what it would otherwise migrate.
const NO_MIGRATE: &str = "no-migrate";

/// Runs the command that `arguments` name and returns how the process ends.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => error.exit(),
    };
    let (name, matches) = matches.subcommand().unwrap_or(("", &matches));
    let outcome = Values::from_matches(matches)
        .map_err(anyhow::Error::from)
        .and_then(|values| dispatch(name, matches, &values));
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

fn dispatch(name: &str, matches: &ArgMatches, values: &Values) -> anyhow::Result<()> {
    let text = |argument: &str| matches.get_one::<String>(argument).map_or("", String::as_str);
    let path = |argument: &str| matches.get_one::<PathBuf>(argument).cloned().unwrap_or_default();
    if let Ok(Some(true)) = matches.try_get_one::<bool>(NO_MIGRATE) {
        commands::refuse_pending(values)?;
    }
    match name {
        "serve" => commands::serve(values),
        "platform" => commands::platform(values),
        "edge" => commands::edge(values),
        "demo" => commands::demo(values),
        "seed" => commands::seed(values),
        "migrate" => commands::migrate(values),
        "copy-database" => commands::copy_database(text("FROM"), text("TO")),
        "backup" => commands::backup(values, &path("FILE")),
        "restore" => commands::restore(values, &path("FILE"), matches.get_flag("replace")),
        "doctor" => commands::doctor(values, matches.get_one::<String>("SERVICE").map(String::as_str)),
        "health" => commands::health(values),
        "hash-password" => commands::hash_password(),
        "generate-secret" => commands::generate_secret(),
        "openapi" => commands::openapi(),
        _ => commands::settings_reference(text("form")),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "the operator reads this at the terminal; logging may not be up yet"
)]
fn report(error: &anyhow::Error) {
    eprintln!("streamgate: {}", in_one_line(error));
}

/// Joins an error and its causes, without those whose words are in it already: libraries do both.
fn in_one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if line.is_empty() {
            line = cause;
        } else if !line.contains(&cause) {
            line = format!("{line}: {cause}");
        }
    }
    line
}

/// Returns the whole command line.
pub(crate) fn command() -> Command {
    Command::new("streamgate")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Puts a live stream or a recording behind tickets")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(services())
        .subcommands(database_commands())
        .subcommands(helpers())
}

fn services() -> [Command; 4] {
    [
        with_settings(
            "serve",
            "Run platform and edge in one process on one port; makes secrets and an admin password at first start",
        )
        .arg(no_migrate()),
        with_settings("platform", "Run the platform: viewer page, JSON API, feed for edges").arg(no_migrate()),
        with_settings("edge", "Run an edge: check every request, serve the streams"),
        with_settings(
            "demo",
            "Show it all with a real picture in a temporary folder that is removed at the end",
        ),
    ]
}

fn database_commands() -> [Command; 5] {
    let file = |help: &'static str| {
        Arg::new("FILE")
            .required(true)
            .value_parser(clap::value_parser!(PathBuf))
            .help(help)
    };
    [
        with_settings("seed", "Add three sample events with ten tickets each to the database"),
        with_settings("migrate", "Bring the database's schema up to date, as every start does"),
        Command::new("copy-database")
            .about("Copy everything into an empty database, such as from SQLite to PostgreSQL, and compare counts")
            .long_about(
                "Copy everything into an empty database, such as from SQLite to PostgreSQL, and compare counts.\n\n\
                 The source is locked against writing meanwhile: stop the platform, or viewers read errors. The copy \
                 gets an identity of its own, so edges that follow it ask for its state anew. Passwords of \
                 PostgreSQL are better left to PGPASSWORD or ~/.pgpass than written into an address here, where \
                 other users of this machine can read them.",
            )
            .arg(Arg::new("FROM").required(true).help("file:PATH or postgres://USER@HOST/NAME"))
            .arg(Arg::new("TO").required(true).help("Likewise; a file is created, a server's database must exist")),
        with_settings(
            "backup",
            "Write the whole database to one new file, while the platform runs",
        )
        .arg(file("The file to write; it must not exist, and holds every code in clear")),
        with_settings("restore", "Put a backup in the place of the database; stop the platform first")
            .arg(file("A file that backup wrote"))
            .arg(
                Arg::new("replace")
                    .long("replace")
                    .action(ArgAction::SetTrue)
                    .help("Replace a database that is there; an SQLite file is kept under another name"),
            ),
    ]
}

fn helpers() -> [Command; 6] {
    [
        with_settings(
            "doctor",
            "Check settings, secrets, database, edge or platform, clocks, disk and upstream; changes nothing",
        )
        .arg(
            Arg::new("SERVICE")
                .value_parser(["serve", "platform", "edge"])
                .help("Which service to check for [default: what the settings look like]"),
        ),
        with_settings(
            "health",
            "Ask the service on this machine whether it is up; for health checks of containers",
        ),
        Command::new("hash-password")
            .about("Read a password without echo and print ADMIN_PASSWORD_HASH=... for it"),
        Command::new("generate-secret")
            .about("Print 256 random bits for PLAYBACK_SIGNING_SECRET or INTERNAL_API_KEY"),
        Command::new("openapi").about("Print the OpenAPI document of the JSON API"),
        Command::new("settings-reference")
            .about("Print every setting, for the documentation")
            .hide(true)
            .arg(
                Arg::new("form")
                    .required(true)
                    .value_parser(["markdown", "env", "cli"]),
            ),
    ]
}

fn no_migrate() -> Arg {
    Arg::new(NO_MIGRATE)
        .long(NO_MIGRATE)
        .action(ArgAction::SetTrue)
        .help(
            "Refuse to start when the database's schema is older than this program, instead of migrating it",
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
