//! Many askers at the same moment, and many that only wait.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mio::{Events, Interest, Poll, Token};

use super::asker::{Asker, Bodies, Progress};
use super::rate::wait;
use crate::stats::Times;

const PATIENCE: Duration = Duration::from_secs(30);
/// Enough for a head and the first bytes of a body: what comes after must not delay the next asker's first byte.
const FIRST_READ_BYTES: usize = 2 * 1_024;
const READ_BYTES: usize = 256 * 1_024;
const GO_ON_AT_ONCE: usize = 16;
const WAIT: Duration = Duration::from_millis(100);

/// What came of a volley.
#[derive(Debug, Default)]
pub(crate) struct Volley {
    /// From asking to the first byte of the body.
    pub(crate) first_byte: Times,
    /// How many answers of each status; 0 for connections that broke.
    pub(crate) statuses: BTreeMap<u16, usize>,
}

/// Connects as many askers as there are requests, lets all ask at once and reads all answers. Who has nothing yet is
/// looked after before those who read on.
pub(crate) fn volley(address: SocketAddr, requests: &[Arc<[u8]>]) -> Result<Volley> {
    let mut crowd = Crowd::connect(address, requests.len())?;
    let mut asked = Vec::with_capacity(requests.len());
    for (asker, request) in crowd.askers.iter_mut().zip(requests) {
        asked.push(Instant::now());
        asker.ask(request)?;
    }
    crowd.read()?;
    let mut outcome = Volley::default();
    for (asker, asked) in crowd.askers.iter().zip(asked) {
        if let Some(began) = asker.began {
            outcome.first_byte.add(began.saturating_duration_since(asked));
        }
    }
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
            let mut asker =
                Asker::connect(address, Bodies::Read).with_context(|| format!("connection {index}"))?;
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

    /// Reads until every answer is whole or broken.
    fn read(&mut self) -> Result<()> {
        let mut events = Events::with_capacity(1_024);
        let (mut first, mut more) = (vec![0; FIRST_READ_BYTES], vec![0; READ_BYTES]);
        let mut missing = self.askers.len();
        // Those who have begun and may read on.
        let mut going_on: VecDeque<usize> = VecDeque::new();
        let started = Instant::now();
        while missing > 0 {
            ensure!(started.elapsed() < PATIENCE, "{missing} answers are missing");
            let patience = if going_on.is_empty() { WAIT } else { Duration::ZERO };
            wait(&mut self.poll, &mut events, patience)?;
            for event in &events {
                let index = event.token().0;
                let has_begun = self.askers.get(index).is_some_and(|asker| asker.began.is_some());
                if !has_begun {
                    missing -= usize::from(self.advance(index, &mut first, true)?);
                }
                going_on.push_back(index);
            }
            // A few of them only: meanwhile others get their first bytes. Nobody stops reading altogether, or the bytes
            // that wait for them would fill the kernel's memory for sockets.
            for _ in 0..GO_ON_AT_ONCE {
                let Some(index) = going_on.pop_front() else {
                    break;
                };
                missing -= usize::from(self.advance(index, &mut more, false)?);
            }
        }
        Ok(())
    }

    /// Reads from one asker; returns whether that ended its answer.
    fn advance(&mut self, index: usize, scratch: &mut [u8], until_begun: bool) -> Result<bool> {
        let asker = self.askers.get_mut(index).context("an asker")?;
        let end = self.ends.get_mut(index).context("an asker")?;
        if end.is_some() {
            return Ok(false);
        }
        *end = match asker.go_on(scratch, until_begun) {
            Ok(Progress::Whole(status)) => Some(status),
            Ok(Progress::Waiting | Progress::Begun) => None,
            Err(_) => Some(0),
        };
        Ok(end.is_some())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::sockets::request;

    #[test]
    fn every_asker_gets_its_own_answer_and_a_broken_connection_counts_as_one() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let mut streams: Vec<_> = (0..5).map(|_| listener.accept().unwrap().0).collect();
            for stream in &mut streams {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    request.push(byte[0]);
                }
            }
            // The first is cut short; the others are longer than what is read at once.
            let body = vec![7; 3 * READ_BYTES];
            for (index, mut stream) in streams.into_iter().enumerate() {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all(head.as_bytes()).unwrap();
                let end = if index == 0 { 10 } else { body.len() };
                stream.write_all(&body[..end]).unwrap();
            }
        });
        let requests: Vec<_> = (0..5).map(|_| request("/a", "t")).collect();
        let outcome = volley(address, &requests).unwrap();
        server.join().unwrap();
        assert_eq!(outcome.statuses, BTreeMap::from([(0, 1), (200, 4)]));
        assert_eq!(outcome.first_byte.len(), 5);
    }
}
