//! The command line of the policy language: `mam check`, `mam test`, `mam decide` and the others.
//!
//! Takes in arguments and files, gives out text or JSON and an exit status. Everything that policies
//! mean is known to the library; here is only how people ask and how they are answered.

#![warn(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::todo,
    clippy::unreachable,
    clippy::print_stdout,
    clippy::print_stderr
)]

mod answer;
mod args;
mod commands;
mod diff;
mod failure;
mod files;
mod findings;
mod fix;
mod junit;
mod levels;
mod output;
mod remedies;
mod render;
mod replace;
mod sarif;
mod set;
mod snippet;
mod stream;
mod strength;
mod tally;
mod watch;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use args::{Cli, Command};
use commands::{
    check, compile, completions, decide, diff as compare, explain, export, fmt, help, import, man,
    matrix, paths, replay, sign, test,
};
use failure::{Failure, Status};
use output::Terminal;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let mut terminal = Terminal::new(args::color(&arguments));
    let found = match Cli::try_parse_from(arguments) {
        Ok(cli) => run(cli.command, &mut terminal),
        Err(error) => usage(&error, &mut terminal),
    };
    ExitCode::from(finish(found, &mut terminal))
}

fn run(command: Command, terminal: &mut Terminal) -> Result<Status, Failure> {
    match command {
        Command::Check(args) => check::run(&args, terminal),
        Command::Test(args) => test::run(&args, terminal),
        Command::Decide(args) => decide::run(&args, terminal),
        Command::Explain(args) => explain::run(&args, terminal),
        Command::Matrix(args) => matrix::run(&args, terminal),
        Command::Diff(args) => compare::run(&args, terminal),
        Command::Paths(args) => paths::run(&args, terminal),
        Command::Fmt(args) => fmt::run(&args, terminal),
        Command::Compile(args) => compile::run(&args, terminal),
        Command::Replay(args) => replay::run(&args, terminal),
        Command::Sign(args) => sign::sign(&args, terminal),
        Command::Verify(args) => sign::verify(&args, terminal),
        Command::Import(args) => import::run(&args, terminal),
        Command::Export(args) => export::run(&args, terminal),
        Command::Help(args) => help::run(&args, terminal),
        Command::Completions(args) => completions::run(&args, terminal),
        Command::Man(args) => man::run(&args, terminal),
    }
}

/// Help and version where they are asked for, else what is wrong with the arguments.
fn usage(error: &clap::Error, terminal: &mut Terminal) -> Result<Status, Failure> {
    let look = if error.use_stderr() { terminal.err } else { terminal.out };
    let text = help::plain_or_colored(&error.render(), look);
    if error.use_stderr() {
        terminal.diagnose(&text);
        return Err(Failure::BadQuestion);
    }
    terminal.raw(text.as_bytes());
    Ok(Status::Well)
}

/// Writes what is left to write; gives the exit status.
fn finish(found: Result<Status, Failure>, terminal: &mut Terminal) -> u8 {
    let status = match &found {
        Ok(status) => status.code(),
        Err(failure) => {
            if let Failure::Stop { message, help } = failure {
                terminal.complain(message, help.as_deref());
            }
            failure.code()
        }
    };
    match terminal.flush() {
        // Whoever stops reading early has the answer that he wanted.
        Ok(()) | Err(Failure::Closed) => status,
        Err(failure) => {
            if let Failure::Stop { message, help } = &failure {
                terminal.complain(message, help.as_deref());
            }
            failure.code()
        }
    }
}
