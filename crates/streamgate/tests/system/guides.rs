//! The code of the guides, run as it stands there.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::harness::ADMIN_KEY;
use crate::harness::site::Site;

/// Returns a guide's blocks of code in `language`, one after the other.
fn code_of(guide: &str, language: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs/guides")
        .join(guide);
    let text = fs::read_to_string(path).expect("the guide");
    let begin = format!("```{language}\n");
    let blocks = text.split(&begin).skip(1);
    blocks
        .map(|rest| rest.split("```").next().expect("the block's end"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[tokio::test]
async fn the_integrators_guide_sells_revokes_and_moves_a_ticket() {
    let site = Site::serve().await;
    let script = site.folder.path().join("guide.mjs");
    fs::write(&script, code_of("integrator.md", "js")).unwrap();
    let base = site.platform.base.clone();
    let ran = tokio::task::spawn_blocking(move || {
        Command::new("node")
            .arg(&script)
            .env("STREAMGATE_URL", base)
            .env("ADMIN_API_KEY", ADMIN_KEY)
            .output()
            .expect("Node.js")
    });
    let output = ran.await.unwrap();
    let (said, complaint) = (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(output.status.success(), "{said}{complaint}");
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("the encoder writes to "), "{said}");
    assert!(lines[1].contains("/#code="), "{said}");
    // How many edges have it is a matter of milliseconds.
    assert!(lines[2].ends_with(" of 1 edges"), "{said}");
    // The event's end moved by a day, and the access window of two follows it.
    assert_eq!(lines[3], "revoked null 2036-12-04T22:00:00.000Z", "{said}");
}
