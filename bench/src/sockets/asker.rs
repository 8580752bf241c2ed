//! One keep-alive connection that asks and reads without ever blocking.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use mio::net::TcpStream;
use rustix::net::RecvFlags;

/// Bytes of a head at most; ours have less than 1 KiB.
const HEAD_MAX: usize = 16 * 1_024;
const HEADERS_MAX: usize = 64;

/// A discarding asker reads so much at a time until its head is whole: hardly anything of the body.
const HEAD_READ_BYTES: usize = 2 * 1_024;

/// What becomes of the bytes of a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bodies {
    /// They are copied out of the kernel, as a player does.
    Read,
    /// The kernel counts them and lets them go (`MSG_TRUNC`, see tcp(7)).
    Discarded,
}

/// Returns a request as bytes on the wire.
pub(crate) fn request(path: &str, token: &str) -> Arc<[u8]> {
    let head = format!("GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n");
    head.into_bytes().into()
}

/// How far an answer has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Progress {
    /// No byte of a body yet.
    Waiting,
    /// The body has begun.
    Begun,
    /// The answer is whole, and was of this status.
    Whole(u16),
}

/// The connection and the answer that it waits for.
pub(crate) struct Asker {
    pub(crate) stream: TcpStream,
    request: Arc<[u8]>,
    written: usize,
    head: Vec<u8>,
    bodies: Bodies,
    status: u16,
    /// Bytes of the body that are to come; `None` before the head is whole.
    left: Option<u64>,
    /// When the first byte of the body was there.
    pub(crate) began: Option<Instant>,
}

impl Asker {
    /// Connects, and waits for that.
    pub(crate) fn connect(address: SocketAddr, bodies: Bodies) -> io::Result<Self> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream: TcpStream::from_std(stream),
            request: Arc::from([]),
            written: 0,
            head: Vec::new(),
            bodies,
            status: 0,
            left: None,
            began: None,
        })
    }

    /// Sends a request, or as much of it as the socket takes; the rest goes with [`Asker::go_on`].
    pub(crate) fn ask(&mut self, request: &Arc<[u8]>) -> io::Result<()> {
        self.request = Arc::clone(request);
        self.written = 0;
        self.head.clear();
        self.left = None;
        self.began = None;
        self.send()
    }

    fn send(&mut self) -> io::Result<()> {
        while let Some(rest) = self.request.get(self.written..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads what is there into `scratch`; with `until_begun` no further than the read that finds the body's beginning.
    pub(crate) fn go_on(&mut self, scratch: &mut [u8], until_begun: bool) -> io::Result<Progress> {
        self.send()?;
        loop {
            if until_begun && self.began.is_some() && self.left != Some(0) {
                return Ok(Progress::Begun);
            }
            match self.receive(scratch) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    self.take(scratch.get(..count).unwrap_or_default())?;
                    if self.left == Some(0) {
                        return Ok(Progress::Whole(self.status));
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Ok(match self.began {
                        Some(_) => Progress::Begun,
                        None => Progress::Waiting,
                    });
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Receives what is there; what is discarded is not in `scratch`, but as many bytes as it has at most.
    fn receive(&mut self, scratch: &mut [u8]) -> io::Result<usize> {
        match (self.bodies, self.left) {
            (Bodies::Read, _) => self.stream.read(scratch),
            (Bodies::Discarded, None) => {
                let most = scratch.len().min(HEAD_READ_BYTES);
                self.stream.read(scratch.get_mut(..most).unwrap_or_default())
            }
            (Bodies::Discarded, Some(_)) => {
                let (_, count) = rustix::net::recv(&self.stream, scratch, RecvFlags::TRUNC)?;
                Ok(count)
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        let body_bytes = match self.left {
            Some(_) => bytes.len(),
            None => self.take_head(bytes)?,
        };
        if let Some(left) = &mut self.left {
            *left = left.saturating_sub(body_bytes as u64);
            if body_bytes > 0 || *left == 0 {
                self.began.get_or_insert_with(Instant::now);
            }
        }
        Ok(())
    }

    /// Adds to the head and returns how many of all bytes behind it are the body's.
    fn take_head(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.head.extend_from_slice(bytes);
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut head = httparse::Response::new(&mut headers);
        let parsed = head.parse(&self.head).map_err(|_| ErrorKind::InvalidData)?;
        let httparse::Status::Complete(head_bytes) = parsed else {
            return if self.head.len() > HEAD_MAX {
                Err(ErrorKind::InvalidData.into())
            } else {
                Ok(0)
            };
        };
        self.status = head.code.unwrap_or(0);
        let length = head
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case("content-length"));
        let length = length.and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok());
        // Every answer that is measured says how long it is.
        self.left = Some(length.ok_or(ErrorKind::InvalidData)?);
        Ok(self.head.len() - head_bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Serves one connection: reads one request for each of the answers, and sends it in the given parts.
    fn serve(answers: &'static [&'static [&'static str]]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            for parts in answers {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    request.push(byte[0]);
                }
                for part in *parts {
                    stream.write_all(part.as_bytes()).unwrap();
                    thread::yield_now();
                }
            }
        });
        address
    }

    fn until(asker: &mut Asker, until_begun: bool, wanted: Progress) -> io::Result<()> {
        let mut scratch = [0; 4];
        while asker.go_on(&mut scratch, until_begun)? != wanted {}
        Ok(())
    }

    #[test]
    fn answers_in_any_pieces_are_read_to_their_end_one_after_another() {
        let address = serve(&[
            &["HTTP/1.1 200 OK\r\nContent-", "Length: 7\r\n\r\nabc", "defg"],
            &["HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"],
        ]);
        let mut asker = Asker::connect(address, Bodies::Read).unwrap();
        asker.ask(&request("/a", "t")).unwrap();
        until(&mut asker, true, Progress::Begun).unwrap();
        assert!(asker.began.is_some());
        until(&mut asker, false, Progress::Whole(200)).unwrap();
        asker.ask(&request("/b", "t")).unwrap();
        assert!(asker.began.is_none());
        until(&mut asker, true, Progress::Whole(404)).unwrap();
    }

    #[test]
    fn a_body_that_is_discarded_is_counted_to_its_end_and_the_next_head_is_read() {
        let address = serve(&[
            &["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "abcd", "efghi"],
            &["HTTP/1.1 403 Forbidden\r\nContent-Length: 1\r\n\r\nx"],
        ]);
        let mut asker = Asker::connect(address, Bodies::Discarded).unwrap();
        asker.ask(&request("/a", "t")).unwrap();
        until(&mut asker, false, Progress::Whole(200)).unwrap();
        asker.ask(&request("/b", "t")).unwrap();
        until(&mut asker, false, Progress::Whole(403)).unwrap();
    }

    #[test]
    fn a_connection_that_ends_too_early_and_an_answer_without_a_length_are_errors() {
        for answer in [
            &["HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nabc"] as &[&str],
            &["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
        ] {
            let address = serve(Box::leak(Box::new([answer])));
            let mut asker = Asker::connect(address, Bodies::Read).unwrap();
            asker.ask(&request("/", "t")).unwrap();
            assert!(until(&mut asker, false, Progress::Whole(200)).is_err());
        }
    }
}
