//! The page and what surrounds it: headers, fall-backs, health and the OpenAPI document.

use http::Method;

use crate::harness::{Kind, TestPlatform, request};

on_both_databases! {
    async fn health_needs_nothing_and_readiness_needs_the_database(platform: TestPlatform) {
        let anna = platform.viewer("anna");
        assert_eq!(anna.get("/health", &[]).await.expect(200).json()["status"], "ok");
        anna.get("/ready", &[]).await.expect(200);
        platform.platform.app().db.close().await;
        anna.get("/health", &[]).await.expect(200);
        let answer = anna.get("/ready", &[]).await.refused(503, "unavailable");
        assert_eq!(answer.header("retry-after"), "5");
        let validate = anna.validate("aB3dE6gH9jK2").await.refused(503, "unavailable");
        assert_eq!(validate.header("retry-after"), "5");
    }
}

// A-11, A-12
#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let platform = TestPlatform::start_with(Kind::Sqlite, |settings| {
        settings.public_url = "https://tickets.example.com".parse().unwrap();
        settings.playback_base_url = "https://stream.example.com".to_owned();
    })
    .await;
    for path in ["/", "/watch", "/api/nothing", "/assets/nothing.js", "/health"] {
        let answer = platform
            .viewer("anna")
            .get(path, &[("accept", "text/html")])
            .await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(
            policy.contains("connect-src 'self' https://stream.example.com"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert!(!answer.header("permissions-policy").is_empty());
        assert_eq!(answer.header("access-control-allow-origin"), "");
    }
    platform.close().await;
}

#[tokio::test]
async fn a_path_that_nothing_has_is_answered_by_its_kind() {
    let platform = TestPlatform::start(Kind::Sqlite).await;
    let anna = platform.viewer("anna");
    let html = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    for path in ["/api", "/api/", "/api/nothing", "/api/tokens", "/api/internal"] {
        let answer = anna.get(path, &html).await.refused(404, "not_found");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    for path in [
        "/assets/missing.js",
        "/assets/",
        "/assets/../index.html.br",
        "/index.html.br",
    ] {
        assert_ne!(anna.get(path, &[]).await.status, 200, "{path}");
    }
    anna.get("/assets/missing.js", &html).await.expect(404);
    anna.get("/missing.js", &[("accept", "*/*")]).await.expect(404);
    anna.get("/robots.txt", &html).await.expect(404);
    let front = anna.get("/", &[]).await;
    for accept in [&html[..], &[], &[("accept", "*/*")]] {
        for path in ["/some/path/of/the/page", "/admin", "/admin/"] {
            let page = anna.get(path, accept).await;
            assert_eq!((page.status, &page.body), (front.status, &front.body), "{path}");
        }
    }
    anna.get("/admin", &[("accept", "application/json")])
        .await
        .refused(404, "not_found");
    // Without its page the program says how to get it.
    if front.status == 503 {
        assert!(String::from_utf8_lossy(&front.body).contains("cargo xtask demo"));
    } else {
        assert_eq!(front.header("cache-control"), "no-cache");
        assert!(!front.header("etag").is_empty());
        let again = anna.get("/", &[("if-none-match", front.header("etag"))]).await;
        assert_eq!(again.status, 304);
        assert!(String::from_utf8_lossy(&front.body).contains("&quot;appName&quot;:&quot;StreamGate&quot;"));
    }
    let post = request(Method::POST, "/", &[], None);
    let refused = anna.send(post).await.refused(405, "method_not_allowed");
    assert_eq!(refused.header("allow"), "GET, HEAD");
    platform.close().await;
}

#[tokio::test]
async fn the_openapi_document_describes_the_endpoints_of_viewers_and_edges() {
    let platform = TestPlatform::start(Kind::Sqlite).await;
    let answer = platform
        .viewer("anna")
        .get("/api/openapi.json", &[])
        .await
        .expect(200);
    assert_eq!(answer.header("content-type"), "application/json");
    let document = answer.json();
    for (path, method) in [
        ("/api/tokens/validate", "post"),
        ("/api/playback/refresh", "post"),
        ("/api/playback/heartbeat", "post"),
        ("/api/playback/release", "post"),
        ("/api/events/{id}/status", "get"),
        ("/api/internal/feed", "get"),
        ("/api/internal/edges/{edgeId}", "post"),
        ("/api/revocations", "get"),
    ] {
        assert!(document["paths"][path][method].is_object(), "{method} {path}");
    }
    platform.close().await;
}
