//! Crates that must not be in what we ship or test with, by what cargo resolves for our targets.
//!
//! `deny.toml` says the same to cargo-deny; this needs nothing but cargo.

use anyhow::{Result, bail};

use crate::command_line::CommandLine;

/// Where StreamGate is shipped to and developed on. The lock file also names what other platforms would need.
const TARGETS: &[&str] = &[
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "aarch64-apple-darwin",
];

/// Which versions of a crate are refused, and why.
struct Ban {
    name: &'static str,
    /// The first version that is allowed; `None` if none is.
    allowed_from: Option<(u32, u32)>,
    reason: &'static str,
}

const BANS: &[Ban] = &[
    Ban {
        name: "ring",
        allowed_from: None,
        reason: "cryptography comes from aws-lc-rs alone",
    },
    Ban {
        name: "openssl",
        allowed_from: None,
        reason: "TLS is rustls",
    },
    Ban {
        name: "openssl-sys",
        allowed_from: None,
        reason: "TLS is rustls",
    },
    Ban {
        name: "native-tls",
        allowed_from: None,
        reason: "TLS is rustls",
    },
    Ban {
        name: "sqlx",
        allowed_from: Some((0, 9)),
        reason: "0.8 brings an SQLite that corrupts WAL databases",
    },
    Ban {
        name: "libsqlite3-sys",
        allowed_from: Some((0, 37)),
        reason: "SQLite before 3.51.3 corrupts WAL databases",
    },
];

/// Fails if a banned crate is in the tree of any target.
pub(crate) fn check() -> Result<()> {
    let mut found = Vec::new();
    for target in TARGETS {
        let tree = CommandLine::new(
            "cargo tree --locked --workspace --edges normal,build,dev --prefix none --format {p} --target",
        )
        .arg(target)
        .output()?;
        found.extend(
            violations(&tree)
                .into_iter()
                .map(|line| format!("{target}: {line}")),
        );
    }
    if !found.is_empty() {
        bail!("{}", found.join("\n"));
    }
    Ok(())
}

/// Reads lines like `ring v0.17.14 (*)`.
fn violations(tree: &str) -> Vec<String> {
    let mut found: Vec<String> = tree.lines().filter_map(violation).collect();
    found.sort();
    found.dedup();
    found
}

fn violation(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let (name, version) = (words.next()?, words.next()?.trim_start_matches('v'));
    let ban = BANS.iter().find(|ban| ban.name == name)?;
    let mut numbers = version.split('.').map_while(|number| number.parse().ok());
    let version_numbers = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let allowed = ban.allowed_from.is_some_and(|from| version_numbers >= from);
    (!allowed).then(|| {
        format!(
            "{name} {version} is banned: {} (`cargo tree -i {name}` shows who brings it)",
            ban.reason
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banned_crates_are_named_once_with_the_reason() {
        let found =
            violations("serde v1.0.1\nring v0.17.14\nring v0.17.14 (*)\nstreamgate v0.1.0 (/here)\n\n");
        assert_eq!(found.len(), 1);
        assert!(
            found
                .iter()
                .all(|line| line.starts_with("ring 0.17.14 is banned") && line.contains("aws-lc-rs"))
        );
    }

    #[test]
    fn an_old_database_driver_is_refused_and_the_new_one_is_not() {
        assert_eq!(violations("sqlx v0.8.6\nlibsqlite3-sys v0.30.1\n").len(), 2);
        assert!(
            violations("sqlx v0.9.0\nsqlx v1.0.0\nlibsqlite3-sys v0.37.0\nsqlx-core v0.8.6\n").is_empty()
        );
    }
}
