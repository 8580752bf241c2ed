//! Many objects for a long time. The counts of a usual run keep it short; `cargo xtask test --deep` sets
//! `STREAMGATE_CACHE_OBJECTS=1000000` and `STREAMGATE_CACHE_SEGMENTS=43200`, a day of segments of two seconds.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use streamgate_serving::metrics::{Registry, text};

use super::Site;
use super::disk::files;
use super::limits::disk_bytes;
use crate::support::{Rig, until};

const SEGMENT_BYTES: usize = 3000;
/// An inode of the usual file systems has at most 65,000 names.
const NAMES_PER_FILE: usize = 50_000;

fn count(setting: &str, usual: usize) -> usize {
    let setting = std::env::vars().find(|(name, _)| name == setting);
    setting.map_or(usual, |(_, text)| text.parse().unwrap())
}

fn resident_bytes() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_of_segments_leaves_memory_descriptors_and_disk_flat() {
    let segments = count("STREAMGATE_CACHE_SEGMENTS", 3_000);
    // Room for a tenth of them.
    let limit = (segments as u64 / 10) * 4096;
    let site = Site::with(|settings| settings.cache.bytes_max = limit).await;
    site.origin.have_everything(SEGMENT_BYTES);
    let mut baseline = None;
    for number in 0..segments {
        let name = format!("{number}.ts");
        let answer = site.rig.watch(&name, &[]).await;
        assert_eq!((answer.status, answer.body.len()), (200, SEGMENT_BYTES));
        site.rig.clock.advance(Duration::from_secs(2));
        if number % 100 == 0 {
            site.origin.forget();
        }
        // From a third on everything has reached its size.
        if number == segments / 3 {
            baseline = Some((resident_bytes(), descriptors()));
        }
    }
    let (memory, open) = baseline.unwrap();
    until(|| (disk_bytes(&site) <= limit).then_some(())).await;
    let grown = resident_bytes().saturating_sub(memory);
    assert!(grown < 8 << 20, "{grown} bytes more");
    until(|| (descriptors() <= open + 4).then_some(())).await;
    site.until_health("segmentCacheSizeMB", disk_bytes(&site) / 1_000_000)
        .await;
    assert!(files(&site.rig.folder.path().join("cache/tmp")).is_empty());
}

/// Gives the object at `original` so many names in the cache that the next start finds that many objects.
fn multiply(original: &Path, objects: usize) {
    let event = original.parent().unwrap().parent().unwrap();
    let record = {
        let mut record = vec![0; 256];
        let length = rustix::fs::getxattr(original, "user.streamgate", &mut record).unwrap();
        record.truncate(length);
        record
    };
    for folder in 0..256 {
        fs::create_dir_all(event.join(format!("{folder:02x}"))).unwrap();
    }
    let mut source = original.to_owned();
    for number in 0..objects {
        let name = format!("{:02x}/{number:030x}", number % 256);
        let path = event.join(name);
        if number % NAMES_PER_FILE == 0 {
            fs::copy(original, &path).unwrap();
            rustix::fs::setxattr(&path, "user.streamgate", &record, rustix::fs::XattrFlags::empty()).unwrap();
            source = path;
        } else {
            fs::hard_link(&source, &path).unwrap();
        }
    }
}

/// Counts the files in the folders of a folder without looking at each.
fn entries(event: &Path) -> usize {
    let inside = fs::read_dir(event).unwrap().map(|entry| entry.unwrap().path());
    let folders = inside.filter(|path| path.is_dir());
    folders.map(|folder| fs::read_dir(folder).unwrap().count()).sum()
}

/// Adds how long some hits take.
async fn hit(rig: &Rig, hits: usize, times: &mut Vec<Duration>) {
    for _ in 0..hits {
        let started = Instant::now();
        assert_eq!(rig.watch("a.ts", &[]).await.status, 200);
        times.push(started.elapsed());
    }
}

/// How many objects the cache has removed.
fn removed(registry: &Registry) -> usize {
    let text = text(registry).unwrap();
    let line = text.lines().find(|line| line.contains("cache_evictions_total"));
    line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
}

fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() * 99 / 100]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_cache_answers_at_once_after_a_start_and_while_a_tenth_of_it_goes() {
    let objects = count("STREAMGATE_CACHE_OBJECTS", 20_000);
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let site = Site::in_folder(Arc::clone(&folder), |_| {}).await;
    let bytes = site.origin.put("a.ts", SEGMENT_BYTES);
    site.rig.watch("a.ts", &[]).await;
    let stored = folder.path().join("cache/v1");
    until(|| (files(&stored).len() == 1).then_some(())).await;
    let Site { mut rig, origin, .. } = site;
    rig.stop().await;
    multiply(&files(&stored)[0], objects);

    let url = origin.url();
    let limit = (objects as u64 * 4096) / 10 * 9;
    let memory = resident_bytes();
    let started = Instant::now();
    let mut rig = Rig::with(folder, |settings| {
        settings.stream_root = None;
        settings.upstream.origin = Some(url);
        settings.cache.bytes_max = u64::MAX / 2;
    });
    let _feed = rig.start().await;
    assert!(rig.watch("a.ts", &[]).await.body == bytes);
    let first = started.elapsed();
    assert!(first < Duration::from_secs(1), "{first:?}");
    assert_eq!(origin.gets("/live/evt/a.ts"), 1);
    let mut loaded = 0;
    while loaded < objects as u64 * 4096 / 1_000_000 {
        loaded = rig.health().await["segmentCacheSizeMB"].as_u64().unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let each = resident_bytes().saturating_sub(memory) / objects as u64;
    let mut quiet = Vec::new();
    hit(&rig, 10_000, &mut quiet).await;
    let quiet = p99(quiet);
    rig.stop().await;
    let folder = Arc::clone(&rig.folder);
    drop(rig);

    let url = origin.url();
    let mut rig = Rig::with(folder, |settings| {
        settings.stream_root = None;
        settings.upstream.origin = Some(url);
        settings.cache.bytes_max = limit;
    });
    let _feed = rig.start().await;
    // What is too much goes when the index is complete.
    let mut registry = Registry::default();
    rig.edge.register_metrics(&mut registry);
    let (mut loading, mut removing) = (Vec::new(), Vec::new());
    while removed(&registry) == 0 {
        hit(&rig, 50, &mut loading).await;
    }
    let began = Instant::now();
    while removed(&registry) < objects / 10 {
        hit(&rig, 50, &mut removing).await;
    }
    hit(&rig, 50, &mut removing).await;
    let (took, hits) = (began.elapsed(), removing.len());
    let (loading, removing) = (p99(loading), p99(removing));
    let left = || (entries(&stored.join("evt")) <= objects / 10 * 9 + 1).then_some(());
    until(left).await;
    // Below some milliseconds the scheduler of a busy machine says more than the cache does.
    assert!(
        removing <= 2 * quiet.max(Duration::from_millis(10)),
        "{removing:?} while objects are removed, {quiet:?} before"
    );
    #[expect(
        clippy::print_stderr,
        reason = "the figures are what this is run for with the long counts"
    )]
    {
        eprintln!(
            "{objects} objects: first answer {first:?}, {each} bytes each, p99 of hits {quiet:?}, {loading:?} while the \
             index is read, {removing:?} of {hits} hits while a tenth is removed within {took:?}"
        );
    }
}
