//! Settings of any command that listens: address, folder, log, limits.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use streamgate_serving::client_ip::TrustedProxies;
use streamgate_serving::listeners::{Limits, Tls, TlsError, raise_descriptor_limit};

use super::{SettingError, Values};

/// Where and how a process listens.
#[derive(Debug)]
pub(crate) struct ProcessSettings {
    pub(crate) address: SocketAddr,
    pub(crate) limits: Limits,
    /// With it clients speak TLS and nothing else.
    pub(crate) tls: Option<Tls>,
}

/// Where the metrics are shown.
#[derive(Debug)]
pub(crate) struct OpsSettings {
    pub(crate) address: SocketAddr,
    /// Whether the operator asked for this address: one that is taken is then an error.
    pub(crate) is_given: bool,
}

/// Reads where the metrics are shown; the default port, on loopback, differs between commands.
pub(crate) fn ops_settings(values: &Values, default_port: u16) -> Result<OpsSettings, SettingError> {
    let given = values.get("OPS_ADDR");
    let address = match given {
        None => SocketAddr::from((Ipv4Addr::LOCALHOST, default_port)),
        Some(text) => text.trim().parse().map_err(|_| {
            SettingError::new(
                "OPS_ADDR",
                format!("\"{text}\" is not an address and a port, such as 127.0.0.1:9300"),
            )
        })?,
    };
    Ok(OpsSettings {
        address,
        is_given: given.is_some(),
    })
}

/// Reads the listening settings; the default port differs between commands.
pub(crate) fn process_settings(values: &Values, default_port: u16) -> Result<ProcessSettings, SettingError> {
    let port = values.number("PORT", 0..=u16::MAX, default_port)?;
    let ip = match values.get("BIND_ADDR") {
        None => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        Some(text) => text
            .parse()
            .map_err(|_| SettingError::new("BIND_ADDR", format!("\"{text}\" is not an IP address")))?,
    };
    let descriptors = usize::try_from(raise_descriptor_limit()).unwrap_or(usize::MAX);
    let limits = Limits {
        // A quarter is left for files, upstreams and the database.
        connections_max: values.number("MAX_CONNECTIONS", 1..=1_000_000, connections_of(descriptors))?,
        connections_per_client_max: values.number("MAX_CONNECTIONS_PER_CLIENT", 0..=1_000_000, 0)?,
        ..Limits::default()
    };
    Ok(ProcessSettings {
        address: SocketAddr::new(ip, port),
        limits,
        tls: tls(values)?,
    })
}

/// Loads the certificate and its key, if this process is to speak TLS.
fn tls(values: &Values) -> Result<Option<Tls>, SettingError> {
    match (values.get("TLS_CERT"), values.get("TLS_KEY")) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(SettingError::new(
            "TLS_KEY",
            "TLS_CERT is set, so it must be set too",
        )),
        (None, Some(_)) => Err(SettingError::new(
            "TLS_CERT",
            "TLS_KEY is set, so it must be set too",
        )),
        (Some(certificate), Some(key)) => {
            Tls::load(certificate.as_ref(), key.as_ref())
                .map(Some)
                .map_err(|error| match error {
                    TlsError::Certificate { .. } => SettingError::new("TLS_CERT", error.to_string()),
                    TlsError::Key { .. } => SettingError::new("TLS_KEY", error.to_string()),
                })
        }
    }
}

fn connections_of(descriptors: usize) -> usize {
    (descriptors / 4 * 3).clamp(1, 1_000_000)
}

impl Values {
    /// Returns where the folder for everything that is kept lies, whether it is there or not.
    pub(crate) fn data_dir_path(&self) -> Result<PathBuf, SettingError> {
        std::path::absolute(self.get("DATA_DIR").unwrap_or("./data"))
            .map_err(|error| SettingError::new("DATA_DIR", error.to_string()))
    }

    /// Returns the folder for everything that is kept, created readable by its owner only.
    pub(crate) fn data_dir(&self) -> Result<PathBuf, SettingError> {
        let given = PathBuf::from(self.get("DATA_DIR").unwrap_or("./data"));
        let failed =
            |error: std::io::Error| SettingError::new("DATA_DIR", format!("{}: {error}", given.display()));
        create_private_folder(&given).map_err(failed)?;
        given.canonicalize().map_err(failed)
    }

    /// Returns the proxies whose word about the client's address counts.
    pub(crate) fn trusted_proxies(&self) -> Result<TrustedProxies, SettingError> {
        TrustedProxies::parse(self.get("TRUSTED_PROXIES").unwrap_or(""))
            .map_err(|error| SettingError::new("TRUSTED_PROXIES", error.to_string()))
    }
}

fn create_private_folder(path: &std::path::Path) -> std::io::Result<()> {
    if path.try_exists()? {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
