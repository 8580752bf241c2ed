//! promises: a proxy in front and the listener behind it see the same requests, however they are framed.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::{PATIENCE, Server, hello, patient};

/// nginx as a proxy that hands bodies on as they come and keeps its connections, where disagreement would do harm.
const CONFIGURATION: &str = "daemon off; pid {folder}/pid; error_log {folder}/error.log; events {}
http {
    client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
    uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; client_header_timeout 500ms; client_body_timeout 500ms;
    keepalive_timeout 300ms;
    log_format seen '$upstream_addr $upstream_status $request_method $request_uri';
    upstream behind { server {behind}; keepalive 8; }
    server {
        listen {front}; access_log {folder}/seen.log seen;
        location / {
            proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection '';
            proxy_request_buffering off; proxy_next_upstream off;
        }
    }
}";

struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGQUIT to the master ends its workers too, after what they do.
        let asked = Command::new("kill")
            .args(["-QUIT", &self.0.id().to_string()])
            .status();
        if asked.is_ok() {
            let _ended = self.0.wait();
        }
    }
}

async fn nginx(folder: &Path, behind: std::net::SocketAddr) -> (Nginx, String) {
    let front = {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().to_string()
    };
    let configuration = CONFIGURATION
        .replace("{folder}", &folder.display().to_string())
        .replace("{behind}", &behind.to_string())
        .replace("{front}", &front);
    fs::write(folder.join("nginx.conf"), configuration).unwrap();
    let process = Command::new("nginx")
        .arg("-c")
        .arg(folder.join("nginx.conf"))
        .arg("-e")
        .arg(folder.join("error.log"))
        .stdin(Stdio::null())
        .spawn()
        .expect("nginx is installed");
    let nginx = Nginx(process);
    let started = Instant::now();
    while TcpStream::connect(&front).await.is_err() {
        assert!(started.elapsed() < PATIENCE, "nginx does not listen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    (nginx, front)
}

/// Requests whose end two readers could place differently, each with another request where one of them might begin.
fn payloads() -> Vec<String> {
    let framings = [
        "Content-Length: 6\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 6",
        "Content-Length: 0\r\nContent-Length: 44",
        "Content-Length: 0, 44",
        "Content-Length: +0",
        "Content-Length: 0x0",
        "Content-Length: 00",
        "Content-Length : 0",
        "Content-Length:\t0",
        "Content-Length: 0\r\n Content-Length: 44",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity, chunked",
        "Transfer-Encoding:\tchunked",
        "Transfer-Encoding: chunked\t",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: \x0bchunked",
        "Transfer-Encoding: CHUNKED",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "X: y\rTransfer-Encoding: chunked",
        "X: y\nTransfer-Encoding: chunked",
        "Transfer-Encoding:\n chunked",
        "transfer_encoding: chunked",
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings",
    ];
    let bodies = [
        "0\r\n\r\n",
        "0\n\n",
        "5;x=\"\r\n\"\r\nhello\r\n0\r\n\r\n",
        "0x0\r\n\r\n",
        "00\r\n\r\n",
        "-1\r\n\r\n",
        "1\r\nZ\r\nQ\r\n",
        "",
    ];
    let mut payloads = Vec::new();
    for framing in framings {
        for body in bodies {
            let number = payloads.len();
            let version = if number % 9 == 8 { "1.0" } else { "1.1" };
            payloads.push(format!(
                "POST /outer-{number} HTTP/{version}\r\nHost: a\r\n{framing}\r\n\r\n{body}GET /inner-{number} HTTP/1.1\r\nHost: a\r\n\r\n"
            ));
        }
    }
    payloads
}

// H-09
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nginx_in_front_and_the_listener_behind_see_the_same_requests() {
    let served = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&served);
    let server = Server::start(patient(), move |request| {
        note.lock()
            .unwrap()
            .push(format!("{} {}", request.method(), request.uri()));
        hello(request)
    });
    let folder = tempfile::tempdir().unwrap();
    let (nginx, front) = nginx(folder.path(), server.address).await;
    let payloads = payloads();
    assert!(payloads.len() >= 200);
    let mut clients = JoinSet::new();
    for payload in payloads {
        while clients.len() >= 64 {
            clients.join_next().await.unwrap().unwrap();
        }
        let front = front.clone();
        clients.spawn(async move {
            let mut socket = TcpStream::connect(front).await.unwrap();
            let _refused_early = socket.write_all(payload.as_bytes()).await;
            let mut said = Vec::new();
            // What is answered does not matter here, only that it ends.
            let ended = timeout(PATIENCE, socket.read_to_end(&mut said)).await;
            assert!(ended.is_ok(), "{payload:?} was never answered");
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    drop(nginx);
    let seen = fs::read_to_string(folder.path().join("seen.log")).unwrap();
    // Whatever went to the listener at all, even if nginx gave it up before an answer.
    let mut sent: Vec<&str> = seen
        .lines()
        .filter(|line| !line.starts_with('-'))
        .filter_map(|line| line.splitn(3, ' ').nth(2))
        .collect();
    let answered = seen.lines().filter(|line| line.contains(" 200 ")).count();
    let served = served.lock().unwrap();
    for request in served.iter() {
        let at = sent.iter().position(|sent| sent == request);
        assert!(
            at.is_some(),
            "{request} was served, and nginx sent no such request"
        );
        sent.swap_remove(at.unwrap());
    }
    assert!(
        served.len() >= answered && answered >= 20,
        "{answered} answers, {} requests served",
        served.len()
    );
}
