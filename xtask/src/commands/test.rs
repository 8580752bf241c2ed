//! Everything that CI demands, on a machine that has Rust and Node.js and perhaps nothing else.

use anyhow::{Context, Result};

use crate::command_line::CommandLine;
use crate::commands::{check, fuzz_api, instructions};
use crate::ledger::Ledger;
use crate::postgres::Cluster;
use crate::{tools, web, workspace};

/// How many rounds the contended claims run; without it, as many as every run of the tests can spare.
const CONTENDED_ROUNDS: &str = "STREAMGATE_CONTENDED_ROUNDS";
const KILL_ROUNDS: &str = "STREAMGATE_KILL_ROUNDS";
const CACHE_OBJECTS: &str = "STREAMGATE_CACHE_OBJECTS";
const CACHE_SEGMENTS: &str = "STREAMGATE_CACHE_SEGMENTS";
const LIVE_SECONDS: &str = "STREAMGATE_LIVE_SECONDS";
/// How often the process is killed under load; without it, as often as every run of the tests can spare.
const KILLS: &str = "STREAMGATE_KILLS";
/// How many addresses guess codes in the memory test; as above.
const ADDRESSES: &str = "STREAMGATE_ADDRESSES";
/// How many watch through an outage; as above.
const AUDIENCE: &str = "STREAMGATE_AUDIENCE";
/// How many slow connections attack, how many requests come over HTTP/2, how many things fail in turn; as above.
const SLOW_CONNECTIONS: &str = "STREAMGATE_SLOW_CONNECTIONS";
const HTTP2_REQUESTS: &str = "STREAMGATE_HTTP2_REQUESTS";
const FAULTS: &str = "STREAMGATE_FAULTS";
/// How many connections bring any bytes to the listener; as above. The fuzz targets count in proptest's own way.
const FUZZ_CASES: &str = "STREAMGATE_FUZZ_CASES";
/// Where tests find a PostgreSQL in which they may create databases.
const POSTGRES_URL: &str = "STREAMGATE_TEST_POSTGRES_URL";
/// Where the browser tests find the program and the browser.
const PROGRAM: &str = "STREAMGATE_BIN";
const BROWSER: &str = "PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH";
/// How many rows the console's tables are tested with; without them, as many as every run of the tests can spare.
const SCALE_EVENTS: &str = "STREAMGATE_SCALE_EVENTS";
const SCALE_TICKETS: &str = "STREAMGATE_SCALE_TICKETS";
/// How soon each of them must be on the screen, in milliseconds.
const SCALE_WITHIN_MS: &str = "STREAMGATE_SCALE_WITHIN_MS";
/// How soon 19 of 20 codes must lead to a picture, in milliseconds; without it, as soon as any machine manages.
const FIRST_PICTURE_WITHIN_MS: &str = "STREAMGATE_FIRST_PICTURE_WITHIN_MS";
/// How long a viewer's network is cut, and how long a tab is hidden.
const CUT_SECONDS: &str = "STREAMGATE_CUT_SECONDS";
const HIDDEN_SECONDS: &str = "STREAMGATE_HIDDEN_SECONDS";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let deep = arguments.iter().any(|argument| argument == "--deep");
    let mut ledger = Ledger::default();
    steps(&mut ledger, deep);
    ledger.close()
}

fn steps(ledger: &mut Ledger, deep: bool) {
    if !ledger.step(
        "tools",
        "install what the message names",
        tools::install_missing_test_tools,
    ) || !check::steps(ledger)
    {
        return;
    }
    ledger.step("page unit tests", "`npm test` in web/ runs them alone", || {
        web::npm("test").run()
    });
    // Before the other Rust tests: the runner's last words should be those that count them all.
    ledger.step(
        "rust doctests",
        "`cargo test --doc --workspace` runs them alone",
        || CommandLine::new("cargo test --doc --workspace").run(),
    );
    if instructions::can_count() {
        ledger.step(
            "instructions",
            "`cargo xtask instructions` runs it alone; the figures stand in xtask/src/commands/instructions.rs",
            || instructions::run(&[]),
        );
    } else {
        ledger.skip("instructions", "the figures are those of Linux on x86-64");
    }
    ledger.step(
        "rust tests",
        "`cargo nextest run NAME` or `cargo test NAME` runs one alone",
        || rust_tests(deep),
    );
    ledger.step(
        "browser tests",
        "`npm run e2e -- NAME` in web/ runs one alone; see test-results/",
        || browser_tests(deep),
    );
    if deep {
        ledger.step(
            "attack on the API",
            "`cargo xtask fuzz-api` runs it alone; the tool prints the request that shows each failure",
            || fuzz_api::run(&[]),
        );
    }
}

fn rust_tests(deep: bool) -> Result<()> {
    let cluster = Cluster::start().context("the throw-away PostgreSQL")?;
    let runner = match (tools::has_cargo_command("nextest"), deep) {
        (true, false) => "cargo nextest run --workspace --no-fail-fast",
        (true, true) => "cargo nextest run --workspace --no-fail-fast --profile deep",
        (false, _) => "cargo test --workspace --no-fail-fast --lib --bins --tests",
    };
    let tests = CommandLine::new(runner).env(POSTGRES_URL, cluster.url());
    if deep {
        tests
            .env(CONTENDED_ROUNDS, "10000")
            .env(KILL_ROUNDS, "50")
            .env(CACHE_OBJECTS, "1000000")
            .env(CACHE_SEGMENTS, "43200")
            .env(LIVE_SECONDS, "60")
            .env(KILLS, "100")
            .env(ADDRESSES, "100000")
            .env(AUDIENCE, "3000")
            .env(SLOW_CONNECTIONS, "1000")
            .env(HTTP2_REQUESTS, "200000")
            .env(FAULTS, "300")
            .env(FUZZ_CASES, "20000")
            .env("PROPTEST_CASES", "4096")
            .run()
    } else {
        tests.run()
    }
}

fn browser_tests(deep: bool) -> Result<()> {
    // Promises of speed are kept by the program as it is shipped.
    let program = if deep {
        workspace::build_release("streamgate")?
    } else {
        workspace::build_program()?
    };
    let browser = tools::chromium().context("no Chromium was found")?;
    let cluster = Cluster::start().context("the throw-away PostgreSQL")?;
    let tests = web::npm("run e2e")
        .env(PROGRAM, program)
        .env(BROWSER, browser)
        .env(POSTGRES_URL, cluster.url());
    if deep {
        tests
            .env(SCALE_EVENTS, "10000")
            .env(SCALE_TICKETS, "1000000")
            .env(SCALE_WITHIN_MS, "500")
            .env(FIRST_PICTURE_WITHIN_MS, "600")
            .env(CUT_SECONDS, "180")
            .env(HIDDEN_SECONDS, "400")
            .run()
    } else {
        tests.run()
    }
}
