//! Aborted downloads leak nothing, and odd files end nothing.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::harness::actors::id;
use crate::harness::media::SEGMENT;
use crate::harness::site::Site;
use crate::harness::{SOON, raw, until};

const ABORTS: usize = 200;
const LARGE_BYTES: usize = 8 << 20;
/// Asks for another number of addresses; `cargo xtask test --deep` for the 100,000 that the project promises.
const ADDRESSES_SETTING: &str = "STREAMGATE_ADDRESSES";
/// More than any limit remembers.
const ADDRESSES: u32 = 30_000;
/// Requests that are sent before an answer is read.
const PIPELINED: u32 = 100;
const GROWTH_KIB_MAX: u64 = 20 << 10;

// H-26
#[tokio::test]
async fn two_hundred_aborted_downloads_leave_no_open_descriptor() {
    let site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    fs::write(site.event_folder(&event).join("large.ts"), vec![7; LARGE_BYTES]).unwrap();
    let token = site.viewer("a").watch(&ticket).await;
    site.player().get(&event, "seg0.ts", &token).await.expect(200);
    let count = || async { site.platform.process.descriptors() };
    // The connections of the requests above close first.
    let mut baseline = count().await;
    for _ in 0..20 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        baseline = baseline.min(count().await);
    }
    let target = format!("/streams/{}/large.ts", id(&event));
    for _ in 0..ABORTS {
        let mut stream = raw::ask(&site.platform.base, target.as_bytes(), &token);
        let mut begin = vec![0; 32 << 10];
        stream.read_exact(&mut begin).unwrap();
    }
    until(SOON, &format!("back to {baseline} descriptors"), count, |count| {
        *count <= baseline
    })
    .await;
    site.player().get(&event, "seg0.ts", &token).await.expect(200);
}

#[tokio::test]
async fn odd_files_are_404_and_never_end_the_process() {
    let site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    let folder = site.event_folder(&event);
    fs::create_dir(folder.join("d.ts")).unwrap();
    fs::create_dir(folder.join("d.m3u8")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(folder.join("f.ts"))
            .status()
            .unwrap()
            .success()
    );
    assert!(
        Command::new("mkfifo")
            .arg(folder.join("f.m3u8"))
            .status()
            .unwrap()
            .success()
    );
    symlink("nothing-here.ts", folder.join("dangling.ts")).unwrap();
    symlink("loop.ts", folder.join("loop.ts")).unwrap();
    fs::write(folder.join("gone.ts"), SEGMENT).unwrap();
    fs::write(folder.join("gone.m3u8"), "#EXTM3U\n#EXT-X-ENDLIST\n").unwrap();
    let token = site.viewer("a").watch(&ticket).await;
    let player = site.player();
    for name in ["gone.ts", "gone.m3u8"] {
        player.get(&event, name, &token).await.expect(200);
        fs::remove_file(folder.join(name)).unwrap();
    }
    for name in [
        "d.ts",
        "d.m3u8",
        "f.ts",
        "f.m3u8",
        "dangling.ts",
        "loop.ts",
        "gone.ts",
        "gone.m3u8",
        "d.ts/seg0.ts",
        "seg0.ts/seg0.ts",
    ] {
        let answer = player.get(&event, name, &token).await;
        assert_eq!(answer.status, 404, "{name}: {}", answer.text());
    }
    fs::remove_dir_all(&folder).unwrap();
    player
        .get(&event, "stream.m3u8", &token)
        .await
        .refused(404, "not_found");
    player.get_path("/health").await.expect(200);
}

#[expect(clippy::disallowed_methods, reason = "tests have no settings but these")]
fn addresses() -> u32 {
    match std::env::var(ADDRESSES_SETTING) {
        Ok(text) => text.parse().expect("STREAMGATE_ADDRESSES is a number"),
        Err(_) => ADDRESSES,
    }
}

/// Guesses a code once from each of these addresses, which a trusted proxy tells.
fn guess_from(base: &str, addresses: std::ops::Range<u32>) {
    let authority = base.strip_prefix("http://").unwrap();
    let mut socket = std::net::TcpStream::connect(authority).unwrap();
    let mut answers = BufReader::new(socket.try_clone().unwrap());
    let body = r#"{"code":"aB3dE6gH9jK2"}"#;
    for first in addresses.clone().step_by(PIPELINED as usize) {
        let some = first..addresses.end.min(first + PIPELINED);
        let mut requests = Vec::new();
        for address in some.clone() {
            let address = std::net::Ipv4Addr::from(0x1e00_0000 + address);
            let length = body.len();
            write!(
                requests,
                "POST /api/tokens/validate HTTP/1.1\r\nHost: {authority}\r\nX-Forwarded-For: {address}\r\n\
                 Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            )
            .unwrap();
        }
        socket.write_all(&requests).unwrap();
        for _ in some {
            assert_eq!(read_answer(&mut answers), 401);
        }
    }
}

/// Reads one answer from a kept connection and returns its status.
fn read_answer(answers: &mut BufReader<std::net::TcpStream>) -> u16 {
    let (mut status, mut length) = (0, 0);
    loop {
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().unwrap();
        } else if let Some(rest) = line.strip_prefix("content-length: ") {
            length = rest.parse().unwrap();
        } else if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    answers.read_exact(&mut body).unwrap();
    status
}

/// R-09: whoever guesses from ever new addresses fills no memory.
// M-01
#[tokio::test]
async fn guessing_from_a_hundred_thousand_addresses_costs_little_memory() {
    let settings = [("TRUSTED_PROXIES", "127.0.0.1/32"), ("RUST_LOG", "warn")];
    let site = Site::serve_with(&settings).await;
    guess_from(&site.platform.base, 0..1_000);
    let before = site.platform.process.resident_kib();
    guess_from(&site.platform.base, 1_000..1_000 + addresses());
    let after = site.platform.process.resident_kib();
    assert!(
        after.saturating_sub(before) <= GROWTH_KIB_MAX,
        "from {before} to {after} KiB"
    );
}
