//! What is printed and what becomes `docs/reference/benchmarks.md`: tables that read the same in a terminal and as Markdown.

use std::fmt::Write as _;

/// A table; every line has as many cells as the head.
#[derive(Debug, Default)]
pub(super) struct Table {
    head: Vec<String>,
    lines: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new<const COLUMNS: usize>(head: [&str; COLUMNS]) -> Self {
        Self {
            head: head.map(str::to_owned).into(),
            lines: Vec::new(),
        }
    }

    pub(super) fn line<const COLUMNS: usize>(&mut self, cells: [String; COLUMNS]) {
        self.lines.push(cells.into());
    }

    fn markdown(&self) -> String {
        let width = |column: usize| {
            let cells = self.lines.iter().filter_map(|line| line.get(column));
            cells
                .chain(self.head.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or_default()
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        let mut text = String::new();
        for line in [&self.head, &rule].into_iter().chain(&self.lines) {
            for (cell, width) in line.iter().zip(&widths) {
                let _ = write!(text, "| {cell:width$} ");
            }
            text.push_str("|\n");
        }
        text
    }
}

/// A promise of the product beside what was measured.
#[derive(Debug)]
pub(super) struct Verdict {
    pub(super) what: String,
    pub(super) target: String,
    pub(super) reached: String,
    pub(super) is_met: bool,
}

/// One group of rows: what was measured, the figures, and what limits them.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) method: &'static str,
    pub(super) table: Table,
    pub(super) limit: &'static str,
    pub(super) verdicts: Vec<Verdict>,
}

impl Section {
    /// Returns the section as Markdown.
    pub(super) fn markdown(&self) -> String {
        format!(
            "## {}\n\n{}\n\n{}\nWhat limits it: {}\n",
            self.title,
            self.method,
            self.table.markdown(),
            self.limit
        )
    }
}

/// Returns the promises of all sections with what was reached.
pub(super) fn verdicts(sections: &[Section]) -> String {
    let mut table = Table::new(["promise", "target", "reached", "met"]);
    for verdict in sections.iter().flat_map(|section| &section.verdicts) {
        table.line([
            verdict.what.clone(),
            verdict.target.clone(),
            verdict.reached.clone(),
            if verdict.is_met { "yes" } else { "**no**" }.to_owned(),
        ]);
    }
    table.markdown()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_reads_as_text_and_as_markdown_and_a_missed_promise_shows() {
        let mut table = Table::new(["server", "requests/s"]);
        table.line(["StreamGate".to_owned(), "1".to_owned()]);
        let section = Section {
            title: "Speed",
            method: "We ran.",
            table,
            limit: "the legs.",
            verdicts: vec![Verdict {
                what: "fast".to_owned(),
                target: ">= 2".to_owned(),
                reached: "1".to_owned(),
                is_met: false,
            }],
        };
        assert_eq!(
            section.markdown(),
            "## Speed\n\nWe ran.\n\n| server     | requests/s |\n| ---------- | ---------- |\n\
             | StreamGate | 1          |\n\nWhat limits it: the legs.\n"
        );
        assert!(verdicts(&[section]).contains("| fast    | >= 2   | 1       | **no** |"));
    }
}
