//! nginx, with `deploy/nginx/streamgate.conf`.

use std::fs;
use std::process::{Command, Stdio};

use super::{Front, Ports, everything_passes};
use crate::harness::process::Process;

/// The shipped configuration with this machine's ports, certificate and folders.
fn start(ports: &Ports) -> Process {
    let folder = ports.folder.display();
    let mut text = ports.configuration("nginx/streamgate.conf");
    for port in [ports.tickets, ports.streams] {
        text = text.replacen("listen 443 ", &format!("listen 127.0.0.1:{port} "), 1);
    }
    for name in ["tickets", "streams"] {
        for (file, own) in [("fullchain", "chain"), ("privkey", "key")] {
            let shipped = format!("/etc/ssl/{name}.example.org/{file}.pem");
            text = text.replace(&shipped, &format!("{folder}/{own}.pem"));
        }
    }
    let text = text.replace("/var/log/nginx", &folder.to_string());
    let whole = format!(
        "daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}\n\
         http {{ client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; \
         uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n{text}\n}}\n"
    );
    let path = ports.folder.join("nginx.conf");
    fs::write(&path, whole).unwrap();
    let mut command = Command::new("nginx");
    command
        .arg("-c")
        .arg(&path)
        .arg("-e")
        .arg(ports.folder.join("error.log"))
        .stdin(Stdio::null());
    Process::spawn(command, &ports.folder, "nginx")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viewers_feed_and_revocations_pass_the_shipped_nginx_configuration() {
    let front = Front::stand(start).await;
    let folder = front.site.folder.path().to_owned();
    let logs = ["streamgate.log", "streamgate-errors.log", "error.log"];
    let kept = fs::File::open(folder.join("streamgate.log")).unwrap();
    everything_passes(front, 403, &logs).await;
    let log = std::io::read_to_string(kept).unwrap();
    assert!(log.contains("/t/-/streams/"), "{log}");
}
