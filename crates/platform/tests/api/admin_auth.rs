//! Signing in: the organiser's password becomes a cookie that lasts eight hours and dies at sign-out.

use std::net::SocketAddr;

use http::Method;
use serde_json::{Value, json};
use streamgate_platform::db::DatabaseUrl;

use crate::harness::{ADMIN_KEY, Answer, INTERNAL_KEY, Kind, TestPlatform, request, send};

const PASSWORD: &str = "correct horse battery staple";

/// Like `on_both_databases`, on a platform with a password.
macro_rules! with_a_password {
    ($(async fn $name:ident($platform:ident: TestPlatform) $body:block)+) => { $(
        mod $name {
            use super::*;

            async fn promise($platform: &TestPlatform) $body

            #[tokio::test]
            async fn sqlite() {
                run(Kind::Sqlite).await;
            }

            #[tokio::test]
            async fn postgres() {
                run(Kind::Postgres).await;
            }

            async fn run(kind: Kind) {
                let platform = start(kind, PASSWORD).await;
                promise(&platform).await;
                platform.close().await;
            }
        }
    )+ };
}

async fn start(kind: Kind, password: &str) -> TestPlatform {
    let hash = bcrypt::hash(password, 4).unwrap();
    TestPlatform::start_with(kind, |settings| settings.admin_password_hash = Some(hash)).await
}

fn somebody() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 9], 40_000))
}

async fn sign_in(platform: &TestPlatform, password: &str) -> Answer {
    sign_in_with(platform, &[], &json!({ "password": password })).await
}

async fn sign_in_with(platform: &TestPlatform, headers: &[(&str, &str)], body: &Value) -> Answer {
    let request = request(Method::POST, "/api/admin/login", headers, Some(body));
    send(&platform.platform, somebody(), request).await
}

async fn with_cookie(platform: &TestPlatform, method: Method, path: &str, cookie: &str) -> Answer {
    send(
        &platform.platform,
        somebody(),
        request(method, path, &[("cookie", cookie)], None),
    )
    .await
}

async fn session(platform: &TestPlatform, cookie: &str) -> Answer {
    with_cookie(platform, Method::GET, "/api/admin/session", cookie).await
}

/// Returns the `name=value` of the cookie that an answer sets.
#[track_caller]
fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

with_a_password! {
    async fn the_right_password_gives_a_cookie_that_admits(platform: TestPlatform) {
        let answer = sign_in(platform, PASSWORD).await.expect(200);
        assert_eq!(answer.json(), json!({ "data": { "success": true } }));
        let set_cookie = answer.header("set-cookie");
        assert!(set_cookie.starts_with("admin_session="), "{set_cookie}");
        assert!(
            set_cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict; Max-Age=28800"),
            "{set_cookie}"
        );
        let cookie = cookie(&answer);
        assert_eq!(cookie.len(), "admin_session=".len() + 64);
        let data = session(platform, &cookie).await.expect(200).json()["data"].take();
        assert_eq!(data, json!({ "authenticated": true, "expiresAt": "2026-06-01T20:00:00.000Z" }));
        with_cookie(platform, Method::GET, "/api/admin/events", &cookie).await.expect(200);
    }

    //
    async fn a_wrong_password_is_refused_with_one_answer(platform: TestPlatform) {
        let answer = sign_in(platform, "wrong").await.refused(401, "invalid_credentials");
        assert_eq!(answer.json()["error"], "Invalid credentials");
        assert_eq!(answer.header("set-cookie"), "");
        for wrong in ["", " correct horse battery staple", "correct horse battery staple\0"] {
            let other = sign_in(platform, wrong).await.expect(401);
            assert_eq!(other.body, answer.body);
        }
    }

    //
    async fn a_session_id_from_before_the_sign_in_stays_worthless(platform: TestPlatform) {
        let planted = format!("admin_session={}", "a".repeat(64));
        let answer =
            sign_in_with(platform, &[("cookie", &planted)], &json!({ "password": PASSWORD })).await.expect(200);
        assert_ne!(cookie(&answer), planted);
        session(platform, &planted).await.refused(401, "unauthorized");
        session(platform, &cookie(&answer)).await.expect(200);
    }

    //
    async fn every_sign_in_has_an_id_of_its_own(platform: TestPlatform) {
        let first = cookie(&sign_in(platform, PASSWORD).await.expect(200));
        let second = cookie(&sign_in(platform, PASSWORD).await.expect(200));
        assert_ne!(first, second);
        session(platform, &first).await.expect(200);
        session(platform, &second).await.expect(200);
    }

    //
    async fn signing_out_kills_the_cookie_in_every_process_and_no_other_cookie(platform: TestPlatform) {
        let other_process = platform.another_process(2).await;
        let stolen = cookie(&sign_in(platform, PASSWORD).await.expect(200));
        let other = cookie(&sign_in(platform, PASSWORD).await.expect(200));
        let answer = with_cookie(platform, Method::POST, "/api/admin/logout", &stolen).await.expect(200);
        assert!(answer.header("set-cookie").starts_with("admin_session=; "), "{answer:?}");
        assert!(answer.header("set-cookie").contains("Max-Age=0"), "{answer:?}");
        session(platform, &stolen).await.refused(401, "unauthorized");
        let there = request(Method::GET, "/api/admin/session", &[("cookie", &stolen)], None);
        send(&other_process, somebody(), there).await.refused(401, "unauthorized");
        session(platform, &other).await.expect(200);
        other_process.app().db.close().await;
    }

    //
    async fn a_sign_in_ends_after_eight_hours_of_use(platform: TestPlatform) {
        let cookie = cookie(&sign_in(platform, PASSWORD).await.expect(200));
        platform.advance(8 * 3_600 - 1);
        session(platform, &cookie).await.expect(200);
        platform.advance(1);
        session(platform, &cookie).await.refused(401, "unauthorized");
    }

    //
    async fn the_eleventh_attempt_in_a_minute_waits(platform: TestPlatform) {
        for _ in 0..10 {
            sign_in(platform, "wrong").await.refused(401, "invalid_credentials");
        }
        let answer = sign_in(platform, PASSWORD).await.refused(429, "rate_limited");
        let seconds: u32 = answer.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&seconds), "{seconds}");
        assert_eq!(answer.json()["retryAfterSeconds"], seconds);
        let neighbour = SocketAddr::from(([192, 0, 2, 10], 40_000));
        let body = json!({ "password": PASSWORD });
        let request = request(Method::POST, "/api/admin/login", &[], Some(&body));
        send(&platform.platform, neighbour, request).await.expect(200);
        platform.advance(60);
        sign_in(platform, PASSWORD).await.expect(200);
    }

    async fn hostile_sign_in_bodies_are_400(platform: TestPlatform) {
        for body in [
            json!(null),
            json!([]),
            json!({}),
            json!({ "password": null }),
            json!({ "password": 5 }),
            json!({ "password": PASSWORD, "admin": true }),
        ] {
            sign_in_with(platform, &[], &body).await.refused(400, "invalid_request");
        }
        let huge = json!({ "password": "x".repeat(256 * 1024) });
        sign_in_with(platform, &[], &huge).await.refused(413, "too_large");
    }

    //
    async fn cookies_that_are_no_session_are_refused(platform: TestPlatform) {
        let real = cookie(&sign_in(platform, PASSWORD).await.expect(200));
        for cookie in [
            "admin_session=".to_owned(),
            "admin_session=%00".to_owned(),
            format!("admin_session={}", "0".repeat(64)),
            format!("admin_session={}", "'".repeat(64)),
            real.to_uppercase(),
            format!("{real}0"),
            format!("__Host-{real}"),
        ] {
            session(platform, &cookie).await.refused(401, "unauthorized");
        }
    }
}

//
#[tokio::test]
async fn a_password_of_72_bytes_admits_and_the_same_with_a_tail_does_not() {
    let longest = "p".repeat(72);
    let platform = start(Kind::Sqlite, &longest).await;
    sign_in(&platform, &longest).await.expect(200);
    sign_in(&platform, &format!("{longest}q"))
        .await
        .refused(401, "invalid_credentials");
    sign_in(&platform, &"p".repeat(71))
        .await
        .refused(401, "invalid_credentials");
    platform.close().await;
}

//
#[tokio::test]
async fn without_a_configured_password_nobody_signs_in() {
    let platform = TestPlatform::start(Kind::Sqlite).await;
    sign_in(&platform, "").await.refused(401, "invalid_credentials");
    sign_in(&platform, "admin")
        .await
        .refused(401, "invalid_credentials");
    platform.close().await;
}

//
#[tokio::test]
async fn over_https_the_cookie_has_the_host_prefix_and_only_that_one_counts() {
    let hash = bcrypt::hash(PASSWORD, 4).unwrap();
    let platform = TestPlatform::start_with(Kind::Sqlite, |settings| {
        settings.admin_password_hash = Some(hash);
        settings.public_url = "https://tickets.example.com".parse().unwrap();
    })
    .await;
    let answer = sign_in(&platform, PASSWORD).await.expect(200);
    assert!(answer.header("set-cookie").ends_with("; Secure"));
    let cookie = cookie(&answer);
    assert!(cookie.starts_with("__Host-admin_session="));
    session(&platform, &cookie).await.expect(200);
    session(&platform, cookie.trim_start_matches("__Host-"))
        .await
        .refused(401, "unauthorized");
    platform.close().await;
}

#[tokio::test]
async fn the_api_key_admits_by_bearer_and_only_when_it_is_right() {
    let platform = TestPlatform::start(Kind::Sqlite).await;
    for (header, status) in [
        (format!("Bearer {ADMIN_KEY}"), 200),
        (format!("bearer {ADMIN_KEY}"), 200),
        (format!("Basic {ADMIN_KEY}"), 401),
        (format!("Bearer {ADMIN_KEY}x"), 401),
        ("Bearer ".to_owned(), 401),
        (ADMIN_KEY.to_owned(), 401),
    ] {
        let request = request(
            Method::GET,
            "/api/admin/session",
            &[("authorization", &header)],
            None,
        );
        send(&platform.platform, somebody(), request).await.expect(status);
    }
    platform.close().await;
}

#[tokio::test]
async fn without_a_configured_api_key_no_bearer_admits() {
    let platform = TestPlatform::start_with(Kind::Sqlite, |settings| settings.admin_api_key = None).await;
    for header in ["Bearer ", "Bearer None", "Bearer an-admin-api-key-for-tests"] {
        let request = request(
            Method::GET,
            "/api/admin/session",
            &[("authorization", header)],
            None,
        );
        send(&platform.platform, somebody(), request)
            .await
            .refused(401, "unauthorized");
    }
    platform.close().await;
}

// L-05
#[tokio::test]
async fn a_platform_is_printed_without_its_secrets() {
    let platform = TestPlatform::start_with(Kind::Sqlite, |settings| {
        settings.admin_password_hash = Some("$2b$04$a-password-hash".to_owned());
    })
    .await;
    let printed = format!("{:?} {:?}", platform.platform, platform.settings);
    for secret in [ADMIN_KEY, INTERNAL_KEY, "a-password-hash", "a signing secret"] {
        assert!(!printed.contains(secret), "{secret}");
    }
    let database = DatabaseUrl::Postgres("postgres://user:a-database-password@host/name".to_owned());
    assert!(!format!("{database:?}").contains("a-database-password"));
    platform.close().await;
}
