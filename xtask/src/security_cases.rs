//! `docs/reference/security-cases.md` against the sources: every case of high value is in it, and every test that it names
//! is there and carries the case's id.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};

use crate::workspace;

const DOCUMENT: &str = "docs/reference/security-cases.md";

/// The cases of high value, by group. A new one is added here first.
const STARRED: &[(&str, &[u8])] = &[
    (
        "J",
        &[1, 2, 3, 4, 5, 7, 8, 10, 11, 12, 13, 14, 15, 16, 18, 19, 21, 26],
    ),
    ("X", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 16, 17, 18]),
    ("V", &[1, 2, 3, 4, 5, 6, 7, 10]),
    ("P", &[1, 2, 3, 4, 5, 7, 8, 9, 11, 16, 18]),
    ("H", &[1, 2, 3, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]),
    ("R", &[1, 2, 3, 4, 5, 7, 8, 9, 10, 11]),
    ("A", &[1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 20, 22, 23]),
    ("I", &[1, 2, 3, 5, 6, 8, 9, 10, 16]),
    ("L", &[1, 2]),
    ("S", &[1, 2, 3, 4, 5, 6, 7, 10, 12, 14, 15, 16]),
    ("C", &[1, 2, 3, 4, 5, 6, 8, 9, 10]),
    ("D", &[1, 2, 3, 4, 5, 6, 7, 9, 10]),
    ("K", &[1, 2, 4]),
    ("O", &[1, 2]),
    ("M", &[1, 2]),
    ("Z", &[1]),
];

/// What stands in the place of a test, with a reason behind it.
const REASONS: &[&str] = &["Does not apply:", "Not promised:", "Not tested:"];

/// Fails, naming every row that does not hold.
pub(crate) fn check() -> Result<()> {
    let document = std::fs::read_to_string(workspace::root().join(DOCUMENT)).with_context(|| DOCUMENT)?;
    let found = violations(&document, |file| {
        std::fs::read_to_string(workspace::root().join(file)).ok()
    });
    if !found.is_empty() {
        bail!("{}", found.join("\n"));
    }
    Ok(())
}

fn violations(document: &str, read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for line in document.lines() {
        let Some((id, proof)) = case(line) else { continue };
        if !seen.insert(id.to_owned()) {
            found.push(format!("{id} has two rows"));
        }
        let mut named = 0;
        for (file, test) in references(proof) {
            named += 1;
            match read(file) {
                None => found.push(format!("{id}: there is no {file}")),
                Some(text) if !carries(&text, test, id) => {
                    found.push(format!(
                        "{id}: {file} has no test `{test}` with {id} in a comment above it"
                    ));
                }
                Some(_) => {}
            }
        }
        if named == 0 && !REASONS.iter().any(|reason| proof.starts_with(reason)) {
            found.push(format!(
                "{id} names neither a test nor a reason ({})",
                REASONS.join(", ")
            ));
        }
    }
    let starred = STARRED
        .iter()
        .flat_map(|(group, numbers)| numbers.iter().map(move |number| format!("{group}-{number:02}")));
    found.extend(
        starred
            .filter(|id| !seen.contains(id))
            .map(|id| format!("{id} has no row")),
    );
    found
}

/// Splits a row into id and proof; `None` for every other line.
fn case(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.strip_prefix("| ")?.strip_suffix(" |")?.split(" | ");
    let id = cells.next()?.trim_end_matches('*');
    let (group, number) = id.split_once('-')?;
    let is_id = group.len() == 1 && number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    is_id.then_some((id, cells.last().unwrap_or_default()))
}

/// The `file::test` references of a proof.
fn references(proof: &str) -> impl Iterator<Item = (&str, &str)> {
    proof
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|quoted| quoted.split_once("::"))
}

/// Whether `text` has the test, with the id in the comments right above it or in the file's own introduction.
fn carries(text: &str, test: &str, id: &str) -> bool {
    let (function, titled) = (format!("fn {test}("), format!("test(\"{test}\""));
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let introduced = lines
        .iter()
        .take_while(|line| line.starts_with("//!"))
        .any(|line| line.contains(id));
    let Some(at) = lines
        .iter()
        .position(|line| line.contains(&function) || line.starts_with(&titled))
    else {
        return false;
    };
    let above = lines.get(..at).unwrap_or_default().iter().rev();
    introduced
        || above
            .take_while(|line| line.starts_with("//") || line.starts_with("#["))
            .any(|line| line.starts_with("//") && line.contains(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str =
        "//! promises: T-02.\n\n// J-01: something\n#[test]\nfn a_test() {}\n\n#[test]\nfn another() {}\n";

    fn of(row: &str) -> Vec<String> {
        let all = violations(row, |file| (file == "a.rs").then(|| SOURCE.to_owned()));
        all.into_iter()
            .filter(|line| !line.ends_with("has no row"))
            .collect()
    }

    #[test]
    fn the_document_holds() {
        check().unwrap();
    }

    #[test]
    fn a_named_test_must_be_there_and_carry_the_id() {
        assert!(of("| J-01* | a case | `a.rs::a_test` |").is_empty());
        assert!(
            of("| T-02 | a case | `a.rs::another` |").is_empty(),
            "the file's introduction counts"
        );
        assert_eq!(of("| J-02 | a case | `a.rs::a_test` |").len(), 1);
        assert_eq!(of("| J-01 | a case | `a.rs::a_tes` |").len(), 1);
        assert_eq!(of("| J-01 | a case | `a.rs::another` |").len(), 1);
        assert_eq!(of("| J-01 | a case | `b.rs::a_test` |").len(), 1);
    }

    #[test]
    fn a_row_needs_a_test_or_a_reason_and_is_alone() {
        assert!(of("| J-01 | a case | Does not apply: there is no such thing. |").is_empty());
        assert_eq!(of("| J-01 | a case | later |").len(), 1);
        let twice = "| J-01 | a case | Not promised: x |\n| J-01 | a case | Not promised: x |";
        assert_eq!(of(twice), ["J-01 has two rows"]);
    }

    #[test]
    fn a_case_of_high_value_that_is_missing_is_named() {
        let missing = violations("", |_| None);
        assert!(missing.contains(&"J-26 has no row".to_owned()), "{missing:?}");
    }
}
