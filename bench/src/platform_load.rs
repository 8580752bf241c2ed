//! What a platform must bear: heartbeats of an audience, and a crowd that redeems its tickets at once.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;

use crate::link::{Ask, Link};
use crate::site::redemption;
use crate::stats::Times;

/// What was reached.
#[derive(Debug, Default)]
pub struct Reached {
    /// Answered with 200, each within its own time.
    pub times: Times,
    /// From the first request to the last answer.
    pub took: Duration,
}

impl Reached {
    /// Returns answers per second.
    pub fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.times.len()).unwrap_or(u32::MAX)) / self.took.as_secs_f64()
    }
}

/// Sends heartbeats with the tokens in turn, on so many connections, until `lasts` is over. Fails if any is refused.
pub async fn heartbeats(
    platform: &str,
    tokens: &[String],
    connections: usize,
    lasts: Duration,
) -> Result<Reached> {
    let started = Instant::now();
    let clients = shares(tokens, connections).map(|tokens| async move {
        let mut link = Link::new(platform.to_owned());
        let mut times = Times::default();
        for token in tokens.iter().cycle() {
            if started.elapsed() >= lasts {
                break;
            }
            let ask = Ask::post("/api/playback/heartbeat", Some(token), None);
            times.add(answered(&mut link, &ask).await?);
        }
        anyhow::Ok(times)
    });
    Ok(together(started, &try_join_all(clients).await?))
}

/// Redeems each code once, on so many connections. Fails if any is refused.
pub async fn redemptions(platform: &str, codes: &[String], connections: usize) -> Result<Reached> {
    let started = Instant::now();
    let clients = shares(codes, connections).map(|codes| async move {
        let mut link = Link::new(platform.to_owned());
        let mut times = Times::default();
        for code in codes {
            let ask = Ask::post("/api/tokens/validate", None, Some(redemption(code)));
            times.add(answered(&mut link, &ask).await?);
        }
        anyhow::Ok(times)
    });
    Ok(together(started, &try_join_all(clients).await?))
}

fn shares(all: &[String], connections: usize) -> std::slice::Chunks<'_, String> {
    all.chunks(all.len().div_ceil(connections.max(1)).max(1))
}

async fn answered(link: &mut Link, ask: &Ask<'_>) -> Result<Duration> {
    let asked = Instant::now();
    let answer = link.ask(ask).await?;
    ensure!(
        answer.status == 200,
        "{}: {}",
        ask.path,
        String::from_utf8_lossy(&answer.body)
    );
    Ok(asked.elapsed())
}

fn together(started: Instant, clients: &[Times]) -> Reached {
    let took = started.elapsed();
    let mut times = Times::default();
    for client in clients {
        times.append(client);
    }
    Reached { times, took }
}
