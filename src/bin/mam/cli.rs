//! Definition of the command line: its commands and global options.
//!
//! The one source of parsing, `--help`, completions and manual pages. Takes in arguments, gives out a
//! [`Command`]. The options of a command are defined in its own module.

use std::ffi::OsString;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{CommandFactory as _, Parser, Subcommand};

#[cfg(feature = "lsp")]
use crate::commands::lsp;
use crate::commands::{
    check, compile, completions, decide, diff, draw, effective, explain, export, fmt, help, import,
    layers, list, man, matrix, paths, replay, report, sign, test,
};
use crate::render::style::ColorChoice;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const AFTER_HELP: &str = "\
Arguments are files, or folders with all files in them; several are one policy
set, and `-` is standard input. Results go to standard output, diagnostics to
standard error; `--json` gives every result as JSON.

Exit status:
  0  success
  1  the answer is no: errors in the policy, a failed expectation, a file that
     is not formatted
  2  there is no answer: wrong usage, a file that cannot be read, a bad scope, a
     limit that is met

`mam help COMMAND` explains a command, `mam help CODE` a diagnostic, `mam help
WORD` a word.";

/// Check, test and query policies for mobile app management: where may company data go?
#[derive(Debug, Parser)]
#[command(
    name = "mam",
    version,
    disable_help_subcommand = true,
    styles = STYLES,
    max_term_width = 80,
    after_long_help = AFTER_HELP,
    after_help = "`mam help COMMAND` explains a command, `mam help CODE` a diagnostic, `mam help WORD` a word."
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

    /// Name the files of folders that are no policies
    #[arg(long, global = true, display_order = 901)]
    pub(crate) verbose: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(check::Args),
    Test(test::Args),
    Decide(decide::Args),
    Explain(explain::Args),
    Effective(effective::Args),
    Matrix(matrix::Args),
    Draw(draw::Args),
    Report(report::Args),
    Layers(layers::Args),
    Diff(diff::Args),
    Paths(paths::Args),
    Fmt(fmt::Args),
    Compile(compile::Args),
    Replay(replay::Args),
    Sign(sign::SignArgs),
    Verify(sign::VerifyArgs),
    Import(import::Args),
    Export(export::Args),
    List(list::Args),
    #[cfg(feature = "lsp")]
    Lsp(lsp::Args),
    Help(help::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// The definition as a value, for help, completions and manual pages.
pub(crate) fn definition() -> clap::Command {
    let mut definition = Cli::command();
    definition.build();
    definition
}

/// The value of `--color`, found even if the other arguments are wrong.
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
