//! A PostgreSQL database for one test.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Tests share a process where the runner gives each none of its own.
static NEXT: AtomicU32 = AtomicU32::new(0);

/// A database of its own in the server for tests.
pub(crate) struct PostgresDatabase {
    server: String,
    name: String,
}

impl PostgresDatabase {
    pub(crate) fn create() -> Self {
        let server = server();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("streamgate_system_{}_{number}", std::process::id());
        statement(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        statement(&server, &format!("CREATE DATABASE {name} TEMPLATE template0"));
        Self { server, name }
    }

    pub(crate) fn url(&self) -> String {
        let mut url: url::Url = self
            .server
            .parse()
            .expect("STREAMGATE_TEST_POSTGRES_URL is a URL");
        url.set_path(&self.name);
        url.into()
    }

    pub(crate) fn remove(self) {
        statement(
            &self.server,
            &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "tests have no settings but these")]
fn server() -> String {
    std::env::var("STREAMGATE_TEST_POSTGRES_URL").expect(
        "STREAMGATE_TEST_POSTGRES_URL names the PostgreSQL server for tests; `cargo xtask test` sets it",
    )
}

/// Runs one statement with PostgreSQL's own client: this crate opens databases through the platform only.
fn statement(server: &str, sql: &str) {
    let output = Command::new(program("psql"))
        .args([
            "--no-psqlrc",
            "--quiet",
            "--set",
            "ON_ERROR_STOP=1",
            "--command",
            sql,
            server,
        ])
        .stdin(Stdio::null())
        .output()
        .expect("psql is installed with PostgreSQL");
    assert!(
        output.status.success(),
        "{sql}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Debian keeps the programs of each PostgreSQL version in a folder of their own.
pub(crate) fn program(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<PathBuf> = versions
        .map(|version| version.path().join("bin").join(name))
        .filter(|program| program.is_file())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from(name))
}
