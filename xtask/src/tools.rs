//! Finding what the commands need on this machine, and installing it where that can be done without asking.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::command_line::CommandLine;
use crate::{postgres, workspace};

/// The oldest Node.js that the page's build tool runs on.
const NODE_MIN: (u32, u32) = (20, 19);

/// What judges licences and sources of all crates. A fixed version, so that a newer one's opinions come when we choose.
const CARGO_DENY: &str = "cargo-deny@0.20.2";

/// A Debian package that a command needs, with what shows that its content is there, whoever installed it.
struct Package {
    name: &'static str,
    provides: &'static str,
    is_there: fn() -> bool,
}

const TEST_PACKAGES: &[Package] = &[
    Package {
        name: "chromium",
        provides: "Chromium or Google Chrome",
        is_there: || chromium().is_some(),
    },
    Package {
        name: "ffmpeg",
        provides: "ffmpeg and ffprobe",
        is_there: || on_path("ffmpeg").is_some() && on_path("ffprobe").is_some(),
    },
    Package {
        name: "postgresql",
        provides: "the PostgreSQL server, 14 or newer, and its client (initdb, postgres, psql)",
        is_there: || postgres::programs().is_some() && on_path("psql").is_some(),
    },
    Package {
        name: "sqlite3",
        provides: "the sqlite3 program",
        is_there: || on_path("sqlite3").is_some(),
    },
    Package {
        name: "nginx",
        provides: "nginx, which stands in front of a platform and its edges in one test",
        is_there: || on_path("nginx").is_some(),
    },
    Package {
        name: "caddy",
        provides: "Caddy, which does so in another",
        is_there: || on_path("caddy").is_some(),
    },
    Package {
        name: "slowhttptest",
        provides: "slowhttptest, which attacks with slow requests",
        is_there: || on_path("slowhttptest").is_some(),
    },
    Package {
        name: "nghttp2-client",
        provides: "h2load, which loads over HTTP/2",
        is_there: || on_path("h2load").is_some(),
    },
    Package {
        name: "libfaketime",
        provides: "libfaketime, which sets the clock of one process",
        is_there: has_libfaketime,
    },
    Package {
        name: "fonts-dejavu-core",
        provides: "the DejaVu fonts",
        is_there: has_dejavu_fonts,
    },
];

/// What widens the tests where the distribution has it: Ubuntu's Firefox comes from elsewhere.
const FIREFOX: Package = Package {
    name: "firefox-esr",
    provides: "Firefox",
    is_there: || on_path("firefox-esr").is_some() || on_path("firefox").is_some(),
};

const COUNT_PACKAGES: &[Package] = &[Package {
    name: "valgrind",
    provides: "valgrind",
    is_there: || on_path("valgrind").is_some(),
}];

const BENCH_PACKAGES: &[Package] = &[
    Package {
        name: "nginx",
        provides: "nginx",
        is_there: || on_path("nginx").is_some(),
    },
    Package {
        name: "libnginx-mod-http-lua",
        provides: "nginx's Lua module",
        is_there: || Path::new("/usr/lib/nginx/modules/ngx_http_lua_module.so").is_file(),
    },
    Package {
        name: "lua-resty-core",
        provides: "lua-resty-core",
        is_there: || Path::new("/usr/share/lua/5.1/resty/core.lua").is_file(),
    },
    Package {
        name: "lua-cjson",
        provides: "lua-cjson for Lua 5.1",
        is_there: has_lua_cjson,
    },
    Package {
        name: "wrk",
        provides: "wrk",
        is_there: || on_path("wrk").is_some(),
    },
    Package {
        name: "util-linux",
        provides: "taskset",
        is_there: || on_path("taskset").is_some(),
    },
    Package {
        name: "iproute2",
        provides: "ip",
        is_there: || on_path("ip").is_some(),
    },
];

/// Fails, saying what to install, unless Node.js and npm are there and new enough.
pub(crate) fn require_node() -> Result<()> {
    let advice = format!(
        "install Node.js {}.{} or newer with npm (https://nodejs.org)",
        NODE_MIN.0, NODE_MIN.1
    );
    let Some(version) = first_line("node", "--version") else {
        bail!("Node.js was not found: {advice}")
    };
    if !is_new_enough(&version) {
        bail!("Node.js {version} is too old: {advice}");
    }
    if first_line("npm", "--version").is_none() {
        bail!("npm was not found: {advice}");
    }
    Ok(())
}

/// Makes sure that everything is there that the tests drive, installing it on Debian and Ubuntu if we are root.
pub(crate) fn install_missing_test_tools() -> Result<()> {
    install_missing(TEST_PACKAGES)?;
    if let Err(reason) = install_missing(&[FIREFOX]) {
        println!("Without Firefox its journey is left out of the browser tests: {reason:#}");
    }
    if cargo_deny().is_none()
        && let Err(reason) = install_cargo_deny()
    {
        println!("Without cargo-deny licences and sources are not judged: {reason:#}");
    }
    Ok(())
}

/// Builds it below `target/`: it belongs to this clone and not to whoever works in it.
fn install_cargo_deny() -> Result<()> {
    CommandLine::new("cargo install --quiet --locked --root")
        .arg(own_tools())
        .arg(CARGO_DENY)
        .run()
}

/// cargo-deny, wherever it was installed.
pub(crate) fn cargo_deny() -> Option<PathBuf> {
    let own = own_tools().join("bin/cargo-deny");
    on_path("cargo-deny").or_else(|| own.is_file().then_some(own))
}

fn own_tools() -> PathBuf {
    workspace::root().join("target/tools")
}

/// The same for what counts instructions.
pub(crate) fn install_missing_count_tools() -> Result<()> {
    install_missing(COUNT_PACKAGES)
}

/// The same for what StreamGate is measured beside and with.
pub(crate) fn install_missing_bench_tools() -> Result<()> {
    install_missing(BENCH_PACKAGES)
}

fn install_missing(packages: &[Package]) -> Result<()> {
    let missing: Vec<&Package> = packages.iter().filter(|package| !(package.is_there)()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing
        .iter()
        .map(|package| package.name)
        .collect::<Vec<_>>()
        .join(" ");
    if on_path("apt-get").is_none() || !is_root() {
        let what = missing
            .iter()
            .map(|package| package.provides)
            .collect::<Vec<_>>()
            .join("; ");
        bail!("please install {what} (on Debian or Ubuntu: `sudo apt-get install {names}`)");
    }
    let apt = |arguments: &str| {
        CommandLine::new(&format!("apt-get {arguments}"))
            .env("DEBIAN_FRONTEND", "noninteractive")
            .run()
    };
    apt("-qq update")?;
    apt(&format!("-qq install --yes --no-install-recommends {names}"))?;
    match missing.iter().find(|package| !(package.is_there)()) {
        Some(package) => bail!(
            "`{}` was installed, but {} cannot be found",
            package.name,
            package.provides
        ),
        None => Ok(()),
    }
}

/// The browser that the browser tests drive.
pub(crate) fn chromium() -> Option<PathBuf> {
    [
        "chromium",
        "chromium-browser",
        "google-chrome-stable",
        "google-chrome",
    ]
    .into_iter()
    .find_map(on_path)
}

/// Whether `cargo NAME` is there.
pub(crate) fn has_cargo_command(name: &str) -> bool {
    on_path(&format!("cargo-{name}")).is_some()
}

pub(crate) fn is_root() -> bool {
    first_line("id", "-u").is_some_and(|id| id == "0")
}

/// The first line that a program prints for one argument; `None` if it is not there or fails. A question, so not shown.
pub(crate) fn first_line(program: &str, argument: &str) -> Option<String> {
    words_first_line(program, &[argument])
}

/// As [`first_line`], for any number of arguments.
pub(crate) fn words_first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&path)
        .map(|dir| dir.join(&name))
        .find(|candidate| candidate.is_file())
}

fn has_dejavu_fonts() -> bool {
    let debian_folder = PathBuf::from("/usr/share/fonts/truetype/dejavu");
    debian_folder.is_dir()
        || words_first_line("fc-list", &["DejaVu Sans"]).is_some_and(|line| !line.is_empty())
}

fn has_lua_cjson() -> bool {
    is_in_a_machines_folder("lua/5.1/cjson.so")
}

fn has_libfaketime() -> bool {
    is_in_a_machines_folder("faketime/libfaketimeMT.so.1")
}

/// Debian keeps libraries in a folder named after the machine.
fn is_in_a_machines_folder(library: &str) -> bool {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders
        .map(|folder| folder.path().join(library))
        .any(|path| path.is_file())
}

/// Whether a version like `v20.19.3` is at least [`NODE_MIN`].
fn is_new_enough(version: &str) -> bool {
    let mut numbers = version
        .trim_start_matches('v')
        .split('.')
        .map(|part| part.parse::<u32>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor) >= NODE_MIN,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_is_new_enough_from_20_19_on() {
        assert!(
            ["v20.19.0", "v20.20.2", "v22.0.0", "v100.1.1"]
                .into_iter()
                .all(is_new_enough)
        );
        assert!(
            !["v20.18.9", "v18.20.0", "v9.99.0", "", "twenty", "v20"]
                .into_iter()
                .any(is_new_enough)
        );
    }

    #[test]
    fn a_program_that_is_not_there_has_no_first_line() {
        assert_eq!(first_line("streamgate-no-such-program", "--version"), None);
        assert_eq!(
            words_first_line("echo", &["two", "words"]).as_deref(),
            Some("two words")
        );
    }
}
