//! A PostgreSQL server of this test's own, which can be killed without taking the other tests' databases along.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::harness::database;
use crate::harness::process::free_port;

/// A server that was killed reads its log again before it answers.
const RECOVERED_WITHIN: Duration = Duration::from_mins(1);

/// The server, in a folder that goes with it. Dropping it kills it.
pub(super) struct Cluster {
    server: Child,
    files: Files,
}

struct Files {
    port: u16,
    /// PostgreSQL does not run as root, so root hands everything to Debian's user.
    owner: Option<(u32, u32)>,
    folder: TempDir,
}

impl Cluster {
    /// Makes one and waits until it answers.
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let owner = (id(&["-u"]) == 0).then(|| (id(&["-u", "postgres"]), id(&["-g", "postgres"])));
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let files = Files {
            port: free_port(),
            owner,
            folder,
        };
        files.initialise();
        let mut cluster = Self {
            server: files.serve(),
            files,
        };
        cluster.start_again().await;
        cluster
    }

    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.files.port)
    }

    /// Kills the server as a machine does that runs out of memory; its processes end by themselves.
    pub(super) fn kill_9(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// Starts it on what is there, unless it runs, and waits until it answers.
    pub(super) async fn start_again(&mut self) {
        let started = Instant::now();
        while !self.files.is_ready() {
            assert!(
                started.elapsed() < RECOVERED_WITHIN,
                "PostgreSQL does not answer:\n{}",
                fs::read_to_string(self.files.log()).unwrap_or_default()
            );
            // It refuses to start while a process of the one before still ends.
            if self.server.try_wait().unwrap().is_some() {
                self.server = self.files.serve();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

impl Files {
    fn initialise(&self) {
        let output = self
            .command("initdb")
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8"])
            .args(["--locale=C", "--no-sync"])
            .output()
            .expect("initdb is installed with PostgreSQL");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn serve(&self) -> Child {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.log())
            .unwrap();
        // What a killed process has written is with the kernel, so the disk need not be waited for.
        self.command("postgres")
            .args(["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1"])
            .args(["-c", "unix_socket_directories=", "-p", &self.port.to_string()])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    fn is_ready(&self) -> bool {
        Command::new(database::program("pg_isready"))
            .args(["--quiet", "--host=127.0.0.1", "--port", &self.port.to_string()])
            .status()
            .expect("pg_isready is installed with PostgreSQL")
            .success()
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    fn command(&self, program: &str) -> Command {
        let folder: &Path = self.folder.path();
        let mut command = Command::new(database::program(program));
        command
            .arg("-D")
            .arg(folder.join("data"))
            .current_dir(folder)
            .stdin(Stdio::null());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }
}

/// Asks `id` for a number.
fn id(arguments: &[&str]) -> u32 {
    let output = Command::new("id").args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.trim().parse().expect("a user or group id")
}
