//! Commands that print a document.

use std::io::Write;

use crate::cli_reference;
use crate::settings::reference;

/// Prints the OpenAPI document of the JSON API.
pub(crate) fn openapi() -> anyhow::Result<()> {
    print(&streamgate_platform::routes::openapi_json())
}

/// Prints the settings as `markdown` or as an environment file, or the command line (`cli`).
pub(crate) fn settings_reference(form: &str) -> anyhow::Result<()> {
    print(&match form {
        "env" => reference::env_example(),
        "cli" => cli_reference::markdown(),
        _ => reference::markdown(),
    })
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{}", text.trim_end())?;
    Ok(())
}
