//! Memory of connections that wait.

use std::time::Duration;

use anyhow::{Context, Result};

use super::contender::Contender;
use super::files;
use super::ground::{Ground, OURS, SERVER_CORE, TOKENS, edge_contender};
use super::report::{Section, Table, Verdict};
use crate::process::resident_bytes;
use crate::sockets::idle;
use crate::stats::number;

const CONNECTIONS: u32 = 10_000;
/// Viewers come over a while: so many at a time, and the next when those are quiet.
const WAVE: usize = 2_500;
/// After so long without a request a connection is idle for certain; players ask every few seconds.
const QUIET_AFTER: Duration = Duration::from_millis(3_500);
const KIB_MOST: f64 = 8.0;

pub(super) fn idle_connections(ground: &Ground) -> Result<Section> {
    // An edge of its own: one that was loaded before has free memory that new connections would seem not to need.
    let edge = ground
        .site
        .local_edge("idle", &ground.platform, Some(SERVER_CORE));
    let edge = ground.runtime.block_on(edge)?;
    let mut table = Table::new(["server", "connections", "KiB for each", "KiB for each at once"]);
    let mut ours = f64::NAN;
    for contender in [edge_contender(OURS, &edge), ground.nginx_plain()?] {
        let (quiet, at_once) = measure(ground, &contender)?;
        if contender.name == OURS {
            ours = quiet;
        }
        table.line([
            contender.name.to_owned(),
            number(f64::from(CONNECTIONS), 0),
            number(quiet, 2),
            number(at_once, 2),
        ]);
    }
    Ok(Section {
        title: "Idle connections",
        method: "The resident memory that a server gains by 10,000 keep-alive connections that have got one playlist each, in four \
                 waves, and have been quiet for 3.5 s. At once: 10,000 in one wave, right after the last answer. The sessions were \
                 known before. The kernel's memory for a socket is the same for all and not counted.",
        table,
        limit: "the small task that keeps a quiet connection; hyper's buffers, about 30 KiB of addresses and half of that in memory, \
                are given back after some seconds of quiet. nginx needs a few hundred bytes.",
        verdicts: vec![Verdict {
            what: "idle connection".to_owned(),
            target: "<= 8 KiB".to_owned(),
            reached: format!("{} KiB", number(ours, 2)),
            is_met: ours <= KIB_MOST,
        }],
    })
}

/// Returns KiB for each connection: quiet, and right after 10,000 answers at once.
fn measure(ground: &Ground, contender: &Contender) -> Result<(f64, f64)> {
    let address = contender.address()?;
    // Every session is known, and what is made once is made.
    drop(idle(address, &ground.requests(files::PLAYLIST, TOKENS))?);
    let before = resident_bytes(contender.pid)?;
    let requests = ground.requests(files::PLAYLIST, usize::try_from(CONNECTIONS)?);
    let mut waiting = Vec::new();
    for wave in requests.chunks(WAVE) {
        waiting.push(idle(address, wave).context("idle connections")?);
        // The quiet is what is measured.
        std::thread::sleep(QUIET_AFTER);
    }
    let quiet = resident_bytes(contender.pid)?;
    drop(waiting);
    let waiting = idle(address, &requests).context("connections at once")?;
    let at_once = resident_bytes(contender.pid)?;
    drop(waiting);
    let each = |bytes: u64| -> Result<f64> {
        let kib = u32::try_from(bytes.saturating_sub(before) / 1_024)?;
        Ok(f64::from(kib) / f64::from(CONNECTIONS))
    };
    Ok((each(quiet)?, each(at_once)?))
}
