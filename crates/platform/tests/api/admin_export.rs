//! An event's tickets as CSV.

use http::Method;
use serde_json::json;

use crate::harness::{code, id};

on_both_databases! {
    // I-05
    async fn an_export_is_csv_with_every_ticket_of_the_event_and_no_formula(platform: TestPlatform) {
        let admin = platform.admin();
        let event = admin.create_event_with(json!({ "title": "Fête, \"★\"" })).await;
        admin.event_with_ticket().await;
        let generate = format!("/api/admin/events/{}/tokens/generate", id(&event));
        let mut lines = Vec::new();
        for label in [None, Some("=HYPERLINK(\"x\")"), Some("a,b")] {
            let body = json!({ "count": 1, "label": label });
            let made = admin.send(Method::POST, &generate, Some(&body)).await.expect(201).json();
            lines.push(code(&made["data"][0]).to_owned());
            platform.advance(1);
        }
        let path = format!("/api/admin/events/{}/tokens/export", id(&event));
        let answer = admin.send(Method::GET, &path, None).await.expect(200);
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(
            answer.header("content-disposition"),
            "attachment; filename=\"tickets-F_te_____.csv\"; \
             filename*=UTF-8''tickets-F%C3%AAte%2C%20%5F%E2%98%85%5F.csv"
        );
        let expected = format!(
            "Code,Event Title,Expires At,Label,Status\r\n\
             {},\"Fête, \"\"★\"\"\",2026-06-03T13:00:00.000Z,,unused\r\n\
             {},\"Fête, \"\"★\"\"\",2026-06-03T13:00:00.000Z,\"'=HYPERLINK(\"\"x\"\")\",unused\r\n\
             {},\"Fête, \"\"★\"\"\",2026-06-03T13:00:00.000Z,\"a,b\",unused\r\n",
            lines[0], lines[1], lines[2]
        );
        assert_eq!(String::from_utf8_lossy(&answer.body), expected);
        let log = admin.send(Method::GET, "/api/admin/audit-log?kind=tickets_exported", None).await.expect(200).json();
        assert_eq!(log["data"][0]["eventId"], event["id"]);
        let unknown = "/api/admin/events/no-such-event/tokens/export";
        admin.send(Method::GET, unknown, None).await.refused(404, "not_found");
    }

    async fn an_export_reads_page_by_page_and_has_each_ticket_once(platform: TestPlatform) {
        let admin = platform.admin();
        let event = admin.create_event().await;
        let path = format!("/api/admin/events/{}/tokens/export", id(&event));
        for expected in [0, 500, 1_000, 1_500, 2_000, 2_500] {
            let answer = admin.send(Method::GET, &path, None).await.expect(200);
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            let codes: std::collections::HashSet<&str> =
                text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
            assert_eq!((text.lines().count() - 1, codes.len()), (expected, expected));
            admin.tickets(&event, 500).await;
        }
    }
}
