//! Secrets: given by settings, or made at the first start of `serve` and kept in the data folder.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};
use streamgate_contract::ids::EdgeId;
use streamgate_contract::playback_token::SigningSecret;
use streamgate_serving::api_key::ApiKey;
use streamgate_serving::random::Random;

use super::{SettingError, Values, parse};
use crate::admin_password;

/// What `serve` keeps in its data folder.
pub(crate) const SECRETS_FILE: &str = "secrets.json";
/// Where an edge keeps the name it made for itself.
const EDGE_ID_FILE: &str = "edge-id";

/// The secrets that platform and edge share, and the admin's.
pub(crate) struct Secrets {
    pub(crate) signing: SigningSecret,
    pub(crate) signing_previous: Option<SigningSecret>,
    pub(crate) internal_api_key: ApiKey,
    pub(crate) admin_password_hash: Option<String>,
    /// The admin password, when this start made it: shown once.
    pub(crate) new_admin_password: Option<String>,
}

impl Secrets {
    /// Reads the secrets that a separate platform or edge must be given.
    pub(crate) fn required(values: &Values) -> Result<Self, SettingError> {
        let signing = signing_secret(
            "PLAYBACK_SIGNING_SECRET",
            values.require("PLAYBACK_SIGNING_SECRET")?,
        )?;
        let internal_api_key = values
            .api_key("INTERNAL_API_KEY")?
            .ok_or_else(|| SettingError::missing("INTERNAL_API_KEY"))?;
        Ok(Self {
            signing,
            signing_previous: previous(values)?,
            internal_api_key,
            admin_password_hash: admin_password_hash(values)?,
            new_admin_password: None,
        })
    }

    /// Reads the secrets of `serve`, making and keeping those that are neither given nor kept yet.
    pub(crate) fn made_if_missing(
        values: &Values,
        data_dir: &Path,
        random: &dyn Random,
    ) -> Result<Self, SettingError> {
        let (secrets, kept) = Self::kept_or_made(values, data_dir, random)?;
        kept.save(data_dir)?;
        Ok(secrets)
    }

    /// Reads the secrets of `serve` without keeping what would be made, and tells whether anything would be.
    pub(crate) fn looked_at(
        values: &Values,
        data_dir: &Path,
        random: &dyn Random,
    ) -> Result<(Self, bool), SettingError> {
        let (secrets, kept) = Self::kept_or_made(values, data_dir, random)?;
        Ok((secrets, kept.changed))
    }

    fn kept_or_made(
        values: &Values,
        data_dir: &Path,
        random: &dyn Random,
    ) -> Result<(Self, Kept), SettingError> {
        let mut kept = Kept::load(data_dir)?;
        let signing = match values.get("PLAYBACK_SIGNING_SECRET") {
            Some(given) => given.to_owned(),
            None => kept.get_or_make("playbackSigningSecret", || random_hex(random)),
        };
        let internal_api_key = match values.api_key("INTERNAL_API_KEY")? {
            Some(given) => given,
            None => {
                ApiKey::new(&kept.get_or_make("internalApiKey", || random_hex(random))).map_err(|error| {
                    SettingError::new("DATA_DIR", format!("internalApiKey in {SECRETS_FILE}: {error}"))
                })?
            }
        };
        let mut new_admin_password = None;
        let admin_password_hash = match admin_password_hash(values)? {
            Some(given) => given,
            None => kept.get_or_make("adminPasswordHash", || {
                let password = admin_password::generate(random);
                let hash = admin_password::hash(&password);
                new_admin_password = Some(password);
                hash.unwrap_or_default()
            }),
        };
        let secrets = Self {
            signing: signing_secret("PLAYBACK_SIGNING_SECRET", &signing)?,
            signing_previous: previous(values)?,
            internal_api_key,
            admin_password_hash: Some(admin_password_hash),
            new_admin_password,
        };
        Ok((secrets, kept))
    }
}

/// Returns `EDGE_ID`, or the random one kept in the data folder.
pub(crate) fn kept_edge_id(
    values: &Values,
    data_dir: &Path,
    random: &dyn Random,
) -> Result<EdgeId, SettingError> {
    let invalid = |text: &str| {
        SettingError::new(
            "EDGE_ID",
            format!("\"{text}\" is not 1 to 64 of A-Z a-z 0-9 . _ -"),
        )
    };
    if let Some(given) = values.get("EDGE_ID") {
        return EdgeId::parse(given).map_err(|_| invalid(given));
    }
    let path = data_dir.join(EDGE_ID_FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text.trim().to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let made = format!("edge-{}", random_hex(random).get(..12).unwrap_or_default());
            write_private(&path, &made)?;
            made
        }
        Err(error) => {
            return Err(SettingError::new(
                "DATA_DIR",
                format!("{}: {error}", path.display()),
            ));
        }
    };
    EdgeId::parse(&text).map_err(|_| invalid(&text))
}

fn signing_secret(name: &str, text: &str) -> Result<SigningSecret, SettingError> {
    SigningSecret::new(text.as_bytes().to_vec()).map_err(|_| {
        SettingError::new(
            name,
            format!("it must have at least 32 bytes; it has {}", text.len()),
        )
    })
}

fn previous(values: &Values) -> Result<Option<SigningSecret>, SettingError> {
    let name = "PLAYBACK_SIGNING_SECRET_PREVIOUS";
    values
        .get(name)
        .map(|text| signing_secret(name, text))
        .transpose()
}

fn admin_password_hash(values: &Values) -> Result<Option<String>, SettingError> {
    let name = "ADMIN_PASSWORD_HASH";
    values
        .get(name)
        .map(|text| parse::bcrypt_hash(name, text))
        .transpose()
}

/// Returns 256 random bits in hex.
pub(crate) fn random_hex(random: &dyn Random) -> String {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(nibble), 16));
        }
        text
    })
}

/// The secrets file, with whether it must be written again.
struct Kept {
    members: serde_json::Map<String, Value>,
    changed: bool,
}

impl Kept {
    fn load(data_dir: &Path) -> Result<Self, SettingError> {
        let path = data_dir.join(SECRETS_FILE);
        let wrong = |problem: String| SettingError::new("DATA_DIR", format!("{}: {problem}", path.display()));
        let members = match std::fs::read_to_string(&path) {
            Ok(text) => match serde_json::from_str(&text) {
                Ok(Value::Object(members)) => members,
                // Making new ones silently would end every session and lock the organiser out.
                _ => {
                    return Err(wrong(
                        "this is not the file of secrets that serve wrote".to_owned(),
                    ));
                }
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => serde_json::Map::new(),
            Err(error) => return Err(wrong(error.to_string())),
        };
        Ok(Self {
            members,
            changed: false,
        })
    }

    fn get_or_make(&mut self, name: &str, make: impl FnOnce() -> String) -> String {
        if let Some(Value::String(kept)) = self.members.get(name) {
            return kept.clone();
        }
        let made = make();
        self.members.insert(name.to_owned(), json!(made));
        self.changed = true;
        made
    }

    fn save(&self, data_dir: &Path) -> Result<(), SettingError> {
        if !self.changed {
            return Ok(());
        }
        write_private(
            &data_dir.join(SECRETS_FILE),
            &format!("{:#}\n", Value::Object(self.members.clone())),
        )
    }
}

/// Writes a file for its owner only, whole or not at all.
fn write_private(path: &Path, text: &str) -> Result<(), SettingError> {
    let temporary = path.with_extension("tmp");
    let write = || {
        let mut options = std::fs::OpenOptions::new();
        options.create(true).write(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)
    };
    write().map_err(|error| SettingError::new("DATA_DIR", format!("{}: {error}", path.display())))
}
