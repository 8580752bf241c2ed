//! StreamGate: puts a live stream or a recording behind tickets.
//!
//! One program, several commands: the platform, the edge, both on one port, and what an operator needs around
//! them. This crate reads settings, wires the two services and owns nothing else.

mod admin_password;
mod cli;
mod cli_reference;
mod commands;
mod demo;
mod in_process;
mod one_port;
mod process;
mod settings;
mod telemetry;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(std::env::args_os())
}
