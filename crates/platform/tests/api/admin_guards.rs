//! What every admin endpoint has in common: credentials, same site, methods, sizes, hostile input.

use std::net::SocketAddr;

use axum::body::Body;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::harness::{ADMIN_KEY, Answer, TestPlatform, id, request, send};

/// As many as the specification has; fewer means that the document is read wrongly.
const ENDPOINTS_MIN: usize = 26;
const LOGIN: &str = "/api/admin/login";
const UNKNOWN_ID: &str = "0190a0b0-0000-7000-8000-000000000000";

/// Returns every admin endpoint that needs credentials, as the document names them: one that is added is walked too.
async fn endpoints(platform: &TestPlatform) -> Vec<(Method, String)> {
    let document = platform.viewer("anna").get("/api/openapi.json", &[]).await.json();
    let mut endpoints = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            let method: Method = method.to_ascii_uppercase().parse().unwrap();
            if path.starts_with("/api/admin/") && path != LOGIN {
                endpoints.push((method, path.clone()));
            }
        }
    }
    assert!(endpoints.len() >= ENDPOINTS_MIN, "{endpoints:?}");
    endpoints
}

fn somebody() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 9], 40_000))
}

/// Sends a request whose body is `body`, byte for byte, with the API key.
async fn raw(platform: &TestPlatform, method: Method, path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {ADMIN_KEY}"))
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap();
    send(&platform.platform, somebody(), request).await
}

on_both_databases! {
    // there is one role, and without its credentials every endpoint is closed.
    async fn nobody_gets_in_without_credentials_whatever_they_send(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        for (method, path) in endpoints(platform).await {
            for id in [id(&event), UNKNOWN_ID, "no-such-id"] {
                let path = path.replace("{id}", id);
                for body in [None, Some(json!({ "title": 5 }))] {
                    let request = request(method.clone(), &path, &[], body.as_ref());
                    let answer = send(&platform.platform, somebody(), request).await;
                    assert_eq!(answer.status.as_u16(), 401, "{method} {path}");
                    assert_eq!(answer.code(), "unauthorized", "{method} {path}");
                    assert_eq!(answer.header("cache-control"), "no-store", "{method} {path}");
                }
            }
        }
    }

    //
    async fn another_site_cannot_make_a_browser_change_anything(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        let key = format!("Bearer {ADMIN_KEY}");
        for (method, path) in endpoints(platform).await.into_iter().chain([(Method::POST, LOGIN.to_owned())]) {
            let path = path.replace("{id}", id(&event));
            for foreign in [
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
                ("origin", "https://evil.example"),
                ("origin", "null"),
                ("origin", "http://localhost:3001"),
            ] {
                let headers = [("authorization", key.as_str()), ("host", "localhost:3000"), foreign];
                let request = request(method.clone(), &path, &headers, None);
                let answer = send(&platform.platform, somebody(), request).await;
                let refused = answer.status.as_u16() == 403;
                assert_eq!(refused, method != Method::GET, "{method} {path} {foreign:?}");
                if refused {
                    assert_eq!(answer.code(), "cross_site");
                }
            }
        }
        let still_there = format!("/api/admin/events/{}", id(&event));
        platform.admin().send(Method::GET, &still_there, None).await.expect(200);
    }

    async fn the_sites_own_pages_and_programs_may(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        let path = format!("/api/admin/events/{}/deactivate", id(&event));
        let key = format!("Bearer {ADMIN_KEY}");
        for own in [
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-site", "none"),
            ("origin", "http://localhost:3000"),
            ("origin", "http://10.1.2.3:8080"),
            ("x-nothing", ""),
        ] {
            let headers = [("authorization", key.as_str()), ("host", "10.1.2.3:8080"), own];
            let request = request(Method::PATCH, &path, &headers, None);
            send(&platform.platform, somebody(), request).await.expect(200);
        }
    }

    // the platform answers no other site's page, asked beforehand or not.
    async fn no_answer_lets_another_site_read_it(platform: TestPlatform) {
        for origin in ["https://evil.example", "null", "http://localhost:3001", "https://localhost.evil.example"] {
            for (method, path) in [
                (Method::OPTIONS, "/api/admin/events"),
                (Method::OPTIONS, "/api/tokens/validate"),
                (Method::GET, "/api/admin/events"),
                (Method::POST, "/api/tokens/validate"),
            ] {
                let headers = [("origin", origin), ("access-control-request-method", "POST")];
                let request = request(method.clone(), path, &headers, None);
                let answer = send(&platform.platform, somebody(), request).await;
                let granted = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
                assert_eq!(granted, None, "{method} {path} {origin}");
            }
        }
    }

    // an endpoint that answers whether a secret that people type is right counts the wrong ones. The others want
    // 32 bytes or more that a program keeps, or a signature. Whoever adds an open endpoint must say here which it is.
    async fn every_endpoint_that_tells_right_secrets_from_wrong_ones_counts_the_wrong_ones(platform: TestPlatform) {
        let document = platform.viewer("anna").get("/api/openapi.json", &[]).await.json();
        let paths = document["paths"].as_object().unwrap();
        let mut open: Vec<&str> = paths
            .iter()
            .filter(|(_, item)| item.as_object().unwrap().values().any(|operation| operation["security"].is_null()))
            .map(|(path, _)| path.as_str())
            .collect();
        open.sort_unstable();
        let typed = ["/api/admin/login", "/api/events/{id}/status", "/api/tokens/validate"];
        let kept = ["/api/internal/edges/{edgeId}", "/api/internal/feed", "/api/revocations"];
        let signed = ["/api/playback/heartbeat", "/api/playback/refresh", "/api/playback/release"];
        let nothing = ["/api/docs", "/api/docs/style.css", "/api/openapi.json", "/health", "/ready"];
        let mut known = [&typed[..], &kept, &signed, &nothing].concat();
        known.sort_unstable();
        assert_eq!(open, known);

        let anna = platform.viewer("anna").at([203, 0, 113, 1]);
        for _ in 0..3 {
            anna.validate("aB3dE6gH9jK2").await.refused(401, "invalid_code");
        }
        let status = format!("/api/events/{UNKNOWN_ID}/status");
        for _ in 0..2 {
            anna.get(&status, &[("x-ticket-code", "aB3dE6gH9jK2")]).await.refused(401, "invalid_code");
        }
        anna.validate("aB3dE6gH9jK2").await.refused(429, "rate_limited");
        let wrong = json!({ "password": "wrong" });
        let mut last = anna.post(LOGIN, &[], Some(&wrong)).await;
        for _ in 0..10 {
            last = anna.post(LOGIN, &[], Some(&wrong)).await;
        }
        last.refused(429, "rate_limited");
    }

    //
    async fn a_form_of_another_site_is_no_json(platform: TestPlatform) {
        for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
            let request = Request::builder()
                .method(Method::POST)
                .uri("/api/admin/events")
                .header("authorization", format!("Bearer {ADMIN_KEY}"))
                .header("content-type", content_type)
                .body(Body::from(platform.admin().event_body().to_string()))
                .unwrap();
            send(&platform.platform, somebody(), request).await.refused(400, "invalid_request");
        }
    }

    async fn wrong_methods_are_405_and_unknown_paths_404(platform: TestPlatform) {
        for (method, path) in [
            (Method::GET, "/api/admin/login"),
            (Method::GET, "/api/admin/logout"),
            (Method::POST, "/api/admin/session"),
            (Method::PATCH, "/api/admin/events"),
            (Method::POST, "/api/admin/events/x"),
            (Method::POST, "/api/admin/events/x/deactivate"),
            (Method::GET, "/api/admin/events/x/tokens/generate"),
            (Method::DELETE, "/api/admin/tokens"),
            (Method::PUT, "/api/admin/tokens/x/revoke"),
        ] {
            let answer = platform.admin().send(method.clone(), path, None).await;
            assert_eq!(answer.status.as_u16(), 405, "{method} {path}");
            assert_eq!(answer.code(), "method_not_allowed", "{method} {path}");
        }
        for path in ["/api/admin", "/api/admin/", "/api/admin/nothing", "/api/admin/events/x/y"] {
            platform.admin().send(Method::GET, path, None).await.refused(404, "not_found");
        }
    }

    async fn ids_that_do_not_exist_or_cannot_are_404(platform: TestPlatform) {
        for (method, path) in endpoints(platform).await.into_iter().filter(|(_, path)| path.contains("{id}")) {
            for id in [UNKNOWN_ID, "no-such-id", "%00", "a%2Fb", "'%20OR%201=1--", "%FF", "..%2f..", "~"] {
                let path = path.replace("{id}", id);
                let body = match method.as_str() {
                    "PUT" => Some(platform.admin().event_body()),
                    "POST" => Some(json!({ "count": 1 })),
                    _ => None,
                };
                let answer = platform.admin().send(method.clone(), &path, body.as_ref()).await;
                assert_eq!(answer.status.as_u16(), 404, "{method} {path}");
                assert_eq!(answer.code(), "not_found", "{method} {path}");
            }
        }
    }

    // I-13, I-16
    // H-12
    async fn hostile_bodies_are_refused_and_never_break_anything(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let paths = [
            (Method::POST, "/api/admin/login".to_owned()),
            (Method::POST, "/api/admin/events".to_owned()),
            (Method::PUT, format!("/api/admin/events/{}", id(&event))),
            (Method::POST, format!("/api/admin/events/{}/tokens/generate", id(&event))),
            (Method::POST, "/api/admin/tokens/bulk-revoke".to_owned()),
        ];
        for (method, path) in paths {
            for body in [
                "", "null", "[]", "5", "\"text\"", "{", "{\"a\":1,}", "{\"title\":NaN}", "\u{feff}{}",
                "{\"title\":\"\\ud800\"}", "{\"id\":\"x\"}", "{\"count\":1,\"count\":2}", deep.as_str(),
            ] {
                let answer = raw(platform, method.clone(), &path, body.to_owned()).await;
                assert_eq!(answer.status.as_u16(), 400, "{method} {path} {body:.40}");
            }
            let not_utf8 = raw(platform, method.clone(), &path, b"{\"title\":\"\xff\"}".to_vec()).await;
            assert_eq!(not_utf8.status.as_u16(), 400, "{method} {path}");
            let huge = format!("{{\"title\":\"{}\"}}", "x".repeat(256 * 1024));
            raw(platform, method, &path, huge).await.refused(413, "too_large");
        }
    }

    // I-08, I-09, I-10, I-11
    async fn ill_typed_query_values_are_400(platform: TestPlatform) {
        let event = platform.admin().create_event().await;
        let of_event = format!("/api/admin/events/{}/tokens", id(&event));
        for (path, limit_max) in
            [("/api/admin/events", 100), ("/api/admin/tokens", 200), (of_event.as_str(), 200)]
        {
            for query in [
                "page=0", "page=-1", "page=1.5", "page=abc", "page=", "page=9223372036854775808", "page=NaN",
                "limit=0", "limit=-1", "limit=1e3", "limit=999999999999", "status=gone", "status=", "page=1&page=2",
                "search=%00", "search=a%0Ab",
            ] {
                let answer = platform.admin().send(Method::GET, &format!("{path}?{query}"), None).await;
                assert_eq!(answer.status.as_u16(), 400, "{path}?{query}");
                assert_eq!(answer.code(), "invalid_request", "{path}?{query}");
            }
            let too_many = format!("{path}?limit={}", limit_max + 1);
            platform.admin().send(Method::GET, &too_many, None).await.refused(400, "invalid_request");
            let long = format!("{path}?search={}", "x".repeat(201));
            platform.admin().send(Method::GET, &long, None).await.refused(400, "invalid_request");
            let most = format!("{path}?limit={limit_max}&page=4294967295&unknown=1");
            let answer = platform.admin().send(Method::GET, &most, None).await.expect(200).json();
            assert_eq!(answer["data"], json!([]));
        }
        for query in ["timeframe=soon", "sort=id", "sort=title;drop", "order=up"] {
            let path = format!("/api/admin/events?{query}");
            platform.admin().send(Method::GET, &path, None).await.refused(400, "invalid_request");
        }
    }

    // I-08
    async fn what_is_written_to_the_database_cannot_be_sql(platform: TestPlatform) {
        let hostile = "'); DROP TABLE tickets; -- \" ; \\";
        let event = platform.admin().create_event_with(json!({ "title": hostile })).await;
        let path = format!("/api/admin/events/{}/tokens/generate", id(&event));
        let body = json!({ "count": 2, "label": hostile });
        let tickets = platform.admin().send(Method::POST, &path, Some(&body)).await.expect(201).json();
        assert_eq!(tickets["data"][1]["label"], hostile);
        let found = platform.admin().send(Method::GET, "/api/admin/tokens?search=DROP%20TABLE", None).await;
        assert_eq!(found.expect(200).json()["pagination"]["total"], Value::from(2));
    }
}
