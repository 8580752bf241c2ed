//! Requests as bytes on a socket, so that nobody makes a path prettier on the way.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer as far as it was read.
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// Connects to `base` and asks for `target` as it is.
pub(crate) fn ask(base: &str, target: &[u8], token: &str) -> TcpStream {
    let address = base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut request = b"GET ".to_vec();
    request.extend_from_slice(target);
    let rest =
        format!(" HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    request.extend_from_slice(rest.as_bytes());
    // A server may refuse, and close, before it has read a long request whole.
    drop(stream.write_all(&request));
    stream
}

/// Asks for `target` and reads the whole answer; status 0 when the connection was closed without one.
pub(crate) fn get(base: &str, target: &[u8], token: &str) -> RawAnswer {
    let mut stream = ask(base, target, token);
    let mut bytes = Vec::new();
    drop(stream.read_to_end(&mut bytes));
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let Some(end) = end else {
        return RawAnswer {
            status: 0,
            body: bytes,
        };
    };
    let head = String::from_utf8_lossy(&bytes[..end]);
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    RawAnswer {
        status,
        body: bytes.split_off(end + 4),
    }
}
