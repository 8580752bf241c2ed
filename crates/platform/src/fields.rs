//! Fields of admin forms, read one by one, so that all wrong ones are told at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::error::ApiError;

/// A member of a JSON body as it came: absent, null or a value of any type.
///
/// `Deserialize` is only reached for members that are present; `#[serde(default)]` makes the others absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Field {
    /// The member is not there.
    #[default]
    Absent,
    /// The member is there, perhaps as null.
    Given(Value),
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::Given)
    }
}

impl Field {
    /// Returns the value; `None` if it is absent or null.
    pub const fn value(&self) -> Option<&Value> {
        match self {
            Self::Absent | Self::Given(Value::Null) => None,
            Self::Given(value) => Some(value),
        }
    }

    /// Tells whether the member is there, perhaps as null.
    pub const fn is_given(&self) -> bool {
        matches!(self, Self::Given(_))
    }
}

/// Collects one message per wrong field, by its JSON name.
#[derive(Debug, Default)]
pub struct FieldErrors(BTreeMap<&'static str, String>);

impl FieldErrors {
    /// Returns the value of a field, or notes what is wrong with it.
    pub fn check<T>(&mut self, name: &'static str, read: Result<T, String>) -> Option<T> {
        read.map_err(|message| self.0.insert(name, message)).ok()
    }

    /// Notes what is wrong with a field, unless something is noted already.
    pub fn add(&mut self, name: &'static str, message: &str) {
        self.0.entry(name).or_insert_with(|| message.to_owned());
    }

    /// Returns the refusal: 400 `validation_failed` with all messages.
    pub fn into_refusal(self) -> ApiError {
        ApiError::ValidationFailed(self.0)
    }

    /// Tells whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Reads a text of at most `chars_max` characters, trimmed; `None` if it is absent, null or blank.
pub fn short_text(field: &Field, chars_max: usize) -> Result<Option<String>, String> {
    let Some(text) = trimmed(field)? else {
        return Ok(None);
    };
    if text.chars().any(char::is_control) {
        return Err("Must not contain control characters.".to_owned());
    }
    within(text, chars_max).map(Some)
}

/// Like [`short_text`], with line breaks and tabs.
pub fn long_text(field: &Field, chars_max: usize) -> Result<Option<String>, String> {
    let Some(text) = trimmed(field)? else {
        return Ok(None);
    };
    if text
        .chars()
        .any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t'))
    {
        return Err("Must not contain control characters.".to_owned());
    }
    within(text, chars_max).map(Some)
}

/// Reads a whole number from `min` to `max`; `None` if it is absent or null.
pub fn integer(field: &Field, min: i64, max: i64) -> Result<Option<i64>, String> {
    let Some(value) = field.value() else {
        return Ok(None);
    };
    let number = value.as_i64().filter(|number| (min..=max).contains(number));
    number
        .map(Some)
        .ok_or_else(|| format!("Must be a whole number from {min} to {max}."))
}

fn trimmed(field: &Field) -> Result<Option<&str>, String> {
    let Some(value) = field.value() else {
        return Ok(None);
    };
    let text = value.as_str().ok_or("Must be a text.")?.trim();
    Ok((!text.is_empty()).then_some(text))
}

fn within(text: &str, chars_max: usize) -> Result<String, String> {
    if text.chars().count() > chars_max {
        return Err(format!("Must be at most {chars_max} characters."));
    }
    Ok(text.to_owned())
}
