//! nginx as the opponent: one worker on one core, with the same files, tokens and duties.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::site::free_port;

const CONFIGURATION: &str = include_str!("nginx.conf");
const TOKEN_CHECK: &str = include_str!("sgjwt.lua");
const MODULES: &str = "/usr/lib/nginx/modules";
const START_DEADLINE: Duration = Duration::from_secs(10);

/// What nginx is started with.
pub(super) struct Opponent<'a> {
    pub(super) folder: &'a Path,
    /// The folder that has a folder for each event.
    pub(super) streams: &'a Path,
    pub(super) secret: &'a str,
    /// `host:port` that the caches fetch from; itself, if there is none.
    pub(super) origin: Option<&'a str>,
    pub(super) core: &'a str,
}

/// A running nginx. Dropping it ends it.
pub(super) struct Nginx {
    master: Child,
    /// `host:port` without any check.
    pub(super) plain: String,
    /// With the token check.
    pub(super) checked: String,
    /// A cache with the token check.
    pub(super) cached: String,
    /// The same cache, answering stale while it renews.
    pub(super) stale: String,
}

impl Nginx {
    pub(super) fn start(opponent: &Opponent<'_>) -> Result<Self> {
        fs::create_dir_all(opponent.folder.join("cache"))?;
        let [plain, checked, cached, stale] = [(); 4].map(|()| format!("127.0.0.1:{}", free_port()));
        let configuration = fill(
            CONFIGURATION,
            &[
                ("MODULES", MODULES),
                // Started by root, the worker must still read the temporary folder.
                ("USER", if is_root() { "user root;" } else { "" }),
                ("FOLDER", &path_text(opponent.folder)?),
                ("STREAMS", &path_text(opponent.streams)?),
                ("LUA_CPATH", &lua_modules()?),
                ("ORIGIN", opponent.origin.unwrap_or(&plain)),
                ("PLAIN", port(&plain)),
                ("CHECKED", port(&checked)),
                ("CACHED", port(&cached)),
                ("STALE", port(&stale)),
            ],
        );
        fs::write(opponent.folder.join("nginx.conf"), configuration)?;
        let check = fill(TOKEN_CHECK, &[("SECRET", opponent.secret)]);
        fs::write(opponent.folder.join("sgjwt.lua"), check)?;
        let log = fs::File::create(opponent.folder.join("output.log"))?;
        let master = Command::new("taskset")
            .args(["-c", opponent.core, "nginx", "-e", "error.log", "-p"])
            .arg(opponent.folder)
            .args(["-c", "nginx.conf"])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("nginx does not start")?;
        let mut nginx = Self {
            master,
            plain,
            checked,
            cached,
            stale,
        };
        nginx.ready(opponent.folder)?;
        Ok(nginx)
    }

    fn ready(&mut self, folder: &Path) -> Result<()> {
        let started = Instant::now();
        while self.worker()?.is_none() || std::net::TcpStream::connect(&self.plain).is_err() {
            if self.master.try_wait()?.is_some() || started.elapsed() > START_DEADLINE {
                let said = fs::read_to_string(folder.join("output.log"))?;
                bail!("nginx does not run: {said}");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Returns the id of the process that answers.
    pub(super) fn worker(&self) -> Result<Option<u32>> {
        let master = self.master.id();
        let children = fs::read_to_string(format!("/proc/{master}/task/{master}/children"))?;
        // The others manage the cache.
        for child in children.split_whitespace() {
            if fs::read_to_string(format!("/proc/{child}/cmdline")).is_ok_and(|line| line.contains("worker"))
            {
                return Ok(Some(child.parse()?));
            }
        }
        Ok(None)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master ends its worker when it is asked to, and could not when it is killed.
        if let Some(pid) = rustix::process::Pid::from_raw(self.master.id().cast_signed()) {
            // It may have ended already.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        drop(self.master.wait());
    }
}

fn is_root() -> bool {
    rustix::process::getuid().is_root()
}

/// The version, as nginx says it.
pub(super) fn version() -> Result<String> {
    let output = Command::new("nginx").arg("-v").output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    Ok(said.rsplit('/').next().unwrap_or_default().trim().to_owned())
}

/// Where Debian keeps C modules for Lua 5.1: a folder named after the machine.
fn lua_modules() -> Result<String> {
    for entry in fs::read_dir("/usr/lib")? {
        let folder: PathBuf = entry?.path().join("lua/5.1");
        if folder.join("cjson.so").is_file() {
            return Ok(format!("{}/?.so", path_text(&folder)?));
        }
    }
    bail!("lua-cjson was not found under /usr/lib")
}

fn path_text(path: &Path) -> Result<String> {
    Ok(path.to_str().context("a path that is no text")?.to_owned())
}

fn port(authority: &str) -> &str {
    authority.rsplit(':').next().unwrap_or_default()
}

fn fill(template: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(template.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{{{name}}}}}"), value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_the_configuration_is_one_that_is_filled_in() {
        let names = [
            "MODULES",
            "USER",
            "FOLDER",
            "STREAMS",
            "LUA_CPATH",
            "ORIGIN",
            "PLAIN",
            "CHECKED",
            "CACHED",
            "STALE",
        ];
        let filled = fill(
            &CONFIGURATION.replace("{{NAMES}}", ""),
            &names.map(|name| (name, "x")),
        );
        assert!(!filled.contains("{{"), "{filled}");
        assert!(!fill(TOKEN_CHECK, &[("SECRET", "x")]).contains("{{"));
    }
}
