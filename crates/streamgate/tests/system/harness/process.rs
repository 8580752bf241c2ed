//! One child process of the program, with its output in files that failures quote.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::http::client;

const START_DEADLINE: Duration = Duration::from_secs(20);

/// A running program. Dropping it kills it.
pub(crate) struct Process {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

/// Returns a command for the program that sees none of this process's settings.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_streamgate"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

impl Process {
    /// Starts `command`; its output goes to `{name}.stdout` and `{name}.stderr` in `folder`, after what is there.
    pub(crate) fn spawn(mut command: Command, folder: &Path, name: &str) -> Self {
        let open = |path: &Path| {
            File::options()
                .create(true)
                .append(true)
                .open(path)
                .expect("an output file")
        };
        let (stdout, stderr) = (
            folder.join(format!("{name}.stdout")),
            folder.join(format!("{name}.stderr")),
        );
        let child = command
            .stdout(open(&stdout))
            .stderr(open(&stderr))
            .spawn()
            .expect("the program starts");
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// Returns what the process wrote so far to both outputs.
    pub(crate) fn output(&self) -> String {
        let read = |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
        format!("{}{}", read(&self.stdout), read(&self.stderr))
    }

    pub(crate) fn stdout(&self) -> String {
        fs::read_to_string(&self.stdout).expect("the output is text")
    }

    /// Waits until `base` answers on `path`, whatever it answers if `status` is `None`.
    pub(crate) async fn answers(&mut self, base: &str, path: &str, status: Option<u16>) {
        let started = Instant::now();
        loop {
            let answer = client().get(format!("{base}{path}")).send().await;
            match answer {
                Ok(answer) if status.is_none_or(|status| answer.status().as_u16() == status) => return,
                _ => {}
            }
            let ended = self.child.try_wait().expect("the child can be asked");
            assert!(
                ended.is_none(),
                "the program ended ({ended:?}):\n{}",
                self.output()
            );
            assert!(
                started.elapsed() < START_DEADLINE,
                "{base}{path} is not ready:\n{}",
                self.output()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ends it as a power cut would.
    pub(crate) fn kill_9(&mut self) {
        self.child.kill().expect("the child can be killed");
        self.child.wait().expect("the child ends");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a process id");
        kill_process(pid, signal).expect("the child takes signals");
    }

    /// Waits for its end; fails the test after `deadline`.
    pub(crate) async fn end(&mut self, deadline: Duration) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be asked") {
                return status;
            }
            assert!(
                started.elapsed() < deadline,
                "it still runs after {deadline:?}:\n{}",
                self.output()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Returns how much memory the process holds (`VmRSS`).
    pub(crate) fn resident_kib(&self) -> u64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a running process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let figure = line.and_then(|line| line.trim().strip_suffix("kB"));
        figure.expect("VmRSS").trim().parse().expect("a number")
    }

    /// Counts its open file descriptors.
    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id()))
            .expect("the process runs")
            .count()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            let output = self.output();
            let from = output.len().saturating_sub(6_000);
            let tail = output.get(output.ceil_char_boundary(from)..).unwrap_or_default();
            #[expect(clippy::print_stderr, reason = "a failing test quotes the program's output")]
            {
                eprintln!("--- {} ---\n{tail}", self.stdout.display());
            }
        }
    }
}

/// Returns a free port below the range that outgoing connections use, so that none takes it before the program does.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 20_000).unwrap_or_default();
    loop {
        let port = 10_000 + (start.wrapping_mul(7) + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
