//! A cache that is killed while it is written serves nothing but the origin's bytes afterwards.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::harness::http::try_send;
use crate::harness::site::Site;

/// Rounds of every test run; `STREAMGATE_KILL_ROUNDS=50` runs as many as the product promises.
const ROUNDS: usize = 3;
const ROUNDS_SETTING: &str = "STREAMGATE_KILL_ROUNDS";
const PLAYERS: usize = 8;
const SEGMENT_BYTES: usize = 400_000;
const PIECE_BYTES: usize = 50_000;

/// An origin that has every object, and sends each in pieces so that a kill falls into the middle of some.
pub(super) struct Origin {
    pub(super) address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

pub(super) fn bytes_of(target: &str) -> Vec<u8> {
    target.bytes().cycle().take(SEGMENT_BYTES).collect()
}

impl Origin {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        // Ends with the test's process.
        thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                thread::spawn(move || answer(&socket, &count));
            }
        });
        Self { address, asked }
    }
}

/// Answers the requests of one connection; returns when the other side is gone.
fn answer(socket: &TcpStream, asked: &AtomicUsize) -> Option<()> {
    let mut reader = BufReader::new(socket.try_clone().ok()?);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        asked.fetch_add(1, Ordering::SeqCst);
        let body = bytes_of(head.split(' ').nth(1)?);
        let mut writer = socket;
        write!(
            writer,
            "HTTP/1.1 200 OK\r\nContent-Length: {SEGMENT_BYTES}\r\n\r\n"
        )
        .ok()?;
        for piece in body.chunks(PIECE_BYTES) {
            writer.write_all(piece).ok()?;
            thread::sleep(Duration::from_millis(1));
        }
    }
}

fn rounds() -> usize {
    match std::env::vars().find(|(name, _)| name == ROUNDS_SETTING) {
        Some((_, text)) => text.parse().expect("STREAMGATE_KILL_ROUNDS is a number"),
        None => ROUNDS,
    }
}

// C-08
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_object_after_kill_9_under_load_is_the_origins_byte_for_byte() {
    let origin = Origin::start();
    let base = format!("http://{}", origin.address);
    let mut site = Site::serve_with(&[("UPSTREAM_ORIGIN", base.as_str())]).await;
    let event = site.admin().event(Value::Null).await;
    let ticket = site.admin().ticket(&event).await;
    let token = site.viewer("a").watch(&ticket).await;
    let id = crate::harness::actors::id(&event).to_owned();
    let segment = |round: usize, number: usize| format!("{round}-{number}.ts");
    for round in 0..rounds() {
        let done = Arc::new(AtomicUsize::new(0));
        let mut players = Vec::new();
        for player in 0..PLAYERS {
            let (client, done) = (site.player(), Arc::clone(&done));
            let (event, token) = (event.clone(), token.clone());
            players.push(tokio::spawn(async move {
                for number in 0.. {
                    let name = segment(round, number * PLAYERS + player);
                    let request = client.client.get(client.url(&event, &name)).bearer_auth(&token);
                    // The kill comes in the middle of some.
                    if try_send(request).await.is_err() {
                        return number;
                    }
                    done.fetch_add(1, Ordering::SeqCst);
                }
                0
            }));
        }
        while done.load(Ordering::SeqCst) < 3 * PLAYERS + round {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        site.platform.process.kill_9();
        let mut last = 0;
        for player in players {
            last = last.max(player.await.unwrap());
        }
        site.platform.start_again();
        site.platform.ready().await;

        let before = origin.asked.load(Ordering::SeqCst);
        let count = (last + 1) * PLAYERS;
        for number in 0..count {
            let name = segment(round, number);
            let answer = site.player().get(&event, &name, &token).await;
            assert_eq!(answer.status, 200, "{name}");
            assert!(answer.body == bytes_of(&format!("/{id}/{name}")), "{name}");
        }
        // What had come whole before the kill was found again.
        let fetched = origin.asked.load(Ordering::SeqCst) - before;
        assert!(
            fetched + done.load(Ordering::SeqCst) <= count + PLAYERS,
            "{fetched} of {count}"
        );
    }
}
