//! What was acknowledged survives `kill -9`.

use crate::harness::actors::code;
use crate::harness::site::Site;

const ROUNDS: usize = 20;

#[tokio::test]
async fn an_acknowledged_change_is_there_after_kill_9() {
    let mut site = Site::serve().await;
    let admin = site.admin();
    let (event, _) = site.event_with_ticket().await;
    for round in 0..ROUNDS {
        let tickets = admin.tickets(&event, 4).await;
        let [revoked, redeemed, released, unused] = tickets.as_slice() else {
            panic!("four tickets were asked for");
        };
        let revoked_token = site.viewer("a").watch(revoked).await;
        let token = site.viewer("a").watch(redeemed).await;
        let released_token = site.viewer("a").watch(released).await;
        // The last acknowledgement before the crash differs from round to round.
        let revoke = async || admin.to_ticket(revoked, "revoke").await.expect(200);
        let viewer = site.viewer("a");
        let release = async || viewer.post("release", &released_token).await.expect(200);
        if round % 2 == 0 {
            revoke().await;
            release().await;
        } else {
            release().await;
            revoke().await;
        }
        site.platform.process.kill_9();
        site.platform.start_again();
        site.platform.ready().await;

        let (other, player) = (site.viewer("b"), site.player());
        other.validate(code(revoked)).await.refused(403, "ticket_revoked");
        other.validate(code(redeemed)).await.refused(409, "in_use");
        other.validate(code(released)).await.expect(200);
        other.validate(code(unused)).await.expect(200);
        player
            .get(&event, "seg0.ts", &revoked_token)
            .await
            .refused(403, "ticket_revoked");
        player
            .get(&event, "seg0.ts", &released_token)
            .await
            .refused(403, "session_ended");
        player.get(&event, "seg0.ts", &token).await.expect(200);
        site.viewer("a").post("heartbeat", &token).await.expect(200);
    }
}
