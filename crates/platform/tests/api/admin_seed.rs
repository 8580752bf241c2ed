//! The sample events of the demo, and what the audit log keeps.

use std::time::Duration;

use http::Method;
use serde_json::json;
use streamgate_platform::events::seed;

use crate::admin_event_changes::feed_kinds;
use crate::harness::code;

const UPCOMING_IN: Duration = Duration::from_mins(20);

on_both_databases! {
    async fn the_three_sample_events_show_every_state(platform: TestPlatform) {
        let seeded = seed(platform.platform.app(), UPCOMING_IN).await.unwrap();
        let expected_starts = ["2026-06-01T11:00:00.000Z", "2026-06-01T09:00:00.000Z", "2026-06-01T12:20:00.000Z"];
        for (event, starts_at) in seeded.iter().zip(expected_starts) {
            let path = format!("/api/admin/events/{}", event.id);
            let data = platform.admin().send(Method::GET, &path, None).await.expect(200).json()["data"].take();
            assert_eq!(data["title"], event.title.as_str());
            assert_eq!(data["startsAt"], starts_at);
            assert_eq!(
                data["tokenBreakdown"],
                json!({ "unused": 5, "redeemed": 2, "expired": 1, "revoked": 2 })
            );
        }
        assert_eq!(seeded.len(), 3);
        assert_eq!(feed_kinds(platform).await, ["ticket_revoked"; 6]);
    }

    async fn every_usable_sample_code_admits(platform: TestPlatform) {
        for event in seed(platform.platform.app(), UPCOMING_IN).await.unwrap() {
            assert_eq!(event.usable_codes.len(), 7);
            for code in &event.usable_codes {
                platform.viewer("a").validate(code.as_str()).await.expect(200);
            }
            assert!(!format!("{event:?}").contains(event.usable_codes[0].as_str()));
        }
    }

    //
    async fn admin_actions_and_redemptions_are_kept_without_codes(platform: TestPlatform) {
        let admin = platform.admin();
        let (event, ticket) = admin.event_with_ticket().await;
        platform.viewer("a").validate(code(&ticket)).await.expect(200);
        admin.end_session(&ticket).await.expect(200);
        admin.revoke(&ticket).await.expect(200);
        admin.revoke(&ticket).await.expect(200);
        admin.unrevoke(&ticket).await.expect(200);
        admin.deactivate(&event).await.expect(200);
        admin.delete(&event).await.expect(204);
        let rows = crate::admin_rows::audit_rows(platform).await;
        let kinds: Vec<&str> = rows.iter().map(|row| row.kind.as_str()).collect();
        assert_eq!(
            kinds,
            [
                "event_created", "tickets_generated", "ticket_redeemed", "session_ended", "ticket_revoked",
                "ticket_restored", "event_deactivated", "event_deleted"
            ]
        );
        assert!(rows.iter().all(|row| !row.all_text.contains(code(&ticket))));
        assert_eq!(rows[7].detail.as_deref(), Some("A concert (1 ticket)"));
        assert!(rows.iter().all(|row| row.client_ip.is_some()));
    }
}
