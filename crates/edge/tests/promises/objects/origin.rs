//! An HLS origin that can misbehave: it answers each request by a script and remembers what it was asked.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::support::until;
use tokio::task::JoinSet;

/// One step of an answer.
#[derive(Clone)]
pub(crate) enum Step {
    Send(Vec<u8>),
    /// Sends what there is to say at that moment.
    Make(Arc<dyn Fn() -> Vec<u8> + Send + Sync>),
    /// Waits until the test opens the gate; each open lets one wait through.
    Gate(Gate),
    /// Says nothing more and keeps the connection.
    Hang,
    /// Closes the connection.
    Close,
}

/// What a test opens to let an answer go on.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Semaphore>);

impl Gate {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    pub(crate) fn open(&self) {
        self.0.add_permits(1);
    }

    /// Closes it again, where nobody came.
    pub(crate) fn take(&self) {
        self.0.forget_permits(1);
    }
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) head: String,
}

type Scripts = Arc<Mutex<HashMap<String, Vec<Vec<Step>>>>>;

pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    scripts: Scripts,
    /// The length of every object that has no script, once it is set.
    everything: Arc<AtomicUsize>,
    serving: tokio::task::JoinHandle<()>,
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// The bytes that the object at `path` has.
pub(crate) fn bytes_of(path: &str, length: usize) -> Vec<u8> {
    path.bytes().cycle().take(length).collect()
}

/// An ordinary answer.
pub(crate) fn ok(body: &[u8]) -> Vec<Step> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nServer: secret-origin\r\nSet-Cookie: canary=1\r\nContent-Type: video/mp2t\r\n\
         Last-Modified: Tue, 24 Nov 2026 12:00:00 GMT\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    vec![Step::Send(head.into_bytes()), Step::Send(body.to_vec())]
}

/// An answer with a status and headers of its own, without a body.
pub(crate) fn status(line: &str, headers: &str) -> Vec<Step> {
    let text = format!("HTTP/1.1 {line}\r\nContent-Length: 0\r\n{headers}\r\n");
    vec![Step::Send(text.into_bytes())]
}

/// Half of an object, then whatever `after` says.
pub(crate) fn half(body: &[u8], after: Vec<Step>) -> Vec<Step> {
    let mut steps = ok(body);
    steps.pop();
    let (first, second) = body.split_at(body.len() / 2);
    steps.push(Step::Send(first.to_vec()));
    steps.extend(after.into_iter().map(|step| match step {
        Step::Send(bytes) if bytes.is_empty() => Step::Send(second.to_vec()),
        other => other,
    }));
    steps
}

/// Stands for the second half in [`half`].
pub(crate) fn rest() -> Step {
    Step::Send(Vec::new())
}

impl Origin {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let scripts = Scripts::default();
        let everything = Arc::new(AtomicUsize::new(0));
        let book = Book {
            asked: Arc::clone(&asked),
            scripts: Arc::clone(&scripts),
            everything: Arc::clone(&everything),
        };
        let serving = tokio::spawn(async move {
            // Ends all connections with the origin.
            let mut connections = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                socket.set_nodelay(true).unwrap();
                connections.spawn(serve(socket, book.clone()));
            }
        });
        Self {
            address,
            asked,
            scripts,
            everything,
            serving,
        }
    }

    pub(crate) fn url(&self) -> url::Url {
        format!("http://{}/live", self.address).parse().unwrap()
    }

    /// Has requests for `target` answered by these scripts, one after the other; the last one stays.
    pub(crate) fn script(&self, target: &str, scripts: Vec<Vec<Step>>) {
        self.scripts.lock().unwrap().insert(target.to_owned(), scripts);
    }

    /// Puts an object under `relative` of the event and returns its bytes.
    pub(crate) fn put(&self, relative: &str, length: usize) -> Vec<u8> {
        let bytes = bytes_of(relative, length);
        self.script(&format!("/live/evt/{relative}"), vec![ok(&bytes)]);
        bytes
    }

    /// Has an object of so many bytes at every path that has no script: [`bytes_of`] its target.
    pub(crate) fn have_everything(&self, length: usize) {
        self.everything.store(length, Ordering::SeqCst);
    }

    /// Forgets what was asked.
    pub(crate) fn forget(&self) {
        self.asked.lock().unwrap().clear();
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) async fn until_asked(&self, target: &str) {
        until(|| (self.gets(target) > 0).then_some(())).await;
    }

    /// How often `target` was asked for by GET.
    pub(crate) fn gets(&self, target: &str) -> usize {
        let asked = self.asked();
        asked
            .iter()
            .filter(|asked| asked.method == "GET" && asked.target == target)
            .count()
    }
}

/// What a connection needs of its origin.
#[derive(Clone)]
struct Book {
    asked: Arc<Mutex<Vec<Asked>>>,
    scripts: Scripts,
    everything: Arc<AtomicUsize>,
}

async fn serve(socket: TcpStream, book: Book) {
    let (reader, mut writer) = socket.into_split();
    let mut reader = BufReader::new(reader);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match reader.read_line(&mut head).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        let mut words = head.split(' ');
        let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
        let is_head = method == "HEAD";
        let script = {
            let mut scripts = book.scripts.lock().unwrap();
            match scripts.get_mut(&target) {
                Some(scripts) if scripts.len() > 1 => scripts.remove(0),
                Some(scripts) => scripts[0].clone(),
                None => match book.everything.load(Ordering::SeqCst) {
                    0 => status("404 Not Found", ""),
                    length => ok(&bytes_of(&target, length)),
                },
            }
        };
        book.asked.lock().unwrap().push(Asked { method, target, head });
        for (number, step) in script.into_iter().enumerate() {
            match step {
                Step::Send(_) if is_head && number > 0 => {}
                Step::Send(bytes) => {
                    if writer.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Make(make) => {
                    if writer.write_all(&make()).await.is_err() {
                        return;
                    }
                }
                Step::Gate(gate) => gate.0.acquire().await.unwrap().forget(),
                Step::Hang => std::future::pending().await,
                Step::Close => return,
            }
        }
    }
}
