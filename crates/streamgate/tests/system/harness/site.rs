//! A whole installation: `serve`, or `platform` with edges, in a temporary folder.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use super::actors::{Admin, Player, Viewer, id};
use super::http::client;
use super::process::{Process, free_port, program};
use super::{ADMIN_KEY, ADMIN_PASSWORD, INTERNAL_KEY, SIGNING_SECRET};

/// One service of an installation: its process and how to start it again.
pub(crate) struct Service {
    pub(crate) process: Process,
    pub(crate) base: String,
    name: String,
    command: &'static str,
    settings: Vec<(String, String)>,
    folder: PathBuf,
}

impl Service {
    fn start(
        command: &'static str,
        name: &str,
        port: u16,
        folder: &std::path::Path,
        settings: &[(&str, String)],
    ) -> Self {
        let mut all: Vec<(String, String)> = [
            ("PORT", port.to_string()),
            ("BIND_ADDR", "127.0.0.1".to_owned()),
            ("OPS_ADDR", format!("127.0.0.1:{}", free_port())),
            ("DATA_DIR", folder.join(name).display().to_string()),
            ("STREAM_ROOT", folder.join("streams").display().to_string()),
            ("INTERNAL_API_KEY", INTERNAL_KEY.to_owned()),
            ("PLAYBACK_SIGNING_SECRET", SIGNING_SECRET.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        all.extend(
            settings
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone())),
        );
        let base = format!("http://127.0.0.1:{port}");
        let process = Process::spawn(command_of(command, &all), folder, name);
        Self {
            process,
            base,
            name: name.to_owned(),
            command,
            settings: all,
            folder: folder.to_owned(),
        }
    }

    /// Starts it again after its end, with the same settings; returns before it answers.
    pub(crate) fn start_again(&mut self) {
        self.process = Process::spawn(self.command(&[self.command]), &self.folder, &self.name);
    }

    /// Starts it again after its end, with one setting changed.
    pub(crate) fn start_again_with(&mut self, name: &str, value: &str) {
        self.set(name, value);
        self.start_again();
    }

    /// Changes a setting for the next start.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.settings.retain(|(other, _)| other != name);
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    /// Returns a command of the program that sees this service's settings.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Waits for `GET /ready` to be 200.
    pub(crate) async fn ready(&mut self) {
        self.process.answers(&self.base, "/ready", Some(200)).await;
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    pub(crate) fn player(&self) -> Player {
        Player {
            base: self.base.clone(),
            client: client(),
        }
    }
}

fn command_of(command: &str, settings: &[(String, String)]) -> Command {
    let mut command = program(&[command]);
    command.envs(settings.iter().map(|(name, value)| (name, value)));
    command
}

/// An installation.
pub(crate) struct Site {
    /// Empty in one-port mode, where the platform is the edge too.
    pub(crate) edges: Vec<Service>,
    pub(crate) platform: Service,
    pub(crate) folder: TempDir,
}

impl Site {
    /// Starts `serve`.
    pub(crate) async fn serve() -> Self {
        Self::serve_with(&[]).await
    }

    /// Starts `serve` with further settings.
    pub(crate) async fn serve_with(settings: &[(&str, &str)]) -> Self {
        let folder = folder();
        let mut all = platform_settings();
        all.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let mut platform = Service::start("serve", "serve", free_port(), folder.path(), &all);
        platform.ready().await;
        Self {
            edges: Vec::new(),
            platform,
            folder,
        }
    }

    /// Starts `platform` and `count` edges.
    pub(crate) async fn apart(count: usize, settings: &[(&str, &str)]) -> Self {
        let folder = folder();
        let (port, edge_port) = (free_port(), free_port());
        let mut all = platform_settings();
        all.push(("HLS_SERVER_BASE_URL", format!("http://127.0.0.1:{edge_port}")));
        all.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let mut platform = Service::start("platform", "platform", port, folder.path(), &all);
        platform.ready().await;
        let mut site = Self {
            edges: Vec::new(),
            platform,
            folder,
        };
        for number in 0..count {
            let port = if number == 0 { edge_port } else { free_port() };
            let base = site.platform.base.clone();
            let mut edge = site.start_edge(port, &base, settings);
            edge.ready().await;
            site.edges.push(edge);
        }
        site
    }

    /// Starts an edge that follows the platform at `platform_base`; returns before it answers.
    pub(crate) fn start_edge(&self, port: u16, platform_base: &str, settings: &[(&str, &str)]) -> Service {
        let mut all = vec![("PLATFORM_APP_URL", platform_base.to_owned())];
        let of_edges = [
            "RUST_LOG",
            "TRUSTED_PROXIES",
            "SSL_CERT_FILE",
            "FEED_STRICT",
            "FEED_STRICT_AFTER_SECONDS",
        ];
        let common = settings.iter().filter(|(name, _)| of_edges.contains(name));
        all.extend(common.map(|(name, value)| (*name, (*value).to_owned())));
        Service::start("edge", &format!("edge-{port}"), port, self.folder.path(), &all)
    }

    /// Starts a platform beside the first, on a database that they share.
    pub(crate) async fn second_platform(&self, database: &str) -> Service {
        let mut all = platform_settings();
        all.push(("HLS_SERVER_BASE_URL", "http://127.0.0.1:9".to_owned()));
        all.push(("DATABASE_URL", database.to_owned()));
        let mut platform = Service::start("platform", "second", free_port(), self.folder.path(), &all);
        platform.ready().await;
        platform
    }

    pub(crate) fn admin(&self) -> Admin {
        Admin {
            base: self.platform.base.clone(),
            client: client(),
        }
    }

    pub(crate) fn viewer(&self, device: &str) -> Viewer {
        Viewer {
            base: self.platform.base.clone(),
            client: client(),
            device_id: format!("device-of-{device:_<16}"),
        }
    }

    /// Returns a player at the first edge.
    pub(crate) fn player(&self) -> Player {
        self.edges.first().unwrap_or(&self.platform).player()
    }

    /// Returns a player at every edge.
    pub(crate) fn players(&self) -> Vec<Player> {
        if self.edges.is_empty() {
            return vec![self.player()];
        }
        self.edges.iter().map(Service::player).collect()
    }

    /// Returns the folder of an event, which is there.
    pub(crate) fn event_folder(&self, event: &Value) -> PathBuf {
        let folder = self.folder.path().join("streams").join(id(event));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Creates an event with a small recording and one ticket.
    pub(crate) async fn event_with_ticket(&self) -> (Value, Value) {
        let event = self.admin().event(Value::Null).await;
        super::media::small_recording(&self.event_folder(&event));
        let ticket = self.admin().ticket(&event).await;
        (event, ticket)
    }
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("streams")).unwrap();
    folder
}

fn platform_settings() -> Vec<(&'static str, String)> {
    vec![
        ("ADMIN_API_KEY", ADMIN_KEY.to_owned()),
        ("ADMIN_PASSWORD_HASH", password_hash().to_owned()),
        ("RATE_LIMIT_REFRESHES_PER_HOUR", "100000".to_owned()),
        ("RATE_LIMIT_VALIDATIONS_PER_MINUTE", "10000000".to_owned()),
    ]
}

/// Returns a bcrypt hash of [`ADMIN_PASSWORD`], of the least cost.
pub(crate) fn password_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| bcrypt::hash(ADMIN_PASSWORD, 4).unwrap())
}
