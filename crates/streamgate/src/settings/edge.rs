//! From texts to the edge's settings.

use std::path::{Path, PathBuf};
use std::time::Duration;

use streamgate_contract::ids::EdgeId;
use streamgate_edge::EdgeSettings;
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
    Ok(EdgeSettings {
        edge_id,
        stream_root: stream_root(values, data_dir, origin)?,
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
            EdgeOrigin::Apart { .. } => false,
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

fn stream_root(values: &Values, data_dir: &Path, origin: &EdgeOrigin) -> Result<PathBuf, SettingError> {
    if values.get("UPSTREAM_ORIGIN").is_some() {
        return Err(SettingError::new(
            "UPSTREAM_ORIGIN",
            "this version serves local files only; set STREAM_ROOT instead",
        ));
    }
    let path = match (values.get("STREAM_ROOT"), origin) {
        (Some(given), _) => PathBuf::from(given),
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
        Ok(path) if path.is_dir() => Ok(path),
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
