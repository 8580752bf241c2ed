//! Commands that print a document.

use std::io::Write;

use crate::settings::reference;

/// Prints the OpenAPI document of the JSON API.
pub(crate) fn openapi() -> anyhow::Result<()> {
    print(&streamgate_platform::routes::openapi_json())
}

/// Prints the settings as `markdown` or as an environment file.
pub(crate) fn settings_reference(form: &str) -> anyhow::Result<()> {
    print(&if form == "env" {
        reference::env_example()
    } else {
        reference::markdown()
    })
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{}", text.trim_end())?;
    Ok(())
}
