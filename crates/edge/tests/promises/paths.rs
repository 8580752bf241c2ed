//! No spelling of a path leaves the event of the token.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::Rig;

#[tokio::test]
async fn no_spelling_reads_outside_the_event() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("a.ts", "own");
    let root = rig.folder.path().join("streams");
    fs::create_dir_all(root.join("other")).unwrap();
    fs::write(root.join("other/secret.ts"), "SECRET").unwrap();
    fs::write(root.join("secret.ts"), "SECRET").unwrap();
    let bearer = format!("Bearer {}", rig.token());
    let up = [
        "..",
        "%2e%2e",
        ".%2e",
        "%2E.",
        "%252e%252e",
        "..%00",
        "..;",
        "...",
        "%c0%ae%c0%ae",
        ".%20.",
    ];
    let slash = ["/", "%2f", "%2F", "%252f", "%5c", "%255c", "//", "/./"];
    for up in up {
        for slash in slash {
            for tail in ["other/secret.ts", "other%2fsecret.ts", "secret.ts"] {
                for start in ["", "x/../", "a.ts/"] {
                    let target = format!("/streams/evt/{start}{up}{slash}{tail}");
                    let answer = rig.get(&target, &[("authorization", &bearer)]).await;
                    assert_eq!(answer.status, 404, "{target}");
                }
            }
        }
    }
}

#[tokio::test]
async fn paths_that_cannot_exist_are_not_found_whoever_asks() {
    let (rig, _feed) = Rig::ready().await;
    for name in [
        ".hidden.ts",
        "a.ts.tmp",
        "a.part",
        "a.exe",
        "a",
        "",
        "a.ts/",
        "a%00.ts",
        "a%0a.ts",
        "a%3fb.ts",
        "a%23.ts",
    ] {
        rig.write("x.ts", "x");
        assert_eq!(rig.watch(name, &[]).await.status, 404, "{name}");
        assert_eq!(
            rig.get(&format!("/streams/evt/{name}"), &[]).await.status,
            404,
            "{name}"
        );
    }
    for path in [
        "/",
        "/streams",
        "/streams/",
        "/streams/evt",
        "/t/",
        "/t/x",
        "/t//streams/evt/a.ts",
        "/api/x",
    ] {
        assert_eq!(rig.get(path, &[]).await.status, 404, "{path}");
    }
}

// J-18
#[tokio::test]
async fn another_events_folder_is_denied_before_anything_is_opened() {
    let (rig, _feed) = Rig::ready().await;
    let bearer = format!("Bearer {}", rig.token());
    for target in [
        "/streams/other/a.ts",
        "/streams/evt-2/a.ts",
        "/streams/EVT/a.ts",
        "/streams/ev/a.ts",
    ] {
        assert_eq!(
            rig.get(target, &[("authorization", &bearer)]).await.code(),
            "access_denied",
            "{target}"
        );
    }
}

#[tokio::test]
async fn links_are_followed_within_the_event_and_nowhere_else() {
    let (rig, _feed) = Rig::ready().await;
    let inside = rig.write("deep/a.ts", "inside");
    let root = rig.folder.path().join("streams");
    fs::create_dir_all(root.join("other")).unwrap();
    fs::write(root.join("other/secret.ts"), "SECRET").unwrap();
    fs::write(root.join("other/secret.m3u8"), "#EXTM3U\n").unwrap();
    let event = root.join("evt");
    symlink("deep/a.ts", event.join("link.ts")).unwrap();
    symlink("../other/secret.ts", event.join("out.ts")).unwrap();
    symlink(root.join("other/secret.ts"), event.join("absolute.ts")).unwrap();
    symlink("../other", event.join("folder")).unwrap();
    symlink("../other/secret.m3u8", event.join("stream.m3u8")).unwrap();
    symlink("loop.ts", event.join("loop.ts")).unwrap();
    assert_eq!(rig.watch("link.ts", &[]).await.text(), "inside");
    for out in [
        "out.ts",
        "absolute.ts",
        "folder/secret.ts",
        "stream.m3u8",
        "loop.ts",
    ] {
        assert_eq!(rig.watch(out, &[]).await.status, 404, "{out}");
    }
    assert!(inside.try_exists().unwrap());
}

// P-05: between a look and an opening there is no moment in which a link may change its mind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_is_swapped_while_it_is_opened_never_leads_out() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("inside.ts", "inside");
    let root = rig.folder.path().join("streams");
    fs::create_dir_all(root.join("other")).unwrap();
    fs::write(root.join("other/inside.ts"), "SECRET").unwrap();
    let event = root.join("evt");
    for (name, target) in [("in.link", "."), ("out.link", "../other")] {
        symlink(target, event.join(name)).unwrap();
    }
    symlink(".", event.join("folder")).unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&over);
    let swapper = std::thread::spawn(move || {
        let mut swaps = 0_u64;
        while !told.load(Ordering::Relaxed) {
            for target in ["../other", "."] {
                symlink(target, event.join("next")).unwrap();
                fs::rename(event.join("next"), event.join("folder")).unwrap();
                swaps += 1;
            }
        }
        swaps
    });
    let (mut inside, mut refused) = (0, 0);
    while inside + refused < 3_000 || inside == 0 || refused == 0 {
        let answer = rig.watch("folder/inside.ts", &[]).await;
        match answer.status {
            200 => {
                assert_eq!(answer.text(), "inside");
                inside += 1;
            }
            status => {
                assert_eq!(status, 404);
                refused += 1;
            }
        }
    }
    over.store(true, Ordering::Relaxed);
    assert!(swapper.join().unwrap() > 100);
}

#[tokio::test]
async fn nested_renditions_with_equal_names_and_encoded_names_are_different_files() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("720p/seg1.ts", "seven");
    rig.write("1080p/seg1.ts", "ten");
    rig.write("1080p/with space.ts", "space");
    assert_eq!(rig.watch("720p/seg1.ts", &[]).await.text(), "seven");
    assert_eq!(rig.watch("1080p/seg1.ts", &[]).await.text(), "ten");
    assert_eq!(rig.watch("1080p/with%20space.ts", &[]).await.text(), "space");
    assert_eq!(rig.watch("%37%32%30p/seg1.ts", &[]).await.text(), "seven");
}
