//! Size and age of the cache, and who has to go first.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::Site;
use super::disk::files;
use crate::support::until;

/// What the objects take on the disk.
pub(super) fn disk_bytes(site: &Site) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let objects = files(&site.rig.folder.path().join("cache/v1"));
    let blocks = |path: &Path| path.metadata().map_or(0, |metadata| metadata.blocks());
    objects.iter().map(|path| blocks(path) * 512).sum()
}

// C-11
#[tokio::test]
async fn a_full_cache_gives_up_what_was_not_used_and_its_figure_is_what_the_disk_says() {
    let site = Site::with(|settings| settings.cache.bytes_max = 2_000_000).await;
    for number in 0..200 {
        let name = format!("{number}.ts");
        site.origin.put(&name, 50_000);
        assert_eq!(site.rig.watch(&name, &[]).await.status, 200);
        // Somebody watches this one all the time.
        assert_eq!(site.rig.watch("0.ts", &[]).await.status, 200);
    }
    until(|| (disk_bytes(&site) <= 2_000_000).then_some(())).await;
    assert!(disk_bytes(&site) > 1_000_000);
    assert_eq!(site.origin.gets("/live/evt/0.ts"), 1);
    site.until_health("segmentCacheSizeMB", disk_bytes(&site) / 1_000_000)
        .await;
}

#[tokio::test]
async fn a_crawler_of_recordings_does_not_push_a_live_show_out() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let streams = folder.path().join("streams");
    let site = Site::in_folder(folder, |settings| {
        settings.stream_root = Some(streams);
        settings.cache.bytes_max = 2_000_000;
    })
    .await;
    site.rig.write(
        "live.m3u8",
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nl1.ts\n#EXTINF:2,\nl2.ts\n",
    );
    assert_eq!(site.rig.watch("live.m3u8", &[]).await.status, 200);
    for name in ["l1.ts", "l2.ts"] {
        site.origin.put(name, 50_000);
        assert_eq!(site.rig.watch(name, &[]).await.status, 200);
    }
    for number in 0..100 {
        let name = format!("{number}.ts");
        site.origin.put(&name, 50_000);
        assert_eq!(site.rig.watch(&name, &[]).await.status, 200);
    }
    until(|| (disk_bytes(&site) <= 2_000_000).then_some(())).await;
    for name in ["l1.ts", "l2.ts"] {
        assert_eq!(site.rig.watch(name, &[]).await.status, 200);
        assert_eq!(site.origin.gets(&format!("/live/evt/{name}")), 1, "{name}");
    }
}

#[tokio::test]
async fn what_is_too_old_is_removed_at_every_interval() {
    let site = Site::with(|settings| {
        settings.cache.age_max = Duration::from_hours(1);
        settings.cache.cleanup_interval = Duration::from_millis(50);
    })
    .await;
    site.origin.put("old.ts", 1000);
    site.rig.watch("old.ts", &[]).await;
    site.rig.clock.advance(Duration::from_mins(59));
    site.origin.put("new.ts", 1000);
    site.rig.watch("new.ts", &[]).await;
    let objects = || files(&site.rig.folder.path().join("cache/v1")).len();
    until(|| (objects() == 2).then_some(())).await;
    site.rig.clock.advance(Duration::from_mins(2));
    until(|| (objects() == 1).then_some(())).await;
    site.rig.watch("new.ts", &[]).await;
    assert_eq!(site.origin.gets("/live/evt/new.ts"), 1);
}
