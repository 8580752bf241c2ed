//! Everybody asks at once for what the cache does not have, or no longer has fresh.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::contender::Contender;
use super::ground::{CACHED, Ground, OURS, PLAIN, SERVER_CORE, edge_contender, nginx_contender};
use super::nginx::{Nginx, Opponent};
use super::origin::{LATENCY, Origin};
use super::report::{Section, Table, Verdict};
use crate::site::Service;
use crate::sockets::volley;
use crate::stats::{Times, millis, number};

const CROWDS: [usize; 3] = [20, 500, 5_000];
/// How much later than the origin's latency the first byte may come.
const MARGIN: Duration = Duration::from_millis(50);
/// A playlist is fresh for 1 s at each contender; nginx counts whole seconds, so that this may be almost two.
const EXPIRED_AFTER: Duration = Duration::from_millis(2_200);
const STALE: &str = "nginx, the same, use_stale updating";

/// The caches in front of the slow origin.
struct Caches {
    origin: Origin,
    edge: Service,
    nginx: Nginx,
}

impl Caches {
    fn start(ground: &Ground, name: &str) -> Result<Self> {
        let origin = Origin::start()?;
        let nginx = Nginx::start(&Opponent {
            folder: &ground.site.folder().join(format!("nginx-{name}")),
            streams: &ground.site.folder().join("streams"),
            secret: &ground.site.signing_secret,
            origin: Some(&origin.address.to_string()),
            core: SERVER_CORE,
        })?;
        let upstream = format!("http://{}/streams", origin.address);
        let edge = ground
            .site
            .caching_edge(name, &ground.platform, upstream, Some(SERVER_CORE));
        Ok(Self {
            origin,
            edge: ground.runtime.block_on(edge)?,
            nginx,
        })
    }
}

/// What all rounds of one crowd at one contender gave.
#[derive(Default)]
struct Outcome {
    first_byte: Times,
    /// The most in one round.
    fetches: u64,
}

/// Misses: a segment that answers after a while, and one that drips.
pub(super) fn stampede(ground: &Ground) -> Result<Section> {
    let caches = Caches::start(ground, "stampede")?;
    let contenders = [
        edge_contender(OURS, &caches.edge),
        nginx_contender(CACHED, &caches.nginx, &caches.nginx.cached)?,
    ];
    let mut table = Table::new([
        "segment",
        "askers",
        "server",
        "first byte p50",
        "p99",
        "upstream requests",
    ]);
    let mut verdicts = Vec::new();
    for (kind, label) in [
        ("slow", "64 KiB after 120 ms"),
        ("drip", "1 MiB, first bytes after 120 ms, dripping for 1.5 s"),
    ] {
        for askers in CROWDS {
            let outcomes = misses(ground, &caches, &contenders, kind, askers)?;
            for (contender, outcome) in contenders.iter().zip(&outcomes) {
                table.line(line(label, askers, contender.name, outcome));
            }
            if let ([ours, _], "slow", 5_000) = (&outcomes, kind, askers) {
                verdicts.extend(judge(ours));
            }
        }
    }
    let floor = hits(ground, &contenders[0], "hit-slow.ts")?;
    table.line(line("64 KiB, cached (for comparison)", 5_000, OURS, &floor));
    let floor = hits(ground, &ground.nginx_plain()?, "64k.ts")?;
    table.line(line(
        "64 KiB, its own file (for comparison)",
        5_000,
        PLAIN,
        &floor,
    ));
    Ok(Section {
        title: "Fill stampede",
        method: "Askers with a connection and a token each ask at the same moment for a segment that the cache does not have. \
                 Times are to the first byte of the body, all rounds together; upstream requests are the most of any round.",
        table,
        limit: "with 5,000 askers the two cores: one sends and reads 5,000 requests, the other checks and answers them. 5,000 times \
                what an answer of 64 KiB costs (above) is the least that one core needs; only the checks pass while the origin is \
                awaited. The last lines are the same crowd without any fill, at StreamGate and at nginx without a check: what a \
                fill costs is the difference, and the origin's 120 ms are in it. nginx looks every 500 ms whether the fill is \
                done, and sends waiters nothing before.",
        verdicts,
    })
}

fn line(label: &str, askers: usize, server: &str, outcome: &Outcome) -> [String; 6] {
    let askers = u32::try_from(askers).unwrap_or(u32::MAX);
    [
        label.to_owned(),
        number(f64::from(askers), 0),
        server.to_owned(),
        millis(outcome.first_byte.percentile(50.0)),
        millis(outcome.first_byte.percentile(99.0)),
        outcome.fetches.to_string(),
    ]
}

fn misses(
    ground: &Ground,
    caches: &Caches,
    contenders: &[Contender; 2],
    kind: &str,
    askers: usize,
) -> Result<[Outcome; 2]> {
    let mut outcomes = [Outcome::default(), Outcome::default()];
    for round in 0..ground.effort.rounds {
        // Each contender has objects of its own, or the counts would mix.
        for (index, (contender, outcome)) in contenders.iter().zip(&mut outcomes).enumerate() {
            let file = format!("{index}-{askers}-{round}-{kind}.ts");
            ask(ground, contender, &file, askers, outcome)?;
            outcome.fetches = outcome.fetches.max(caches.origin.count(&file));
        }
    }
    Ok(outcomes)
}

fn hits(ground: &Ground, contender: &Contender, file: &str) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    ask(ground, contender, file, 1, &mut Outcome::default())?;
    for _ in 0..ground.effort.rounds {
        ask(ground, contender, file, 5_000, &mut outcome)?;
    }
    Ok(outcome)
}

fn ask(
    ground: &Ground,
    contender: &Contender,
    file: &str,
    askers: usize,
    outcome: &mut Outcome,
) -> Result<()> {
    let answers = volley(contender.address()?, &ground.requests(file, askers))
        .with_context(|| format!("{file} at {}", contender.name))?;
    ensure!(
        answers.statuses.get(&200) == Some(&askers),
        "{file} at {}: {:?}",
        contender.name,
        answers.statuses
    );
    outcome.first_byte.append(&answers.first_byte);
    Ok(())
}

fn judge(ours: &Outcome) -> [Verdict; 2] {
    let p99 = ours.first_byte.percentile(99.0);
    [
        Verdict {
            what: "stampede of 5,000: upstream requests".to_owned(),
            target: "1".to_owned(),
            reached: ours.fetches.to_string(),
            is_met: ours.fetches == 1,
        },
        Verdict {
            what: "stampede of 5,000: p99 to first byte".to_owned(),
            target: format!("<= origin + {}", millis(MARGIN)),
            reached: format!("origin + {}", millis(p99.saturating_sub(LATENCY))),
            is_met: p99 <= LATENCY + MARGIN,
        },
    ]
}

/// A live playlist whose second is over.
pub(super) fn expired(ground: &Ground) -> Result<Section> {
    let caches = Caches::start(ground, "expired")?;
    let contenders = [
        edge_contender(OURS, &caches.edge),
        nginx_contender(CACHED, &caches.nginx, &caches.nginx.cached)?,
        nginx_contender(STALE, &caches.nginx, &caches.nginx.stale)?,
    ];
    let mut table = Table::new(["askers", "server", "first byte p50", "p99", "upstream requests"]);
    let mut verdicts = Vec::new();
    for askers in [50, 500] {
        for (index, contender) in contenders.iter().enumerate() {
            let mut outcome = Outcome::default();
            for round in 0..ground.effort.rounds {
                let file = format!("{index}-{askers}-{round}.m3u8");
                ask(ground, contender, &file, 1, &mut Outcome::default())?;
                // The second that passes is what is measured.
                std::thread::sleep(EXPIRED_AFTER);
                let before = caches.origin.count(&file);
                ask(ground, contender, &file, askers, &mut outcome)?;
                outcome.fetches = outcome.fetches.max(caches.origin.count(&file) - before);
            }
            let [_, askers_cell, server, p50, p99, fetches] = line("", askers, contender.name, &outcome);
            table.line([askers_cell, server, p50, p99, fetches]);
            if index == 0 && askers == 500 {
                verdicts.push(Verdict {
                    what: "expired live playlist, 500 askers: upstream requests".to_owned(),
                    target: "<= 1".to_owned(),
                    reached: outcome.fetches.to_string(),
                    is_met: outcome.fetches <= 1,
                });
            }
        }
    }
    Ok(Section {
        title: "Expired live playlist",
        method: "A live playlist was fetched once; 2.2 s later everybody asks for it at the same moment. Its origin answers after \
                 120 ms.",
        table,
        limit: "the origin's latency, for whoever insists on a playlist that is no older than a second. With `use_stale updating` \
                nginx answers at once with the old one, however old, and that is the price of its speed here.",
        verdicts,
    })
}
