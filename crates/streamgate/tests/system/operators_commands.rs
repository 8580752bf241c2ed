//! The commands of DEPLOYMENT.md, as they stand there, run by a shell: doctor, backup and restore, and the encoder; and its
//! settings as systemd reads them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::harness::SOON;
use crate::harness::actors::id;
use crate::harness::process::{Process, program};
use crate::harness::site::{Site, password_hash};
use crate::harness::until;

/// Returns the first block of shell commands under a heading.
fn block(heading: &str) -> String {
    block_after(&format!("\n## {heading}\n"))
}

/// Returns the first block after a text.
fn block_after(text: &str) -> String {
    let document =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../DEPLOYMENT.md")).unwrap();
    let rest = document.split_once(text).expect(text).1;
    let block = rest
        .split_once("```sh\n")
        .expect("a block")
        .1
        .split_once("\n```")
        .expect("its end")
        .0;
    block.to_owned()
}

/// A shell that finds the program under its name, and in which `systemctl` does what `functions` say.
fn shell(site: &Site, functions: &str, script: &str) -> Command {
    let programs = Path::new(env!("CARGO_BIN_EXE_streamgate")).parent().unwrap();
    let settings = site.platform.command(&[]);
    let mut command = Command::new("/bin/sh");
    command
        .args(["-euc", &format!("{functions}\n{script}")])
        .stdin(Stdio::null());
    for (name, value) in settings.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env(
        "PATH",
        format!("{}:{}", programs.display(), path.to_string_lossy()),
    );
    command
}

#[track_caller]
fn succeeded(output: &Output) {
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[tokio::test]
async fn backup_and_restore_bring_back_what_was_there() {
    let mut site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    let folder = site.folder.path().display().to_string();
    let data = site.platform.data_dir().display().to_string();
    let as_service = block("Other commands as the service")
        .replace("/var/lib/streamgate", &data)
        .replace("/etc/streamgate/streamgate.env", "/dev/null");
    let (as_service, doctor) = as_service.rsplit_once('\n').expect("what it is for");
    // The service's user is another one here.
    let functions = format!(
        "runuser() {{ shift 3; \"$@\"; }}\ninstall() {{ for folder; do :; done; mkdir -p \"$folder\"; }}\n{as_service}"
    );
    let script = block("Backup and restore")
        .replace("/var/backups", &folder)
        .replace("$(date +%F)", "2026-12-01");
    let (before, rest) = script
        .split_once("systemctl stop streamgate\n")
        .expect("the service is stopped");
    let (restore, after) = rest
        .split_once("systemctl start streamgate")
        .expect("the service is started");
    assert_eq!(after.trim(), "");

    succeeded(&shell(&site, &functions, doctor).output().unwrap());
    succeeded(&shell(&site, &functions, before).output().unwrap());
    site.admin().delete(&event).await.expect(204);
    site.viewer("a")
        .validate(crate::harness::actors::code(&ticket))
        .await
        .expect(401);
    site.platform.process.kill_9();
    succeeded(&shell(&site, &functions, restore).output().unwrap());
    site.platform.start_again();
    site.platform.ready().await;
    let token = site.viewer("a").watch(&ticket).await;
    site.player().get(&event, "seg0.ts", &token).await.expect(200);
}

#[test]
fn the_settings_of_the_services_apart_are_valid_as_systemd_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().display().to_string();
    let streams = format!("{path}/streams");
    fs::create_dir(&streams).unwrap();
    for secret in ["signing", "internal"] {
        fs::write(folder.path().join(secret), "a-secret-of-32-bytes-or-even-more\n").unwrap();
    }
    for service in ["platform", "edge"] {
        let block = block_after(&format!("`/etc/streamgate/{service}.env`"))
            .replace("$2b$12$...", password_hash())
            .replace("/etc/streamgate", &path)
            .replace("/srv/streams", &streams);
        // Nobody is asked: whether they answer is not the question.
        let block = ["db.internal", "edge.internal:4000", "tickets.example.org"]
            .iter()
            .fold(block, |block, host| block.replace(host, "127.0.0.1:9"));
        let mut doctor = program(&["doctor"]);
        doctor.env("DATA_DIR", folder.path().join("data"));
        for line in block.lines() {
            let (name, value) = line.split_once('=').expect("a setting a line");
            // To the end of the line: what looks like a comment behind a value is a part of it.
            doctor.env(name, value.trim_matches('\''));
        }
        let said = String::from_utf8(doctor.output().unwrap().stdout).unwrap();
        let service = format!("checking for `streamgate {service}`");
        assert!(
            said.contains(&service) && said.contains("ok    settings     all are valid"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn the_encoders_command_makes_a_live_stream_that_viewers_get() {
    let site = Site::serve().await;
    let event = site.admin().event(serde_json::Value::Null).await;
    let ticket = site.admin().ticket(&event).await;
    // Nobody has made it yet: the recipe does.
    let folder = site.folder.path().join("streams").join(id(&event));
    // The recipe as it stands, with a camera of this machine and the folder of this event.
    let script = block("Encoders")
        .replace("\nffmpeg ", "\nexec ffmpeg ")
        .replace(
            "-re -i INPUT",
            "-v error -re -f lavfi -i testsrc2=s=160x90:r=30 -re -f lavfi -i sine=r=48000",
        )
        .replace("/srv/streams/EVENT_ID", &folder.display().to_string());
    assert!(
        !script.contains("INPUT") && !script.contains("EVENT_ID") && script.contains(id(&event)),
        "{script}"
    );
    let mut command = Command::new("/bin/sh");
    command.args(["-euc", &script]).stdin(Stdio::null());
    let _encoder = Process::spawn(command, site.folder.path(), "encoder");
    let token = site.viewer("a").watch(&ticket).await;
    let player = site.player();
    let playlist = until(
        SOON * 2,
        "a playlist with two segments",
        || player.get(&event, "stream.m3u8", &token),
        |answer| answer.status == 200 && answer.text().matches("#EXTINF").count() >= 2,
    )
    .await;
    assert!(
        playlist.text().contains("#EXT-X-PROGRAM-DATE-TIME"),
        "{}",
        playlist.text()
    );
    let segment = playlist
        .text()
        .lines()
        .find(|line| !line.starts_with('#'))
        .expect("a segment")
        .to_owned();
    let answer = player.get(&event, &segment, &token).await.expect(200);
    assert!(
        answer.body.len() > 10_000 && answer.body[0] == 0x47,
        "an MPEG transport stream"
    );
}
