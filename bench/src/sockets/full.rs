//! Full load of large answers, whose bodies the kernel discards. A reader that copies them, as wrk does, needs more of its
//! core for a mebibyte than the server needs of its own: then the reader is what is measured.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mio::{Events, Interest, Poll, Token};

use super::asker::{Asker, Bodies, Progress};
use super::rate::wait;

/// As many bytes are discarded at once at most.
const SCRATCH_BYTES: usize = 1024 * 1024;

/// Asks for the requests in turn, on so many connections with one request at a time each, and returns how many answers
/// came in how long. Fails if any was answered otherwise than 200.
pub(crate) fn at_full_load(
    address: SocketAddr,
    requests: &[Arc<[u8]>],
    connections: usize,
    lasts: Duration,
) -> Result<(u32, Duration)> {
    let mut poll = Poll::new()?;
    let mut askers = Vec::new();
    let mut queue = requests.iter().cycle();
    for index in 0..connections {
        let mut asker = Asker::connect(address, Bodies::Discarded)?;
        poll.registry()
            .register(&mut asker.stream, Token(index), Interest::READABLE)?;
        askers.push(asker);
    }
    let (mut events, mut scratch) = (Events::with_capacity(connections), vec![0; SCRATCH_BYTES]);
    let (mut answers, started) = (0, Instant::now());
    for asker in &mut askers {
        asker.ask(queue.next().context("no request")?)?;
    }
    while started.elapsed() < lasts {
        // Never asleep, as a reader elsewhere never is for the server: what wakes a sleeping one is the sender, in its own time.
        wait(&mut poll, &mut events, Duration::ZERO)?;
        for event in &events {
            let asker = askers.get_mut(event.token().0).context("an asker")?;
            if let Progress::Whole(status) = asker.go_on(&mut scratch, false)? {
                ensure!(status == 200, "an answer with status {status}");
                answers += 1;
                asker.ask(queue.next().context("no request")?)?;
            }
        }
    }
    Ok((answers, started.elapsed()))
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::sockets::request;

    /// Answers every request on two connections with `status` and a body that is longer than what is read with a head.
    fn serve(status: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        for _ in 0..2 {
            let listener = listener.try_clone().unwrap();
            thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let body = vec![7; 100_000];
                let mut byte = [0];
                let mut end = [0; 4];
                while stream.read_exact(&mut byte).is_ok() {
                    end = [end[1], end[2], end[3], byte[0]];
                    if end != *b"\r\n\r\n" {
                        continue;
                    }
                    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n", body.len());
                    let sent = stream
                        .write_all(head.as_bytes())
                        .and_then(|()| stream.write_all(&body));
                    // The load leaves when its time is up.
                    if sent.is_err() {
                        break;
                    }
                }
            });
        }
        address
    }

    #[test]
    fn each_connection_asks_again_when_its_answer_is_whole() {
        let requests = [request("/a", "t"), request("/b", "t")];
        let mut answers = 0;
        // On a machine that is busy one time slice may hold none.
        while answers < 3 {
            let lasts = Duration::from_millis(200);
            let (more, lasted) = at_full_load(serve("200 OK"), &requests, 2, lasts).unwrap();
            assert!(lasted >= lasts);
            answers += more;
        }
    }

    #[test]
    fn an_answer_with_another_status_fails_the_load() {
        let requests = [request("/a", "t")];
        let lasts = Duration::from_secs(30);
        let failure = at_full_load(serve("403 Forbidden"), &requests, 2, lasts).unwrap_err();
        assert_eq!(failure.to_string(), "an answer with status 403");
    }
}
