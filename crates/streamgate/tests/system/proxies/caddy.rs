//! Caddy, with `deploy/caddy/Caddyfile`.

use std::fs;
use std::process::{Command, Stdio};

use super::{Front, Ports, everything_passes};
use crate::harness::process::Process;

/// The shipped configuration with this machine's ports and certificate in the place of those that Caddy gets itself.
fn start(ports: &Ports) -> Process {
    let folder = ports.folder.display();
    let mut text = ports.configuration("caddy/Caddyfile");
    for (name, port) in [("tickets", ports.tickets), ("streams", ports.streams)] {
        let site = format!("localhost:{port} {{\n\ttls {folder}/chain.pem {folder}/key.pem");
        text = text.replacen(&format!("{name}.example.org {{"), &site, 1);
    }
    let text = text.replacen(
        "\n{\n",
        "\n{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\tauto_https disable_redirects\n",
        1,
    );
    let path = ports.folder.join("Caddyfile");
    fs::write(&path, text).unwrap();
    let mut command = Command::new("caddy");
    command
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(&path)
        .env("XDG_DATA_HOME", &ports.folder)
        .env("XDG_CONFIG_HOME", &ports.folder)
        .stdin(Stdio::null());
    Process::spawn(command, &ports.folder, "caddy")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viewers_feed_and_revocations_pass_the_shipped_caddy_configuration() {
    let front = Front::stand(start).await;
    everything_passes(front, 404, &[]).await;
}
