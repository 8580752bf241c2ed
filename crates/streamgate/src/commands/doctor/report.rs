//! What the checks found, a line each, printed as it is found.

use std::io::Write;

/// The findings so far.
#[derive(Debug)]
pub(super) struct Report {
    failed: usize,
}

impl Report {
    pub(super) fn new(service: &str) -> Self {
        let report = Self { failed: 0 };
        report.line("", "service", &format!("checking for `streamgate {service}`"));
        report
    }

    /// Something is as it should be.
    pub(super) fn good(&self, what: &str, finding: &str) {
        self.line("ok", what, finding);
    }

    /// Something works, and an operator should know of it.
    pub(super) fn warn(&self, what: &str, finding: &str) {
        self.line("warn", what, finding);
    }

    /// Something keeps the service from working.
    pub(super) fn fail(&mut self, what: &str, finding: &str) {
        self.failed += 1;
        self.line("FAIL", what, finding);
    }

    /// Adds the outcome of a check that has something to say either way.
    pub(super) fn add<T>(
        &mut self,
        what: &str,
        outcome: Result<T, impl std::fmt::Display>,
        good: &str,
    ) -> Option<T> {
        match outcome {
            Ok(value) => {
                self.good(what, good);
                Some(value)
            }
            Err(error) => {
                self.fail(what, &error.to_string());
                None
            }
        }
    }

    pub(super) fn close(self) -> anyhow::Result<()> {
        match self.failed {
            0 => Ok(()),
            1 => Err(anyhow::anyhow!("one check failed")),
            failed => Err(anyhow::anyhow!("{failed} checks failed")),
        }
    }

    #[expect(clippy::unused_self, reason = "whoever reports holds a report")]
    fn line(&self, level: &str, what: &str, finding: &str) {
        // A terminal that is gone reads nothing; the exit code still says how it ended.
        drop(writeln!(
            std::io::stdout().lock(),
            "{level:<5} {what:<12} {finding}"
        ));
    }
}
