//! Aborted downloads leak nothing, and odd files end nothing.

use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::harness::actors::id;
use crate::harness::media::SEGMENT;
use crate::harness::site::Site;
use crate::harness::{SOON, raw, until};

const ABORTS: usize = 200;
const LARGE_BYTES: usize = 8 << 20;

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
