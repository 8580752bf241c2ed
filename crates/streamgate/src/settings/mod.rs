//! Settings: environment variables with matching flags. Everything is checked before anything starts.
//!
//! [`catalogue`] lists them once; the command line, `--help`, the reference and `.env.example` all come from
//! that list. [`Values`] holds the texts that were given; the other modules turn them into typed settings or
//! into one line that names the setting.

pub(crate) mod catalogue;
mod edge;
mod parse;
mod platform;
mod process;
pub(crate) mod reference;
mod secrets;

use std::collections::BTreeMap;

use clap::ArgMatches;
use streamgate_edge::EdgeSettings;
use streamgate_platform::settings::PlatformSettings;
use streamgate_serving::random::SystemRandom;

pub(crate) use edge::{EdgeOrigin, edge_settings, poll_interval};
pub(crate) use platform::{database, database_url, platform_settings, probe_base_url};
pub(crate) use process::{OpsSettings, ops_settings, process_settings};
pub(crate) use secrets::{SECRETS_FILE, Secrets, kept_edge_id, random_hex};

/// A setting that is missing or wrong. Its text is one line and never shows a secret.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}")]
pub(crate) struct SettingError {
    name: String,
    problem: String,
}

impl SettingError {
    pub(crate) fn new(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            problem: problem.into(),
        }
    }

    /// Says that a setting must be set, and how one gets it.
    pub(crate) fn missing(name: &str) -> Self {
        let how = match name {
            "PLAYBACK_SIGNING_SECRET" | "INTERNAL_API_KEY" => {
                "; `streamgate generate-secret` makes one, the same for all services"
            }
            "ADMIN_PASSWORD_HASH" => "; `streamgate hash-password` makes one",
            _ => "",
        };
        Self::new(name, format!("it must be set{how}"))
    }
}

/// The settings of both services, for one process with one port.
pub(crate) struct OnePortSettings {
    pub(crate) platform: PlatformSettings,
    pub(crate) edge: EdgeSettings,
    /// The admin password, when this start made it: shown once.
    pub(crate) new_admin_password: Option<String>,
}

/// Builds the settings of both services, making the secrets that are neither given nor kept yet.
pub(crate) fn one_port_settings(values: &Values, port: u16) -> Result<OnePortSettings, SettingError> {
    let data_dir = values.data_dir()?;
    let secrets = Secrets::made_if_missing(values, &data_dir, &SystemRandom)?;
    let playback_base_url = values.base_url("HLS_SERVER_BASE_URL")?.unwrap_or_default();
    let edge_id = kept_edge_id(values, &data_dir, &SystemRandom)?;
    let origin = EdgeOrigin::InProcess { port };
    Ok(OnePortSettings {
        platform: platform_settings(values, &secrets, &data_dir, port, playback_base_url)?,
        edge: edge_settings(values, &secrets, &data_dir, edge_id, &origin)?,
        new_admin_password: secrets.new_admin_password,
    })
}

/// The texts given for settings, by name. An empty setting is an unset one.
#[derive(Clone, Default)]
pub(crate) struct Values(BTreeMap<&'static str, String>);

impl Values {
    /// Collects what flags and environment say, flags first, and reads the files that `*_FILE` settings name.
    pub(crate) fn from_matches(matches: &ArgMatches) -> Result<Self, SettingError> {
        let mut values = BTreeMap::new();
        for setting in catalogue::SETTINGS {
            let given = given(matches, setting.name);
            let file = setting
                .secret
                .then(|| given_file(matches, setting.name))
                .flatten();
            let value = match (given, file) {
                (Some(_), Some(_)) => {
                    return Err(SettingError::new(
                        setting.name,
                        format!("set it or {}_FILE, not both", setting.name),
                    ));
                }
                (Some(value), None) => Some(value),
                (None, Some(path)) => Some(read_secret_file(setting.name, &path)?),
                (None, None) => None,
            };
            values.extend(value.map(|value| (setting.name, value)));
        }
        Ok(Self(values))
    }

    /// Returns the text of a setting, if it is set.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(
            catalogue::SETTINGS.iter().any(|setting| setting.name == name),
            "{name} is not listed"
        );
        self.0.get(name).map(String::as_str)
    }

    /// Returns the text of a setting that must be set.
    pub(crate) fn require(&self, name: &str) -> Result<&str, SettingError> {
        self.get(name).ok_or_else(|| SettingError::missing(name))
    }

    /// Sets a value that was not given, as `demo` does.
    pub(crate) fn set_default(&mut self, name: &'static str, value: &str) {
        self.0.entry(name).or_insert_with(|| value.to_owned());
    }
}

fn given(matches: &ArgMatches, name: &str) -> Option<String> {
    // A command only knows the settings that it uses.
    let value = matches.try_get_one::<String>(name).ok().flatten()?;
    (!value.is_empty()).then(|| value.clone())
}

fn given_file(matches: &ArgMatches, name: &str) -> Option<String> {
    given(matches, &format!("{name}_FILE"))
}

fn read_secret_file(name: &str, path: &str) -> Result<String, SettingError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| SettingError::new(format!("{name}_FILE"), format!("cannot read {path}: {error}")))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(SettingError::new(
            format!("{name}_FILE"),
            format!("{path} is empty"),
        ));
    }
    Ok(text.to_owned())
}
