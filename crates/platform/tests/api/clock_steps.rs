//! The platform's clock is set forward and back while people watch: nobody is let in, thrown out or given less for it.

use serde_json::Value;
use streamgate_platform::playback::upkeep;

use crate::harness::{EdgeActor, TestPlatform, code};

const HALF_A_MINUTE: i64 = 30_000;
const AN_HOUR: i64 = 3_600_000;

async fn upkeep_says_nothing(platform: &TestPlatform, seq: &Value) {
    upkeep::once(platform.platform.app()).await.unwrap();
    upkeep::tell_lapses(platform.platform.app(), None).await.unwrap();
    let feed = EdgeActor::new(&platform.platform, "edge-1").feed("").await;
    assert_eq!(&feed["snapshot"]["seq"], seq);
}

on_both_databases! {
    // K-02
    async fn a_clock_that_is_set_back_and_forth_neither_ends_a_session_nor_opens_a_ticket(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let (anna, thief) = (platform.viewer("anna"), platform.viewer("thief"));
        let mut token = anna.watch(&ticket).await;
        let seq = EdgeActor::new(&platform.platform, "edge-1").feed("").await["snapshot"]["seq"].clone();
        for step in [HALF_A_MINUTE, -HALF_A_MINUTE, -AN_HOUR, AN_HOUR - HALF_A_MINUTE, HALF_A_MINUTE] {
            platform.step_clock(step);
            thief.validate(code(&ticket)).await.refused(409, "in_use");
            anna.heartbeat(&token).await.expect(200);
            let refreshed = anna.refresh(&token).await.expect(200);
            token = crate::harness::token(&refreshed);
            upkeep_says_nothing(platform, &seq).await;
        }
    }

    // K-02
    async fn what_happens_while_the_clock_is_an_hour_behind_stays_in_order(platform: TestPlatform) {
        let (_, ticket) = platform.admin().event_with_ticket().await;
        let (anna, ben) = (platform.viewer("anna"), platform.viewer("ben"));
        let first = anna.watch(&ticket).await;
        platform.step_clock(-AN_HOUR);
        anna.release(&first).await.expect(200);
        let second = ben.watch(&ticket).await;
        ben.heartbeat(&second).await.expect(200);
        assert_ne!(anna.heartbeat(&first).await.status, 200, "a session that was given back stays so");
        platform.admin().revoke(&ticket).await.expect(200);
        platform.step_clock(AN_HOUR);
        ben.heartbeat(&second).await.refused(403, "ticket_revoked");
        anna.validate(code(&ticket)).await.refused(403, "ticket_revoked");
        platform.admin().unrevoke(&ticket).await.expect(200);
        ben.heartbeat(&second).await.expect(200);
    }
}
