//! No spelling of a path reads anything but the files of the token's event.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::harness::actors::id;
use crate::harness::media::SEGMENT;
use crate::harness::raw;
use crate::harness::site::Site;

/// A shorter request is always read whole and answered.
const HEAD_BYTES_KEPT: usize = 16 << 10;
const FOREIGN: &[u8] = b"bytes that this token must never see";

/// Two events, the first one's token, and files with foreign bytes everywhere around.
struct Neighbours {
    site: Site,
    own: Value,
    other: Value,
    token: String,
}

async fn neighbours() -> Neighbours {
    let site = Site::serve().await;
    let (own, ticket) = site.event_with_ticket().await;
    let (other, _) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    let root = site.folder.path();
    for folder in [root.to_owned(), root.join("streams"), site.event_folder(&other)] {
        for name in ["secret.ts", "stream.m3u8"] {
            fs::write(folder.join(name), FOREIGN).unwrap();
        }
    }
    Neighbours {
        site,
        own,
        other,
        token,
    }
}

impl Neighbours {
    /// Asks for `target` as it is; no foreign byte may come back.
    #[track_caller]
    fn refused(&self, target: &[u8]) {
        let shown = String::from_utf8_lossy(target)
            .chars()
            .take(200)
            .collect::<String>();
        let answer = raw::get(&self.site.platform.base, target, &self.token);
        let leaks = answer.body.windows(FOREIGN.len()).any(|window| window == FOREIGN);
        assert!(!leaks, "foreign bytes for {shown}");
        let leaks = answer.body.windows(5).any(|window| window == b"root:");
        assert!(!leaks, "a system file for {shown}");
        // A request that is too long may be cut off before the answer is read.
        let is_cut = answer.status == 0 && target.len() > HEAD_BYTES_KEPT;
        let is_refused = is_cut || matches!(answer.status, 400 | 403 | 404 | 414 | 431);
        assert!(is_refused, "{} for {shown}", answer.status);
    }

    /// Tries each spelling behind the event's own prefix, with the token in the header and in the path.
    #[track_caller]
    fn all_refused<T: AsRef<[u8]>>(&self, spellings: impl IntoIterator<Item = T>) {
        for spelling in spellings {
            for prefix in [String::new(), format!("/t/{}", self.token)] {
                let mut target = format!("{prefix}/streams/{}/", id(&self.own)).into_bytes();
                target.extend_from_slice(spelling.as_ref());
                self.refused(&target);
            }
        }
    }
}

// P-01
#[tokio::test]
async fn dot_dot_in_any_spelling_never_leaves_the_event() {
    let here = neighbours().await;
    let ups = [
        "../",
        "..\\",
        "....//",
        "..;/",
        ".%2e/",
        "%2e%2e/",
        "%2e%2e%2f",
        "%252e%252e%252f",
        "..%c0%af",
        "..%ef%bc%8f",
        "%u002e%u002e/",
        "%2E%2E%2F",
        "./../",
        "a/../../",
        "%c0%ae%c0%ae/",
        "..%2f",
        "..%5c",
        "%2e%2e%5c",
        "..//",
        "..%00/",
    ];
    let goals = [
        "secret.ts".to_owned(),
        format!("{}/secret.ts", id(&here.other)),
        "stream.m3u8".to_owned(),
    ];
    let spellings = ups.iter().flat_map(|up| {
        goals
            .iter()
            .flat_map(move |goal| (1..=4).map(move |times| format!("{}{goal}", up.repeat(times))))
    });
    here.all_refused(spellings);
}

// P-02
#[tokio::test]
async fn absolute_paths_nul_and_backslashes_are_refused() {
    let here = neighbours().await;
    let outside = here.site.folder.path().join("secret.ts").display().to_string();
    here.all_refused([
        outside.replace('/', "%2f"),
        outside.clone(),
        format!("/{outside}"),
    ]);
    here.all_refused([
        "/etc/passwd",
        "//etc/passwd",
        "///",
        "%2fetc%2fpasswd",
        "/proc/self/environ",
        "/dev/zero",
        "/dev/stdin",
        "%00",
        "stream.m3u8%00.ts",
        "seg0.ts%00",
        "\\secret.ts",
        "C:\\secret.ts",
        "\\\\host\\share\\a.ts",
        "file:secret.ts",
        "file:///etc/passwd",
        "%5c..%5csecret.ts",
        "..%5csecret.ts",
    ]);
    here.all_refused([b"stream.m3u8\0.ts".as_slice(), b"\0"]);
}

// P-05
#[tokio::test]
async fn a_symlink_out_of_the_event_is_404_however_it_is_placed() {
    let here = neighbours().await;
    let folder = here.site.event_folder(&here.own);
    symlink(here.site.folder.path().join("secret.ts"), folder.join("file.ts")).unwrap();
    symlink(here.site.event_folder(&here.other), folder.join("folder")).unwrap();
    symlink("../secret.ts", folder.join("relative.ts")).unwrap();
    symlink("/proc/self", folder.join("proc")).unwrap();
    symlink(
        here.site.event_folder(&here.other),
        here.site.folder.path().join("streams/linked"),
    )
    .unwrap();
    for name in [
        "file.ts",
        "folder/secret.ts",
        "relative.ts",
        "proc/environ",
        "folder/stream.m3u8",
    ] {
        let answer = here.site.player().get(&here.own, name, &here.token).await;
        assert_eq!(answer.status, 404, "{name}: {}", answer.text());
    }
    // Another event's name in the path is no business of this token, link or not.
    here.refused(b"/streams/linked/secret.ts");
}

#[tokio::test]
async fn wrong_utf_8_hidden_files_and_odd_endings_are_refused() {
    let here = neighbours().await;
    let folder = here.site.event_folder(&here.own);
    fs::create_dir(folder.join(".git")).unwrap();
    for name in [
        ".git/config",
        ".env",
        ".hidden.ts",
        "stream.m3u8~",
        "a.bak",
        "seg1.ts.tmp",
        "seg1.ts.part",
        "x.exe",
    ] {
        fs::write(folder.join(name), FOREIGN).unwrap();
    }
    here.all_refused([
        "%c0%ae",
        "%fe.ts",
        "%ff.ts",
        "%ed%a0%80.ts",
        ".git/config",
        ".env",
        "..hidden",
        ".hidden.ts",
        "%2ehidden.ts",
        "stream.m3u8~",
        "a.bak",
        "%23x%23.ts",
        "stream.m3u8.",
        "stream.m3u8%20",
        "seg1.ts.tmp",
        "seg1.ts.part",
        "x.exe",
        "stream.m3u8%3ftoken",
        "stream.m3u8;a=b",
        "stream.m3u8/",
        "",
    ]);
    here.all_refused([b"\xff.ts".as_slice(), b"\xc0\xae\xc0\xae/secret.ts"]);
}

// P-09, P-10
#[tokio::test]
async fn names_match_exactly_and_endless_paths_cost_nothing() {
    let here = neighbours().await;
    here.all_refused(["STREAM.M3U8", "Stream.m3u8", "seg0.TS", "%C4%B0ndex.m3u8"]);
    here.all_refused([
        format!("{}.ts", "a".repeat(256)),
        format!("{}.ts", "a".repeat(4_097)),
        format!("{}.ts", "a".repeat(1 << 16)),
        format!("{}.ts", "a".repeat(1 << 20)),
        format!("{}seg0.ts", "/".repeat(10_000)),
        format!("{}seg0.ts", "a/".repeat(500)),
        format!("{}seg0.ts", "../".repeat(5_000)),
    ]);
    // The event's own file is still there, also with a needless escape in its name.
    for name in ["seg0.ts", "seg%30.ts", "seg0.ts?x=/../.."] {
        let target = format!("/streams/{}/{name}", id(&here.own));
        let answer = raw::get(&here.site.platform.base, target.as_bytes(), &here.token);
        assert_eq!((answer.status, answer.body.as_slice()), (200, SEGMENT), "{name}");
    }
}
