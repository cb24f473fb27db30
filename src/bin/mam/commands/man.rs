//! `mam man`: the manual pages, made from the definition of the command line.

use crate::args;
use crate::failure::{Failure, Status};
use crate::output::Terminal;

use super::help;

const AFTER_HELP: &str = "\
Examples:
  mam man > mam.1
  mam man check | man -l -

Exit status: 0 written; 2 there is no such command.";

/// Print the manual page
///
/// Prints the manual page of `mam`, or of one command, in the form that `man` reads.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The command; without it, all of `mam`
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let definition = args::definition();
    let page = match &args.command {
        None => definition,
        Some(name) => match definition.find_subcommand(name) {
            Some(command) => command.clone(),
            None => return Err(help::unknown(name, &definition)),
        },
    };
    let mut text = Vec::new();
    let written = clap_mangen::Man::new(page).render(&mut text);
    written.map_err(|error| Failure::stop(format!("cannot write the page: {error}")))?;
    terminal.raw(&text);
    Ok(Status::Well)
}
