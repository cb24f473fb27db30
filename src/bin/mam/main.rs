//! The command line of the policy language: `mam check`, `mam test`, `mam decide` and others.
//!
//! Takes in arguments and files, gives out text or JSON and an exit status. The meaning of policies is
//! known to the library alone; this program parses questions and shows answers.

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

mod cli;
mod commands;
mod failure;
mod format;
mod input;
mod render;
mod write;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command, definition};
#[cfg(feature = "lsp")]
use commands::lsp;
use commands::{
    check, compile, completions, decide, diff, draw, effective, explain, export, fmt, help, import,
    layers, list, man, matrix, paths, replay, report, sign, test,
};
use failure::{Failure, Status};
use mam::source::is_hidden;
use render::style::Capabilities;
use render::terminal::Terminal;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let mut terminal = Terminal::new(cli::color(&arguments));
    let is_plain = arguments.iter().any(|one| one.to_string_lossy().contains(is_hidden));
    let outcome = match Cli::try_parse_from(arguments) {
        Ok(cli) => {
            terminal.is_verbose = cli.verbose;
            run(cli.command, &mut terminal)
        }
        Err(error) => usage(&error, is_plain, &mut terminal),
    };
    ExitCode::from(finish(outcome, &mut terminal))
}

fn run(command: Command, terminal: &mut Terminal) -> Result<Status, Failure> {
    match command {
        Command::Check(args) => check::run(&args, terminal),
        Command::Test(args) => test::run(&args, terminal),
        Command::Decide(args) => decide::run(&args, terminal),
        Command::Explain(args) => explain::run(&args, terminal),
        Command::Effective(args) => effective::run(&args, terminal),
        Command::Matrix(args) => matrix::run(&args, terminal),
        Command::Draw(args) => draw::run(&args, terminal),
        Command::Report(args) => report::run(&args, terminal),
        Command::Layers(args) => layers::run(&args, terminal),
        Command::Diff(args) => diff::run(&args, terminal),
        Command::Paths(args) => paths::run(&args, terminal),
        Command::Fmt(args) => fmt::run(&args, terminal),
        Command::Compile(args) => compile::run(&args, terminal),
        Command::Replay(args) => replay::run(&args, terminal),
        Command::Sign(args) => sign::sign(&args, terminal),
        Command::Verify(args) => sign::verify(&args, terminal),
        Command::Import(args) => import::run(&args, terminal),
        Command::Export(args) => export::run(&args, terminal),
        Command::List(args) => list::run(&args, terminal),
        #[cfg(feature = "lsp")]
        Command::Lsp(args) => lsp::run(&args),
        Command::Help(args) => help::run(&args, definition(), terminal),
        Command::Completions(args) => completions::run(&args, definition(), terminal),
        Command::Man(args) => man::run(&args, definition(), terminal),
    }
}

/// Help or version if the arguments ask for them, else the error in the arguments. It is plain if the
/// arguments, which it repeats, could have colour sequences of their own.
fn usage(error: &clap::Error, is_plain: bool, terminal: &mut Terminal) -> Result<Status, Failure> {
    let caps = if error.use_stderr() { terminal.err } else { terminal.out };
    let caps = Capabilities { color: caps.color && !is_plain, ..caps };
    if error.use_stderr() {
        terminal.diagnose(&help::marked(&error.render(), caps));
        return Err(Failure::BadUsage);
    }
    terminal.text(&help::marked(&error.render(), caps));
    Ok(Status::Success)
}

/// Reports a failure, writes the rest of the result, and gives the exit status.
fn finish(outcome: Result<Status, Failure>, terminal: &mut Terminal) -> u8 {
    let status = match &outcome {
        Ok(status) => status.code(),
        Err(failure) => report(failure, terminal),
    };
    match terminal.flush() {
        // A reader that stops early has the answer it wanted.
        Ok(()) | Err(Failure::OutputClosed) => status,
        Err(failure) => report(&failure, terminal),
    }
}

/// Reports a failure that is not reported yet; gives its exit status.
fn report(failure: &Failure, terminal: &Terminal) -> u8 {
    if let Failure::CannotRun { message, help } = failure {
        terminal.error(message, help.as_deref());
    }
    failure.code()
}
