//! Low-latency requests: the upstream holds them, once for all who ask for the same.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use streamgate_contract::feed::FeedChange;

use super::{at, text};
use crate::objects::Site;
use crate::objects::origin::{Gate, Step};
use crate::support::code;

/// Three whole segments and `parts` of the next; a server that holds and skips.
fn low(parts: u64) -> String {
    let mut text = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n\
                    #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12\n#EXT-X-MEDIA-SEQUENCE:0\n"
        .to_owned();
    for number in 0..3 {
        text.extend(["#EXTINF:2,\n", &number.to_string(), ".ts\n"]);
    }
    for part in 0..parts {
        text.extend(["#EXT-X-PART:DURATION=0.5,URI=\"3.", &part.to_string(), ".ts\"\n"]);
    }
    text
}

/// A site whose origin holds requests for the second part until the gate is opened.
async fn holding() -> (Site, Gate) {
    let site = Site::new().await;
    site.publish("x.m3u8", &low(1));
    let gate = Gate::new();
    let mut held = text(&low(2), "");
    held.insert(0, Step::Gate(gate.clone()));
    site.origin
        .script(&at("x.m3u8?_HLS_msn=3&_HLS_part=1"), vec![held]);
    site.body("x.m3u8").await;
    (site, gate)
}

#[tokio::test]
async fn equal_requests_are_held_as_one_and_bring_the_playlist_for_everybody() {
    let (site, gate) = holding().await;
    let target = at("x.m3u8?_HLS_msn=3&_HLS_part=1");
    let askers = join_all((0..20).map(|number| {
        let query = ["_HLS_msn=3&_HLS_part=1", "CMCD=x&_HLS_part=1&y=1&_HLS_msn=3"][number % 2];
        let site = &site;
        async move { site.body(&format!("x.m3u8?{query}")).await }
    }));
    let (bodies, ()) = tokio::join!(askers, async {
        site.origin.until_asked(&target).await;
        gate.open();
    });
    assert!(bodies.iter().all(|body| *body == low(2)));
    // Whoever asks for it plainly, or a little later, has it without another request.
    assert_eq!(site.body("x.m3u8").await, low(2));
    assert_eq!(site.body("x.m3u8?_HLS_msn=3&_HLS_part=1").await, low(2));
    assert_eq!(
        (site.origin.gets(&target), site.origin.gets(&at("x.m3u8"))),
        (1, 1)
    );
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_what_is_there_or_not_offered_is_answered() {
    let (site, _gate) = holding().await;
    for query in ["_HLS_part=1", "_HLS_msn=5"] {
        let answer = site.rig.watch(&format!("x.m3u8?{query}"), &[]).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "invalid_request"),
            "{query}"
        );
    }
    for query in ["_HLS_msn=2", "_HLS_msn=3&_HLS_part=0", "_HLS_msn=x"] {
        assert_eq!(site.body(&format!("x.m3u8?{query}")).await, low(1), "{query}");
    }
    let plain = super::media(0, 3);
    site.publish("plain.m3u8", &plain);
    assert_eq!(site.body("plain.m3u8?_HLS_msn=3&_HLS_skip=YES").await, plain);
    let ended = format!("{}#EXT-X-ENDLIST\n", low(1));
    site.publish("ended.m3u8", &ended);
    for query in ["_HLS_msn=99", "_HLS_part=1"] {
        assert_eq!(site.body(&format!("ended.m3u8?{query}")).await, ended);
    }
    let targets = site.origin.asked();
    assert!(targets.iter().all(|asked| !asked.target.contains("_HLS")));
}

#[tokio::test]
async fn a_playlist_with_what_the_player_has_left_out_is_an_answer_of_its_own() {
    let (site, _gate) = holding().await;
    let skipped = low(1).replace("#EXTINF:2,\n0.ts\n", "#EXT-X-SKIP:SKIPPED-SEGMENTS=1\n");
    site.origin
        .script(&at("x.m3u8?_HLS_skip=v2"), vec![text(&skipped, "")]);
    assert_eq!(site.body("x.m3u8?_HLS_msn=2&_HLS_skip=v2").await, skipped);
    assert_eq!(site.body("x.m3u8").await, low(1));
}

#[tokio::test]
async fn whoever_is_revoked_while_the_request_is_held_gets_no_playlist() {
    let (site, gate) = holding().await;
    let site = Arc::new(site);
    let asker = Arc::clone(&site);
    let asking = tokio::spawn(async move { asker.rig.watch("x.m3u8?_HLS_msn=3&_HLS_part=1", &[]).await });
    site.origin
        .until_asked(&at("x.m3u8?_HLS_msn=3&_HLS_part=1"))
        .await;
    let change = FeedChange::TicketRevoked {
        code: code(),
        at: site.rig.now(),
    };
    site.rig.tell(&site.feed, change).await;
    // Held for longer than a decision is relied on.
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    gate.open();
    let answer = asking.await.unwrap();
    assert_eq!((answer.status, answer.code().as_str()), (403, "ticket_revoked"));
}
