//! An outside tool attacks the served API by its own document (`cargo xtask test --deep`): no 500, and every answer as
//! the document says, with the organiser's key and without.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command_line::CommandLine;
use crate::workspace;

/// Exactly this version: another one has other checks.
const TOOL: &str = "schemathesis==4.32.5";
const ADMIN_KEY: &str = "an-admin-api-key-for-an-attack";
const INTERNAL_KEY: &str = "an-internal-api-key-for-an-attack";
const START_DEADLINE: Duration = Duration::from_secs(30);
/// Left out: the feed answers a stream that does not end.
const ENDLESS: &str = "/api/internal/feed";

/// Runs the attack twice.
pub(crate) fn run() -> Result<()> {
    let tool = install()?;
    let program = workspace::build_program()?;
    let folder = std::env::temp_dir().join(format!("streamgate-fuzz-api-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let attacked = Program::start(&program, &folder).and_then(|program| {
        attack(&tool, &program.address, true)?;
        attack(&tool, &program.address, false)
    });
    fs::remove_dir_all(&folder).with_context(|| format!("could not remove {}", folder.display()))?;
    attacked
}

/// Makes a Python environment beside the build, unless it is there, and returns the tool in it.
fn install() -> Result<PathBuf> {
    let environment = workspace::root().join("target/schemathesis");
    let tool = environment.join("bin/st");
    if !tool.is_file() {
        CommandLine::new("python3 -m venv").arg(&environment).run()?;
        CommandLine::new("")
            .arg(environment.join("bin/pip"))
            .arg("install")
            .arg("--quiet")
            .arg(TOOL)
            .run()?;
    }
    Ok(tool)
}

fn attack(tool: &Path, address: &str, with_keys: bool) -> Result<()> {
    let mut command = CommandLine::new("").arg(tool);
    for argument in [
        "run",
        "--phases",
        "examples,coverage,fuzzing,stateful",
        "--checks",
        "all",
    ] {
        command = command.arg(argument);
    }
    // Not promised: a code that was guessed right, and a resource that another request has removed meanwhile.
    for argument in [
        "--max-examples",
        "30",
        "--continue-on-failure",
        "--exclude-path",
        ENDLESS,
    ] {
        command = command.arg(argument);
    }
    if with_keys {
        for header in [
            format!("Authorization: Bearer {ADMIN_KEY}"),
            format!("X-Internal-Api-Key: {INTERNAL_KEY}"),
        ] {
            command = command.arg("--header").arg(header);
        }
    }
    command.arg(format!("{address}/api/openapi.json")).run()
}

/// The program under attack; dropping it ends it.
struct Program {
    child: Child,
    address: String,
}

impl Program {
    fn start(program: &Path, folder: &Path) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let ops = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = Command::new(program)
            .arg("serve")
            .env_clear()
            .env("DATA_DIR", folder.join("data"))
            .env("BIND_ADDR", "127.0.0.1")
            .env("PORT", port.to_string())
            .env("OPS_ADDR", ops.to_string())
            .env("ADMIN_API_KEY", ADMIN_KEY)
            .env("INTERNAL_API_KEY", INTERNAL_KEY)
            .env("RATE_LIMIT_LOGINS_PER_MINUTE", "10000000")
            .env("RATE_LIMIT_INVALID_CODES_PER_MINUTE", "10000000")
            .env("RATE_LIMIT_VALIDATIONS_PER_MINUTE", "10000000")
            .env("RUST_LOG", "error")
            .stdin(Stdio::null())
            .stdout(fs::File::create(folder.join("log"))?)
            .spawn()
            .context("the program does not start")?;
        let mut program = Self {
            child,
            address: format!("http://127.0.0.1:{port}"),
        };
        program.wait_until_it_listens(port, folder)?;
        Ok(program)
    }

    fn wait_until_it_listens(&mut self, port: u16, folder: &Path) -> Result<()> {
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if self.child.try_wait()?.is_some() || started.elapsed() > START_DEADLINE {
                let log = BufReader::new(fs::File::open(folder.join("log"))?);
                let last = log.lines().map_while(Result::ok).last().unwrap_or_default();
                bail!("the program does not listen: {last}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
