//! The command line as it is typed: every command with its help.
//!
//! The one definition behind parsing, `--help`, completions and the manual page. Each command keeps
//! its own arguments beside what it does.

use std::ffi::OsString;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::commands::{
    check, compile, completions, decide, diff, explain, export, fmt, help, import, man, matrix,
    paths, replay, sign, test,
};
use crate::output::ColorChoice;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const AFTER_HELP: &str = "\
Files are arguments, several of them are one set, and `-` is standard input. Results go to standard
output, diagnostics to standard error; `--json` gives a machine's form of every result.

Exit status:
  0  all is well
  1  the answer is no: errors in the policy, a failed expectation, a file that is not formatted
  2  the command could not run: wrong usage, a file that cannot be read, a bad scope

`mam help COMMAND` says more about a command, `mam help CODE` about a diagnostic.";

/// Checks, tests and asks policies for mobile app management: where may company data go?
#[derive(Debug, Parser)]
#[command(
    name = "mam",
    version,
    disable_help_subcommand = true,
    styles = STYLES,
    max_term_width = 100,
    after_long_help = AFTER_HELP,
    after_help = "`mam help COMMAND` says more about a command, `mam help CODE` about a diagnostic."
)]
pub(crate) struct Cli {
    /// When to use colour: auto, always or never
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_possible_values = true,
        hide_default_value = true,
        display_order = 900
    )]
    pub(crate) color: ColorChoice,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(check::Args),
    Test(test::Args),
    Decide(decide::Args),
    Explain(explain::Args),
    Matrix(matrix::Args),
    Diff(diff::Args),
    Paths(paths::Args),
    Fmt(fmt::Args),
    Compile(compile::Args),
    Replay(replay::Args),
    Sign(sign::SignArgs),
    Verify(sign::VerifyArgs),
    Import(import::Args),
    Export(export::Args),
    Help(help::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// The definition as a value, for whoever writes about it.
pub(crate) fn definition() -> clap::Command {
    let mut definition = Cli::command();
    definition.build();
    definition
}

/// The colours that are asked for, even where the rest of the arguments makes no sense.
pub(crate) fn color(arguments: &[OsString]) -> ColorChoice {
    let value = |index: usize| {
        let text = arguments.get(index)?.to_str()?;
        match text.strip_prefix("--color")? {
            "" => arguments.get(index + 1)?.to_str(),
            rest => rest.strip_prefix('='),
        }
    };
    let before = arguments.iter().take_while(|argument| *argument != "--");
    let found = (0..before.count()).filter_map(value).next_back();
    let parse = |word| <ColorChoice as clap::ValueEnum>::from_str(word, false).ok();
    found.and_then(parse).unwrap_or_default()
}
