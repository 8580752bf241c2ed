//! An outage of ours is never a viewer's 401 or 403.

use crate::harness::process::free_port;
use crate::harness::site::Site;

#[tokio::test]
async fn watching_goes_on_while_the_platform_is_down() {
    let mut site = Site::apart(1, &[]).await;
    let (event, ticket) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    site.player().get(&event, "seg0.ts", &token).await.expect(200);
    site.platform.process.kill_9();
    for _ in 0..50 {
        site.player().get(&event, "stream.m3u8", &token).await.expect(200);
        site.player().get(&event, "seg0.ts", &token).await.expect(200);
    }
    site.player().get_path("/health").await.expect(200);
    site.player().get_path("/ready").await.expect(200);
}

// V-04
#[tokio::test]
async fn an_edge_that_never_heard_the_platform_is_503_until_it_does() {
    let site = Site::apart(1, &[]).await;
    let (event, ticket) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let mut lonely = site.start_edge(free_port(), &nobody, &[]);
    lonely.process.answers(&lonely.base, "/health", Some(200)).await;
    let answer = lonely
        .player()
        .get(&event, "seg0.ts", &token)
        .await
        .refused(503, "unavailable");
    assert!(answer.header("retry-after").is_some());
    lonely.player().get_path("/ready").await.expect(503);
    assert_eq!(
        lonely.player().get_path("/health").await.json()["status"],
        "starting"
    );
    // Who shows no token is told so all the same.
    let path = format!("/streams/{}/seg0.ts", event["id"].as_str().unwrap());
    lonely
        .player()
        .get_path(&path)
        .await
        .refused(401, "authorization_required");
}
