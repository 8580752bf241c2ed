//! Rows of objects at full load: from local files and from a cache.

use anyhow::Result;

use super::contender::{Contender, agree, refuses};
use super::files::{self, Encoder};
use super::ground::{
    CACHED, CHECKED, Ground, LOAD_CORE, OURS, PLAIN, SERVER_CORE, TOKENS, edge_contender, nginx_contender,
};
use super::nginx::{Nginx, Opponent};
use super::report::{Section, Table, Verdict};
use super::throughput::{Load, Measured, Reached, Tool, measure};
use crate::stats::{Rounds, number};

const SECONDS: u32 = 1;
/// The promises about large objects leave little room: so many times the rounds.
const ROUNDS_OF_LARGE: u32 = 2;
const MIB: f64 = 1_048_576.0;

/// An object and what the product promises about it.
struct Object {
    /// The row's name on the command line, local or with `cached-` before it.
    row: &'static str,
    file: &'static str,
    label: &'static str,
    /// Processor time per request against nginx that serves the same file without any check.
    cpu_most: f64,
    /// Requests per second against nginx that checks tokens; `None` for large objects, whose bodies the load discards.
    per_second_least: Option<f64>,
}

const OBJECTS: [Object; 4] = [
    Object {
        row: "playlist",
        file: files::PLAYLIST,
        label: "live playlist, 300 B",
        cpu_most: 1.4,
        per_second_least: Some(1.0),
    },
    Object {
        row: "64k",
        file: "64k.ts",
        label: "segment, 64 KiB",
        cpu_most: 1.2,
        per_second_least: Some(1.0),
    },
    Object {
        row: "1m",
        file: "1m.ts",
        label: "segment, 1 MiB",
        cpu_most: 1.1,
        per_second_least: None,
    },
    Object {
        row: "6m",
        file: "6m.ts",
        label: "segment, 6 MiB",
        cpu_most: 1.1,
        per_second_least: None,
    },
];

pub(super) const LOCAL_ROWS: [&str; 4] = ["playlist", "64k", "1m", "6m"];
pub(super) const CACHED_ROWS: [&str; 4] = ["cached-playlist", "cached-64k", "cached-1m", "cached-6m"];

/// Objects from local files, and how much others disturbed them (a share of a core).
pub(super) fn local(ground: &Ground, wanted: &[&str]) -> Result<(Section, f64)> {
    let contenders = [
        ground.streamgate(),
        ground.nginx_checked()?,
        ground.nginx_plain()?,
    ];
    let mut section = Section {
        title: "Objects from local files",
        method: "32 connections ask for one object with 2,000 different tokens in turn, one second for each server, round after \
                 round: wrk up to 64 KiB, from 1 MiB on sockets that discard the bodies. The playlist is replaced every 2 s while \
                 it is measured.",
        table: head(),
        limit: "the server's core. The whole difference to nginx without a check is the token (see below), the deny state, the \
                session's account, and for small answers hyper's tasks and timers. From 1 MiB on nearly all of it is the kernel's \
                sendfile, which both call alike.",
        verdicts: Vec::new(),
    };
    let mut disturbance: f64 = 0.0;
    for object in OBJECTS.iter().filter(|object| wanted.contains(&object.row)) {
        disturbance = disturbance.max(row(ground, object, &contenders, &mut section)?);
    }
    Ok((section, disturbance))
}

/// Objects of an origin that were fetched before, as [`local`].
pub(super) fn cached(ground: &Ground, wanted: &[&str]) -> Result<(Section, f64)> {
    let origin = Nginx::start(&Opponent {
        folder: &ground.site.folder().join("nginx-origin"),
        streams: &ground.site.folder().join("streams"),
        secret: &ground.site.signing_secret,
        origin: None,
        core: LOAD_CORE,
    })?;
    let nginx = Nginx::start(&Opponent {
        folder: &ground.site.folder().join("nginx-cache"),
        streams: &ground.site.folder().join("streams"),
        secret: &ground.site.signing_secret,
        origin: Some(&origin.plain),
        core: SERVER_CORE,
    })?;
    let upstream = format!("http://{}/streams", origin.plain);
    let edge = ground
        .site
        .caching_edge("cache", &ground.platform, upstream, Some(SERVER_CORE));
    let edge = ground.runtime.block_on(edge)?;
    let contenders = [
        edge_contender(OURS, &edge),
        nginx_contender(CACHED, &nginx, &nginx.cached)?,
        ground.nginx_plain()?,
    ];
    let mut section = Section {
        title: "Objects from the cache",
        method: "As above, with an origin (another nginx, beside the load) behind both caches; every object was fetched once \
                 before. The last line of each object is nginx with the same file on its own disk and no check.",
        table: head(),
        limit: "as above. A hit in its cache costs nginx hardly more than a file of its own (compare the last two lines of an \
                object), so that half of it is less than sending takes. It costs more when the reader copies and falls behind: \
                nginx keeps its own head before the body, so that its pages lie unevenly in packets. wrk, which is such a reader, \
                found StreamGate at 0.46 of proxy_cache for 1 MiB and 0.78 for 6 MiB.",
        verdicts: Vec::new(),
    };
    let is_wanted = |object: &&Object| {
        wanted
            .iter()
            .any(|row| row.strip_prefix("cached-") == Some(object.row))
    };
    let mut disturbance: f64 = 0.0;
    for object in OBJECTS.iter().filter(is_wanted) {
        disturbance = disturbance.max(row(ground, object, &contenders, &mut section)?);
    }
    Ok((section, disturbance))
}

fn head() -> Table {
    Table::new([
        "object",
        "server",
        "requests/s",
        "CPU us/request",
        "CPU us/MiB",
        "requests/s, times nginx + Lua",
        "CPU, times nginx without check",
    ])
}

/// Measures one object at all contenders: StreamGate, nginx with a check, nginx without. Returns the disturbance.
fn row(ground: &Ground, object: &Object, contenders: &[Contender; 3], section: &mut Section) -> Result<f64> {
    let path = ground.path(object.file);
    let [ours, checked, _] = contenders;
    for contender in [ours, checked] {
        let refusal = refuses(contender, &path, ground.first_token()?);
        ground.runtime.block_on(refusal)?;
    }
    let bytes = ground
        .runtime
        .block_on(agree(contenders, &path, ground.first_token()?))?;
    let encoder =
        (object.file == files::PLAYLIST).then(|| Encoder::start(&ground.site.stream_folder(&ground.event)));
    let tool = if object.per_second_least.is_none() {
        Tool::Sockets(ground.requests(object.file, TOKENS))
    } else {
        Tool::Wrk {
            folder: ground.site.folder(),
            tokens: &ground.token_file,
        }
    };
    let load = Load {
        tool,
        path: &path,
        rounds: ground.effort.rounds
            * if object.per_second_least.is_none() {
                ROUNDS_OF_LARGE
            } else {
                1
            },
        seconds: SECONDS,
    };
    let Measured { reached, disturbance } = measure(contenders, &load)?;
    drop(encoder);
    let [ours, checked, plain] = reached.as_slice() else {
        return Ok(disturbance);
    };
    for (contender, reached) in contenders.iter().zip(&reached) {
        section.table.line([
            object.label.to_owned(),
            contender.name.to_owned(),
            spread(&reached.per_second),
            spread(&reached.cpu_micros),
            number(reached.cpu_micros.median() * MIB / size(bytes), 0),
            spread(&reached.per_second.ratio_to(&checked.per_second)),
            spread(&reached.cpu_micros.ratio_to(&plain.cpu_micros)),
        ]);
    }
    let is_cached = contenders.iter().any(|contender| contender.name == CACHED);
    section
        .verdicts
        .extend(judge(object, is_cached, [ours, checked, plain]));
    Ok(disturbance)
}

fn judge(object: &Object, is_cached: bool, reached: [&Reached; 3]) -> Vec<Verdict> {
    let [ours, checked, plain] = reached;
    let (place, opponent) = if is_cached {
        ("cached ", CACHED)
    } else {
        ("", CHECKED)
    };
    let verdict = |measure: &str, ratio: &Rounds, sign: &str, limit: f64, opponent: &str| Verdict {
        what: format!("{place}{}: {measure}", object.label),
        target: format!("{sign} {limit} x {opponent}"),
        reached: format!("{} x", number(ratio.median(), 2)),
        is_met: match sign {
            "<=" => ratio.median() <= limit,
            _ => ratio.median() >= limit,
        },
    };
    let mut verdicts = Vec::new();
    if let Some(least) = object.per_second_least {
        let ratio = ours.per_second.ratio_to(&checked.per_second);
        verdicts.push(verdict("requests/s", &ratio, ">=", least, opponent));
    }
    let ratio = ours.cpu_micros.ratio_to(&plain.cpu_micros);
    verdicts.push(verdict("CPU", &ratio, "<=", object.cpu_most, PLAIN));
    if is_cached && object.per_second_least.is_none() {
        let ratio = ours.cpu_micros.ratio_to(&checked.cpu_micros);
        verdicts.push(verdict("CPU", &ratio, "<=", 0.5, opponent));
    }
    verdicts
}

fn spread(rounds: &Rounds) -> String {
    rounds
        .spread()
        .map_or_else(String::new, |spread| spread.to_string())
}

#[expect(clippy::cast_precision_loss, reason = "sizes of segments are far below 2^52")]
const fn size(bytes: u64) -> f64 {
    bytes as f64
}
