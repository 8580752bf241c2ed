//! From the organiser's click to the first refusal at each edge.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::files;
use super::ground::{BOTH_CORES, Ground, LOAD_CORE};
use super::report::{Section, Table, Verdict};
use crate::link::{Ask, Link};
use crate::site::redeem;
use crate::stats::{Times, millis};

const REVOCATIONS: usize = 200;
const EDGES: usize = 3;
const P50_MOST: Duration = Duration::from_millis(150);
const P99_MOST: Duration = Duration::from_secs(1);
/// A viewer who asks so often has long been refused, or never will be.
const PATIENCE: Duration = Duration::from_secs(40);
/// Between two requests of the viewer at each edge: the figures are exact to that.
const ASK_EVERY: Duration = Duration::from_millis(1);

pub(super) fn revocation(ground: &Ground) -> Result<Section> {
    let times = ground.runtime.block_on(measure(ground))?;
    let [p50, p99, most] = [50.0, 99.0, 100.0].map(|percent| times.percentile(percent));
    let mut table = Table::new(["revocations", "edges", "p50", "p99", "most"]);
    table.line([
        REVOCATIONS.to_string(),
        EDGES.to_string(),
        millis(p50),
        millis(p99),
        millis(most),
    ]);
    let verdict = |what: &str, reached, limit| Verdict {
        what: format!("revocation to refusal, {what}"),
        target: format!("<= {}", millis(limit)),
        reached: millis(reached),
        is_met: reached <= limit,
    };
    Ok(Section {
        title: "Revocation",
        method: "One platform and three edges in processes of their own. A viewer asks each edge for a playlist every \
                 millisecond; the time is from sending `PATCH .../revoke` to the first 403 at each edge, one revocation after \
                 another.",
        table,
        limit: "one synced write of SQLite on the machine's disk, then a push over loopback; between machines add the way there.",
        verdicts: vec![verdict("p50", p50, P50_MOST), verdict("p99", p99, P99_MOST)],
    })
}

async fn measure(ground: &Ground) -> Result<Times> {
    let mut admin = ground.site.admin(&ground.platform);
    let event = admin.event().await?;
    files::write(&ground.site.stream_folder(&event))?;
    let tickets = admin.tickets(&event, REVOCATIONS).await?;
    let tokens = redeem(&ground.platform, &tickets).await?;
    let mut edges = Vec::new();
    for (index, core) in [LOAD_CORE, BOTH_CORES, BOTH_CORES].into_iter().enumerate() {
        let name = format!("revocation-{index}");
        edges.push(
            ground
                .site
                .local_edge(&name, &ground.platform, Some(core))
                .await?,
        );
    }
    ensure!(edges.len() == EDGES, "the number of edges");
    let mut links: Vec<Link> = edges
        .iter()
        .map(|edge| Link::new(edge.authority.clone()))
        .collect();
    let path = format!("/streams/{event}/{}", files::PLAYLIST);
    let mut times = Times::default();
    for (ticket, token) in tickets.iter().zip(&tokens) {
        for link in &mut links {
            let status = link.ask(&Ask::get(&path, token)).await?.status;
            ensure!(status == 200, "a good token is answered with {status}");
        }
        let sent = Instant::now();
        let refusals = links.iter_mut().map(|link| refused(link, &path, token));
        let (revoked, refusals) =
            tokio::join!(admin.revoke(ticket), futures_util::future::join_all(refusals));
        revoked?;
        for refusal in refusals {
            times.add(refusal? - sent);
        }
    }
    Ok(times)
}

/// Asks until the answer is 403 and returns when that was.
async fn refused(link: &mut Link, path: &str, token: &str) -> Result<Instant> {
    let started = Instant::now();
    loop {
        let answer = link.ask(&Ask::get(path, token)).await?;
        if answer.status == 403 {
            return Ok(Instant::now());
        }
        ensure!(
            answer.status == 200,
            "a revoked token is answered with {}",
            answer.status
        );
        ensure!(started.elapsed() < PATIENCE, "a revoked token is never refused");
        tokio::time::sleep(ASK_EVERY).await;
    }
}
