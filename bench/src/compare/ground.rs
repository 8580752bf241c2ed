//! The ground on which all rows are measured: one platform, an edge with local files, nginx with the same files, and the
//! tokens of 2,000 redeemed tickets.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::runtime::Runtime;

use super::contender::Contender;
use super::files;
use super::nginx::{Nginx, Opponent};
use crate::site::{Service, Site, Ticket, redeem};
use crate::sockets::request;

/// Different tokens: no verifier can win by remembering them, and the edge follows as many sessions.
pub(super) const TOKENS: usize = 2_000;
/// The core of whoever is measured. This process and its helpers have the other one.
pub(super) const SERVER_CORE: &str = "0";
/// The core of the load, for helpers that are started by pinned ones.
pub(super) const LOAD_CORE: &str = "1";
/// For rows that use the whole machine.
pub(super) const BOTH_CORES: &str = "0,1";

/// How long and how often is measured.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    pub(super) rounds: u32,
    pub(super) is_quick: bool,
}

/// Everything that rows share.
pub(super) struct Ground {
    pub(super) runtime: Runtime,
    pub(super) effort: Effort,
    pub(super) program: PathBuf,
    pub(super) site: Site,
    pub(super) platform: Service,
    pub(super) edge: Service,
    pub(super) nginx: Nginx,
    pub(super) event: String,
    pub(super) tokens: Vec<String>,
    /// The tokens, one in a line.
    pub(super) token_file: PathBuf,
}

impl Ground {
    pub(super) fn prepare(program: &Path, effort: Effort) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let site = Site::new(program)?;
        let platform = runtime.block_on(site.platform(Some(LOAD_CORE)))?;
        let mut admin = site.admin(&platform);
        let event = runtime.block_on(admin.event())?;
        files::write(&site.stream_folder(&event))?;
        let tickets: Vec<Ticket> = runtime.block_on(admin.tickets(&event, TOKENS))?;
        let tokens = runtime.block_on(redeem(&platform, &tickets))?;
        let token_file = site.folder().join("tokens");
        fs::write(&token_file, tokens.join("\n") + "\n")?;
        let edge = runtime.block_on(site.local_edge("edge", &platform, Some(SERVER_CORE)))?;
        let nginx = Nginx::start(&Opponent {
            folder: &site.folder().join("nginx"),
            streams: &site.folder().join("streams"),
            secret: &site.signing_secret,
            origin: None,
            core: SERVER_CORE,
        })?;
        Ok(Self {
            runtime,
            effort,
            program: program.to_owned(),
            site,
            platform,
            edge,
            nginx,
            event,
            tokens,
            token_file,
        })
    }

    /// Returns the path of an object of the event.
    pub(super) fn path(&self, file: &str) -> String {
        format!("/streams/{}/{file}", self.event)
    }

    pub(super) fn first_token(&self) -> Result<&str> {
        self.tokens.first().map(String::as_str).context("no token")
    }

    /// Returns `count` requests for an object, with the tokens in turn.
    pub(super) fn requests(&self, file: &str, count: usize) -> Vec<Arc<[u8]>> {
        let path = self.path(file);
        let tokens = self.tokens.iter().cycle().take(count);
        tokens.map(|token| request(&path, token)).collect()
    }

    /// The edge with local files.
    pub(super) fn streamgate(&self) -> Contender {
        edge_contender(OURS, &self.edge)
    }

    /// nginx with the same files and the token check.
    pub(super) fn nginx_checked(&self) -> Result<Contender> {
        nginx_contender(CHECKED, &self.nginx, &self.nginx.checked)
    }

    /// nginx with the same files and no check.
    pub(super) fn nginx_plain(&self) -> Result<Contender> {
        nginx_contender(PLAIN, &self.nginx, &self.nginx.plain)
    }
}

pub(super) const OURS: &str = "StreamGate";
pub(super) const CHECKED: &str = "nginx + Lua HS256";
pub(super) const PLAIN: &str = "nginx, no check";
pub(super) const CACHED: &str = "nginx proxy_cache + Lua HS256";

pub(super) fn edge_contender(name: &'static str, edge: &Service) -> Contender {
    Contender {
        name,
        authority: edge.authority.clone(),
        pid: edge.pid(),
    }
}

pub(super) fn nginx_contender(name: &'static str, nginx: &Nginx, authority: &str) -> Result<Contender> {
    Ok(Contender {
        name,
        authority: authority.to_owned(),
        pid: nginx.worker()?.context("nginx has no worker")?,
    })
}
