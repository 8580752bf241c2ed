//! The rotation of secrets that DEPLOYMENT.md describes, step by step, under a viewer who notices nothing.

use crate::harness::SOON;
use crate::harness::actors::{Viewer, token_of};
use crate::harness::site::{Service, Site};
use crate::harness::until;

const NEW_SIGNING: &str = "another-signing-secret-of-32-bytes-or-more";
const NEW_INTERNAL: &str = "another-internal-api-key";

async fn restart(service: &mut Service, settings: &[(&str, &str)]) {
    service.process.kill_9();
    for (name, value) in settings {
        service.start_again_with(name, value);
        service.process.kill_9();
    }
    service.start_again();
    service.ready().await;
}

/// The picture and the session of one who came before the rotation, and an entrance for one who comes now.
async fn nobody_notices(site: &Site, event: &serde_json::Value, viewer: &Viewer, token: &str) {
    site.player().get(event, "seg0.ts", token).await.expect(200);
    viewer.post("heartbeat", token).await.expect(200);
    let ticket = site.admin().ticket(event).await;
    let fresh = site.viewer("newcomer").watch(&ticket).await;
    site.player().get(event, "seg0.ts", &fresh).await.expect(200);
}

#[tokio::test]
async fn secrets_are_rotated_edges_first_and_nobody_who_watches_notices() {
    let mut site = Site::apart(1, &[]).await;
    let (event, ticket) = site.event_with_ticket().await;
    let viewer = site.viewer("a");
    let token = viewer.watch(&ticket).await;

    let both = [
        ("PLAYBACK_SIGNING_SECRET_PREVIOUS", crate::harness::SIGNING_SECRET),
        ("PLAYBACK_SIGNING_SECRET", NEW_SIGNING),
    ];
    restart(&mut site.edges[0], &both).await;
    nobody_notices(&site, &event, &viewer, &token).await;
    restart(&mut site.platform, &both).await;
    nobody_notices(&site, &event, &viewer, &token).await;
    // The page refreshes within a quarter of an hour, and then holds a token of the new secret.
    let renewed = token_of(&viewer.post("refresh", &token).await.expect(200));
    let without = [("PLAYBACK_SIGNING_SECRET_PREVIOUS", "")];
    restart(&mut site.platform, &without).await;
    restart(&mut site.edges[0], &without).await;
    nobody_notices(&site, &event, &viewer, &renewed).await;
    site.player()
        .get(&event, "seg0.ts", &token)
        .await
        .refused(403, "access_denied");

    // The other key: first the platform, and the edge goes on with what it knows meanwhile.
    let key = [("INTERNAL_API_KEY", NEW_INTERNAL)];
    restart(&mut site.platform, &key).await;
    nobody_notices(&site, &event, &viewer, &renewed).await;
    restart(&mut site.edges[0], &key).await;
    nobody_notices(&site, &event, &viewer, &renewed).await;
    site.admin().to_ticket(&ticket, "revoke").await.expect(200);
    let player = site.player();
    until(
        SOON,
        "a revocation by the new key",
        || player.get(&event, "seg0.ts", &renewed),
        |answer| answer.is(403, "ticket_revoked"),
    )
    .await;
}
