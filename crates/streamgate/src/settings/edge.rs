//! From texts to the edge's settings.

use std::path::{Path, PathBuf};
use std::time::Duration;

use streamgate_contract::ids::EdgeId;
use streamgate_edge::{AllowedHosts, CacheSettings, EdgeSettings, UpstreamSettings, UpstreamTimeouts};
use url::Url;

use super::platform::public_url;
use super::{Secrets, SettingError, Values};

/// Where an edge runs: beside the platform in one process, or apart from it.
pub(crate) enum EdgeOrigin {
    /// `serve`: its streams default to a folder in the data folder, and the page needs no CORS.
    InProcess { port: u16 },
    /// `edge`: pages come from the platform at this URL.
    Apart { platform_url: Url },
}

/// Builds the edge's settings.
pub(crate) fn edge_settings(
    values: &Values,
    secrets: &Secrets,
    data_dir: &Path,
    edge_id: EdgeId,
    origin: &EdgeOrigin,
) -> Result<EdgeSettings, SettingError> {
    let upstream = upstream(values)?;
    let stream_root = stream_root(values, data_dir, origin, upstream.origin.is_some())?;
    Ok(EdgeSettings {
        edge_id,
        cache: cache(values, data_dir, stream_root.as_deref())?,
        stream_root,
        upstream,
        state_file: data_dir.join("edge-state.json"),
        internal_api_key: secrets.internal_api_key.clone(),
        signing_secret: secrets.signing.clone(),
        previous_signing_secret: secrets.signing_previous.clone(),
        cors_allowed_origins: cors_origins(values, origin)?,
        trusted_proxies: values.trusted_proxies()?,
        access_log_sample: values.number("ACCESS_LOG_SAMPLE", 0.0..=1.0, 1.0)?,
        feed_strict: values.word("FEED_STRICT", &[("false", false), ("true", true)], false)?,
        feed_strict_after: Duration::from_secs(values.number(
            "FEED_STRICT_AFTER_SECONDS",
            30..=86_400,
            900,
        )?),
        poll_interval: poll_interval(values)?,
        hsts: match origin {
            EdgeOrigin::InProcess { port } => public_url(values, *port)?.scheme() == "https",
            // Without TLS of its own, an edge does not know how viewers reach it.
            EdgeOrigin::Apart { .. } => values.get("TLS_CERT").is_some(),
        },
    })
}

/// Returns how often the feed is polled while push is broken.
pub(crate) fn poll_interval(values: &Values) -> Result<Duration, SettingError> {
    Ok(Duration::from_millis(values.number(
        "REVOCATION_POLL_INTERVAL_MS",
        100..=3_600_000,
        30_000,
    )?))
}

/// Returns the folder of local files; none when there is an upstream and no folder is named.
fn stream_root(
    values: &Values,
    data_dir: &Path,
    origin: &EdgeOrigin,
    has_upstream: bool,
) -> Result<Option<PathBuf>, SettingError> {
    let path = match (values.get("STREAM_ROOT"), origin) {
        (Some(given), _) => PathBuf::from(given),
        (None, _) if has_upstream => return Ok(None),
        (None, EdgeOrigin::InProcess { .. }) => {
            let path = data_dir.join("streams");
            std::fs::create_dir_all(&path)
                .map_err(|error| SettingError::new("STREAM_ROOT", format!("{}: {error}", path.display())))?;
            path
        }
        (None, EdgeOrigin::Apart { .. }) => {
            return Err(SettingError::new(
                "STREAM_ROOT, UPSTREAM_ORIGIN",
                "neither is set; an edge needs a folder or an origin to serve from",
            ));
        }
    };
    match path.canonicalize() {
        Ok(path) if path.is_dir() => Ok(Some(path)),
        Ok(_) => Err(SettingError::new(
            "STREAM_ROOT",
            format!("{} is not a folder", path.display()),
        )),
        Err(error) => Err(SettingError::new(
            "STREAM_ROOT",
            format!("{}: {error}", path.display()),
        )),
    }
}

fn upstream(values: &Values) -> Result<UpstreamSettings, SettingError> {
    let (name, allowed) = ("UPSTREAM_ORIGIN", "UPSTREAM_ALLOWED_HOSTS");
    let origin = values.base_url(name)?;
    let allowed_hosts = AllowedHosts::parse(values.get(allowed).unwrap_or_default()).map_err(|entry| {
        SettingError::new(
            allowed,
            format!("\"{entry}\" is not a host name, an address or a network such as 10.0.0.0/8"),
        )
    })?;
    Ok(UpstreamSettings {
        origin: origin.map(|_| values.http_url(name)).transpose()?.flatten(),
        allowed_hosts,
        timeouts: UpstreamTimeouts::default(),
    })
}

fn cache(
    values: &Values,
    data_dir: &Path,
    stream_root: Option<&Path>,
) -> Result<CacheSettings, SettingError> {
    let root = values
        .get("SEGMENT_CACHE_ROOT")
        .map_or_else(|| data_dir.join("cache"), PathBuf::from);
    let root = std::path::absolute(&root)
        .map_err(|error| SettingError::new("SEGMENT_CACHE_ROOT", format!("{}: {error}", root.display())))?;
    if stream_root.is_some_and(|streams| resolved(&root).starts_with(streams)) {
        return Err(SettingError::new(
            "SEGMENT_CACHE_ROOT",
            format!("{} lies inside STREAM_ROOT", root.display()),
        ));
    }
    let gigabytes = values.number("SEGMENT_CACHE_MAX_SIZE_GB", 0.001..=1_000_000.0_f64, 50.0)?;
    let hours = values.number("SEGMENT_CACHE_MAX_AGE_HOURS", 1..=87_600, 72)?;
    let minutes = values.number("CACHE_CLEANUP_INTERVAL_MINUTES", 1..=10_080, 360)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 10^6 and 10^15"
    )]
    let bytes_max = (gigabytes * 1e9) as u64;
    Ok(CacheSettings {
        root,
        bytes_max,
        age_max: Duration::from_hours(hours),
        cleanup_interval: Duration::from_mins(minutes),
    })
}

/// Resolves the links of that part of a path which is there already.
fn resolved(path: &Path) -> PathBuf {
    for folder in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (folder.canonicalize(), path.strip_prefix(folder)) {
            return real.join(rest);
        }
    }
    path.to_owned()
}

fn cors_origins(values: &Values, origin: &EdgeOrigin) -> Result<Vec<String>, SettingError> {
    let name = "CORS_ALLOWED_ORIGIN";
    let Some(text) = values.get(name) else {
        return Ok(match origin {
            EdgeOrigin::InProcess { .. } => Vec::new(),
            EdgeOrigin::Apart { platform_url } => vec![platform_url.origin().ascii_serialization()],
        });
    };
    text.split(',')
        .map(str::trim)
        .map(|entry| match Url::parse(entry) {
            // Browsers send exactly this form; a path or a trailing slash would never match.
            Ok(url) if url.origin().ascii_serialization() == entry => Ok(entry.to_owned()),
            _ => Err(SettingError::new(
                name,
                format!("\"{entry}\" is not an origin such as https://watch.example.com"),
            )),
        })
        .collect()
}
