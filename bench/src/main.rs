//! `streamgate-bench`: what `cargo xtask bench` and `cargo xtask simulate` run.
#![expect(clippy::print_stdout, reason = "a command-line program talks to its terminal")]

mod command_line;

use std::process::ExitCode;

fn main() -> ExitCode {
    match command_line::run() {
        Ok(code) => code,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
