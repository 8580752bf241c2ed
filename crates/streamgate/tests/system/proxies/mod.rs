//! A platform and three edges behind a proxy with TLS, with the configurations that are shipped: viewers, tokens,
//! addresses, the feed and revocations pass through it, an edge that dies is passed over, and no token reaches a log.

mod caddy;
mod nginx;

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Client;
use serde_json::Value;

use crate::harness::actors::{Admin, Player, Viewer, code, id, token_of};
use crate::harness::http::send;
use crate::harness::process::{Process, free_port};
use crate::harness::site::{Service, Site};
use crate::harness::{A_SECOND, SOON, until};

const EDGES: usize = 3;
/// Where viewers come from: not the proxy's own address, so that the two can be told apart.
const VIEWERS_ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Far more than everything between an edge and a client that reads nothing can hold.
const LARGE: u64 = 256 << 20;

/// What a configuration is made for.
struct Ports {
    tickets: u16,
    streams: u16,
    platform: String,
    edges: Vec<String>,
    /// Has `chain.pem` and `key.pem`, and takes logs.
    folder: PathBuf,
}

impl Ports {
    /// Reads a shipped configuration and puts this machine's addresses of platform and edges into it.
    fn configuration(&self, shipped: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../deploy")
            .join(shipped);
        let mut text = fs::read_to_string(path).unwrap();
        let address = |base: &str| base.trim_start_matches("http://").to_owned();
        text = text.replacen("127.0.0.1:3000", &address(&self.platform), 1);
        for (number, edge) in self.edges.iter().enumerate() {
            text = text.replacen(&format!("127.0.0.1:400{number}"), &address(edge), 1);
        }
        text
    }
}

/// Makes a certificate for `localhost`, and a client that trusts nothing else and comes from another address.
fn client_and_certificate(folder: &Path) -> Client {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    fs::write(folder.join("chain.pem"), made.cert.pem()).unwrap();
    Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()])
        .no_proxy()
        .local_address(std::net::IpAddr::from(VIEWERS_ADDRESS))
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

/// An installation behind a proxy, and the people in front of it.
struct Front {
    site: Site,
    proxy: Process,
    admin: Admin,
    viewer: Viewer,
    player: Player,
}

impl Front {
    /// Starts everything; `start` is given the ports and starts the proxy.
    async fn stand(start: impl FnOnce(&Ports) -> Process) -> Self {
        let (tickets, streams) = (free_port(), free_port());
        let (public, base) = (
            format!("https://localhost:{tickets}"),
            format!("https://localhost:{streams}"),
        );
        let certificates = tempfile::tempdir().unwrap();
        let client = client_and_certificate(certificates.path());
        let trusted = certificates.path().join("chain.pem").display().to_string();
        let settings = [
            ("TRUSTED_PROXIES", "127.0.0.1"),
            ("PUBLIC_URL", public.as_str()),
            ("HLS_SERVER_BASE_URL", base.as_str()),
            ("SSL_CERT_FILE", trusted.as_str()),
        ];
        let mut site = Site::apart(0, &settings).await;
        let edge_ports: Vec<u16> = (0..EDGES).map(|_| free_port()).collect();
        let folder = site.folder.path().to_owned();
        for name in ["chain.pem", "key.pem"] {
            fs::copy(certificates.path().join(name), folder.join(name)).unwrap();
        }
        let proxy = start(&Ports {
            tickets,
            streams,
            platform: site.platform.base.clone(),
            edges: edge_ports
                .iter()
                .map(|port| format!("http://127.0.0.1:{port}"))
                .collect(),
            folder,
        });
        for port in edge_ports {
            // The feed, too, comes through the proxy.
            let edge = site.start_edge(port, &public, &settings);
            site.edges.push(edge);
        }
        for edge in &mut site.edges {
            edge.ready().await;
        }
        let (viewer, player) = (
            Viewer {
                base: public.clone(),
                client: client.clone(),
                device_id: "device-behind-a-proxy".to_owned(),
            },
            Player {
                base,
                client: client.clone(),
            },
        );
        let front = Self {
            site,
            proxy,
            admin: Admin { base: public, client },
            viewer,
            player,
        };
        until(
            SOON,
            "the proxy to see its edges",
            || front.is_open(),
            |open| *open,
        )
        .await;
        front
    }

    async fn is_open(&self) -> bool {
        let asked = self.player.client.get(format!("{}/health", self.player.base));
        asked.send().await.is_ok_and(|answer| answer.status() == 200)
    }

    /// The edges that have answered for an event, by their logs.
    fn serving(&self, event: &Value) -> Vec<usize> {
        let event = id(event);
        let has_served = |edge: &Service| edge.process.output().contains(event);
        let edges = self.site.edges.iter().enumerate();
        edges
            .filter(|(_, edge)| has_served(edge))
            .map(|(number, _)| number)
            .collect()
    }
}

/// What every proxy in front of us must do, from a code to a refusal. `denied` is how it refuses what is inside only.
async fn everything_passes(mut front: Front, denied: u16, logs: &[&str]) {
    let (event, ticket) = front.site.event_with_ticket().await;
    let folder = front.site.event_folder(&event);
    fs::File::create(folder.join("large.ts"))
        .unwrap()
        .set_len(LARGE)
        .unwrap();
    let token = a_viewers_address_is_believed_from_the_proxy_alone(&front, &ticket).await;
    let player = front.player.clone();
    for file in ["stream.m3u8", "seg0.ts"] {
        player.get(&event, file, &token).await.expect(200);
        send(player.client.get(player.path_url(&event, file, &token)))
            .await
            .expect(200);
    }
    let purge = format!("{}/admin/cache/{}", player.base, id(&event));
    send(player.client.delete(purge)).await.expect(denied);

    let serving = until(
        SOON,
        "a line in an edge's log",
        || async { front.serving(&event) },
        |serving| !serving.is_empty(),
    )
    .await;
    assert_eq!(serving.len(), 1, "all requests of one event go to one edge");
    front.site.edges[serving[0]].process.kill_9();
    for url in [
        player.path_url(&event, "seg0.ts", &token),
        player.url(&event, "seg0.ts"),
    ] {
        send(player.client.get(url).bearer_auth(&token)).await.expect(200);
    }

    a_revocation_cuts_what_is_being_sent(&front, &event, &ticket, &token).await;
    let told: String = logs
        .iter()
        .map(|name| fs::read_to_string(front.site.folder.path().join(name)).unwrap())
        .chain([front.proxy.output()])
        .collect();
    assert!(!told.contains(&token), "the token is in the proxy's log: {told}");
}

/// Enters the code with a forged address; returns the playback token.
async fn a_viewers_address_is_believed_from_the_proxy_alone(front: &Front, ticket: &Value) -> String {
    let viewer = &front.viewer;
    let asked = viewer
        .client
        .post(format!("{}/api/tokens/validate", viewer.base))
        .header("x-forwarded-for", "203.0.113.7")
        .json(&serde_json::json!({ "code": code(ticket), "deviceId": viewer.device_id }));
    let token = token_of(&send(asked).await.expect(200));
    let found = front
        .admin
        .send(reqwest::Method::GET, "/api/admin/tokens", None)
        .await
        .expect(200);
    assert_eq!(found.json()["data"][0]["redeemedIp"], VIEWERS_ADDRESS.to_string());
    token
}

/// The edges refuse within a second, and a body that is under way ends instead of coming out of buffers.
async fn a_revocation_cuts_what_is_being_sent(front: &Front, event: &Value, ticket: &Value, token: &str) {
    let player = &front.player;
    let request = player
        .client
        .get(player.url(event, "large.ts"))
        .bearer_auth(token);
    let mut sent = request.send().await.unwrap();
    assert_eq!(sent.content_length(), Some(LARGE));
    let mut length = sent.chunk().await.unwrap().expect("a beginning").len();
    front.admin.to_ticket(ticket, "revoke").await.expect(200);
    until(
        A_SECOND,
        "the revocation at the edges behind the proxy",
        || player.get(event, "stream.m3u8", token),
        |answer| answer.is(403, "ticket_revoked"),
    )
    .await;
    let ended = loop {
        match sent.chunk().await {
            Ok(Some(chunk)) => length += chunk.len(),
            ended => break ended,
        }
    };
    assert!(ended.is_err(), "a broken transfer says so: {ended:?}");
    assert!(u64::try_from(length).unwrap() < LARGE / 2, "{length} bytes came");
}
