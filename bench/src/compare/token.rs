//! What checking a token takes, alone.

use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use streamgate_contract::playback_token::{SigningSecret, Verifier};
use streamgate_contract::time::UnixMillis;
use streamgate_serving::clock::{Clock as _, SystemClock};

use super::ground::Ground;
use super::report::{Section, Table, Verdict};
use crate::stats::Rounds;

/// How often each token is checked in a round.
const REPEATS: u32 = 20;
const NANOS_MOST: f64 = 2_000.0;

pub(super) fn token(ground: &Ground) -> Result<Section> {
    let secret = SigningSecret::new(ground.site.signing_secret.clone().into_bytes()).context("the secret")?;
    let verifier = Verifier::new(&secret, None);
    let now = UnixMillis(SystemClock.unix_millis());
    let mut nanos = Rounds::default();
    for round in 0..=ground.effort.rounds {
        let started = Instant::now();
        for _ in 0..REPEATS {
            for token in &ground.tokens {
                ensure!(
                    verifier.verify(black_box(token), now).is_ok(),
                    "a token is refused"
                );
            }
        }
        let checks = f64::from(REPEATS) * f64::from(u32::try_from(ground.tokens.len())?);
        if round > 0 {
            nanos.add(started.elapsed().as_secs_f64() * 1e9 / checks);
        }
    }
    let reached = nanos.spread().context("no round")?;
    let mut table = Table::new(["what", "ns for a token"]);
    table.line([
        "charset, base64, HMAC-SHA-256, strict JSON, claims, expiry".to_owned(),
        reached.to_string(),
    ]);
    Ok(Section {
        title: "Token check",
        method: "The function that the edge calls for every request, in this process, over 2,000 tokens of about 400 bytes.",
        table,
        limit: "SHA-256 over the token is about half of it; the rest is decoding and reading the claims strictly.",
        verdicts: vec![Verdict {
            what: "token check".to_owned(),
            target: "<= 2 us".to_owned(),
            reached: format!("{:.2} us", reached.median / 1e3),
            is_met: reached.median <= NANOS_MOST,
        }],
    })
}
