//! The generated files, all derived from the program itself: the API's document, the page's types, the settings' reference.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::command_line::CommandLine;
use crate::{http_reference, web, workspace};

const OPENAPI: &str = "web/src/api/openapi.json";
const SCHEMA: &str = "web/src/api/schema.gen.ts";
const SETTINGS_REFERENCE: &str = "docs/reference/settings.md";
const CLI_REFERENCE: &str = "docs/reference/cli.md";
const HTTP_REFERENCE: &str = "docs/reference/http-api.md";
const ENVIRONMENT_EXAMPLE: &str = ".env.example";
const GENERATED: &[&str] = &[
    OPENAPI,
    SCHEMA,
    SETTINGS_REFERENCE,
    CLI_REFERENCE,
    HTTP_REFERENCE,
    ENVIRONMENT_EXAMPLE,
];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    web::install_dependencies()?;
    web::build()?;
    if arguments.iter().any(|argument| argument == "--check") {
        check()
    } else {
        write()
    }
}

/// Writes every generated file. The page must have been built.
pub(crate) fn write() -> Result<()> {
    let program = workspace::build_program()?;
    let ask = |arguments: &str| {
        let question = CommandLine::new("").arg(&program);
        arguments
            .split_whitespace()
            .fold(question, CommandLine::arg)
            .output()
    };
    let openapi = ask("openapi")?;
    write_file(OPENAPI, &pretty(&openapi)?)?;
    write_file(HTTP_REFERENCE, &http_reference::markdown(&openapi)?)?;
    write_file(SETTINGS_REFERENCE, &ask("settings-reference markdown")?)?;
    write_file(CLI_REFERENCE, &ask("settings-reference cli")?)?;
    write_file(ENVIRONMENT_EXAMPLE, &ask("settings-reference env")?)?;
    web::npm("run codegen").run()
}

/// Fails, naming the stale ones, unless every generated file is what [`write()`] would write. Leaves the tree as it was.
pub(crate) fn check() -> Result<()> {
    let before: Vec<Snapshot> = GENERATED
        .iter()
        .map(|path| Snapshot::take(&absolute(path)))
        .collect();
    let written = write();
    let mut stale = Vec::new();
    for (path, before) in GENERATED.iter().zip(&before) {
        if before.text != Snapshot::take(&absolute(path)).text {
            stale.push(*path);
        }
        before
            .restore()
            .with_context(|| format!("could not put {path} back"))?;
    }
    written?;
    if !stale.is_empty() {
        bail!("stale: {}", stale.join(", "));
    }
    println!("current: {}", GENERATED.join(", "));
    Ok(())
}

/// A file as it is now, or that it is not there.
struct Snapshot {
    path: PathBuf,
    text: Option<String>,
    modified: Option<SystemTime>,
}

impl Snapshot {
    fn take(path: &Path) -> Self {
        let modified = std::fs::metadata(path).and_then(|file| file.modified()).ok();
        Self {
            path: path.to_owned(),
            text: std::fs::read_to_string(path).ok(),
            modified,
        }
    }

    /// Puts text and date back; the date because the page's build goes by it.
    fn restore(&self) -> Result<()> {
        let Some(text) = &self.text else {
            return if self.path.try_exists()? {
                Ok(std::fs::remove_file(&self.path)?)
            } else {
                Ok(())
            };
        };
        std::fs::write(&self.path, text)?;
        if let Some(modified) = self.modified {
            File::options()
                .append(true)
                .open(&self.path)?
                .set_modified(modified)?;
        }
        Ok(())
    }
}

fn absolute(path: &str) -> PathBuf {
    workspace::root().join(path)
}

fn write_file(path: &str, text: &str) -> Result<()> {
    let path = absolute(path);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))?;
    }
    std::fs::write(&path, text).with_context(|| format!("could not write {}", path.display()))
}

/// JSON for reading and for small diffs: sorted keys, one member per line, a newline at the end.
fn pretty(json: &str) -> Result<String> {
    let value: Value = serde_json::from_str(json).context("`streamgate openapi` printed no JSON")?;
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_sorted_and_ends_with_a_newline() {
        assert_eq!(
            pretty(r#"{"paths":{},"info":{"title":"x"}}"#).unwrap(),
            "{\n  \"info\": {\n    \"title\": \"x\"\n  },\n  \"paths\": {}\n}\n"
        );
        assert!(pretty("listening on http://...").is_err());
    }

    #[test]
    fn a_snapshot_puts_back_text_date_and_absence() {
        let path = std::env::temp_dir().join(format!("streamgate-snapshot-{}", std::process::id()));
        let absent = Snapshot::take(&path);
        std::fs::write(&path, "before").unwrap();
        let before = Snapshot::take(&path);
        std::fs::write(&path, "after").unwrap();
        File::options()
            .append(true)
            .open(&path)
            .unwrap()
            .set_modified(SystemTime::UNIX_EPOCH)
            .unwrap();
        before.restore().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        assert_eq!(std::fs::metadata(&path).unwrap().modified().ok(), before.modified);
        absent.restore().unwrap();
        assert!(!path.is_file());
    }
}
