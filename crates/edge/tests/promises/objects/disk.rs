//! What is on the disk: found again after a restart, never served when damaged, and dispensable.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustix::fs::{XattrFlags, getxattr, setxattr};
use streamgate_contract::feed::FeedChange;
use streamgate_contract::ids::EventId;
use streamgate_edge::EdgeSettings;
use streamgate_serving::metrics::{Registry, text};

use super::Site;
use super::origin::{Gate, Step, bytes_of, half, ok, rest};
use crate::support::{API_KEY, event, until};

const ATTRIBUTE: &str = "user.streamgate";
const BOOT_AT: usize = 37;

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// The files of stored objects.
pub(crate) fn objects(site: &Site) -> Vec<PathBuf> {
    let mut found = files(&site.rig.folder.path().join("cache/v1"));
    found.retain(|path| !path.ends_with("generations"));
    found
}

/// Waits until one object lies there and its fetch is over: until then the fetch answers those who ask.
pub(super) async fn until_stored(site: &Site) {
    let mut registry = Registry::default();
    site.rig.edge.register_metrics(&mut registry);
    until(|| {
        let is_over = text(&registry)
            .unwrap()
            .lines()
            .any(|line| line.contains("cache_filling") && line.ends_with(" 0"));
        (is_over && objects(site).len() == 1).then_some(())
    })
    .await;
}

/// Stops the edge of `site` and starts another one on the same folder, before another origin.
async fn restarted(mut site: Site, change: impl FnOnce(&mut EdgeSettings)) -> Site {
    site.rig.stop().await;
    let folder = Arc::clone(&site.rig.folder);
    let url = site.origin.url();
    Site::in_folder(folder, |settings| {
        settings.upstream.origin = Some(url);
        change(settings);
    })
    .await
}

#[tokio::test]
async fn a_restart_finds_what_was_stored_while_the_origin_is_gone() {
    let site = Site::new().await;
    let names: Vec<String> = (0..20).map(|number| format!("{number}.ts")).collect();
    let mut expected = Vec::new();
    for name in &names {
        expected.push(site.origin.put(name, 5_000));
        site.rig.watch(name, &[]).await;
    }
    until(|| (objects(&site).len() == 20).then_some(())).await;
    let tag = site.rig.watch("7.ts", &[]).await.header("etag").to_owned();
    let origin = site.origin.url();
    let site = restarted(site, |_| {}).await;
    for (name, bytes) in names.iter().zip(&expected) {
        let answer = site.rig.watch(name, &[]).await;
        assert_eq!(answer.status, 200, "{name} {origin}");
        assert!(answer.body == *bytes, "{name}");
    }
    assert_eq!(site.rig.watch("7.ts", &[]).await.header("etag"), tag);
    // 20 files of 5,000 bytes take two blocks each.
    site.until_health("segmentCacheEvents", 1).await;
}

/// What happened to a file, and how to make it so.
type Damage = (&'static str, fn(&Path));

// C-09
#[tokio::test]
async fn what_a_crash_left_short_changed_or_unmarked_is_fetched_again_and_never_served() {
    let site = Site::new().await;
    let bytes = site.origin.put("a.ts", 50_000);
    let damages: [Damage; 4] = [
        ("short", |path| {
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_len(20_000).unwrap();
        }),
        ("unmarked", |path| {
            let content = fs::read(path).unwrap();
            fs::remove_file(path).unwrap();
            fs::write(path, content).unwrap();
        }),
        ("marked by nonsense", |path| {
            setxattr(path, ATTRIBUTE, b"nonsense", XattrFlags::empty()).unwrap();
        }),
        // The machine lost power: the length is right, and the end is zeros.
        ("zeros at the end", |path| {
            let file = fs::File::options().write(true).open(path).unwrap();
            file.write_all_at(&[0; 10_000], 40_000).unwrap();
            in_an_earlier_boot(path);
        }),
    ];
    for (number, (name, damage)) in damages.into_iter().enumerate() {
        assert!(site.rig.watch("a.ts", &[]).await.body == bytes, "{name}");
        until_stored(&site).await;
        assert_eq!(site.origin.gets("/live/evt/a.ts"), number + 1, "{name}");
        damage(&objects(&site)[0]);
    }
    assert!(site.rig.watch("a.ts", &[]).await.body == bytes);
    assert_eq!(site.origin.gets("/live/evt/a.ts"), damages_count() + 1);

    // What is whole is only checked once, and served.
    until_stored(&site).await;
    in_an_earlier_boot(&objects(&site)[0]);
    for _ in 0..2 {
        assert!(site.rig.watch("a.ts", &[]).await.body == bytes);
    }
    assert_eq!(site.origin.gets("/live/evt/a.ts"), damages_count() + 1);
}

const fn damages_count() -> usize {
    4
}

/// Has a file's record say that it was written before the machine started.
fn in_an_earlier_boot(path: &Path) {
    let mut record = vec![0; 256];
    let length = getxattr(path, ATTRIBUTE, &mut record).unwrap();
    record.truncate(length - 4);
    for byte in &mut record[BOOT_AT..BOOT_AT + 8] {
        *byte = !*byte;
    }
    let crc = crc32fast::hash(&record);
    record.extend(crc.to_be_bytes());
    setxattr(path, ATTRIBUTE, &record, XattrFlags::empty()).unwrap();
}

// C-12
#[tokio::test]
async fn emptying_an_event_by_hand_or_by_the_feed_leaves_other_events_and_originals() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let streams = folder.path().join("streams");
    let site = Site::in_folder(folder, |settings| settings.stream_root = Some(streams)).await;
    let original = site.rig.write("local.ts", "original");
    site.origin.put("a.ts", 10);
    site.origin.script("/live/other/b.ts", vec![ok(b"other")]);
    let mut claims = site.rig.claims();
    claims.event_id = EventId::parse("other").unwrap();
    let others = format!("/streams/other/b.ts?__token={}", site.rig.sign(&claims));
    for round in 1..=2 {
        assert_eq!(site.rig.watch("a.ts", &[]).await.status, 200);
        assert_eq!(site.rig.get(&others, &[]).await.text(), "other");
        site.until_health("segmentCacheEvents", 2).await;
        if round == 1 {
            let deleted = site
                .rig
                .ask("DELETE", "/admin/cache/evt", &[("x-internal-api-key", API_KEY)])
                .await;
            assert_eq!(deleted.status, 204);
        } else {
            site.rig
                .tell(&site.feed, FeedChange::Purge { event_id: event() })
                .await;
        }
        site.until_health("segmentCacheEvents", 1).await;
        assert_eq!(site.rig.get(&others, &[]).await.text(), "other");
        assert_eq!(site.origin.gets("/live/evt/a.ts"), round);
    }
    assert_eq!(site.rig.watch("a.ts", &[]).await.status, 200);
    assert_eq!(site.origin.gets("/live/evt/a.ts"), 3);
    assert_eq!(site.origin.gets("/live/other/b.ts"), 1);
    assert_eq!(fs::read(original).unwrap(), b"original");
    // What was emptied does not lie about for long.
    let trash = site.rig.folder.path().join("cache/trash");
    until(|| files(&trash).is_empty().then_some(())).await;
}

#[tokio::test]
async fn a_fetch_that_began_before_its_event_was_emptied_serves_its_readers_and_is_not_stored() {
    let site = Site::new().await;
    let (gate, old, new) = (Gate::new(), bytes_of("old", 1000), bytes_of("new", 1000));
    let slow = half(&old, vec![Step::Gate(gate.clone()), rest()]);
    site.origin.script("/live/evt/a.ts", vec![slow, ok(&new)]);
    let reading = site.open("a.ts").await;
    site.rig
        .ask("DELETE", "/admin/cache/evt", &[("x-internal-api-key", API_KEY)])
        .await;
    // Who comes now gets the new bytes, although the old ones are still arriving.
    assert_eq!(site.rig.watch("a.ts", &[]).await.body, new);
    gate.open();
    assert_eq!(reading.rest().await.unwrap(), old);
    until_stored(&site).await;
    assert_eq!(site.rig.watch("a.ts", &[]).await.body, new);
    assert_eq!(site.origin.gets("/live/evt/a.ts"), 2);
}

#[tokio::test]
async fn a_cache_that_cannot_be_written_costs_no_viewer_an_answer() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let root = folder.path().join("cache");
    // A file where the folder should be: nothing can be made below it, by anybody.
    fs::write(&root, "").unwrap();
    let site = Site::in_folder(folder, |_| {}).await;
    let bytes = site.origin.put("a.ts", 300_000);
    let askers = tokio::join!(site.rig.watch("a.ts", &[]), site.rig.watch("a.ts", &[]));
    assert!(askers.0.body == bytes && askers.1.body == bytes);
    // Those who come a moment later share what is held in memory.
    assert!(site.rig.watch("a.ts", &[]).await.body == bytes);
    assert_eq!(site.origin.gets("/live/evt/a.ts"), 1);
    assert_eq!(site.rig.health().await["segmentCacheEvents"], 0);
    let answer = site
        .rig
        .ask("DELETE", "/admin/cache/evt", &[("x-internal-api-key", API_KEY)])
        .await;
    assert_eq!(answer.status, 204);
}

#[tokio::test]
async fn a_cache_folder_that_somebody_deletes_is_made_again() {
    let site = Site::new().await;
    let bytes = site.origin.put("a.ts", 2_000_000);
    site.rig.watch("a.ts", &[]).await;
    site.until_health("segmentCacheSizeMB", 2).await;
    fs::remove_dir_all(site.rig.folder.path().join("cache")).unwrap();
    // The first fetch may still be on its way out.
    while site.origin.gets("/live/evt/a.ts") < 2 {
        assert!(site.rig.watch("a.ts", &[]).await.body == bytes);
        tokio::task::yield_now().await;
    }
    until_stored(&site).await;
    site.until_health("segmentCacheSizeMB", 2).await;
    assert!(site.rig.watch("a.ts", &[]).await.body == bytes);
    assert_eq!(site.origin.gets("/live/evt/a.ts"), 2);
}

#[tokio::test]
async fn left_overs_of_a_killed_process_are_removed_and_never_served() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let unfinished = folder.path().join("cache/tmp");
    fs::create_dir_all(&unfinished).unwrap();
    let left = unfinished.join("1-0");
    fs::write(&left, "half").unwrap();
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_hours(24);
    fs::File::options()
        .write(true)
        .open(&left)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    let site = Site::in_folder(folder, |_| {}).await;
    until(|| (!left.try_exists().unwrap()).then_some(())).await;
    assert_eq!(site.rig.watch("a.ts", &[]).await.status, 404);
}

/// A small file system of its own, in memory.
struct Mounted(PathBuf);

impl Mounted {
    fn new(path: &Path, size: &str) -> Self {
        fs::create_dir_all(path).unwrap();
        mount(&["-t", "tmpfs", "-o", size, "tmpfs"], path);
        Self(path.to_owned())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // Lazily: the edge of the test may hold files there still.
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}

fn mount(arguments: &[&str], path: &Path) {
    assert!(
        is_mounted(arguments, path),
        "this test mounts a small file system, which needs the right to"
    );
}

fn is_mounted(arguments: &[&str], path: &Path) -> bool {
    let mounted = Command::new("mount").args(arguments).arg(path).status();
    mounted.unwrap().success()
}

// C-10
#[tokio::test]
async fn a_full_disk_costs_no_viewer_an_answer_and_room_is_made() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let _small = Mounted::new(&folder.path().join("cache"), "size=3m");
    let site = Site::in_folder(folder, |_| {}).await;
    // Larger than the whole disk: the rest of it follows in memory.
    let huge = site.origin.put("huge.ts", 5_000_000);
    assert!(site.rig.watch("huge.ts", &[]).await.body == huge);
    for number in 0..8 {
        let name = format!("{number}.ts");
        let bytes = site.origin.put(&name, 900_000);
        assert!(site.rig.watch(&name, &[]).await.body == bytes, "{name}");
    }
    // The keeper makes room, and what comes then is stored.
    let before = objects(&site);
    let mut number = 8;
    while objects(&site).iter().all(|path| before.contains(path)) {
        let name = format!("{number}.ts");
        let bytes = site.origin.put(&name, 900_000);
        assert!(site.rig.watch(&name, &[]).await.body == bytes, "{name}");
        number += 1;
    }
}

// C-10
#[tokio::test]
async fn a_cache_that_becomes_read_only_serves_what_it_has_and_passes_on_what_it_has_not() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let cache = folder.path().join("cache");
    let _mounted = Mounted::new(&cache, "size=8m");
    let site = Site::in_folder(folder, |_| {}).await;
    let (a, b) = (site.origin.put("a.ts", 100_000), site.origin.put("b.ts", 100_000));
    site.rig.watch("a.ts", &[]).await;
    until_stored(&site).await;
    // Refused for as long as the fetch that has just ended holds its file open for writing.
    until(|| is_mounted(&["-o", "remount,ro"], &cache).then_some(())).await;
    for _ in 0..2 {
        assert!(site.rig.watch("a.ts", &[]).await.body == a);
        assert!(site.rig.watch("b.ts", &[]).await.body == b);
    }
    assert_eq!(site.origin.gets("/live/evt/a.ts"), 1);
    assert_eq!(objects(&site).len(), 1);
}
