//! Rules that the compiler cannot see, read off the text of the sources: where SQL, status codes and the environment may
//! appear, and how long a file may get.

use std::path::Path;

use anyhow::{Context, Result};

use crate::web::files_under;
use crate::workspace;

/// A file that is longer does not fit a reader's head (CONTRIBUTING.md); 200 is the aim.
const FILE_LINES_MAX: usize = 400;

const SOURCE_EXTENSIONS: &[&str] = &["rs", "ts", "tsx", "css"];

/// A text that belongs to a few places only.
struct Home {
    text: &'static str,
    /// Whether a line that names the text uses it in the way that the rule is about.
    applies: fn(&str) -> bool,
    /// Where the rule holds: the beginning of the path.
    within: &'static str,
    /// Whether the text may stand in this file.
    allowed: fn(&str) -> bool,
    reason: &'static str,
}

const HOMES: &[Home] = &[
    Home {
        text: "sqlx::query",
        applies: |_| true,
        within: "crates/",
        allowed: |path| {
            path.ends_with("/queries.rs") || path.contains("/queries/") || path.contains("/platform/src/db/")
        },
        reason: "SQL stands in queries.rs and platform/src/db/",
    },
    Home {
        text: "StatusCode::",
        applies: decides_a_refusal,
        within: "crates/platform/",
        allowed: |path| path.ends_with("/error.rs") || path.contains("/web_ui"),
        reason: "the platform's refusals get their status in error.rs and web_ui",
    },
    Home {
        text: "env::var",
        applies: |_| true,
        within: "crates/",
        allowed: |path| path.starts_with("crates/streamgate/src/settings"),
        reason: "the environment is read in the program's settings and nowhere else",
    },
];

/// Says what in our sources breaks a rule; empty if nothing does.
pub(crate) fn violations() -> Result<Vec<String>> {
    let root = workspace::root();
    let mut found = Vec::new();
    for folder in source_folders()? {
        for file in files_under(&folder, &|path| path.is_dir() || is_source(path))? {
            let text = std::fs::read_to_string(&file)
                .with_context(|| format!("{} cannot be read", file.display()))?;
            let path = file.strip_prefix(root).unwrap_or(&file).to_string_lossy();
            found.extend(violations_of_file(&path, &text));
        }
    }
    Ok(found)
}

/// `crates/*/src`, `bench/src`, `xtask/src` and `web/src`.
fn source_folders() -> Result<Vec<std::path::PathBuf>> {
    let root = workspace::root();
    let mut folders = vec![
        root.join("bench/src"),
        root.join("xtask/src"),
        root.join("web/src"),
    ];
    for entry in std::fs::read_dir(root.join("crates")).context("crates/ cannot be read")? {
        folders.push(entry?.path().join("src"));
    }
    folders.retain(|folder| folder.is_dir());
    folders.sort();
    Ok(folders)
}

fn is_source(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    SOURCE_EXTENSIONS.contains(&extension) && !name.contains(".gen.")
}

fn violations_of_file(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let lines = text.lines().count();
    if lines > FILE_LINES_MAX {
        found.push(format!(
            "{path} has {lines} lines: split what is longer than {FILE_LINES_MAX}"
        ));
    }
    for home in HOMES
        .iter()
        .filter(|home| path.starts_with(home.within) && !(home.allowed)(path) && !is_test(path))
    {
        let misplaced =
            product_lines(text).filter(|(_, line)| line.contains(home.text) && (home.applies)(line));
        found.extend(
            misplaced.map(|(number, _)| format!("{path}:{number}: `{}`: {}", home.text, home.reason)),
        );
    }
    found
}

/// Whether a line answers with a status that is no success. Reading somebody else's status is no decision.
fn decides_a_refusal(line: &str) -> bool {
    const SUCCESSES: &[&str] = &["OK", "CREATED", "ACCEPTED", "NO_CONTENT"];
    line.split("StatusCode::").skip(1).any(|after| {
        let name_end = after
            .find(|c: char| !c.is_ascii_uppercase() && c != '_')
            .unwrap_or(after.len());
        let (name, rest) = after.split_at(name_end);
        let is_read = line.contains("== StatusCode::") || rest.trim_start().starts_with("=>");
        !SUCCESSES.contains(&name) && !is_read
    })
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.contains("/test_support")
}

/// The lines with their numbers, without comments and without the tests at the file's end.
fn product_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let product = text.get(..end).unwrap_or(text);
    product
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_is_at_home_in_queries_and_the_database_folder() {
        let text = "sqlx::query(\"SELECT 1\")";
        assert!(violations_of_file("crates/platform/src/tickets/queries.rs", text).is_empty());
        assert!(violations_of_file("crates/platform/src/db/pool.rs", text).is_empty());
        assert_eq!(
            violations_of_file("crates/platform/src/tickets/api.rs", text),
            [
                "crates/platform/src/tickets/api.rs:1: `sqlx::query`: SQL stands in queries.rs and platform/src/db/"
            ]
        );
    }

    #[test]
    fn status_codes_are_at_home_in_error_and_the_page() {
        let text = "use http::StatusCode;\nStatusCode::NOT_FOUND";
        assert!(violations_of_file("crates/platform/src/error.rs", text).is_empty());
        assert!(violations_of_file("crates/platform/src/web_ui.rs", text).is_empty());
        assert!(violations_of_file("crates/edge/src/reply/send.rs", text).is_empty());
        assert_eq!(
            violations_of_file("crates/platform/src/events/api.rs", text).len(),
            1
        );
    }

    #[test]
    fn a_handler_may_say_what_succeeded_and_read_what_others_answered() {
        let fine = [
            "Ok(StatusCode::NO_CONTENT)",
            "StatusCode::NOT_FOUND => None,",
            "if status == StatusCode::GONE {",
        ];
        assert!(!fine.into_iter().any(decides_a_refusal));
        let not_fine = [
            "Err(StatusCode::CONFLICT)",
            "(StatusCode::OK, StatusCode::IM_A_TEAPOT)",
            "StatusCode::from_u16(599)",
        ];
        assert!(not_fine.into_iter().all(decides_a_refusal));
    }

    #[test]
    fn the_environment_is_read_in_the_settings_alone() {
        assert!(
            violations_of_file("crates/streamgate/src/settings/mod.rs", "std::env::var(\"PORT\")").is_empty()
        );
        assert_eq!(
            violations_of_file("crates/edge/src/lib.rs", "std::env::var(\"PORT\")").len(),
            1
        );
        assert_eq!(
            violations_of_file("crates/streamgate/src/main.rs", "env::var_os(\"PORT\")").len(),
            1
        );
    }

    #[test]
    fn comments_and_tests_may_name_what_they_like() {
        let text = "/// Unlike sqlx::query\nfn a() {}\n\n#[cfg(test)]\nmod tests {\n    sqlx::query(\"SELECT 1\")\n}\n";
        assert!(violations_of_file("crates/platform/src/tickets/rules.rs", text).is_empty());
        assert!(violations_of_file("crates/platform/src/tickets/tests.rs", "sqlx::query(").is_empty());
    }

    #[test]
    fn a_file_of_four_hundred_lines_passes_and_one_more_does_not() {
        assert!(violations_of_file("web/src/main.tsx", &"x\n".repeat(400)).is_empty());
        assert_eq!(
            violations_of_file("web/src/main.tsx", &"x\n".repeat(401)).len(),
            1
        );
    }

    #[test]
    fn generated_files_and_other_languages_are_not_read() {
        assert!(!is_source(Path::new("web/src/api/schema.gen.ts")));
        assert!(!is_source(Path::new("web/src/api/openapi.json")));
        assert!(is_source(Path::new("web/src/viewer/watch.tsx")));
    }
}
