//! `mam man`: manual pages.
//!
//! Takes in the definition of the command line, gives out a page in the form of `man`.

use crate::failure::{Failure, Status};
use crate::render::terminal::Terminal;

use super::help;

const AFTER_HELP: &str = "\
Examples:
  mam man > mam.1
  mam man check | man -l -

Exit status: 0 written; 2 wrong usage, or there is no such command.";

/// Print the manual page
///
/// Prints the manual page of `mam`, or of one command, in the form that `man` reads.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The command; all of `mam` without it
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub(crate) fn run(
    args: &Args,
    definition: clap::Command,
    terminal: &mut Terminal,
) -> Result<Status, Failure> {
    let page = match &args.command {
        None => definition,
        Some(name) => match definition.find_subcommand(name) {
            Some(command) => command.clone(),
            None => return Err(help::unknown(name, &definition)),
        },
    };
    let mut text = Vec::new();
    let written = clap_mangen::Man::new(page).render(&mut text);
    written.map_err(|error| Failure::new(format!("cannot write the page: {error}")))?;
    terminal.raw(&text);
    Ok(Status::Success)
}
