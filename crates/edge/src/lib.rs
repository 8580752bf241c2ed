//! Checks a playback token on every playlist and segment request and serves the bytes.
//!
//! A request, top to bottom:
//!
//! 1. method and head, under the listener's limits;
//! 2. canonical path, by the contract's one function;
//! 3. find the playback token: header, path, query;
//! 4. verify it and decide against the deny state, which yields a `Permit`;
//! 5. find the object: nothing is opened without that permit;
//! 6. answer with validators, range and cache headers;
//! 7. account: the session's activity and one log line.
//!
//! Beside the requests three loops run: the feed client keeps the deny state current and on disk, the reporter
//! tells the platform who is watching, and housekeeping forgets what no living token can name.
//!
//! Objects come from local files, from an upstream, or from both in this order; an event with a source of its own
//! (feed record `event_source`) comes from there only. Playlists of upstreams live in memory and are refreshed while
//! viewers want them; objects lie in the cache.

mod access_log;
mod activity;
mod authorize;
mod cache;
mod deny;
#[cfg(test)]
mod fuzz;
mod link;
mod metrics;
mod ops;
mod pipeline;
mod playlist;
mod playlist_request;
mod reply;
mod run;
mod settings;
mod source;

use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use http::header::{self, HeaderValue};
use http::request::Parts;
use http::{Method, Response};
use streamgate_contract::errors::EdgeRefusal;
use streamgate_contract::media_path::MediaPath;
use streamgate_contract::playback_token::Verifier;
use streamgate_serving::clock::Clock;
use streamgate_serving::listeners::Outlet;

use crate::access_log::{Account, Line, Sampler, Watching, loggable};
use crate::activity::Activity;
use crate::cache::ObjectCache;
use crate::deny::Deny;
use crate::deny::persist::{self, LoadError};
use crate::deny::standing::LossPolicy;
use crate::metrics::{Metrics, Outcome};
use crate::playlist::live_state::StreamStates;
use crate::playlist::store::Playlists;
use crate::playlist::upstream::UpstreamPlaylists;
use crate::reply::Reply;
use crate::reply::cors::AllowedOrigins;
use crate::source::local::LocalSource;
use crate::source::routing::Sources;
use crate::source::upstream::UpstreamClient;

pub use crate::link::{HttpPlatformLink, LinkError, PlatformLink};
pub use crate::reply::body::EdgeBody;
pub use crate::settings::{CacheSettings, EdgeBootError, EdgeSettings, UpstreamSettings};
pub use crate::source::upstream::{AllowedHosts, UpstreamTimeouts};

/// One edge: everything that answering a request needs.
pub struct Edge {
    settings: EdgeSettings,
    clock: Arc<dyn Clock>,
    link: Arc<dyn PlatformLink>,
    verifier: Verifier,
    deny: Arc<Deny>,
    activity: Arc<Activity>,
    sources: Sources,
    cache: Arc<ObjectCache>,
    playlists: Playlists,
    upstream_playlists: Arc<UpstreamPlaylists>,
    states: StreamStates,
    origins: AllowedOrigins,
    sampler: Sampler,
    metrics: Metrics,
}

impl Edge {
    /// Puts an edge together and loads the deny state that the last run left, so that it holds before the
    /// first request.
    pub fn load(
        settings: EdgeSettings,
        clock: Arc<dyn Clock>,
        link: Arc<dyn PlatformLink>,
    ) -> Result<Arc<Self>, EdgeBootError> {
        if !(0.0..=1.0).contains(&settings.access_log_sample) {
            return Err(EdgeBootError::LogSample(settings.access_log_sample));
        }
        if let Some(root) = settings.stream_root.as_ref().filter(|root| !root.is_dir()) {
            return Err(EdgeBootError::StreamRoot(root.clone()));
        }
        let local = settings.stream_root.clone().map(LocalSource::new);
        let sources =
            Sources::new(local.clone(), settings.upstream.origin.clone()).ok_or(EdgeBootError::NoSource)?;
        let upstream = UpstreamClient::new(
            settings.upstream.allowed_hosts.clone(),
            settings.upstream.timeouts,
        );
        let upstream = Arc::new(upstream.map_err(EdgeBootError::UpstreamClient)?);
        let cache = Arc::new(ObjectCache::new(
            settings.cache.clone(),
            Arc::clone(&upstream),
            Arc::clone(&clock),
        ));
        let origins = AllowedOrigins::new(&settings.cors_allowed_origins)?;
        let state = match persist::load(&settings.state_file) {
            Ok(state) => Some(state),
            Err(LoadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::error!(%error, "starting without the stored deny state, waiting for the platform's");
                None
            }
        };
        let policy = LossPolicy {
            strict_after: settings.feed_strict_after,
            closes: settings.feed_strict,
        };
        let deny = Deny::new(state, Arc::clone(&clock), policy);
        deny.prune();
        Ok(Arc::new(Self {
            verifier: Verifier::new(
                &settings.signing_secret,
                settings.previous_signing_secret.as_ref(),
            ),
            deny: Arc::new(deny),
            activity: Arc::default(),
            playlists: Playlists::new(local.unwrap_or_default(), Arc::clone(&clock)),
            sources,
            upstream_playlists: Arc::new(UpstreamPlaylists::new(
                upstream,
                Arc::clone(&cache),
                Arc::clone(&clock),
            )),
            cache,
            states: StreamStates::default(),
            origins,
            sampler: Sampler::new(settings.access_log_sample),
            metrics: Metrics::default(),
            settings,
            clock,
            link,
        }))
    }

    /// Tells whether a path belongs to the edge where edge and platform share one port.
    pub fn claims_path(path: &str) -> bool {
        ["/streams/", "/t/", ops::CACHE_PREFIX]
            .iter()
            .any(|prefix| path.starts_with(prefix))
            || path == "/health"
            || path == "/ready"
    }

    /// Takes `file` for what lies at the local `path`, for an hour. For counting instructions only: valgrind does
    /// not know the system call by which files are opened here. Tells whether it is a file.
    #[doc(hidden)]
    pub fn keep_open(&self, path: &MediaPath, file: File) -> bool {
        self.playlists.source.keep_open(path, file).is_ok()
    }

    /// Answers a request of any path; `peer` is the socket's other end.
    pub async fn handle(&self, request: Parts, peer: IpAddr) -> Response<EdgeBody> {
        let mut line = Line {
            started: Instant::now(),
            method: request.method.clone(),
            path: String::new(),
            client_ip: self.settings.trusted_proxies.client_ip(peer, &request.headers),
            token_code: None,
            sid: None,
            cache: "-",
            is_logged: access_log::is_wanted() && self.sampler.picks(),
        };
        let mut reply = self.route(&request, &mut line).await;
        self.origins.apply(&request.headers, reply.headers_mut());
        let headers = reply.headers_mut();
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        if self.settings.hsts {
            headers.insert(
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=31536000"),
            );
        }
        let is_head = request.method == Method::HEAD;
        let watching = line.sid.map(|sid| Watching {
            sid,
            activity: Arc::clone(&self.activity),
            clock: Arc::clone(&self.clock),
        });
        let watching = watching.filter(|_| reply.status().is_success() && !is_head);
        let refused = reply.extensions_mut().remove::<EdgeRefusal>();
        let outcome = Outcome::of(reply.status(), refused);
        self.metrics.count(&outcome, line.started.elapsed());
        let account = Account::new(line, reply.status(), watching, self.metrics.bytes());
        let outlet = request.extensions.get::<Outlet>().cloned().unwrap_or_default();
        reply.map(|content| {
            EdgeBody::new(
                if is_head {
                    reply::body::Content::Empty
                } else {
                    content
                },
                account,
                outlet,
            )
        })
    }

    async fn route(&self, request: &Parts, line: &mut Line) -> Reply {
        let path = request.uri.path();
        if path.starts_with("/streams/") || path.starts_with("/t/") {
            return self.media(request, line).await;
        }
        line.path = loggable(path);
        if path.starts_with(ops::CACHE_PREFIX) {
            if request.method != Method::DELETE {
                return reply::method_not_allowed("DELETE");
            }
            return match ops::event_to_purge(&request.headers, path, &self.settings.internal_api_key) {
                Ok(event) => {
                    self.empty(&event).await;
                    ops::purged()
                }
                Err(refused) => reply::refusal(refused),
            };
        }
        let is_read = request.method == Method::GET || request.method == Method::HEAD;
        match path {
            "/health" | "/ready" if !is_read => reply::method_not_allowed("GET, HEAD"),
            "/health" => ops::health(&self.deny, self.sources.mode(), &self.cache.figures()),
            "/ready" => ops::ready(&self.deny),
            _ => reply::refusal(EdgeRefusal::NotFound),
        }
    }
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Edge")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
