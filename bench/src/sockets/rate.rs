//! Latency at a fixed rate: requests go out when they are due, whatever became of those before, and the time counts from
//! when they were due. A server that stalls is charged for everybody who would have asked meanwhile.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mio::{Events, Interest, Poll, Token};

use super::asker::{Asker, Bodies, Progress};
use crate::stats::Times;

const SCRATCH_BYTES: usize = 256 * 1_024;
/// After the last request was due, answers are waited for so long.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often, how long and on how many connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) per_second: u32,
    pub(crate) lasts: Duration,
    pub(crate) connections: usize,
}

/// Asks for the requests in turn and returns the times from due to whole.
pub(crate) fn at_rate(address: SocketAddr, requests: &[Arc<[u8]>], rate: Rate) -> Result<Times> {
    let mut askers = Vec::new();
    for _ in 0..rate.connections {
        askers.push(Asker::connect(address, Bodies::Read)?);
    }
    let mut poll = Poll::new()?;
    for (index, asker) in askers.iter_mut().enumerate() {
        poll.registry()
            .register(&mut asker.stream, Token(index), Interest::READABLE)?;
    }
    let mut events = Events::with_capacity(rate.connections);
    let mut scratch = vec![0; SCRATCH_BYTES];
    let mut idle: VecDeque<usize> = (0..askers.len()).collect();
    let mut due_at = vec![Instant::now(); askers.len()];
    let started = Instant::now();
    let interval = Duration::from_secs(1) / rate.per_second;
    let total = u32::try_from(rate.lasts.as_nanos() / interval.as_nanos())?;
    let (mut sent, mut times) = (0, Times::default());
    let mut queue = requests.iter().cycle();
    while times.len() < total as usize {
        let now = Instant::now();
        ensure!(
            now < started + rate.lasts + PATIENCE,
            "{sent} of {total} requests were sent and {} answered",
            times.len()
        );
        while sent < total && started + interval * sent <= now {
            let Some(index) = idle.pop_front() else {
                break;
            };
            let (asker, due) = (askers.get_mut(index), due_at.get_mut(index));
            let (asker, due) = asker.zip(due).context("an asker")?;
            *due = started + interval * sent;
            asker.ask(queue.next().context("no request")?)?;
            sent += 1;
        }
        // This core has nothing else to do: waiting would cost a wake-up's time in each answer.
        wait(&mut poll, &mut events, Duration::ZERO)?;
        for event in &events {
            let index = event.token().0;
            let asker = askers.get_mut(index).context("an asker")?;
            if let Progress::Whole(status) = asker.go_on(&mut scratch, false)? {
                ensure!(status == 200, "an answer with status {status}");
                let due = due_at.get(index).context("an asker")?;
                times.add(due.elapsed());
                idle.push_back(index);
            }
        }
    }
    Ok(times)
}

pub(super) fn wait(poll: &mut Poll, events: &mut Events, time: Duration) -> Result<()> {
    match poll.poll(events, Some(time)) {
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}
