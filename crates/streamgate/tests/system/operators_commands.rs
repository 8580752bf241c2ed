//! The commands of DEPLOYMENT.md, as they stand there, run by a shell: backup and restore, and the encoder.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::harness::SOON;
use crate::harness::actors::id;
use crate::harness::process::Process;
use crate::harness::site::Site;
use crate::harness::until;

/// Returns the first block of shell commands under a heading.
fn block(heading: &str) -> String {
    let document =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../DEPLOYMENT.md")).unwrap();
    let section = document
        .split_once(&format!("\n## {heading}\n"))
        .expect(heading)
        .1;
    let block = section
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

    succeeded(&shell(&site, "", before).output().unwrap());
    site.admin().delete(&event).await.expect(204);
    site.viewer("a")
        .validate(crate::harness::actors::code(&ticket))
        .await
        .expect(401);
    site.platform.process.kill_9();
    succeeded(&shell(&site, "", restore).output().unwrap());
    site.platform.start_again();
    site.platform.ready().await;
    let token = site.viewer("a").watch(&ticket).await;
    site.player().get(&event, "seg0.ts", &token).await.expect(200);
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
