//! A bad setting stops the start with one clear line; a good bcrypt hash survives every way in.

use std::collections::BTreeMap;
use std::fs;
use std::process::Output;

use serde_json::json;

use crate::harness::http::{client, send};
use crate::harness::process::{Process, free_port, program};
use crate::harness::site::{Site, password_hash};
use crate::harness::{ADMIN_PASSWORD, INTERNAL_KEY, SIGNING_SECRET};

/// Runs `command` with good settings, changed by `changes` (an empty value takes one away), to its end.
fn start(command: &str, changes: &[(&'static str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let streams = folder.path().join("streams");
    fs::create_dir(&streams).unwrap();
    let streams = streams.display().to_string();
    let port = free_port().to_string();
    let mut settings = BTreeMap::from([
        ("PORT", port.as_str()),
        ("BIND_ADDR", "127.0.0.1"),
        ("DATA_DIR", &path),
        ("PLAYBACK_SIGNING_SECRET", SIGNING_SECRET),
        ("INTERNAL_API_KEY", INTERNAL_KEY),
    ]);
    match command {
        "edge" => settings.extend([
            ("STREAM_ROOT", streams.as_str()),
            ("PLATFORM_APP_URL", "http://127.0.0.1:9"),
        ]),
        _ => settings.extend([
            ("ADMIN_PASSWORD_HASH", password_hash()),
            ("HLS_SERVER_BASE_URL", "http://127.0.0.1:9"),
        ]),
    }
    settings.extend(changes.iter().copied());
    program(&[command]).envs(settings).output().unwrap()
}

/// The command, its changed settings, and what the one line says after `streamgate: `.
type Case = (
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

const CASES: &[Case] = &[
    (
        "edge",
        &[("OPS_ADDR", "9400")],
        "OPS_ADDR: \"9400\" is not an address and a port, such as 127.0.0.1:9300",
    ),
    (
        "edge",
        &[("TLS_CERT", "/nowhere/chain.pem")],
        "TLS_KEY: TLS_CERT is set, so it must be set too",
    ),
    (
        "platform",
        &[
            ("TLS_CERT", "/nowhere/chain.pem"),
            ("TLS_KEY", "/nowhere/key.pem"),
        ],
        "TLS_CERT: /nowhere/chain.pem: No such file or directory (os error 2)",
    ),
    (
        "serve",
        &[("DATABASE_URL", "file:/nowhere/tickets.db")],
        "DATABASE_URL: there is no folder /nowhere",
    ),
    (
        "serve",
        &[("PLAYBACK_SIGNING_SECRET", "canary-secret")],
        "PLAYBACK_SIGNING_SECRET: it must have at least 32 bytes; it has 13",
    ),
    (
        "edge",
        &[("PLAYBACK_SIGNING_SECRET_PREVIOUS", "canary-secret")],
        "PLAYBACK_SIGNING_SECRET_PREVIOUS: it must have at least 32 bytes; it has 13",
    ),
    (
        "edge",
        &[("PLAYBACK_SIGNING_SECRET", "")],
        "PLAYBACK_SIGNING_SECRET: it must be set; `streamgate generate-secret` makes one, the same for all services",
    ),
    (
        "platform",
        &[("INTERNAL_API_KEY", "")],
        "INTERNAL_API_KEY: it must be set; `streamgate generate-secret` makes one, the same for all services",
    ),
    (
        "platform",
        &[("INTERNAL_API_KEY", "canary-secret")],
        "INTERNAL_API_KEY: it must have at least 16 characters",
    ),
    (
        "serve",
        &[("PORT", "http")],
        "PORT: \"http\" is not a number from 0 to 65535",
    ),
    (
        "serve",
        &[("SESSION_TIMEOUT_SECONDS", "NaN")],
        "SESSION_TIMEOUT_SECONDS: \"NaN\" is not a number from 1 to 86400",
    ),
    (
        "edge",
        &[("ACCESS_LOG_SAMPLE", "NaN")],
        "ACCESS_LOG_SAMPLE: \"NaN\" is not a number from 0 to 1",
    ),
    (
        "serve",
        &[("RATE_LIMIT_LOGINS_PER_MINUTE", "0")],
        "RATE_LIMIT_LOGINS_PER_MINUTE: \"0\" is not a number from 1 to 10000000",
    ),
    (
        "edge",
        &[("STREAM_ROOT", "")],
        "STREAM_ROOT, UPSTREAM_ORIGIN: neither is set; an edge needs a folder or an origin to serve from",
    ),
    (
        "edge",
        &[("STREAM_ROOT", "/nothing/here")],
        "STREAM_ROOT: /nothing/here: No such file or directory (os error 2)",
    ),
    (
        "edge",
        &[("UPSTREAM_ORIGIN", "https://user:canary-secret@origin.example")],
        "UPSTREAM_ORIGIN: a user name or password has no place in this URL",
    ),
    (
        "edge",
        &[("UPSTREAM_ALLOWED_HOSTS", "10.0.0.0/8, http://x")],
        "UPSTREAM_ALLOWED_HOSTS: \"http://x\" is not a host name, an address or a network such as 10.0.0.0/8",
    ),
    (
        "edge",
        &[
            ("STREAM_ROOT", "/usr"),
            ("SEGMENT_CACHE_ROOT", "/usr/nothing/here"),
        ],
        "SEGMENT_CACHE_ROOT: /usr/nothing/here lies inside STREAM_ROOT",
    ),
    (
        "edge",
        &[("SEGMENT_CACHE_MAX_SIZE_GB", "abc")],
        "SEGMENT_CACHE_MAX_SIZE_GB: \"abc\" is not a number from 0.001 to 1000000",
    ),
    (
        "edge",
        &[("CACHE_CLEANUP_INTERVAL_MINUTES", "0")],
        "CACHE_CLEANUP_INTERVAL_MINUTES: \"0\" is not a number from 1 to 10080",
    ),
    (
        "edge",
        &[("PLATFORM_APP_URL", "")],
        "PLATFORM_APP_URL: it must be set",
    ),
    (
        "edge",
        &[("PLATFORM_APP_URL", "platform")],
        "PLATFORM_APP_URL: \"platform\" is not an http or https URL",
    ),
    (
        "platform",
        &[("HLS_SERVER_BASE_URL", "")],
        "HLS_SERVER_BASE_URL: it must be set",
    ),
    (
        "serve",
        &[("PUBLIC_URL", "ftp://a")],
        "PUBLIC_URL: \"ftp://a\" is not an http or https URL",
    ),
    (
        "serve",
        &[("BIND_ADDR", "everywhere")],
        "BIND_ADDR: \"everywhere\" is not an IP address",
    ),
    (
        "serve",
        &[("LOG_FORMAT", "xml")],
        "LOG_FORMAT: \"xml\" is not one of json, text",
    ),
    (
        "serve",
        &[("SESSION_SHARING", "ask")],
        "SESSION_SHARING: \"ask\" is not one of report, end",
    ),
    (
        "edge",
        &[("FEED_STRICT", "yes")],
        "FEED_STRICT: \"yes\" is not one of false, true",
    ),
];

#[track_caller]
fn one_line(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        output.stdout.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(!text.contains("canary"), "{text}");
    text.trim_end().to_owned()
}

// J-19
#[test]
fn a_bad_setting_stops_the_start_with_one_line_that_names_it() {
    for (command, changes, expected) in CASES {
        assert_eq!(
            one_line(&start(command, changes)),
            format!("streamgate: {expected}"),
            "{command} {changes:?}"
        );
    }
}

#[test]
fn what_is_no_bcrypt_hash_or_database_stops_the_start_and_is_not_shown() {
    for (name, value) in [
        ("ADMIN_PASSWORD_HASH", "canary-password"),
        ("DATABASE_URL", "mysql://user:canary@db/streamgate"),
        ("DATABASE_URL", "postgres://user:canary@[::1/streamgate"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("CORS_ALLOWED_ORIGIN", "https://watch.example.com/"),
        ("EDGE_ID", "an edge"),
        ("RUST_LOG", "streamgate=loudly"),
        ("HLS_SERVER_BASE_URL", "https://user:canary@edge.example.com"),
    ] {
        let line = one_line(&start("serve", &[(name, value)]));
        assert!(line.starts_with(&format!("streamgate: {name}: ")), "{line}");
    }
}

async fn signs_in(base: &str) {
    signs_in_with(base, ADMIN_PASSWORD).await;
}

async fn signs_in_with(base: &str, password: &str) {
    let url = format!("{base}/api/admin/login");
    let wrong = client().post(&url).json(&json!({ "password": "wrong" }));
    send(wrong).await.refused(401, "invalid_credentials");
    let right = client().post(&url).json(&json!({ "password": password }));
    assert_eq!(
        send(right).await.expect(200).json(),
        json!({ "data": { "success": true } })
    );
}

#[tokio::test]
async fn a_bcrypt_hash_with_dollar_signs_signs_in_by_variable_flag_and_file() {
    // The harness gives it by variable.
    let site = Site::serve().await;
    signs_in(&site.platform.base).await;

    let folder = site.folder.path();
    let file = folder.join("hash");
    fs::write(&file, format!("{}\n", password_hash())).unwrap();
    let file = file.display().to_string();
    for (name, arguments) in [
        ("flag", ["serve", "--admin-password-hash", password_hash()]),
        ("file", ["serve", "--admin-password-hash-file", &file]),
    ] {
        let port = free_port();
        let mut command = program(&arguments);
        command
            .env("PORT", port.to_string())
            .env("BIND_ADDR", "127.0.0.1")
            .env("DATA_DIR", folder.join(name));
        let base = format!("http://127.0.0.1:{port}");
        let mut process = Process::spawn(command, folder, name);
        process.answers(&base, "/ready", Some(200)).await;
        signs_in(&base).await;
    }
}

#[tokio::test]
async fn the_made_admin_password_is_shown_although_the_first_start_fails_and_signs_in_at_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let serve = |port: u16| {
        let mut command = program(&["serve"]);
        command
            .env("PORT", port.to_string())
            .env("BIND_ADDR", "127.0.0.1")
            .env("DATA_DIR", folder.path().join("data"));
        command
    };
    let failed = serve(taken.local_addr().unwrap().port()).output().unwrap();
    let said = String::from_utf8(failed.stderr).unwrap();
    assert!(said.contains("(PORT, BIND_ADDR)"), "{said}");
    let shown = said.lines().find(|line| line.starts_with("The admin password"));
    let password = shown
        .unwrap_or_else(|| panic!("{said}"))
        .rsplit(' ')
        .next()
        .unwrap();

    let port = free_port();
    let base = format!("http://127.0.0.1:{port}");
    let mut process = Process::spawn(serve(port), folder.path(), "serve");
    process.answers(&base, "/ready", Some(200)).await;
    signs_in_with(&base, password).await;
    assert!(!process.output().contains(password), "it is shown once");
}

#[test]
fn a_database_that_is_not_there_is_told_in_one_line_that_repeats_nothing() {
    let output = start("serve", &[("DATABASE_URL", "postgres://127.0.0.1:9/x")]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert_eq!(said.matches("Connection refused").count(), 1, "{said}");
}
