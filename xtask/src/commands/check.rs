//! The fast part of what CI demands. `cargo xtask test` begins with the same steps.

use anyhow::{Result, bail};

use crate::command_line::CommandLine;
use crate::commands::codegen;
use crate::ledger::Ledger;
use crate::{banned, layers, links, security_cases, source_rules, tools, web, workspace};

pub(crate) fn run(_arguments: &[String]) -> Result<()> {
    let mut ledger = Ledger::default();
    steps(&mut ledger);
    ledger.close()
}

/// Does every step of the check; false if a later step cannot make sense because the page could not be built.
pub(crate) fn steps(ledger: &mut Ledger) -> bool {
    ledger.step("rust format", "run `cargo xtask fix`", || {
        CommandLine::new("cargo fmt --all --check").run()
    });
    ledger.step(
        "layering",
        "move the code or the dependency to where the message says",
        layering,
    );
    ledger.step(
        "links of documents",
        "mend the link, or write what it points to",
        links::check,
    );
    ledger.step(
        "banned crates",
        "choose another crate, or features that do not bring it",
        banned::check,
    );
    ledger.step(
        "security cases",
        "name a test that carries the case's id, or the reason why there is none",
        security_cases::check,
    );
    licences(ledger);
    let page = ledger.step(
        "page dependencies",
        "see npm's message above",
        web::install_dependencies,
    ) && ledger.step("page build", "see the build's message above", web::build);
    if !page {
        return false;
    }
    ledger.step(
        "page format and types",
        "run `cargo xtask fix`, mend the rest by hand",
        || web::npm("run check").run(),
    );
    ledger.step(
        "page budgets",
        "load less at the start, or split off what is not needed at once",
        || web::npm("run budget").run(),
    );
    ledger.step(
        "rust lints",
        "run `cargo xtask fix`, mend the rest by hand",
        || CommandLine::new("cargo clippy --workspace --all-targets -- -D warnings").run(),
    );
    ledger.step(
        "rust docs",
        "mend the links and code blocks that rustdoc names",
        || {
            CommandLine::new("cargo doc --workspace --no-deps")
                .env("RUSTDOCFLAGS", "-D warnings")
                .run()
        },
    );
    ledger.step(
        "generated files",
        "run `cargo xtask codegen` and commit the result",
        codegen::check,
    );
    true
}

fn layering() -> Result<()> {
    let mut found = layers::violations(&workspace::metadata()?);
    found.extend(source_rules::violations()?);
    if !found.is_empty() {
        bail!("{}", found.join("\n"));
    }
    Ok(())
}

/// Advisories need a download that a closed machine cannot make; the public CI asks for them.
fn licences(ledger: &mut Ledger) {
    const STEP: &str = "licences and sources";
    if let Some(cargo_deny) = tools::cargo_deny() {
        ledger.step(STEP, "choose another crate, or decide in deny.toml", || {
            [
                "--workspace",
                "--all-features",
                "check",
                "bans",
                "licenses",
                "sources",
            ]
            .into_iter()
            .fold(CommandLine::new("").arg(cargo_deny), CommandLine::arg)
            .run()
        });
    } else {
        ledger.skip(STEP, "`cargo xtask test` installs cargo-deny");
    }
}
