//! An installation to measure: the real program in a temporary folder, with an event, tickets and sessions.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use streamgate_contract::claims::TICKETS_PER_GENERATION_MAX;
use streamgate_contract::time::UnixMillis;
use streamgate_serving::clock::{Clock as _, SystemClock};
use streamgate_serving::random::{Random as _, SystemRandom};
use tempfile::TempDir;

use crate::link::{Answer, Ask, Link};

const START_DEADLINE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const HOUR_MS: i64 = 3_600_000;

/// A process of the program. Dropping it kills it.
#[derive(Debug)]
pub struct Service {
    child: Child,
    /// `host:port`
    pub authority: String,
}

impl Service {
    /// Returns the process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Where processes run: a list of cores as `taskset` reads it, such as `0` or `0,1`.
pub type Cores<'a> = Option<&'a str>;

/// A folder with secrets, in which services are started that trust each other.
#[derive(Debug)]
pub struct Site {
    program: PathBuf,
    folder: TempDir,
    admin_key: String,
    internal_key: String,
    /// What playback tokens are signed with.
    pub signing_secret: String,
    password_hash: String,
}

impl Site {
    /// Makes the folder and the secrets.
    pub fn new(program: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("streams"))?;
        Ok(Self {
            program: program.to_owned(),
            folder,
            admin_key: secret(),
            internal_key: secret(),
            signing_secret: secret(),
            // Nobody signs in by password here; the cheapest cost will do.
            password_hash: bcrypt::hash(secret(), 4)?,
        })
    }

    /// Returns the folder of everything.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the folder of an event's stream.
    pub fn stream_folder(&self, event: &str) -> PathBuf {
        self.folder.path().join("streams").join(event)
    }

    /// Starts `serve`: platform and edge on one port.
    pub async fn serve(&self, cores: Cores<'_>) -> Result<Service> {
        let settings = [self.platform_settings(), self.stream_root()].concat();
        self.start("serve", "serve", cores, &settings).await
    }

    /// Starts a platform alone.
    pub async fn platform(&self, cores: Cores<'_>) -> Result<Service> {
        let mut settings = self.platform_settings();
        settings.push(("HLS_SERVER_BASE_URL", "http://127.0.0.1:9".to_owned()));
        self.start("platform", "platform", cores, &settings).await
    }

    /// Starts an edge that reads the files of this installation.
    pub async fn local_edge(&self, name: &str, platform: &Service, cores: Cores<'_>) -> Result<Service> {
        let settings = [vec![platform_url(platform)], self.stream_root()].concat();
        self.start("edge", name, cores, &settings).await
    }

    /// Starts an edge that fetches from `upstream` (a URL) and caches.
    pub async fn caching_edge(
        &self,
        name: &str,
        platform: &Service,
        upstream: String,
        cores: Cores<'_>,
    ) -> Result<Service> {
        let settings = vec![platform_url(platform), ("UPSTREAM_ORIGIN", upstream)];
        self.start("edge", name, cores, &settings).await
    }

    fn stream_root(&self) -> Vec<(&'static str, String)> {
        let root = self.folder.path().join("streams");
        vec![("STREAM_ROOT", root.display().to_string())]
    }

    fn platform_settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("ADMIN_API_KEY", self.admin_key.clone()),
            ("ADMIN_PASSWORD_HASH", self.password_hash.clone()),
            // All viewers come from one address here.
            ("RATE_LIMIT_VALIDATIONS_PER_MINUTE", "10000000".to_owned()),
        ]
    }

    async fn start(
        &self,
        command: &str,
        name: &str,
        cores: Cores<'_>,
        settings: &[(&'static str, String)],
    ) -> Result<Service> {
        let (port, ops_port) = (free_port(), free_port());
        let mut process = match cores {
            Some(cores) => {
                let mut process = Command::new("taskset");
                process.args(["-c", cores]).arg(&self.program);
                process
            }
            None => Command::new(&self.program),
        };
        let log = File::create(self.folder.path().join(format!("{name}.log")))?;
        process
            .arg(command)
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name == "PATH"))
            .env("PORT", port.to_string())
            .env("BIND_ADDR", "127.0.0.1")
            .env("OPS_ADDR", format!("127.0.0.1:{ops_port}"))
            .env("DATA_DIR", self.folder.path().join(name))
            .env("INTERNAL_API_KEY", &self.internal_key)
            .env("PLAYBACK_SIGNING_SECRET", &self.signing_secret)
            // nginx is measured without its access log too.
            .env("ACCESS_LOG_SAMPLE", "0.0")
            .env("RUST_LOG", "warn")
            .envs(settings.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        let child = process
            .spawn()
            .with_context(|| format!("{} does not start", self.program.display()))?;
        let mut service = Service {
            child,
            authority: format!("127.0.0.1:{port}"),
        };
        self.ready(&mut service, name).await?;
        Ok(service)
    }

    async fn ready(&self, service: &mut Service, name: &str) -> Result<()> {
        let started = Instant::now();
        let mut link = Link::new(service.authority.clone());
        loop {
            if link
                .ask(&Ask::get("/ready", ""))
                .await
                .is_ok_and(|answer| answer.status == 200)
            {
                return Ok(());
            }
            let ended = service.child.try_wait()?;
            if ended.is_some() || started.elapsed() > START_DEADLINE {
                let log = fs::read_to_string(self.folder.path().join(format!("{name}.log")))?;
                bail!("`streamgate {name}` is not ready:\n{log}");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Returns the organiser's way to a platform.
    pub fn admin(&self, platform: &Service) -> Admin {
        Admin {
            link: Link::new(platform.authority.clone()),
            key: self.admin_key.clone(),
        }
    }
}

fn platform_url(platform: &Service) -> (&'static str, String) {
    ("PLATFORM_APP_URL", format!("http://{}", platform.authority))
}

/// Returns 64 random hexadecimal digits.
fn secret() -> String {
    let mut bytes = [0; 32];
    SystemRandom.fill(&mut bytes);
    bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Returns a free port below the range that outgoing connections use, so that none takes it before the program does.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 20_000).unwrap_or_default();
    loop {
        let port = 10_000 + (start.wrapping_mul(7) + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// An organiser's script.
pub struct Admin {
    link: Link,
    key: String,
}

/// A ticket.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Its row's id.
    pub id: String,
    /// Its secret text.
    pub code: String,
}

impl Admin {
    /// Creates an event that runs now and returns its id.
    pub async fn event(&mut self) -> Result<String> {
        let now = SystemClock.unix_millis();
        let body = json!({
            "title": "Benchmark",
            "startsAt": UnixMillis(now - HOUR_MS).to_iso(),
            "endsAt": UnixMillis(now + 4 * HOUR_MS).to_iso(),
        });
        let answer = self.send(Method::POST, "/api/admin/events", Some(&body)).await?;
        text(&answer, "/data/id")
    }

    /// Generates tickets for an event.
    pub async fn tickets(&mut self, event: &str, count: usize) -> Result<Vec<Ticket>> {
        let most = usize::try_from(TICKETS_PER_GENERATION_MAX)?;
        let path = format!("/api/admin/events/{event}/tokens/generate");
        let mut tickets = Vec::with_capacity(count);
        while tickets.len() < count {
            let body = json!({ "count": most.min(count - tickets.len()) });
            let answer = self.send(Method::POST, &path, Some(&body)).await?;
            let rows = answer.pointer("/data").and_then(Value::as_array);
            for row in rows.context("no list of tickets")? {
                tickets.push(Ticket {
                    id: text(row, "/id")?,
                    code: text(row, "/code")?,
                });
            }
        }
        Ok(tickets)
    }

    /// Revokes a ticket.
    pub async fn revoke(&mut self, ticket: &Ticket) -> Result<()> {
        let path = format!("/api/admin/tokens/{}/revoke", ticket.id);
        self.send(Method::PATCH, &path, None).await.map(drop)
    }

    async fn send(&mut self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let ask = Ask {
            method,
            path,
            bearer: Some(&self.key),
            json: body.map(|body| Bytes::from(body.to_string())),
        };
        json_of(&self.link.ask(&ask).await?)
    }
}

/// Redeems each ticket for a device of its own and returns the playback tokens.
pub async fn redeem(platform: &Service, tickets: &[Ticket]) -> Result<Vec<String>> {
    let mut link = Link::new(platform.authority.clone());
    let mut tokens = Vec::with_capacity(tickets.len());
    for ticket in tickets {
        let body = redemption(&ticket.code);
        let ask = Ask::post("/api/tokens/validate", None, Some(body));
        tokens.push(text(&json_of(&link.ask(&ask).await?)?, "/playbackToken")?);
    }
    Ok(tokens)
}

/// Returns what a browser sends to redeem a code; its device is named after the ticket.
pub(crate) fn redemption(code: &str) -> Bytes {
    json!({ "code": code, "deviceId": format!("device-of-{code}") })
        .to_string()
        .into()
}

fn json_of(answer: &Answer) -> Result<Value> {
    if !answer.status.is_success() {
        bail!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body));
    }
    if answer.body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&answer.body).context("no JSON")
}

/// Returns the text at a JSON pointer.
pub(crate) fn text(value: &Value, pointer: &str) -> Result<String> {
    let text = value.pointer(pointer).and_then(Value::as_str);
    Ok(text.with_context(|| format!("no text at {pointer}"))?.to_owned())
}
