//! The simulated audience of the benchmark against the real program: that its figures are about what they say.

use std::time::Duration;

use streamgate_bench::live::{LiveStream, Shape};
use streamgate_bench::simulate::{Plan, run};

use crate::harness::actors::code;
use crate::harness::site::Site;

const VIEWERS: u32 = 20;

#[tokio::test]
async fn twenty_viewers_redeem_watch_refresh_and_leave_without_a_late_segment() {
    let site = Site::serve().await;
    let event = site.admin().event(serde_json::Value::Null).await;
    let tickets = site.admin().tickets(&event, VIEWERS).await;
    let shape = Shape {
        segment: Duration::from_secs(1),
        bit_rate: 80_000,
    };
    let stream = LiveStream::start(&site.event_folder(&event), shape).unwrap();
    let mut codes: Vec<String> = tickets.iter().map(|ticket| code(ticket).to_owned()).collect();
    codes.push("NoSuchCode12".to_owned());
    let plan = Plan {
        platform: site.platform.base.strip_prefix("http://").unwrap().to_owned(),
        codes,
        ramp: Duration::from_millis(500),
        watch: Duration::from_secs(3),
    };
    let tally = run(&plan).await;
    drop(stream);
    let viewers = u64::from(VIEWERS);
    assert_eq!((tally.came, tally.redeemed), (viewers + 1, viewers), "{tally}");
    assert_eq!(tally.released, viewers, "{tally}");
    assert_eq!(tally.code_to_first_segment.len(), 20, "{tally}");
    // The first viewer is one who has watched for a quarter of an hour already.
    assert!(tally.refreshes >= 1, "{tally}");
    // Three at once, and at least two of those that appear in three seconds.
    assert!(tally.segments >= 5 * viewers, "{tally}");
    assert_eq!(tally.bytes, tally.segments * 10_000, "{tally}");
    assert_eq!(tally.late, 0, "{tally}");
    let errors: Vec<_> = tally.errors.iter().collect();
    assert_eq!(errors, [(&"redeem: 401".to_owned(), &1)], "{tally}");
    // Each ticket is free for another device again, at once.
    let ticket = site.viewer("another").watch(&tickets[0]).await;
    assert!(!ticket.is_empty());
}
