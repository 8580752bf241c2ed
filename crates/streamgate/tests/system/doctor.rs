//! `streamgate doctor` finds what is wrong from where a service would run, names it, and changes nothing.

use std::fs;
use std::process::Command;

use crate::harness::process::program;
use crate::harness::site::Site;
use crate::harness::{INTERNAL_KEY, SIGNING_SECRET};

const OTHER_SECRET: &str = "another-signing-secret-of-at-least-32-bytes";

/// Runs the command; returns its output and whether it found nothing that fails.
fn diagnosis(mut command: Command) -> (String, bool) {
    let output = command.output().unwrap();
    let printed = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    for secret in [INTERNAL_KEY, SIGNING_SECRET, OTHER_SECRET] {
        assert!(!printed.contains(secret), "{printed}");
    }
    (printed, output.status.success())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_services_of_a_sound_installation_pass() {
    let site = Site::apart(1, &[]).await;
    let (printed, sound) = diagnosis(site.platform.command(&["doctor", "platform"]));
    assert!(sound, "{printed}");
    for finding in [
        "SQLite",
        "the schema is up to date",
        "it takes tokens that we sign",
    ] {
        assert!(printed.contains(finding), "{finding}: {printed}");
    }
    let (printed, sound) = diagnosis(site.edges[0].command(&["doctor"]));
    assert!(sound, "{printed}");
    for finding in [
        "checking for `streamgate edge`",
        "its feed takes our key",
        "MiB free",
    ] {
        assert!(printed.contains(finding), "{finding}: {printed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_differs_is_found_from_either_side() {
    let site = Site::apart(1, &[]).await;
    let mut platform = site.platform.command(&["doctor", "platform"]);
    platform.env("PLAYBACK_SIGNING_SECRET", OTHER_SECRET);
    let (printed, sound) = diagnosis(platform);
    assert!(
        !sound && printed.contains("PLAYBACK_SIGNING_SECRET is not the same there"),
        "{printed}"
    );
    let mut edge = site.edges[0].command(&["doctor"]);
    edge.env("INTERNAL_API_KEY", "a-key-that-nobody-knows");
    let (printed, sound) = diagnosis(edge);
    assert!(
        !sound && printed.contains("it refuses our INTERNAL_API_KEY"),
        "{printed}"
    );
}

#[test]
fn what_is_missing_or_away_is_named_and_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let mut serve = program(&["doctor"]);
    serve.env("DATA_DIR", &data_dir);
    let (printed, sound) = diagnosis(serve);
    assert!(sound, "{printed}");
    assert!(
        printed.contains("is not there yet; a start makes it"),
        "{printed}"
    );
    assert!(
        printed.contains("`serve` makes them at its first start"),
        "{printed}"
    );

    let mut edge = program(&["doctor", "edge"]);
    edge.env("DATA_DIR", &data_dir)
        .env("STREAM_ROOT", folder.path())
        .env("PLAYBACK_SIGNING_SECRET", SIGNING_SECRET)
        .env("INTERNAL_API_KEY", INTERNAL_KEY)
        .env("PLATFORM_APP_URL", "http://127.0.0.1:9");
    let (printed, sound) = diagnosis(edge);
    assert!(
        !sound && printed.contains("FAIL  platform     http://127.0.0.1:9: "),
        "{printed}"
    );

    let mut wrong = program(&["doctor", "serve"]);
    wrong
        .env("DATA_DIR", &data_dir)
        .env("PUBLIC_URL", "ftp://a")
        .env("DATABASE_URL", "postgres://nobody@127.0.0.1:9/none");
    let (printed, sound) = diagnosis(wrong);
    assert!(
        !sound && printed.contains("FAIL  settings     PUBLIC_URL: "),
        "{printed}"
    );
    assert!(
        printed.contains("FAIL  DATABASE_URL the database cannot be reached: "),
        "{printed}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
