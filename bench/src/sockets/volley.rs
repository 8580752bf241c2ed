//! Many askers at the same moment, and many that only wait.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mio::{Events, Interest, Poll, Token};

use super::asker::{Asker, Progress};
use super::rate::wait;
use crate::stats::Times;

const PATIENCE: Duration = Duration::from_secs(30);
/// Enough for a head and the first bytes of a body: what comes after must not delay the next asker's first byte.
const FIRST_READ_BYTES: usize = 2 * 1_024;
const READ_BYTES: usize = 256 * 1_024;

/// What came of a volley.
#[derive(Debug, Default)]
pub(crate) struct Volley {
    /// From asking to the first byte of the body.
    pub(crate) first_byte: Times,
    /// From the first request to the last byte of the last answer.
    pub(crate) took: Duration,
    /// How many answers of each status; 0 for connections that broke.
    pub(crate) statuses: BTreeMap<u16, usize>,
}

/// Connects as many askers as there are requests, lets all ask at once and reads all answers. Nobody reads on after the
/// first bytes before everybody has them.
pub(crate) fn volley(address: SocketAddr, requests: &[Arc<[u8]>]) -> Result<Volley> {
    let mut crowd = Crowd::connect(address, requests.len())?;
    let started = Instant::now();
    let mut asked = Vec::with_capacity(requests.len());
    for (asker, request) in crowd.askers.iter_mut().zip(requests) {
        asked.push(Instant::now());
        asker.ask(request)?;
    }
    let mut outcome = Volley::default();
    crowd.read(true)?;
    for (asker, asked) in crowd.askers.iter().zip(asked) {
        if let Some(began) = asker.began {
            outcome.first_byte.add(began.saturating_duration_since(asked));
        }
    }
    crowd.read(false)?;
    outcome.took = started.elapsed();
    for status in crowd.ends {
        *outcome.statuses.entry(status.unwrap_or(0)).or_default() += 1;
    }
    Ok(outcome)
}

/// Connections that were used once and are kept.
pub(crate) struct Waiting {
    /// Closed when dropped.
    _askers: Vec<Asker>,
}

/// Opens as many connections as there are requests, asks one of them on each, and keeps them open.
pub(crate) fn idle(address: SocketAddr, requests: &[Arc<[u8]>]) -> Result<Waiting> {
    let mut crowd = Crowd::connect(address, requests.len())?;
    // One after another, so that the server's memory is that of idle connections and not of a stampede.
    let mut scratch = vec![0; READ_BYTES];
    for (asker, request) in crowd.askers.iter_mut().zip(requests) {
        asker.ask(request)?;
        let started = Instant::now();
        loop {
            if let Progress::Whole(status) = asker.go_on(&mut scratch, false)? {
                ensure!(status == 200, "an answer with status {status}");
                break;
            }
            ensure!(started.elapsed() < PATIENCE, "no answer");
            std::thread::yield_now();
        }
    }
    Ok(Waiting {
        _askers: crowd.askers,
    })
}

struct Crowd {
    askers: Vec<Asker>,
    /// How each ended; `Some(0)` for a broken connection, `None` while it goes on.
    ends: Vec<Option<u16>>,
    poll: Poll,
}

impl Crowd {
    fn connect(address: SocketAddr, count: usize) -> Result<Self> {
        let poll = Poll::new()?;
        let mut askers = Vec::with_capacity(count);
        for index in 0..count {
            let mut asker = Asker::connect(address).with_context(|| format!("connection {index}"))?;
            poll.registry()
                .register(&mut asker.stream, Token(index), Interest::READABLE)?;
            askers.push(asker);
        }
        Ok(Self {
            ends: vec![None; askers.len()],
            askers,
            poll,
        })
    }

    /// Reads until everybody has the first bytes, or all.
    fn read(&mut self, until_begun: bool) -> Result<()> {
        let mut events = Events::with_capacity(1_024);
        let bytes = if until_begun { FIRST_READ_BYTES } else { READ_BYTES };
        let mut scratch = vec![0; bytes];
        let mut missing: usize = 0;
        // What lies ready since before the first event is no event any more.
        for index in 0..self.askers.len() {
            missing += usize::from(!self.advance(index, &mut scratch, until_begun)?);
        }
        let started = Instant::now();
        while missing > 0 {
            ensure!(started.elapsed() < PATIENCE, "{missing} answers are missing");
            wait(&mut self.poll, &mut events, Duration::from_millis(100))?;
            for event in &events {
                let index = event.token().0;
                let was_done = self.is_done(index, until_begun);
                if self.advance(index, &mut scratch, until_begun)? && !was_done {
                    missing -= 1;
                }
            }
        }
        Ok(())
    }

    fn is_done(&self, index: usize, until_begun: bool) -> bool {
        let began = self.askers.get(index).is_some_and(|asker| asker.began.is_some());
        self.ends.get(index).is_some_and(Option::is_some) || (until_begun && began)
    }

    /// Reads from one asker, unless it is done; returns whether it is now.
    fn advance(&mut self, index: usize, scratch: &mut [u8], until_begun: bool) -> Result<bool> {
        if !self.is_done(index, until_begun) {
            let asker = self.askers.get_mut(index).context("an asker")?;
            let end = self.ends.get_mut(index).context("an asker")?;
            *end = match asker.go_on(scratch, until_begun) {
                Ok(Progress::Whole(status)) => Some(status),
                Ok(Progress::Waiting | Progress::Begun) => None,
                Err(_) => Some(0),
            };
        }
        Ok(self.is_done(index, until_begun))
    }
}
