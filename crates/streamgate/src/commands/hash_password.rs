//! `streamgate hash-password`: from a password to the setting for it.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::Context;

use crate::admin_password;

/// Reads a password (twice and without echo at a terminal, one line otherwise) and prints the setting.
pub(crate) fn hash_password() -> anyhow::Result<()> {
    let password = if std::io::stdin().is_terminal() {
        ask()?
    } else {
        read_line()?
    };
    let hash = admin_password::hash(&password)?;
    writeln!(std::io::stdout().lock(), "ADMIN_PASSWORD_HASH={hash}")?;
    Ok(())
}

fn ask() -> anyhow::Result<String> {
    let range = format!(
        "{} to {} bytes",
        admin_password::BYTES_MIN,
        admin_password::BYTES_MAX
    );
    let password = rpassword::prompt_password(format!("Admin password ({range}): "))
        .context("cannot read from the terminal")?;
    let again = rpassword::prompt_password("Once more: ").context("cannot read from the terminal")?;
    anyhow::ensure!(password == again, "the two passwords differ");
    Ok(password)
}

fn read_line() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("cannot read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
