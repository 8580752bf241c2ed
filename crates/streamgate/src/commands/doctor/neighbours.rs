//! The way from a platform to an edge, and from an edge to its platform: reachable, the same secrets, clocks that
//! agree.

use std::time::Duration;

use http::StatusCode;
use http::header::{ACCEPT, DATE};
use reqwest::{Client, Response};
use serde_json::Value;
use streamgate_contract::claims::{PROBE_TOKEN_LIFETIME_SECS, ProbeClaims};
use streamgate_contract::feed::CLOCK_OFFSET_MS_MAX;
use streamgate_contract::ids::EventId;
use streamgate_contract::playback_token::Signer;
use streamgate_contract::time::UnixMillis;
use streamgate_serving::clock::{Clock, SystemClock};

use super::report::Report;
use crate::settings::{Secrets, Values, probe_base_url};

/// An operator is waiting, and a neighbour that takes longer is not fit for a show.
const TIMEOUT: Duration = Duration::from_secs(5);
/// A `Date` header counts whole seconds.
const DATE_RESOLUTION_MS: i64 = 1_000;

/// Checks the edge that a platform asks for the state of streams.
pub(super) async fn edge(values: &Values, secrets: &Secrets, report: &mut Report) {
    const NAME: &str = "edge";
    let Ok(Some(public)) = values.base_url("HLS_SERVER_BASE_URL") else {
        return; // the check of the settings has said so
    };
    let Ok(base) = probe_base_url(values, &public) else {
        return;
    };
    let Some(client) = client(report) else { return };
    let health = client.get(format!("{base}/health")).send().await;
    let health = health.map_err(|error| format!("{base}: {}", explain(error)));
    let Some(health) = report.add(NAME, health, &format!("{base} answers")) else {
        return;
    };
    skew_by_date(&health, "the edge", report);
    let Ok(event_id) = EventId::parse("doctor") else {
        return;
    };
    let issued_at = UnixMillis(SystemClock.unix_millis()).as_secs();
    let token = Signer::new(&secrets.signing, secrets.signing_previous.is_some()).sign_probe(&ProbeClaims {
        event_id,
        issued_at,
        expires_at: issued_at + PROBE_TOKEN_LIFETIME_SECS,
    });
    let probe = client
        .head(format!("{base}/streams/doctor/stream.m3u8"))
        .bearer_auth(token);
    match probe.send().await.map(|answer| answer.status()) {
        Ok(StatusCode::OK | StatusCode::NOT_FOUND) => report.good(NAME, "it takes tokens that we sign"),
        Ok(StatusCode::FORBIDDEN) => report.fail(
            NAME,
            "it refuses tokens that we sign: PLAYBACK_SIGNING_SECRET is not the same there, or clocks differ",
        ),
        Ok(StatusCode::SERVICE_UNAVAILABLE) => report.warn(
            NAME,
            "it has not heard from the platform yet and answers 503 until it does",
        ),
        Ok(status) => report.fail(NAME, &format!("it answers a probe with {status}")),
        Err(error) => report.fail(NAME, &explain(error)),
    }
}

/// Checks the platform that an edge follows.
pub(super) async fn platform(values: &Values, secrets: &Secrets, report: &mut Report) {
    const NAME: &str = "platform";
    let Ok(Some(base)) = values.base_url("PLATFORM_APP_URL") else {
        return; // the check of the settings has said so
    };
    let Some(client) = client(report) else { return };
    let feed = client
        .get(format!("{base}/api/internal/feed"))
        .header("X-Internal-Api-Key", secrets.internal_api_key.expose())
        .header(ACCEPT, "application/json");
    let answer = match feed.send().await {
        Ok(answer) => answer,
        Err(error) => return report.fail(NAME, &format!("{base}: {}", explain(error))),
    };
    report.good(NAME, &format!("{base} answers"));
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::UNAUTHORIZED => return report.fail(NAME, "it refuses our INTERNAL_API_KEY"),
        StatusCode::SERVICE_UNAVAILABLE => {
            return report.fail(NAME, "it is there, but its database is not");
        }
        status => {
            return report.fail(
                NAME,
                &format!("its feed answers {status}: is this a StreamGate platform?"),
            );
        }
    }
    let document: Value = match answer.json().await {
        Ok(document) => document,
        Err(error) => return report.fail(NAME, &explain(error)),
    };
    let now = ["/snapshot/now", "/now"]
        .into_iter()
        .find_map(|member| document.pointer(member)?.as_str())
        .and_then(|text| UnixMillis::parse_iso(text).ok());
    match now {
        Some(now) => {
            report.good(NAME, "its feed takes our key");
            skew("clock", "the platform", now.0 - SystemClock.unix_millis(), report);
        }
        None => report.fail(NAME, "its feed cannot be read: is it of another version?"),
    }
}

/// Reports how far another clock is ahead of ours.
pub(super) fn skew(name: &str, whose: &str, ahead_ms: i64, report: &Report) {
    if ahead_ms.abs() > CLOCK_OFFSET_MS_MAX {
        report.warn(
            name,
            &format!("the clock of {whose} is {ahead_ms} ms ahead of ours; let both follow a time server"),
        );
    } else {
        report.good(name, &format!("the clock of {whose} agrees with ours"));
    }
}

fn skew_by_date(answer: &Response, whose: &str, report: &Report) {
    let date = answer.headers().get(DATE).and_then(|value| value.to_str().ok());
    let Some(Ok(date)) = date.map(httpdate::parse_http_date) else {
        return;
    };
    let theirs = date.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let ahead_ms = i64::try_from(theirs.as_millis()).unwrap_or(0) - SystemClock.unix_millis();
    // Within the second that the header cannot tell apart, nothing is known to differ.
    let beyond = if ahead_ms < -DATE_RESOLUTION_MS {
        ahead_ms + DATE_RESOLUTION_MS
    } else {
        ahead_ms.max(0)
    };
    skew("clock", whose, beyond, report);
}

fn client(report: &mut Report) -> Option<Client> {
    let client = Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build();
    match client {
        Ok(client) => Some(client),
        Err(error) => {
            report.fail("network", &explain(error));
            None
        }
    }
}

/// Returns what went wrong to its root, without the address.
pub(super) fn explain(error: reqwest::Error) -> String {
    format!("{:#}", anyhow::Error::new(error.without_url()))
}
