//! TLS in the process: the whole program behind a certificate, which is renewed while it runs (T-02).

use std::fs;
use std::time::Duration;

use rustix::process::Signal;

use crate::harness::process::{Process, free_port, program};
use crate::harness::{INTERNAL_KEY, SIGNING_SECRET, until};

const DEADLINE: Duration = Duration::from_secs(10);

/// Writes a new certificate for `localhost` and its key, and returns a client that trusts nothing else.
fn renew(folder: &std::path::Path) -> reqwest::Client {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    fs::write(folder.join("chain.pem"), made.cert.pem()).unwrap();
    let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
    reqwest::Client::builder()
        .tls_certs_only([root])
        .no_proxy()
        .timeout(DEADLINE)
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serve_speaks_tls_with_hsts_secure_cookies_and_a_certificate_that_can_be_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let client = renew(folder.path());
    let port = free_port();
    let mut command = program(&["serve"]);
    command.envs([
        ("PORT", port.to_string()),
        ("BIND_ADDR", "127.0.0.1".to_owned()),
        ("DATA_DIR", path("data")),
        ("PLAYBACK_SIGNING_SECRET", SIGNING_SECRET.to_owned()),
        ("INTERNAL_API_KEY", INTERNAL_KEY.to_owned()),
        ("TLS_CERT", path("chain.pem")),
        ("TLS_KEY", path("key.pem")),
    ]);
    let mut process = Process::spawn(command, folder.path(), "serve");
    let health = format!("https://localhost:{port}/health");
    let ask = |client: &reqwest::Client| client.get(&health).send();
    let answer = until(DEADLINE, "an answer over TLS", || ask(&client), Result::is_ok)
        .await
        .unwrap();
    assert_eq!(answer.version(), reqwest::Version::HTTP_2);
    for page in ["/health", "/"] {
        let answer = client
            .get(format!("https://localhost:{port}{page}"))
            .send()
            .await
            .unwrap();
        assert_eq!(
            answer.headers()["strict-transport-security"],
            "max-age=31536000",
            "{page}"
        );
    }

    let renewed = renew(folder.path());
    process.signal(Signal::HUP);
    let answer = until(DEADLINE, "the new certificate", || ask(&renewed), Result::is_ok).await;
    assert_eq!(answer.unwrap().status(), 200);
    // The connection that is open keeps its own.
    assert_eq!(ask(&client).await.unwrap().status(), 200);
    process.signal(Signal::TERM);
    assert_eq!(process.end(DEADLINE).await.code(), Some(0));
}
