//! Latency at a fixed rate, far below what any contender can do.

use std::time::Duration;

use anyhow::Result;

use super::files;
use super::ground::{Ground, TOKENS};
use super::report::{Section, Table};
use crate::sockets::{Rate, at_rate};
use crate::stats::{Times, millis, number};

const CONNECTIONS: usize = 64;
const LASTS: Duration = Duration::from_secs(1);

pub(super) fn latency(ground: &Ground) -> Result<Section> {
    let contenders = [
        ground.streamgate(),
        ground.nginx_checked()?,
        ground.nginx_plain()?,
    ];
    let mut table = Table::new(["object", "rate", "server", "p50", "p99", "p99.9", "most"]);
    let objects = [
        ("live playlist, 300 B", files::PLAYLIST, 10_000),
        ("segment, 64 KiB", "64k.ts", 5_000),
    ];
    for (label, file, per_second) in objects {
        let requests = ground.requests(file, TOKENS);
        let rate = Rate {
            per_second,
            lasts: LASTS,
            connections: CONNECTIONS,
        };
        let mut times = [Times::default(), Times::default(), Times::default()];
        for round in 0..=ground.effort.rounds {
            for (contender, times) in contenders.iter().zip(&mut times) {
                let measured = at_rate(contender.address()?, &requests, rate)?;
                if round > 0 {
                    times.append(&measured);
                }
            }
        }
        for (contender, times) in contenders.iter().zip(&times) {
            let [p50, p99, p999, most] =
                [50.0, 99.0, 99.9, 100.0].map(|percent| millis(times.percentile(percent)));
            table.line([
                label.to_owned(),
                format!("{}/s", number(f64::from(per_second), 0)),
                contender.name.to_owned(),
                p50,
                p99,
                p999,
                most,
            ]);
        }
    }
    Ok(Section {
        title: "Latency at a fixed rate",
        method: "Requests go out when they are due, on 64 connections, whatever became of those before; the time counts from when \
                 a request was due, so that a stall is charged for everybody who would have asked meanwhile (no coordinated \
                 omission). All rounds together.",
        table,
        limit: "the wake-up of the server's process, which is most of the median.",
        verdicts: Vec::new(),
    })
}
