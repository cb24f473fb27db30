//! `mam completions`: scripts that let a shell complete commands and options.
//!
//! Takes in the definition of the command line, gives out a script.

use clap_complete::Shell;

use crate::failure::{Failure, Status};
use crate::render::terminal::Terminal;

const AFTER_HELP: &str = "\
Examples:
  mam completions bash > ~/.local/share/bash-completion/completions/mam
  mam completions fish > ~/.config/fish/completions/mam.fish
  mam completions zsh  > ~/.zfunc/_mam

Exit status: 0 written; 2 wrong usage, such as an unknown shell.";

/// Print shell completions
///
/// Prints a script that teaches a shell to complete commands and options of `mam`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    shell: Shell,
}

pub(crate) fn run(
    args: &Args,
    mut definition: clap::Command,
    terminal: &mut Terminal,
) -> Result<Status, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut definition, "mam", &mut script);
    terminal.raw(&script);
    Ok(Status::Success)
}
