//! A platform and three edges behind nginx, with the configuration that is shipped: viewers, tokens, addresses, the
//! feed and revocations pass through it, and no token reaches its log.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::actors::{Admin, Player, Viewer, code, id};
use crate::harness::http::{client, send};
use crate::harness::process::{Process, free_port};
use crate::harness::site::Site;
use crate::harness::{A_SECOND, until};

const EDGES: usize = 3;

/// The shipped configuration with ports of this machine, without the certificates.
fn configuration(platform: &str, edges: &[&str], tickets: u16, streams: u16, folder: &Path) -> String {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/nginx/streamgate.conf");
    let mut text = fs::read_to_string(shipped).unwrap();
    let address = |base: &str| base.trim_start_matches("http://").to_owned();
    text = text.replacen("127.0.0.1:3000", &address(platform), 1);
    for (number, edge) in edges.iter().enumerate() {
        text = text.replacen(&format!("127.0.0.1:400{number}"), &address(edge), 1);
    }
    for port in [tickets, streams] {
        text = text.replacen("listen 443 ssl http2", &format!("listen 127.0.0.1:{port}"), 1);
    }
    let text: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().starts_with("ssl_"))
        .collect();
    let text = text
        .join("\n")
        .replace("/var/log/nginx", &folder.display().to_string());
    let folder = folder.display();
    format!(
        "daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}\n\
         http {{ client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; \
         uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n{text}\n}}\n"
    )
}

fn nginx(configuration: &str, folder: &Path) -> Process {
    let path = folder.join("nginx.conf");
    fs::write(&path, configuration).unwrap();
    let mut command = Command::new("nginx");
    command
        .arg("-c")
        .arg(&path)
        .arg("-e")
        .arg(folder.join("error.log"))
        .stdin(Stdio::null());
    Process::spawn(command, folder, "nginx")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn viewers_feed_and_revocations_pass_the_shipped_nginx_configuration() {
    let (tickets, streams) = (free_port(), free_port());
    let (public, base) = (
        format!("http://127.0.0.1:{tickets}"),
        format!("http://127.0.0.1:{streams}"),
    );
    let settings = [
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("PUBLIC_URL", public.as_str()),
        ("HLS_SERVER_BASE_URL", base.as_str()),
    ];
    let mut site = Site::apart(0, &settings).await;
    let ports: Vec<u16> = (0..EDGES).map(|_| free_port()).collect();
    let edges: Vec<String> = ports
        .iter()
        .map(|port| format!("http://127.0.0.1:{port}"))
        .collect();
    let edge_bases: Vec<&str> = edges.iter().map(String::as_str).collect();
    let folder = site.folder.path().to_owned();
    let text = configuration(&site.platform.base, &edge_bases, tickets, streams, &folder);
    let mut proxy = nginx(&text, &folder);
    proxy.answers(&public, "/health", Some(200)).await;
    for port in ports {
        // The feed, too, comes through the proxy.
        let mut edge = site.start_edge(port, &public, &[]);
        edge.ready().await;
        site.edges.push(edge);
    }

    let (event, ticket) = site.event_with_ticket().await;
    let viewer = Viewer {
        base: public.clone(),
        client: client(),
        device_id: "device-behind-a-proxy".to_owned(),
    };
    let asked = client()
        .post(format!("{public}/api/tokens/validate"))
        .header("x-forwarded-for", "203.0.113.7")
        .json(&serde_json::json!({ "code": code(&ticket), "deviceId": viewer.device_id }));
    let token = send(asked).await.expect(200).json()["playbackToken"]
        .as_str()
        .unwrap()
        .to_owned();
    let player = Player {
        base: base.clone(),
        client: client(),
    };
    player.get(&event, "stream.m3u8", &token).await.expect(200);
    send(client().get(player.path_url(&event, "stream.m3u8", &token)))
        .await
        .expect(200);
    send(client().delete(format!("{base}/admin/cache/{}", id(&event))))
        .await
        .expect(403);

    let admin = Admin {
        base: public,
        client: client(),
    };
    let found = admin
        .send(reqwest::Method::GET, "/api/admin/tokens", None)
        .await
        .expect(200);
    // nginx added the address that it saw, which is a trusted one here; what counts is the hop before it.
    assert_eq!(found.json()["data"][0]["redeemedIp"], "203.0.113.7");
    admin.to_ticket(&ticket, "revoke").await.expect(200);
    until(
        A_SECOND,
        "the revocation at the edges behind the proxy",
        || player.get(&event, "stream.m3u8", &token),
        |answer| answer.is(403, "ticket_revoked"),
    )
    .await;
    let log = fs::read_to_string(folder.join("streamgate.log")).unwrap();
    assert!(log.contains("/t/-/streams/"), "{log}");
    assert!(!log.contains(&token), "the token is in the proxy's log");
}
