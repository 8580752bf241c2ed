//! Heartbeats and redemptions per second.

use std::time::Duration;

use anyhow::{Context, Result};

use super::ground::{BOTH_CORES, Ground, TOKENS};
use super::report::{Section, Table, Verdict};
use crate::platform_load::{self, Reached};
use crate::site::redeem;
use crate::stats::{Rounds, Times, millis, number};

const CONNECTIONS: usize = 128;
const LASTS: Duration = Duration::from_secs(2);
/// Tickets that are redeemed in one round.
const CODES: usize = 3_000;
const HEARTBEATS_LEAST: f64 = 10_000.0;
const REDEMPTIONS_LEAST: f64 = 2_000.0;

pub(super) fn heartbeats(ground: &Ground) -> Result<Section> {
    let reached = ground.runtime.block_on(async {
        let site = crate::site::Site::new(&ground.program)?;
        let platform = site.platform(Some(BOTH_CORES)).await?;
        let mut admin = site.admin(&platform);
        let event = admin.event().await?;
        let tokens = redeem(&platform, &admin.tickets(&event, TOKENS).await?).await?;
        let mut rounds = Vec::new();
        for _ in 0..=ground.effort.rounds {
            rounds.push(platform_load::heartbeats(&platform.authority, &tokens, CONNECTIONS, LASTS).await?);
        }
        anyhow::Ok(rounds)
    })?;
    section(
        "Heartbeats",
        "2,000 viewers' tokens in turn on 128 connections, each with one heartbeat at a time; a platform of its own with SQLite. The \
         platform may use both cores and shares one of them with the load.",
        "the load, which takes most of a core; then the writer of SQLite, whose syncs many heartbeats share.",
        ("heartbeats per second", HEARTBEATS_LEAST),
        &reached,
    )
}

pub(super) fn redemptions(ground: &Ground) -> Result<Section> {
    let reached = ground.runtime.block_on(async {
        let site = crate::site::Site::new(&ground.program)?;
        let platform = site.platform(Some(BOTH_CORES)).await?;
        let mut admin = site.admin(&platform);
        let event = admin.event().await?;
        let mut rounds = Vec::new();
        for _ in 0..=ground.effort.rounds {
            let tickets = admin.tickets(&event, CODES).await?;
            let codes: Vec<String> = tickets.into_iter().map(|ticket| ticket.code).collect();
            rounds.push(platform_load::redemptions(&platform.authority, &codes, CONNECTIONS).await?);
        }
        anyhow::Ok(rounds)
    })?;
    section(
        "Redemptions",
        "3,000 tickets are redeemed once each, on 128 connections; otherwise as above.",
        "the writer of SQLite: a claim, a session and a record each, and the syncs that they share.",
        ("redemptions per second", REDEMPTIONS_LEAST),
        &reached,
    )
}

/// The first round does not count.
fn section(
    title: &'static str,
    method: &'static str,
    limit: &'static str,
    promise: (&str, f64),
    reached: &[Reached],
) -> Result<Section> {
    let (what, least) = promise;
    let per_second: Rounds = reached.iter().skip(1).map(Reached::per_second).collect();
    let mut times = Times::default();
    reached
        .iter()
        .skip(1)
        .for_each(|round| times.append(&round.times));
    let mut table = Table::new(["per second", "p50", "p99", "most"]);
    let [p50, p99, most] = [50.0, 99.0, 100.0].map(|percent| millis(times.percentile(percent)));
    let spread = per_second.spread().context("no round")?;
    table.line([spread.to_string(), p50, p99, most]);
    Ok(Section {
        title,
        method,
        table,
        limit,
        verdicts: vec![Verdict {
            what: what.to_owned(),
            target: format!(">= {}", number(least, 0)),
            reached: number(spread.median, 0),
            is_met: spread.median >= least,
        }],
    })
}
