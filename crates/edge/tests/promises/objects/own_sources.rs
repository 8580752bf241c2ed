//! Events with a source of their own: it replaces every other, and it is no way to the machines beside the edge.

use std::sync::Arc;

use streamgate_contract::feed::FeedChange;
use streamgate_edge::AllowedHosts;

use super::Site;
use super::origin::ok;
use crate::support::event;

async fn set_source(site: &Site, url: Option<String>) {
    let change = FeedChange::EventSource {
        event_id: event(),
        url,
    };
    site.rig.tell(&site.feed, change).await;
}

#[tokio::test]
async fn an_events_own_source_replaces_local_files_and_the_operators_origin() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let streams = folder.path().join("streams");
    let site = Site::in_folder(folder, |settings| {
        settings.stream_root = Some(streams);
        settings.upstream.allowed_hosts = AllowedHosts::parse("127.0.0.1").unwrap();
    })
    .await;
    site.rig.write("a.ts", "local");
    site.origin.put("b.ts", 3);
    site.origin.script("/own/a.ts?sig=canary", vec![ok(b"own")]);
    assert_eq!(site.rig.health().await["mode"], "hybrid");
    assert_eq!(site.rig.watch("a.ts", &[]).await.text(), "local");
    assert_eq!(site.rig.watch("b.ts", &[]).await.text(), "b.t");

    let url = format!(
        "http://user:pass@{}/own/live.m3u8?sig=canary",
        site.origin.address
    );
    set_source(&site, Some(url)).await;
    assert_eq!(site.rig.watch("a.ts", &[]).await.text(), "own");
    assert_eq!(site.rig.watch("b.ts", &[]).await.status, 404);
    let asked = site.origin.asked();
    let own = asked
        .iter()
        .find(|asked| asked.target.starts_with("/own/a.ts"))
        .unwrap();
    assert!(
        own.head
            .to_ascii_lowercase()
            .contains("authorization: basic dxnlcjpwyxnz")
    );

    set_source(&site, None).await;
    assert_eq!(site.rig.watch("a.ts", &[]).await.text(), "local");
    assert_eq!(site.rig.watch("b.ts", &[]).await.text(), "b.t");
}

// S-03, S-05, S-06
#[tokio::test]
async fn a_source_at_a_private_address_is_refused_when_connecting_however_it_is_written() {
    let site = Site::new().await;
    let port = site.origin.address.port();
    site.origin.script("/x/a.ts", vec![ok(b"inside")]);
    for host in [
        "127.0.0.1",
        "localhost",
        "localhost.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "2130706433",
        "0x7f.1",
        "0",
        "0.0.0.0",
        "127.1",
        "169.254.169.254",
    ] {
        set_source(&site, Some(format!("http://{host}:{port}/x"))).await;
        let answer = site.rig.watch("a.ts", &[]).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (502, "source_unavailable"),
            "{host}"
        );
    }
    for wrong in ["ftp://a.example/", "nonsense", "file:///etc/"] {
        set_source(&site, Some(wrong.to_owned())).await;
        assert_eq!(site.rig.watch("a.ts", &[]).await.status, 502, "{wrong}");
    }
    assert!(site.origin.asked().is_empty());
}

#[tokio::test]
async fn a_listed_host_may_be_a_source_by_name_or_by_address() {
    for (listed, host) in [
        ("localhost", "localhost"),
        ("127.0.0.0/8", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
    ] {
        let site = Site::with(|settings| {
            settings.upstream.allowed_hosts = AllowedHosts::parse(listed).unwrap();
        })
        .await;
        site.origin.script("/x/a.ts", vec![ok(b"inside")]);
        set_source(
            &site,
            Some(format!("http://{host}:{}/x/", site.origin.address.port())),
        )
        .await;
        assert_eq!(site.rig.watch("a.ts", &[]).await.text(), "inside", "{listed}");
    }
}

#[tokio::test]
async fn an_edge_of_local_files_opens_its_cache_when_the_first_source_arrives() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let (streams, cache) = (folder.path().join("streams"), folder.path().join("cache"));
    let site = Site::in_folder(folder, |settings| {
        settings.stream_root = Some(streams);
        settings.upstream.origin = None;
        settings.upstream.allowed_hosts = AllowedHosts::parse("127.0.0.1").unwrap();
    })
    .await;
    assert_eq!(site.rig.health().await["mode"], "local");
    assert!(!cache.try_exists().unwrap());
    site.origin.script("/x/a.ts", vec![ok(b"own")]);
    set_source(&site, Some(format!("http://{}/x", site.origin.address))).await;
    crate::support::until(|| cache.join("v1").try_exists().unwrap().then_some(())).await;
    assert_eq!(site.rig.watch("a.ts", &[]).await.text(), "own");
    site.until_health("segmentCacheEvents", 1).await;
}
