//! Who is refused, in which order, with which bytes.

use std::time::Duration;

use streamgate_contract::claims::PlaybackClaims;
use streamgate_contract::errors::EdgeRefusal;
use streamgate_contract::feed::FeedChange;
use streamgate_contract::ids::EventId;
use streamgate_contract::playback_token::{Signer, SigningSecret};

use crate::support::{API_KEY, Rig, code, event, sid};

const SEGMENT: &str = "/streams/evt/a.ts";

async fn refusal(rig: &Rig, method: &str, target: &str, token: &str) -> (u16, String) {
    let authorization = format!("Bearer {token}");
    let answer = rig
        .ask(method, target, &[("authorization", &authorization)])
        .await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.header("vary"), "Origin");
    (answer.status, answer.text().to_owned())
}

fn expired(rig: &Rig) -> PlaybackClaims {
    let expires_at = rig.now().as_secs() - 5;
    PlaybackClaims {
        issued_at: expires_at - 3600,
        expires_at,
        ..rig.claims()
    }
}

fn expected(refusal: EdgeRefusal) -> (u16, String) {
    (refusal.status(), refusal.body().to_owned())
}

#[tokio::test]
async fn a_right_token_plays_by_every_carrier() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("a.ts", "bytes");
    let token = rig.token();
    let bearer = format!("bEaReR {token}");
    assert_eq!(
        rig.get(SEGMENT, &[("authorization", &bearer)]).await.text(),
        "bytes"
    );
    assert_eq!(
        rig.get(&format!("/t/{token}{SEGMENT}"), &[]).await.text(),
        "bytes"
    );
    assert_eq!(
        rig.get(&format!("{SEGMENT}?x=1&__token={token}"), &[])
            .await
            .text(),
        "bytes"
    );
    assert_eq!(
        rig.get(&format!("{SEGMENT}?%5F_token={token}"), &[]).await.text(),
        "bytes"
    );
    let basic = [("authorization", "Basic abc")];
    assert_eq!(
        rig.get(&format!("{SEGMENT}?__token={token}"), &basic)
            .await
            .text(),
        "bytes"
    );
}

#[tokio::test]
async fn the_first_carrier_wins_even_if_it_is_wrong_and_a_repeated_parameter_is_denied() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("a.ts", "bytes");
    let token = rig.token();
    let wrong = [("authorization", "Bearer wrong")];
    assert_eq!(
        rig.get(&format!("/t/{token}{SEGMENT}"), &wrong).await.code(),
        "access_denied"
    );
    assert_eq!(
        rig.get(&format!("/t/wrong{SEGMENT}?__token={token}"), &[])
            .await
            .code(),
        "access_denied"
    );
    let twice = format!("{SEGMENT}?__token={token}&__token={token}");
    assert_eq!(rig.get(&twice, &[]).await.code(), "access_denied");
    let bearer = format!("Bearer {token}");
    assert_eq!(rig.get(&twice, &[("authorization", &bearer)]).await.status, 200);
}

// C-03, J-01, P-16
#[tokio::test]
async fn every_step_refuses_with_its_own_bytes_in_the_order_of_the_contract() {
    let rig = Rig::stopped();
    rig.write("a.ts", "bytes");
    let expired = expired(&rig);
    let foreign = PlaybackClaims {
        event_id: EventId::parse("evt-2").unwrap(),
        ..expired.clone()
    };
    let other_secret = SigningSecret::new(vec![b'x'; 32]).unwrap();
    let forged = Signer::new(&other_secret, false).sign_playback(&expired);

    // Nothing is right, the path answers first; then the token, its signature, its scope, the missing state.
    assert_eq!(
        rig.get("/streams/evt/a.exe", &[]).await.text(),
        EdgeRefusal::NotFound.body()
    );
    assert_eq!(
        rig.get(SEGMENT, &[]).await.text(),
        EdgeRefusal::AuthorizationRequired.body()
    );
    assert_eq!(
        refusal(&rig, "GET", SEGMENT, &forged).await,
        expected(EdgeRefusal::AccessDenied)
    );
    assert_eq!(
        refusal(&rig, "GET", SEGMENT, &rig.sign(&foreign)).await,
        expected(EdgeRefusal::AccessDenied)
    );
    assert_eq!(
        refusal(&rig, "GET", SEGMENT, &rig.probe_token()).await,
        expected(EdgeRefusal::AccessDenied)
    );
    assert_eq!(
        refusal(&rig, "GET", SEGMENT, &rig.sign(&expired)).await,
        expected(EdgeRefusal::Unavailable)
    );
}

#[tokio::test]
async fn typed_reasons_are_expired_then_revoked_then_event_then_session() {
    let (rig, feed) = Rig::ready().await;
    rig.write("a.ts", "bytes");
    let (token, at) = (rig.token(), rig.now());
    let expired = rig.sign(&expired(&rig));
    rig.tell(&feed, FeedChange::SessionEnded { sid: sid(1), at })
        .await;
    assert_eq!(
        refusal(&rig, "GET", SEGMENT, &token).await,
        expected(EdgeRefusal::SessionEnded)
    );
    rig.tell(
        &feed,
        FeedChange::EventOff {
            event_id: event(),
            at,
        },
    )
    .await;
    assert_eq!(refusal(&rig, "HEAD", SEGMENT, &token).await, (403, String::new()));
    assert_eq!(
        refusal(&rig, "GET", SEGMENT, &token).await,
        expected(EdgeRefusal::EventUnavailable)
    );
    rig.tell(&feed, FeedChange::TicketRevoked { code: code(), at })
        .await;
    assert_eq!(
        refusal(&rig, "GET", SEGMENT, &token).await,
        expected(EdgeRefusal::TicketRevoked)
    );
    assert_eq!(
        refusal(&rig, "GET", SEGMENT, &expired).await,
        expected(EdgeRefusal::TokenExpired)
    );
    rig.tell(&feed, FeedChange::TicketRestored { code: code() }).await;
    rig.tell(&feed, FeedChange::EventOn { event_id: event() }).await;
    let fresh = rig.sign(&PlaybackClaims {
        session_id: sid(2),
        ..rig.claims()
    });
    assert_eq!(status(&rig, &fresh).await, 200);
}

async fn status(rig: &Rig, token: &str) -> u16 {
    rig.get(&format!("/t/{token}{SEGMENT}"), &[]).await.status
}

// J-13
#[tokio::test]
async fn a_token_ends_at_the_very_millisecond_of_its_expiry_plus_leeway() {
    let (rig, _feed) = Rig::ready().await;
    rig.write("a.ts", "bytes");
    let token = rig.token();
    let lived_ms = u64::try_from(rig.now().0 % 1000).unwrap();
    assert_eq!(status(&rig, &token).await, 200);
    rig.clock.advance(Duration::from_millis(3_604_999 - lived_ms));
    assert_eq!(status(&rig, &token).await, 200);
    rig.clock.advance(Duration::from_millis(1));
    assert_eq!(status(&rig, &token).await, 403);
}

// K-02
#[tokio::test]
async fn a_clock_that_runs_two_hours_fast_expires_nothing_once_the_feed_was_heard() {
    let (rig, feed) = Rig::ready().await;
    rig.write("a.ts", "bytes");
    let (token, head) = (rig.token(), rig.head(0));
    assert_eq!(status(&rig, &token).await, 200);
    rig.clock.advance(Duration::from_hours(2));
    assert_eq!(status(&rig, &token).await, 403);
    feed.say(head);
    while rig.health().await["lastSyncAgo"] != "0s" {
        tokio::task::yield_now().await;
    }
    assert_eq!(status(&rig, &token).await, 200);
    assert_eq!(rig.health().await["status"], "degraded");
}

#[tokio::test]
async fn an_edge_without_any_feed_state_says_come_back_and_never_forbidden() {
    let rig = Rig::stopped();
    rig.write("a.ts", "bytes");
    let answer = rig.watch("a.ts", &[]).await;
    assert_eq!(
        (answer.status, answer.text()),
        (503, EdgeRefusal::Unavailable.body())
    );
    assert_eq!(answer.header("retry-after"), "2");
    assert_eq!(rig.get("/ready", &[]).await.status, 503);
    let health = rig.health().await;
    assert_eq!(
        (&health["status"], &health["lastSyncAgo"]),
        (&"starting".into(), &"never".into())
    );
}

#[tokio::test]
async fn other_methods_are_refused_and_told_which_are_allowed() {
    let (rig, _feed) = Rig::ready().await;
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE"] {
        let answer = rig.ask(method, SEGMENT, &[]).await;
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, "GET, HEAD, OPTIONS"),
            "{method}"
        );
        assert_eq!(answer.code(), "method_not_allowed");
    }
}

#[tokio::test]
async fn emptying_a_cache_needs_the_internal_key() {
    let rig = Rig::stopped();
    let delete =
        async |target: &str, key: &str| rig.ask("DELETE", target, &[("x-internal-api-key", key)]).await;
    assert_eq!(delete("/admin/cache/evt", API_KEY).await.status, 204);
    assert_eq!(
        delete("/admin/cache/evt", "an-internal-api-kex").await.code(),
        "unauthorized"
    );
    assert_eq!(rig.ask("DELETE", "/admin/cache/evt", &[]).await.status, 401);
    assert_eq!(delete("/admin/cache/a%2fb", API_KEY).await.status, 404);
    let answer = rig
        .get("/admin/cache/evt", &[("x-internal-api-key", API_KEY)])
        .await;
    assert_eq!((answer.status, answer.header("allow")), (405, "DELETE"));
}

#[tokio::test]
async fn an_event_with_its_own_source_is_unavailable_at_an_edge_of_local_files() {
    let (rig, feed) = Rig::ready().await;
    rig.write("a.ts", "bytes");
    let url = Some("https://origin.example/a".to_owned());
    rig.tell(
        &feed,
        FeedChange::EventSource {
            event_id: event(),
            url,
        },
    )
    .await;
    assert_eq!(
        rig.watch("a.ts", &[]).await.text(),
        EdgeRefusal::SourceUnavailable.body()
    );
    rig.tell(
        &feed,
        FeedChange::EventSource {
            event_id: event(),
            url: None,
        },
    )
    .await;
    assert_eq!(rig.watch("a.ts", &[]).await.status, 200);
}

// J-21
#[tokio::test]
async fn the_secret_before_a_rotation_still_verifies() {
    let old = SigningSecret::new(vec![b'o'; 32]).unwrap();
    let folder = std::sync::Arc::new(tempfile::tempdir().unwrap());
    let mut rig = Rig::with(folder, |settings| {
        settings.previous_signing_secret = Some(old.clone());
    });
    let _feed = rig.start().await;
    rig.write("a.ts", "bytes");
    for with_kid in [false, true] {
        let token = Signer::new(&old, with_kid).sign_playback(&rig.claims());
        assert_eq!(status(&rig, &token).await, 200);
    }
}
