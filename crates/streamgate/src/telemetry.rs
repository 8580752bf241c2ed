//! Logging: one line per event on standard output, JSON unless a person reads it.

use tracing_subscriber::EnvFilter;

use crate::settings::{SettingError, Values};

#[derive(Clone, Copy)]
enum Form {
    Json,
    Text,
}

/// Starts logging as `LOG_FORMAT` and `RUST_LOG` say.
pub(crate) fn start(values: &Values) -> Result<(), SettingError> {
    let form = values.word(
        "LOG_FORMAT",
        &[("json", Form::Json), ("text", Form::Text)],
        Form::Json,
    )?;
    let filter = EnvFilter::try_new(values.get("RUST_LOG").unwrap_or("info"))
        .map_err(|error| SettingError::new("RUST_LOG", error.to_string()))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    let started = match form {
        Form::Json => builder
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .try_init(),
        Form::Text => builder.try_init(),
    };
    // A second start happens in tests only, where the first one serves.
    drop(started);
    Ok(())
}
