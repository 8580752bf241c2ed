//! promises: whatever bytes arrive, the listener ends that connection in time and serves the next one.

use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use tokio::io::AsyncWriteExt as _;

use crate::support::{GET, PATIENCE, Server, patient, read_to_close, read_until};

/// Connections of every test run; `STREAMGATE_FUZZ_CASES` sets another count.
const CONNECTIONS: usize = 400;
/// The same run every time; another seed is another run.
const SEED: u64 = 28;

/// What requests are made of, and what their readers stumble over.
const PIECES: &[&[u8]] = &[
    b"GET / HTTP/1.1\r\nhost: a\r\n\r\n",
    b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HEAD /\xff HTTP/1.0\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\0\0\0\x04\0\0\0\0\0",
    b"\0\0\x06\x01\x05\0\0\0\x01\x82\x86\x84\x41\x01a",
    b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08",
    b"\0\0\x04\x08\0\0\0\0\0\x7f\xff\xff\xff",
    b"\0\0\x08\x06\0\0\0\0\0pingping",
    b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    b"\r\n",
    b": ",
    b"Expect: 100-continue\r\n",
    b"Upgrade: h2c\r\nConnection: Upgrade\r\n",
    b"Range: bytes=0-,0-,0-\r\n",
    b"ffffffffffffffff\r\n",
];

fn connections() -> usize {
    let set = std::env::vars().find(|(name, _)| name == "STREAMGATE_FUZZ_CASES");
    set.map_or(CONNECTIONS, |(_, text)| {
        text.parse().expect("STREAMGATE_FUZZ_CASES is a number")
    })
}

/// Strings pieces together and damages the result.
fn mutant(dice: &mut StdRng) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..dice.random_range(1..8) {
        bytes.extend(PIECES[dice.random_range(0..PIECES.len())]);
    }
    for _ in 0..dice.random_range(0..6) {
        let at = dice.random_range(0..bytes.len());
        match dice.random_range(0..4) {
            0 => bytes[at] = dice.random(),
            1 => bytes.insert(at, dice.random()),
            2 => bytes.truncate(at.max(1)),
            _ => {
                let mut noise = vec![0; dice.random_range(1..40)];
                dice.fill_bytes(&mut noise);
                bytes.splice(at..at, noise);
            }
        }
    }
    bytes
}

// H-28
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_bytes_keep_a_connection_or_harm_the_next_one() {
    let server = Server::hello(patient());
    let mut dice = StdRng::seed_from_u64(SEED);
    for number in 0..connections() {
        let bytes = mutant(&mut dice);
        let mut socket = server.connect().await;
        // Refused bytes end the connection before all of them are written.
        let _ignored = socket.write_all(&bytes).await;
        let _ignored = socket.shutdown().await;
        // Fails, quoting what came, when the connection stays open.
        read_to_close(&mut socket).await;
        if number % 50 == 0 {
            let mut other = server.connect().await;
            other.write_all(GET).await.unwrap();
            tokio::time::timeout(PATIENCE, read_until(&mut other, "hello"))
                .await
                .unwrap();
        }
    }
    assert!(!server.served.is_finished());
}
