//! What an operator decides about an edge, parsed and ready to use.

use std::path::PathBuf;
use std::time::Duration;

use streamgate_contract::ids::EdgeId;
use streamgate_contract::playback_token::SigningSecret;
use streamgate_serving::api_key::ApiKey;
use streamgate_serving::client_ip::TrustedProxies;
use url::Url;

use crate::source::upstream::{AllowedHosts, UpstreamTimeouts};

/// What an operator decides about an edge.
#[derive(Clone, Debug)]
pub struct EdgeSettings {
    /// The name under which this edge reports.
    pub edge_id: EdgeId,
    /// The folder that holds one folder of HLS files per event, if this edge serves local files.
    pub stream_root: Option<PathBuf>,
    /// The HLS origins behind this edge.
    pub upstream: UpstreamSettings,
    /// Where and for how long objects of upstreams are kept.
    pub cache: CacheSettings,
    /// The file that keeps the deny state over a restart.
    pub state_file: PathBuf,
    /// The key of the internal API, asked for by `DELETE /admin/cache/{eventId}`.
    pub internal_api_key: ApiKey,
    /// The secret that playback tokens are signed with.
    pub signing_secret: SigningSecret,
    /// The secret before it, accepted during a rotation.
    pub previous_signing_secret: Option<SigningSecret>,
    /// Exact origins whose pages may read answers; none means no cross-origin headers.
    pub cors_allowed_origins: Vec<String>,
    /// The proxies that are believed about a client's address.
    pub trusted_proxies: TrustedProxies,
    /// The share of requests that is logged, 0 to 1.
    pub access_log_sample: f64,
    /// Whether a long loss of the feed closes this edge for everybody.
    pub feed_strict: bool,
    /// How long the feed may be lost before new sessions are refused. Default 15 minutes.
    pub feed_strict_after: Duration,
    /// How often the feed is polled while the platform cannot push. Default 30 s.
    pub poll_interval: Duration,
    /// Whether clients come over TLS, so that browsers are told to stay there.
    pub hsts: bool,
}

/// What an edge may ask of HLS origins.
#[derive(Clone, Debug, Default)]
pub struct UpstreamSettings {
    /// The operator's origin, which holds one folder per event; without credentials.
    pub origin: Option<Url>,
    /// Hosts that events' own sources may have although they are not public.
    pub allowed_hosts: AllowedHosts,
    /// How long an upstream may take.
    pub timeouts: UpstreamTimeouts,
}

/// How objects of upstreams are kept.
#[derive(Clone, Debug)]
pub struct CacheSettings {
    /// The folder that holds them; not within the folder of local files.
    pub root: PathBuf,
    /// How much may be kept, in bytes.
    pub bytes_max: u64,
    /// How long an object is kept.
    pub age_max: Duration,
    /// How often what is too old is removed.
    pub cleanup_interval: Duration,
}

/// Why an edge does not start.
#[derive(Debug, thiserror::Error)]
pub enum EdgeBootError {
    /// An allowed origin is no `scheme://host[:port]`.
    #[error("CORS_ALLOWED_ORIGIN: {0:?} is not an origin such as https://tickets.example.org")]
    Origin(String),
    /// The share of logged requests is out of range.
    #[error("ACCESS_LOG_SAMPLE: {0} is not between 0 and 1")]
    LogSample(f64),
    /// There is nothing to serve from.
    #[error(
        "STREAM_ROOT, UPSTREAM_ORIGIN: neither is set; an edge needs a folder or an origin to serve from"
    )]
    NoSource,
    /// The client for upstreams cannot be built.
    #[error("the client for upstreams cannot start")]
    UpstreamClient(#[source] reqwest::Error),
    /// The stream folder is missing or no folder.
    #[error("STREAM_ROOT: {} is not a folder that can be read", .0.display())]
    StreamRoot(PathBuf),
}
