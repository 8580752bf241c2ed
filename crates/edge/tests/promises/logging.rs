//! One line per request, and never a secret in it.

use std::io;
use std::sync::{Arc, Mutex};

use crate::support::{Rig, code, sid};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn every_request_is_one_line_without_tokens_codes_or_queries() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(move || writer.clone())
        .finish();
    let (rig, _feed) = Rig::ready().await;
    rig.write("a.ts", "0123456789");
    let token = rig.token();
    let lines = {
        let _guard = tracing::subscriber::set_default(subscriber);
        rig.watch("a.ts", &[("range", "bytes=0-3")]).await;
        for target in [
            format!("/t/{token}/streams/evt/a.ts"),
            format!("/streams/evt/a.ts?__token={token}"),
            format!("/streams/evt/a.ts?%5f_token={token}&x=1"),
            format!("/t/{token}/streams/evt/a.exe"),
            format!("/t/{token}"),
            format!("/x/{token}/y?__token={token}"),
            format!("/streams/evt/a.ts?__token={token}x"),
        ] {
            rig.get(&target, &[]).await;
        }
        for method in ["POST", "OPTIONS"] {
            rig.ask(method, &format!("/t/{token}/streams/evt/a.ts"), &[])
                .await;
        }
        String::from_utf8(captured.0.lock().unwrap().clone()).unwrap()
    };
    let access: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &serde_json::Value| line["target"] == "streamgate::access")
        .collect();
    assert_eq!(access.len(), 10);
    for refused in &access[8..] {
        assert_eq!(refused["path"], "/t/***/streams/evt/a.ts");
    }
    let first = &access[0];
    assert_eq!(first["method"], "GET");
    assert_eq!(first["path"], "/streams/evt/a.ts");
    assert_eq!(first["tokenCode"], code().fingerprint());
    assert_eq!(first["sid"], sid(1).to_string());
    assert_eq!((&first["status"], &first["bytes"]), (&206.into(), &4.into()));
    assert_eq!(
        (&first["cache"], &first["clientIp"]),
        (&"local".into(), &"192.0.2.7".into())
    );
    assert!(first["responseTimeMs"].is_u64() && first["timestamp"].is_string() && first["level"] == "INFO");
    for secret in [
        token.as_str(),
        token.split('.').nth(1).unwrap(),
        token.split('.').nth(2).unwrap(),
        code().as_str(),
        "__token",
    ] {
        assert!(!lines.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn nothing_that_is_printed_for_debugging_holds_a_secret() {
    let rig = Rig::stopped();
    let printed = format!("{:?}", rig.edge);
    assert!(!printed.contains("0123456789abcdef") && !printed.contains(crate::support::API_KEY));
}
