//! `streamgate demo`: everything at once, in a temporary folder, with codes to try.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use streamgate_contract::ids::Code;
use streamgate_platform::events::SeededEvent;
use streamgate_serving::clock::{Clock, SystemClock};
use streamgate_serving::listeners::Door;
use streamgate_serving::random::SystemRandom;

use crate::demo::{LiveStream, write_recording};
use crate::one_port::OnePort;
use crate::settings::{Values, one_port_settings, process_settings};
use crate::{admin_password, process, telemetry};

const DEFAULT_PORT: u16 = 3_000;
/// When the upcoming event starts: long enough to look at the waiting room.
const UPCOMING_IN: Duration = Duration::from_mins(10);
/// Codes shown of each event.
const CODES_SHOWN: usize = 3;

/// Runs the demo until Ctrl-C, then removes its folder.
pub(crate) fn demo(values: &Values) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new().prefix("streamgate-demo-").tempdir()?;
    let mut values = values.clone();
    let port_given = values.get("PORT").is_some();
    let admin_api_key = admin_password::generate(&SystemRandom);
    for (name, default) in [
        ("BIND_ADDR", "127.0.0.1"),
        ("LOG_FORMAT", "text"),
        ("RUST_LOG", "warn"),
        ("ADMIN_API_KEY", admin_api_key.as_str()),
        ("DATA_DIR", &folder.path().join("data").to_string_lossy()),
    ] {
        values.set_default(name, default);
    }
    telemetry::start(&values)?;
    process::block_on(async {
        let shutdown = process::shutdown_on_signal()?;
        let process = process_settings(&values, DEFAULT_PORT)?;
        let door = listen(process.address, port_given)?;
        let address = door.listener.local_addr()?;
        let settings = one_port_settings(&values, address.port())?;
        let stream_root = settings.edge.stream_root.clone();
        let stream_root = stream_root.context("the demo has no folder for its streams")?;
        let services = OnePort::load(settings.platform, settings.edge).await?;
        let show = prepare(&services, &stream_root, Arc::new(SystemClock)).await?;
        let admin_password = settings.new_admin_password.unwrap_or_default();
        let instructions = show.instructions(address, &admin_password, &admin_api_key);
        let ready = services.ready();
        let (served, announced, live) = tokio::join!(
            services.run(door, process.limits, shutdown.clone()),
            async {
                // Only what works is announced: whoever types a code at once gets the picture at once.
                match shutdown.run_until_cancelled(ready).await {
                    Some(()) => print(&instructions),
                    None => Ok(()),
                }
            },
            show.live.run(shutdown.clone()),
        );
        served?;
        announced?;
        live.context("the demo's live stream cannot be written")
    })?;
    folder.close().context("the demo's folder cannot be removed")
}

/// Takes the default port, or any free one when that is taken; a port that was asked for is not replaced.
fn listen(address: SocketAddr, port_given: bool) -> anyhow::Result<Door> {
    process::listen(address, None).or_else(|error| {
        if port_given {
            Err(error)
        } else {
            process::listen(SocketAddr::new(address.ip(), 0), None)
        }
    })
}

/// What there is to see, once events and media are in place.
struct Show {
    events: Vec<SeededEvent>,
    live: LiveStream,
}

/// Stores the sample events and puts media into the folders of the first two; the third waits for its stream.
async fn prepare(services: &OnePort, stream_root: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Show> {
    let events = services.platform.seed(UPCOMING_IN).await?;
    let [live, recording, _upcoming] = events.as_slice() else {
        anyhow::bail!("there are {} sample events instead of three", events.len());
    };
    write_recording(&stream_root.join(recording.id.as_str()))
        .context("the demo's recording cannot be written")?;
    let live = LiveStream::begin(&stream_root.join(live.id.as_str()), clock)
        .context("the demo's live stream cannot be written")?;
    Ok(Show { events, live })
}

impl Show {
    /// Returns what a newcomer reads at the terminal.
    fn instructions(&self, address: SocketAddr, admin_password: &str, admin_api_key: &str) -> String {
        let base = format!("http://{}", display_address(address));
        let mut text = format!("\nStreamGate is running: {base}\n\nCodes to type there:\n");
        for event in &self.events {
            let codes: Vec<&str> = event
                .usable_codes
                .iter()
                .take(CODES_SHOWN)
                .map(Code::as_str)
                .collect();
            // A String takes any text.
            let _infallible = writeln!(text, "  {:<24} {}", event.title, codes.join("  "));
        }
        let first = self
            .events
            .first()
            .and_then(|event| event.usable_codes.first())
            .map_or("CODE", Code::as_str);
        let _infallible = write!(
            text,
            "\nThings to try:\n\
             \x20 - type {first} in a second browser: it is in use\n\
             \x20 - revoke it while you watch, and see the picture stop:\n\
             \x20     curl -X POST {base}/api/admin/tokens/bulk-revoke -H 'Content-Type: application/json' \\\n\
             \x20       -H 'Authorization: Bearer {admin_api_key}' -d '{{\"filter\":{{\"search\":\"{first}\"}}}}'\n\
             \nAdmin password: {admin_password}\n\
             Ctrl-C ends it and leaves nothing behind.\n",
        );
        text
    }
}

/// Returns an address that a browser on this machine can open.
fn display_address(address: SocketAddr) -> String {
    if address.ip().is_unspecified() || address.ip().is_loopback() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(text.as_bytes())?;
    Ok(output.flush()?)
}
