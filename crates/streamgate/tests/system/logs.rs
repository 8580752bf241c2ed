//! The logs tell of every request and hold no secret.

use serde_json::{Value, json};

use crate::harness::actors::{claims, code, id};
use crate::harness::http::{client, send};
use crate::harness::site::{Site, password_hash};
use crate::harness::{ADMIN_KEY, ADMIN_PASSWORD, INTERNAL_KEY, SIGNING_SECRET, SOON, until};

/// Lives a ticket's life with everything that must not be logged and returns it.
async fn life_with_canaries(site: &Site) -> Vec<String> {
    let login = client()
        .post(format!("{}/api/admin/login", site.platform.base))
        .json(&json!({ "password": ADMIN_PASSWORD }));
    let login = send(login).await.expect(200);
    let cookie = login.header("set-cookie").unwrap().split(';').next().unwrap();
    let cookie = cookie.split_once('=').unwrap().1.to_owned();
    let session = client()
        .get(format!("{}/api/admin/session", site.platform.base))
        .header("cookie", format!("admin_session={cookie}"));
    send(session).await.expect(200);
    let wrong = client()
        .post(format!("{}/api/admin/login", site.platform.base))
        .json(&json!({ "password": "canary-of-a-wrong-password" }));
    send(wrong).await.expect(401);

    let (event, ticket) = site.event_with_ticket().await;
    let (viewer, player) = (site.viewer("a"), site.player());
    viewer.validate("CanaryCode22").await.expect(401);
    let first = viewer.watch(&ticket).await;
    viewer.post("heartbeat", &first).await.expect(200);
    let refreshed = viewer.post("refresh", &first).await.expect(200);
    let token = refreshed.json()["playbackToken"].as_str().unwrap().to_owned();
    viewer.status(&event, &ticket).await.expect(200);
    let base = format!(
        "{}/api/events/{}/status?code={}",
        viewer.base,
        id(&event),
        code(&ticket)
    );
    send(client().get(base)).await.expect(200);
    player.get(&event, "stream.m3u8", &token).await.expect(200);
    let plain = format!("/streams/{}/seg0.ts", id(&event));
    for path in [
        format!("/t/{token}{plain}"),
        format!("{plain}?__token={token}"),
        format!("{plain}?%5F_token={token}"),
    ] {
        player.get_path(&path).await.expect(200);
    }
    // Spellings that the edge refuses must be kept out too.
    for path in [
        format!("/t/{token}/"),
        format!("/t/{token}{plain}/../x"),
        format!("{plain}/{token}"),
        format!("{plain}?__token={token}&__token={token}"),
        format!("/%74/{token}{plain}"),
    ] {
        player.get_path(&path).await;
    }
    player.get_path(&plain).await.expect(401);
    let purge = client()
        .delete(format!("{}/admin/cache/{}", player.base, id(&event)))
        .header("x-internal-api-key", INTERNAL_KEY);
    send(purge).await.expect(204);
    site.admin().to_ticket(&ticket, "revoke").await.expect(200);
    viewer.validate(code(&ticket)).await.expect(403);
    viewer.post("release", &token).await.expect(200);
    let signature = |token: &str| token.rsplit('.').next().unwrap().to_owned();
    vec![
        code(&ticket).to_owned(),
        signature(&token),
        signature(&first),
        "CanaryCode22".to_owned(),
        "canary-of-a-wrong-password".to_owned(),
        cookie,
        ADMIN_PASSWORD.to_owned(),
        ADMIN_KEY.to_owned(),
        INTERNAL_KEY.to_owned(),
        SIGNING_SECRET.to_owned(),
        password_hash().to_owned(),
        // The middle of every token of ours.
        "eyJ".to_owned(),
    ]
}

#[track_caller]
fn holds_none(output: &str, secrets: &[String]) {
    for (number, secret) in secrets.iter().enumerate() {
        let line = output.lines().find(|line| line.contains(secret));
        assert!(
            line.is_none(),
            "secret {number} is in the log: {}",
            line.unwrap_or_default()
        );
    }
}

// L-02
#[tokio::test]
async fn no_log_holds_a_code_token_password_cookie_or_key_even_at_debug() {
    let site = Site::apart(1, &[("RUST_LOG", "debug")]).await;
    let secrets = life_with_canaries(&site).await;
    let logged = || async { site.edges[0].process.output() };
    until(SOON, "the last request is logged", logged, |output| {
        output.contains("\"status\":401")
    })
    .await;
    for service in [&site.platform, &site.edges[0]] {
        let output = service.process.output();
        assert!(output.lines().count() > 10, "{output}");
        holds_none(&output, &secrets);
    }
    let serve = Site::serve_with(&[("RUST_LOG", "debug")]).await;
    let secrets = life_with_canaries(&serve).await;
    holds_none(&serve.platform.process.output(), &secrets);
}

#[tokio::test]
async fn each_edge_request_is_one_json_line_with_its_fields() {
    let site = Site::apart(1, &[]).await;
    let (event, ticket) = site.event_with_ticket().await;
    let token = site.viewer("a").watch(&ticket).await;
    let path = format!("/streams/{}/seg0.ts", id(&event));
    site.player()
        .get_path(&format!("/t/{token}{path}"))
        .await
        .expect(200);
    site.player().get_path(&path).await.expect(401);
    let lines = || async {
        let output = site.edges[0].process.stdout();
        output
            .lines()
            .filter(|line| line.contains(&path))
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>()
    };
    let lines = until(SOON, "two lines", lines, |lines| lines.len() == 2).await;
    let line: Value = serde_json::from_str(&lines[0]).unwrap();
    let said = claims(&token);
    assert_eq!(line["method"], "GET");
    assert_eq!(line["path"], path);
    assert_eq!(line["tokenCode"], said.code.fingerprint());
    assert_eq!(line["sid"], said.session_id.to_string());
    assert_eq!(line["status"], 200);
    assert_eq!(line["bytes"], crate::harness::media::SEGMENT.len());
    assert_eq!(line["clientIp"], "127.0.0.1");
    assert_eq!(line["level"], "INFO");
    assert!(
        line["cache"].is_string() && line["responseTimeMs"].is_u64() && line["timestamp"].is_string(),
        "{line}"
    );
    let refused: Value = serde_json::from_str(&lines[1]).unwrap();
    assert_eq!(refused["status"], 401);
}

/// L-01, I-03: a client may send what it likes; a line stays a line.
#[tokio::test]
async fn whatever_a_client_sends_each_log_line_is_one_json_object() {
    let site = Site::serve().await;
    let (event, ticket) = site.event_with_ticket().await;
    let path = format!(
        "/streams/{}/%0A%7B%22level%22%3A%22ERROR%22%7D%1B%5B2J.ts",
        id(&event)
    );
    site.player().get_path(&path).await;
    for hostile in [
        "a\u{85}b\u{2028}{\"level\":\"ERROR\"}".as_bytes().to_vec(),
        b"\xff\xfe\x80\t\"}{".to_vec(),
        vec![b'"'; 8_000],
    ] {
        let agent = reqwest::header::HeaderValue::from_bytes(&hostile).unwrap();
        let body = json!({ "code": "\n\u{1b}[2J{\"level\":\"ERROR\"}", "deviceId": null });
        for request in [
            client()
                .post(format!("{}/api/tokens/validate", site.platform.base))
                .json(&body),
            client()
                .post(format!("{}/api/tokens/validate", site.platform.base))
                .json(&json!({ "code": code(&ticket) })),
            client().get(format!("{}{path}", site.platform.base)),
        ] {
            send(request.header("user-agent", agent.clone())).await;
        }
    }
    let last = || async { site.platform.process.stdout() };
    let told = until(SOON, "the refusals are logged", last, |output| {
        output.matches("validation_refused").count() >= 3
    })
    .await;
    // The line that is being written may not be whole yet.
    let (lines, _) = told.rsplit_once('\n').unwrap();
    for line in lines.lines() {
        let parsed: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert_ne!(parsed["level"], "ERROR", "{line}");
        assert!(!line.contains('\u{1b}') && !line.contains('\u{85}'), "{line}");
        assert!(line.len() < 4_000, "{} bytes", line.len());
    }
}
