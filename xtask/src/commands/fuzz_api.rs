//! An outside tool attacks the served API by its own document (`cargo xtask fuzz-api`, a step of `cargo xtask test --deep`):
//! no 500, and every answer as the document says, with an organiser's session and without, on SQLite and on PostgreSQL.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::command_line::CommandLine;
use crate::postgres::Cluster;
use crate::workspace;

/// Exactly this version: another one has other checks.
const TOOL: &str = "schemathesis==4.32.5";
/// What the tool is told beside its arguments.
const TOOL_SETTINGS: &str = "xtask/schemathesis.toml";
const ADMIN_KEY: &str = "an-admin-api-key-for-an-attack";
const INTERNAL_KEY: &str = "an-internal-api-key-for-an-attack";
const START_DEADLINE: Duration = Duration::from_secs(30);
const PASSWORD: &str = "a password for an attack";
/// Of [`PASSWORD`], at the lowest cost.
const PASSWORD_HASH: &str = "$2b$04$bAMtEo6ThjVllnOGUoReQuYIK0yg8cGTMMTGkDm6XArN0tvjgYwxy";
/// What the tool throws its dice by, for either database: the same requests each time, so that a failure can be found.
const SEEDS: [&str; 2] = ["3", "14"];
/// Left out: the feed answers a stream that does not end.
const ENDLESS: &str = "/api/internal/feed";
/// Left out of an attack with a session, which would end with it.
const SIGN_OUT: &str = "/api/admin/logout";

/// Attacks with an organiser's session and with nothing, on either database.
pub(crate) fn run(_: &[String]) -> Result<()> {
    let tool = install()?;
    let program = workspace::build_program()?;
    let cluster = Cluster::start().context("the throw-away PostgreSQL")?;
    let folder = std::env::temp_dir().join(format!("streamgate-fuzz-api-{}", std::process::id()));
    let attacked = [(SEEDS[0], None), (SEEDS[1], Some(cluster.url()))]
        .into_iter()
        .try_for_each(|(seed, database)| {
            fs::create_dir_all(&folder)?;
            let running = Program::start(&program, &folder, database.as_deref())?;
            let cookie = running.sign_in()?;
            attack(&tool, seed, &running.address, Some(&cookie))?;
            attack(&tool, seed, &running.address, None)?;
            drop(running);
            fs::remove_dir_all(&folder).with_context(|| format!("could not remove {}", folder.display()))
        });
    // What a failed attack left behind.
    drop(fs::remove_dir_all(&folder));
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

fn attack(tool: &Path, seed: &str, address: &str, cookie: Option<&str>) -> Result<()> {
    let mut command = CommandLine::new("")
        // It keeps notes where it runs.
        .dir(workspace::root().join("target"))
        .arg(tool)
        .arg("--config-file")
        .arg(workspace::root().join(TOOL_SETTINGS));
    for argument in [
        "run",
        "--phases",
        "examples,coverage,fuzzing,stateful",
        "--max-examples",
        "30",
        "--seed",
        seed,
        "--continue-on-failure",
        "--exclude-path",
        ENDLESS,
    ] {
        command = command.arg(argument);
    }
    if let Some(cookie) = cookie {
        for header in [
            format!("Cookie: {cookie}"),
            format!("X-Internal-Api-Key: {INTERNAL_KEY}"),
        ] {
            command = command.arg("--header").arg(header);
        }
        command = command.arg("--exclude-path").arg(SIGN_OUT);
    }
    command.arg(format!("{address}/api/openapi.json")).run()
}

/// The program under attack; dropping it ends it.
struct Program {
    child: Child,
    authority: String,
    address: String,
}

impl Program {
    fn start(program: &Path, folder: &Path, database: Option<&str>) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let ops = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = Command::new(program);
        command.arg("serve").env_clear();
        if let Some(database) = database {
            command.env("DATABASE_URL", database);
        }
        let child = command
            .env("DATA_DIR", folder.join("data"))
            .env("BIND_ADDR", "127.0.0.1")
            .env("PORT", port.to_string())
            .env("OPS_ADDR", ops.to_string())
            .env("ADMIN_API_KEY", ADMIN_KEY)
            .env("ADMIN_PASSWORD_HASH", PASSWORD_HASH)
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
            authority: format!("127.0.0.1:{port}"),
            address: format!("http://127.0.0.1:{port}"),
        };
        program.wait_until_it_listens(port, folder)?;
        Ok(program)
    }

    /// Signs in and returns the cookie, name and value.
    fn sign_in(&self) -> Result<String> {
        let body = format!("{{\"password\":\"{PASSWORD}\"}}");
        let mut socket = TcpStream::connect(&self.authority)?;
        write!(
            socket,
            "POST /api/admin/login HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.authority,
            body.len()
        )?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        let cookie = answer
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(name, _)| name.eq_ignore_ascii_case("set-cookie"))
            .and_then(|(_, value)| value.split(';').next());
        cookie.map(ToOwned::to_owned).context("signing in gave no cookie")
    }

    fn wait_until_it_listens(&mut self, port: u16, folder: &Path) -> Result<()> {
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
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
