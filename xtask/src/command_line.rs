//! A command line that is shown before it runs, in a form that can be copied into a shell.

use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// One program with its arguments, environment and folder (the root of the repository unless said otherwise).
pub(crate) struct CommandLine {
    words: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
    dir: PathBuf,
}

impl CommandLine {
    /// Takes the program and its fixed arguments, parted by spaces; arguments with spaces come by [`CommandLine::arg`].
    pub(crate) fn new(text: &str) -> Self {
        let words = text.split_whitespace().map(OsString::from).collect();
        Self {
            words,
            environment: Vec::new(),
            dir: workspace::root().to_owned(),
        }
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.words.push(argument.as_ref().to_owned());
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name, value.as_ref().to_owned()));
        self
    }

    pub(crate) fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        dir.as_ref().clone_into(&mut self.dir);
        self
    }

    /// Runs it in front of the reader, without standard input: nothing here asks questions.
    pub(crate) fn run(self) -> Result<()> {
        self.announce();
        let status = self
            .command()?
            .stdin(Stdio::null())
            .status()
            .with_context(|| self.could_not_start())?;
        if !status.success() {
            bail!("`{}` failed ({status})", self.words_for_a_shell());
        }
        Ok(())
    }

    /// Runs it and returns what it wrote to standard output; its complaints go to ours.
    pub(crate) fn output(self) -> Result<String> {
        self.announce();
        let output = self
            .command()?
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| self.could_not_start())?;
        if !output.status.success() {
            bail!("`{}` failed ({})", self.words_for_a_shell(), output.status);
        }
        String::from_utf8(output.stdout)
            .with_context(|| format!("`{}` wrote no UTF-8", self.words_for_a_shell()))
    }

    /// Becomes the program, so that signals and the terminal reach it directly. Returns only if it could not start.
    pub(crate) fn become_it(self) -> Result<()> {
        use std::os::unix::process::CommandExt as _;
        self.announce();
        let error = self.command()?.exec();
        Err(error).with_context(|| self.could_not_start())
    }

    fn command(&self) -> Result<Command> {
        let (program, arguments) = self.words.split_first().context("an empty command line")?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&self.dir);
        Ok(command)
    }

    fn announce(&self) {
        let dir = match self.dir.strip_prefix(workspace::root()) {
            Ok(inside) if inside.as_os_str().is_empty() => String::new(),
            Ok(inside) => format!("cd {} && ", inside.display()),
            Err(_) => format!("cd {} && ", self.dir.display()),
        };
        let environment: Vec<String> = self
            .environment
            .iter()
            .map(|(name, value)| format!("{name}={} ", for_a_shell(value)))
            .collect();
        println!("$ {dir}{}{}", environment.concat(), self.words_for_a_shell());
        // A lost line is no reason to stop: standard output may be a pipe that nobody reads any more.
        drop(std::io::stdout().flush());
    }

    fn words_for_a_shell(&self) -> String {
        self.words
            .iter()
            .map(|word| for_a_shell(word))
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn could_not_start(&self) -> String {
        format!("could not start `{}`", self.words_for_a_shell())
    }
}

/// The word as a shell reads it back.
fn for_a_shell(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_command_line_can_be_copied_into_a_shell() {
        let line = CommandLine::new("cargo tree --format").arg("{p} it's").arg("");
        assert_eq!(line.words_for_a_shell(), r"cargo tree --format '{p} it'\''s' ''");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = CommandLine::new("streamgate-no-such-program --now")
            .run()
            .unwrap_err();
        assert!(
            error
                .to_string()
                .contains("could not start `streamgate-no-such-program --now`")
        );
    }

    #[test]
    fn a_failure_names_the_command_line() {
        assert!(
            CommandLine::new("false")
                .run()
                .unwrap_err()
                .to_string()
                .contains("`false` failed")
        );
    }
}
