//! Files that are no streams never hang, break or end an edge.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::Rig;

// P-06
#[tokio::test]
async fn folders_pipes_and_sockets_are_not_found_at_once() {
    let (rig, _feed) = Rig::ready().await;
    let event = rig.folder.path().join("streams/evt");
    for folder in ["d.ts", "stream.m3u8"] {
        fs::create_dir(event.join(folder)).unwrap();
    }
    for pipe in ["pipe.ts", "pipe.m3u8"] {
        mknodat(CWD, event.join(pipe), FileType::Fifo, Mode::RUSR, 0).unwrap();
    }
    let _socket = UnixListener::bind(event.join("socket.ts")).unwrap();
    for odd in [
        "d.ts",
        "stream.m3u8",
        "pipe.ts",
        "pipe.m3u8",
        "socket.ts",
        "d.ts/x.ts",
        "missing.ts",
        "missing/x.ts",
    ] {
        let answer = tokio::time::timeout(Duration::from_secs(5), rig.watch(odd, &[]))
            .await
            .unwrap();
        assert_eq!(answer.status, 404, "{odd}");
    }
}

#[tokio::test]
async fn a_file_that_must_not_be_read_is_not_found() {
    let (rig, _feed) = Rig::ready().await;
    let path = rig.write("a.ts", "bytes");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser reads it all the same; nobody gets an error of ours.
    let expected = if fs::read(&path).is_ok() { 200 } else { 404 };
    assert_eq!(rig.watch("a.ts", &[]).await.status, expected);
}

#[tokio::test]
async fn an_empty_file_is_an_empty_answer() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("a.ts", "");
    let answer = rig.watch("a.ts", &[]).await;
    assert_eq!(
        (answer.status, answer.header("content-length"), answer.text()),
        (200, "0", "")
    );
    let answer = rig.watch("a.ts", &[("range", "bytes=0-")]).await;
    assert_eq!(
        (answer.status, answer.header("content-range")),
        (416, "bytes */0")
    );
}

#[tokio::test]
async fn something_that_is_no_playlist_is_never_served_as_one() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("stream.m3u8", "<html>an error page</html>\n");
    rig.write("empty.m3u8", "");
    rig.write(
        "huge.m3u8",
        [b"#EXTM3U\n".as_slice(), &vec![b'#'; 9 * 1024 * 1024], b"\n"].concat(),
    );
    for name in ["stream.m3u8", "empty.m3u8", "huge.m3u8"] {
        assert_eq!(rig.watch(name, &[]).await.status, 404, "{name}");
    }
}
