//! Objects stay open for a moment after they were asked for; what is no longer to be served is not served from there.

use std::time::Duration;

use super::Site;
use super::disk::until_stored;
use super::origin::{bytes_of, ok};
use crate::support::API_KEY;

#[tokio::test]
async fn emptying_an_event_reaches_the_objects_that_are_open() {
    let site = Site::new().await;
    let versions: Vec<Vec<u8>> = (0..4)
        .map(|number| bytes_of(&format!("{number}"), 3000))
        .collect();
    let scripts = versions.iter().map(|bytes| ok(bytes)).collect();
    site.origin.script("/live/evt/a.ts", scripts);
    for (number, bytes) in versions.iter().enumerate() {
        assert!(site.rig.watch("a.ts", &[]).await.body == *bytes, "{number}");
        until_stored(&site).await;
        // Opened, and then open.
        for _ in 0..2 {
            assert!(site.rig.watch("a.ts", &[]).await.body == *bytes, "{number}");
        }
        assert_eq!(site.origin.gets("/live/evt/a.ts"), number + 1);
        let emptied = site
            .rig
            .ask("DELETE", "/admin/cache/evt", &[("x-internal-api-key", API_KEY)])
            .await;
        assert_eq!(emptied.status, 204);
    }
}

#[tokio::test]
async fn a_key_that_is_open_is_asked_for_again_when_its_minute_is_over() {
    let site = Site::new().await;
    let (old, new) = (bytes_of("old", 16), bytes_of("new", 16));
    site.origin.script("/live/evt/k.key", vec![ok(&old), ok(&new)]);
    for (number, bytes) in [old, new].iter().enumerate() {
        assert_eq!(site.rig.watch("k.key", &[]).await.body, *bytes, "{number}");
        until_stored(&site).await;
        for _ in 0..2 {
            assert_eq!(site.rig.watch("k.key", &[]).await.body, *bytes, "{number}");
        }
        assert_eq!(site.origin.gets("/live/evt/k.key"), number + 1);
        site.rig.clock.advance(Duration::from_secs(61));
    }
}
