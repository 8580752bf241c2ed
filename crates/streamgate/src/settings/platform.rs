//! From texts to the platform's settings.

use std::path::{Path, PathBuf};
use std::time::Duration;

use streamgate_platform::db::DatabaseUrl;
use streamgate_platform::settings::{
    PageSettings, PlatformSettings, RateLimits, SessionSharing, TokenCarrier,
};
use url::Url;

use super::{Secrets, SettingError, Values};

const LIMIT_MAX: u32 = 10_000_000;

/// Builds the platform's settings. `edge_base_url` is empty when this process serves the streams too.
pub(crate) fn platform_settings(
    values: &Values,
    secrets: &Secrets,
    data_dir: &Path,
    port: u16,
    playback_base_url: String,
) -> Result<PlatformSettings, SettingError> {
    Ok(PlatformSettings {
        database: database(values, data_dir)?,
        signing_secret: secrets.signing.clone(),
        previous_signing_secret: secrets.signing_previous.clone(),
        internal_api_key: secrets.internal_api_key.clone(),
        admin_password_hash: secrets.admin_password_hash.clone(),
        admin_api_key: values.api_key("ADMIN_API_KEY")?,
        public_url: public_url(values, port)?,
        playback_base_url,
        token_carrier: values.word(
            "PLAYBACK_TOKEN_CARRIER",
            &[("header", TokenCarrier::Header), ("path", TokenCarrier::Path)],
            TokenCarrier::Header,
        )?,
        page: page(values)?,
        session_timeout: Duration::from_secs(values.number("SESSION_TIMEOUT_SECONDS", 1..=86_400, 60)?),
        session_sharing: values.word(
            "SESSION_SHARING",
            &[("report", SessionSharing::Report), ("end", SessionSharing::End)],
            SessionSharing::Report,
        )?,
        retention_days: values.number("RETENTION_DAYS", 1..=36_500, 90)?,
        trusted_proxies: values.trusted_proxies()?,
        rate_limits: RateLimits {
            invalid_codes_per_minute: values.number(
                "RATE_LIMIT_INVALID_CODES_PER_MINUTE",
                1..=LIMIT_MAX,
                5,
            )?,
            validations_per_minute: values.number(
                "RATE_LIMIT_VALIDATIONS_PER_MINUTE",
                1..=LIMIT_MAX,
                3_000,
            )?,
            logins_per_minute: values.number("RATE_LIMIT_LOGINS_PER_MINUTE", 1..=LIMIT_MAX, 10)?,
            refreshes_per_hour: values.number("RATE_LIMIT_REFRESHES_PER_HOUR", 1..=LIMIT_MAX, 12)?,
        },
    })
}

/// Returns where the platform itself reaches an edge.
pub(crate) fn probe_base_url(values: &Values, playback_base_url: &str) -> Result<String, SettingError> {
    Ok(values
        .base_url("HLS_SERVER_INTERNAL_URL")?
        .unwrap_or_else(|| playback_base_url.to_owned()))
}

/// Returns the public URL of the platform.
pub(super) fn public_url(values: &Values, port: u16) -> Result<Url, SettingError> {
    let is_tls_ours = values.get("TLS_CERT").is_some();
    match values.http_url("PUBLIC_URL")? {
        // Cookies and origin checks go by this URL: browsers that come over TLS would be refused.
        Some(url) if is_tls_ours && url.scheme() == "http" => Err(SettingError::new(
            "PUBLIC_URL",
            "it must begin with https, since TLS_CERT is set",
        )),
        Some(url) => Ok(url),
        None => Url::parse(&format!(
            "{}://localhost:{port}",
            if is_tls_ours { "https" } else { "http" }
        ))
        .map_err(|error| SettingError::new("PUBLIC_URL", error.to_string())),
    }
}

/// Returns which database to open.
pub(crate) fn database(values: &Values, data_dir: &Path) -> Result<DatabaseUrl, SettingError> {
    match values.get("DATABASE_URL") {
        Some(text) => {
            let url = database_url("DATABASE_URL", text)?;
            require_folder(&url, data_dir)?;
            Ok(url)
        }
        None => Ok(DatabaseUrl::Sqlite(data_dir.join("streamgate.db"))),
    }
}

/// A file is made where none is, a folder is not: it would hide a typing error behind an empty database. `DATA_DIR`
/// itself is made at the start.
fn require_folder(url: &DatabaseUrl, data_dir: &Path) -> Result<(), SettingError> {
    let DatabaseUrl::Sqlite(path) = url else {
        return Ok(());
    };
    if path.is_dir() {
        let problem = format!("{} is a folder; it must name a file", path.display());
        return Err(SettingError::new("DATABASE_URL", problem));
    }
    match path.parent() {
        Some(folder) if folder != data_dir && !folder.is_dir() => {
            let problem = format!("there is no folder {}", folder.display());
            Err(SettingError::new("DATABASE_URL", problem))
        }
        _ => Ok(()),
    }
}

/// Reads the address of a database, which `name` gave: relative paths count from the working directory, once, here.
pub(crate) fn database_url(name: &str, text: &str) -> Result<DatabaseUrl, SettingError> {
    if text.starts_with("postgres://") || text.starts_with("postgresql://") {
        // The URL holds a password: it is not shown when it is wrong.
        return match Url::parse(text) {
            Ok(_) => Ok(DatabaseUrl::Postgres(text.to_owned())),
            Err(error) => Err(SettingError::new(name, format!("it is not a URL: {error}"))),
        };
    }
    let path = ["file:", "sqlite://", "sqlite:"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let Some(path) = path.filter(|path| !path.is_empty() && !path.contains('?')) else {
        return Err(SettingError::new(
            name,
            "it must be file:PATH or postgres://USER:PASSWORD@HOST/NAME",
        ));
    };
    std::path::absolute(PathBuf::from(path))
        .map(DatabaseUrl::Sqlite)
        .map_err(|error| SettingError::new(name, error.to_string()))
}

fn page(values: &Values) -> Result<PageSettings, SettingError> {
    let app_name = values
        .get("APP_NAME")
        .or_else(|| values.get("NEXT_PUBLIC_APP_NAME"))
        .unwrap_or("StreamGate");
    if !(1..=60).contains(&app_name.chars().count()) {
        return Err(SettingError::new("APP_NAME", "it must have 1 to 60 characters"));
    }
    Ok(PageSettings {
        app_name: app_name.to_owned(),
        support_contact: values.get("SUPPORT_CONTACT").map(ToOwned::to_owned),
        imprint_url: values.http_url("IMPRINT_URL")?,
        privacy_url: values.http_url("PRIVACY_URL")?,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use streamgate_platform::db::DatabaseUrl;

    use super::super::Values;
    use super::database;

    fn parsed(text: &str) -> Option<DatabaseUrl> {
        let mut values = Values::default();
        values.set_default("DATABASE_URL", text);
        database(&values, Path::new("/data")).ok()
    }

    #[test]
    fn a_relative_database_path_counts_from_the_working_directory() {
        let expected = std::path::absolute("dev.db").unwrap();
        assert_eq!(parsed("file:./dev.db"), Some(DatabaseUrl::Sqlite(expected)));
        assert_eq!(
            parsed("file:/dev.db"),
            Some(DatabaseUrl::Sqlite("/dev.db".into()))
        );
    }

    #[test]
    fn the_folder_of_a_database_file_must_be_there_unless_it_is_the_one_that_a_start_makes() {
        assert!(parsed("file:/data/tickets.db").is_some());
        assert_eq!(parsed("file:/no-such-folder/tickets.db"), None);
        assert_eq!(parsed("file:/"), None);
    }

    #[test]
    fn postgres_urls_pass_and_others_do_not() {
        assert!(matches!(
            parsed("postgres://u:p@db/streamgate"),
            Some(DatabaseUrl::Postgres(_))
        ));
        for wrong in ["mysql://db", "dev.db", "file:", "postgres://[::1"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
