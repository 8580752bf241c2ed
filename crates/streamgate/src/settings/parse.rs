//! From the text of a setting to its type, with one line for what is wrong.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use streamgate_serving::api_key::ApiKey;
use url::Url;

use super::{SettingError, Values};

impl Values {
    /// Returns a number within `range`, or `default` when the setting is not set.
    pub(crate) fn number<T>(
        &self,
        name: &str,
        range: RangeInclusive<T>,
        default: T,
    ) -> Result<T, SettingError>
    where
        T: FromStr + PartialOrd + Display,
    {
        let Some(text) = self.get(name) else {
            return Ok(default);
        };
        match text.trim().parse::<T>() {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => Err(SettingError::new(
                name,
                format!(
                    "\"{text}\" is not a number from {} to {}",
                    range.start(),
                    range.end()
                ),
            )),
        }
    }

    /// Returns the value of the word given, out of `words`; the first one is the default.
    pub(crate) fn word<T: Copy>(
        &self,
        name: &str,
        words: &[(&str, T)],
        default: T,
    ) -> Result<T, SettingError> {
        let Some(text) = self.get(name) else {
            return Ok(default);
        };
        words
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, value)| *value)
            .ok_or_else(|| {
                let choices: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                SettingError::new(name, format!("\"{text}\" is not one of {}", choices.join(", ")))
            })
    }

    /// Returns an http or https URL, if the setting is set.
    pub(crate) fn http_url(&self, name: &str) -> Result<Option<Url>, SettingError> {
        self.get(name)
            .map(|text| match Url::parse(text.trim()) {
                Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => {
                    without_credentials(name, url)
                }
                _ => Err(SettingError::new(
                    name,
                    format!("\"{text}\" is not an http or https URL"),
                )),
            })
            .transpose()
    }

    /// Returns a base URL as text without a trailing slash, if the setting is set.
    pub(crate) fn base_url(&self, name: &str) -> Result<Option<String>, SettingError> {
        self.http_url(name)?
            .map(|url| match (url.query(), url.fragment()) {
                (None, None) => Ok(url.as_str().trim_end_matches('/').to_owned()),
                _ => Err(SettingError::new(name, "a base URL has no query and no fragment")),
            })
            .transpose()
    }

    /// Returns a key that machines show each other, if the setting is set.
    pub(crate) fn api_key(&self, name: &str) -> Result<Option<ApiKey>, SettingError> {
        let key = self.get(name).map(ApiKey::new).transpose();
        key.map_err(|error| SettingError::new(name, error.to_string()))
    }
}

// Passwords in URLs end up in logs and pages.
fn without_credentials(name: &str, url: Url) -> Result<Url, SettingError> {
    if url.username().is_empty() && url.password().is_none() {
        Ok(url)
    } else {
        Err(SettingError::new(
            name,
            "a user name or password has no place in this URL",
        ))
    }
}

/// Checks that `text` is a bcrypt hash: `$2a$`, `$2b$` or `$2y$`, cost 04 to 31, 53 characters.
pub(super) fn bcrypt_hash(name: &str, text: &str) -> Result<String, SettingError> {
    let is_hash = || {
        let mut parts = text.strip_prefix('$')?.split('$');
        let (variant, cost, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let cost: u8 = (cost.len() == 2).then(|| cost.parse().ok()).flatten()?;
        let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/');
        let sound = matches!(variant, "2a" | "2b" | "2y")
            && (4..=31).contains(&cost)
            && rest.len() == 53
            && rest.bytes().all(alphabet)
            && parts.next().is_none();
        sound.then_some(())
    };
    match is_hash() {
        Some(()) => Ok(text.to_owned()),
        // The value is not shown: it may be the password itself.
        None => Err(SettingError::new(
            name,
            "it is not a bcrypt hash ($2b$...); make one with streamgate hash-password, and mind that shells \
             and compose files replace $ unless it is quoted or doubled",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Values;
    use super::bcrypt_hash;

    fn values(name: &'static str, text: &str) -> Values {
        let mut values = Values::default();
        values.set_default(name, text);
        values
    }

    #[test]
    fn text_where_a_number_belongs_is_named_with_its_range() {
        let error = values("PORT", "http")
            .number("PORT", 0..=65_535_u16, 3_000)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "PORT: \"http\" is not a number from 0 to 65535"
        );
        for wrong in ["-1", "65536", "1.5", "NaN", "80 80"] {
            assert!(
                values("PORT", wrong)
                    .number("PORT", 0..=65_535_u16, 3_000)
                    .is_err(),
                "{wrong}"
            );
        }
        for wrong in ["NaN", "inf", "-0.1", "1.1"] {
            assert!(
                values("ACCESS_LOG_SAMPLE", wrong)
                    .number("ACCESS_LOG_SAMPLE", 0.0..=1.0_f64, 1.0)
                    .is_err()
            );
        }
    }

    #[test]
    fn a_url_setting_takes_http_and_https_without_credentials_only() {
        for wrong in [
            "edge",
            "ftp://edge",
            "javascript:alert(1)",
            "http://",
            "https://user:pass@edge",
        ] {
            assert!(
                values("PUBLIC_URL", wrong).http_url("PUBLIC_URL").is_err(),
                "{wrong}"
            );
        }
        let base =
            values("HLS_SERVER_BASE_URL", "https://edge.example/media/").base_url("HLS_SERVER_BASE_URL");
        assert_eq!(base.unwrap().as_deref(), Some("https://edge.example/media"));
    }

    #[test]
    fn only_whole_bcrypt_hashes_pass_whatever_their_cost() {
        let rest = "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
        for (variant, cost) in [("2a", "04"), ("2b", "12"), ("2y", "31")] {
            assert!(bcrypt_hash("H", &format!("${variant}${cost}${rest}")).is_ok());
        }
        let short = &rest[1..];
        for wrong in [
            "hunter2".to_owned(),
            format!("$2b$12${short}"),
            format!("$2b$03${rest}"),
            format!("$2b$32${rest}"),
            format!("$2x$12${rest}"),
            format!("2b$12${rest}"),
            format!("$2b$12${rest}$"),
            rest.to_owned(), // what is left when a shell ate "$2b$12$"
        ] {
            let error = bcrypt_hash("ADMIN_PASSWORD_HASH", &wrong)
                .unwrap_err()
                .to_string();
            assert!(error.starts_with("ADMIN_PASSWORD_HASH: "));
            assert!(!error.contains("hunter2") && !error.contains(rest));
        }
    }
}
