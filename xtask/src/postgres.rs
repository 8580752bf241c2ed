//! A throw-away PostgreSQL cluster for the tests: in a folder of its own under the temporary folder, on a free port of
//! 127.0.0.1, without durability, gone when the tests are over.
//!
//! A guardian process owns the cluster and ends it when the pipe from us closes. We hold the other end, so the cluster goes
//! however we end: by returning, by an error, by Ctrl-C, or killed outright. PostgreSQL refuses to run as root, so root
//! hands everything to the user `postgres` that Debian's package creates.

use std::fs::DirBuilder;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::tools;

/// The oldest server that StreamGate supports.
const MAJOR_MIN: u32 = 14;
/// A cold start on a busy machine takes a second or two.
const START_DEADLINE: Duration = Duration::from_mins(1);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Every test has a database of its own with a small pool, and test processes run side by side: hence 200 connections.
const SERVER_SETTINGS: &str = "fsync=off synchronous_commit=off full_page_writes=off max_connections=200 \
                               listen_addresses=127.0.0.1 unix_socket_directories= logging_collector=off";

/// $1 programs, $2 folder, $3 port, the rest settings. Ignored signals stay ignored in `cat`, but not in the server, which
/// takes a Ctrl-C at the terminal as the wish for a fast stop.
const GUARDIAN: &str = r#"
trap '' INT TERM HUP
programs=$1 folder=$2 port=$3
shift 3
"$programs/postgres" -D "$folder/data" -p "$port" "$@" >"$folder/log" 2>&1 &
cat >/dev/null
kill -INT $! 2>/dev/null
wait
rm -rf "$folder"
"#;

/// A running cluster. Dropping it stops the server and removes its files.
pub(crate) struct Cluster {
    guardian: Child,
    port: u16,
}

/// The user that the cluster runs as if we are root.
#[derive(Clone, Copy)]
struct Owner {
    uid: u32,
    gid: u32,
}

impl Cluster {
    /// Creates and starts a cluster, and waits until it answers.
    pub(crate) fn start() -> Result<Self> {
        let programs = programs().context("PostgreSQL's programs were not found")?;
        let owner = if tools::is_root() {
            Some(Owner::postgres()?)
        } else {
            None
        };
        let folder = std::env::temp_dir().join(format!("streamgate-test-postgres-{}", std::process::id()));
        DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("could not create {}", folder.display()))?;
        let cluster = Self::start_in(&folder, &programs, owner);
        if cluster.is_err() {
            // The guardian may have removed it already.
            drop(std::fs::remove_dir_all(&folder));
        }
        cluster
    }

    /// The address of its maintenance database, whose user may create others.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn start_in(folder: &Path, programs: &Path, owner: Option<Owner>) -> Result<Self> {
        if let Some(owner) = owner {
            chown(folder, Some(owner.uid), Some(owner.gid))
                .context("could not give the folder to the user postgres")?;
        }
        initialise(folder, programs, owner)?;
        let port = free_port()?;
        println!("starting PostgreSQL on 127.0.0.1:{port} in {}", folder.display());
        let guardian = as_owner(Command::new("sh"), owner)
            .args(["-c", GUARDIAN, "guardian"])
            .args([programs, folder])
            .arg(port.to_string())
            .args(
                SERVER_SETTINGS
                    .split_whitespace()
                    .flat_map(|setting| ["-c", setting]),
            )
            .current_dir(folder)
            .stdin(Stdio::piped())
            .spawn()
            .context("could not start the guardian of PostgreSQL")?;
        let cluster = Self { guardian, port };
        cluster.wait_until_it_answers(folder, programs)?;
        Ok(cluster)
    }

    fn wait_until_it_answers(&self, folder: &Path, programs: &Path) -> Result<()> {
        let deadline = Instant::now() + START_DEADLINE;
        while Instant::now() < deadline {
            let answer = Command::new(programs.join("pg_isready"))
                .args([
                    "--quiet",
                    "--host=127.0.0.1",
                    "--username=postgres",
                    "--dbname=postgres",
                ])
                .arg(format!("--port={}", self.port))
                .status()
                .context("could not start pg_isready")?;
            if answer.success() {
                return Ok(());
            }
            std::thread::sleep(POLL_INTERVAL);
        }
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        bail!(
            "PostgreSQL did not answer within {} s; its log:\n{log}",
            START_DEADLINE.as_secs()
        )
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        if let Err(error) = self.guardian.wait() {
            eprintln!("could not wait for PostgreSQL to stop: {error}");
        }
    }
}

impl Owner {
    fn postgres() -> Result<Self> {
        let id = |flag| tools::words_first_line("id", &[flag, "postgres"])?.parse().ok();
        match (id("-u"), id("-g")) {
            (Some(uid), Some(gid)) => Ok(Self { uid, gid }),
            _ => bail!("PostgreSQL does not run as root, and there is no user `postgres` to run it as"),
        }
    }
}

/// The folder with the newest server's programs: on `PATH`, or where Debian keeps them off it.
pub(crate) fn programs() -> Option<PathBuf> {
    let has_server = |dir: &PathBuf| dir.join("initdb").is_file() && dir.join("postgres").is_file();
    let mut debian: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .filter(|(major, _)| *major >= MAJOR_MIN)
        .collect();
    debian.sort();
    let newest_first = debian.into_iter().rev().map(|(_, dir)| dir);
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    newest_first.chain(on_path.into_iter().flatten()).find(has_server)
}

fn initialise(folder: &Path, programs: &Path, owner: Option<Owner>) -> Result<()> {
    let output = as_owner(Command::new(programs.join("initdb")), owner)
        .args([
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
            "--pgdata",
        ])
        .arg(folder.join("data"))
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .context("could not start initdb")?;
    if !output.status.success() {
        bail!(
            "initdb failed ({}):\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}

fn as_owner(mut command: Command, owner: Option<Owner>) -> Command {
    if let Some(owner) = owner {
        command.uid(owner.uid).gid(owner.gid);
    }
    command
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_answers_while_it_lives_and_leaves_nothing_behind() {
        // A machine without the server has nothing to promise here; `cargo xtask test` installs it first.
        let Some(programs) = programs() else { return };
        let folder = std::env::temp_dir().join(format!("streamgate-test-postgres-{}", std::process::id()));
        let cluster = Cluster::start().unwrap();
        let psql = |url: &str| {
            Command::new(programs.join("psql"))
                .args([url, "-Atc", "show max_connections"])
                .output()
        };
        let url = cluster.url();
        assert_eq!(String::from_utf8_lossy(&psql(&url).unwrap().stdout).trim(), "200");
        assert!(folder.is_dir());
        drop(cluster);
        assert!(!psql(&url).unwrap().status.success());
        assert!(!folder.is_dir());
    }
}
