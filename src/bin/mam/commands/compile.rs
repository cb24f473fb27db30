//! `mam compile`: a policy set as a decision table for devices and gateways.
//!
//! Takes in a policy set, gives out the bytes of its table. Does not know their format.

use std::ffi::OsString;
use std::path::Path;

use mam::Table;
use mam::table::Stats;
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::input::files::{display, is_stdin};
use crate::input::inputs::{self, Inputs, LimitOptions};
use crate::render::terminal::Terminal;
use crate::write;

const AFTER_HELP: &str = "\
Examples:
  mam compile contoso.mam -o contoso.mamc
  mam compile base.mam byod.mam -o - | ssh gateway 'cat > policy.mamc'
  git show HEAD:contoso.mam |
    mam compile - --stdin-name contoso.mam -o contoso.mamc
  mam compile contoso.mam -o contoso.mamc --json | jq .bytes

The table holds everything that is needed to decide requests and to name the
determining rules; `mam decide --requests` and `mam replay` take it instead of
policies, apps load it with `Table::from_bytes`. A set has the same bytes
wherever it is compiled: files are named by their paths from the folder of the
root file. The output is replaced atomically: its readers find the old table or
the new one. With --json, one line: {\"file\":..., \"file_bytes\":...,
\"device_kinds\":..., \"user_groups\":..., \"source_classes\":...,
\"target_classes\":..., \"bundles\":..., \"matrices\":..., \"cells\":..., \"nodes\":...,
\"bytes\":...}; the last one is the memory of the loaded table.

Exit status: 0 written; 1 errors in the policy; 2 wrong usage, a file cannot be
read or written, or a limit is met.";

/// Compile a policy set to a table that apps load
///
/// Writes names, rules and decisions in a compact form with a checksum: see docs/format.md.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The files of the policy set; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// Write to this file, which is replaced; `-` is standard output
    #[arg(long, short, value_name = "FILE", required = true)]
    output: OsString,

    /// Take standard input for a file with this path
    #[arg(long, value_name = "PATH")]
    stdin_name: Option<String>,

    /// Give the size of the table as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

#[derive(Debug, Serialize)]
struct Written<'a> {
    file: &'a str,
    file_bytes: usize,
    #[serde(flatten)]
    stats: Stats,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let to_stdout = is_stdin(&args.output);
    if to_stdout && args.json {
        return Err(Failure::with_help(
            "table and JSON cannot both go to standard output",
            "name a file for the table with `--output`",
        ));
    }
    let stdin = args.stdin_name.as_deref();
    if stdin.is_some() && !args.files.iter().any(|file| is_stdin(file)) {
        let help = "add `-` to the files, or leave `--stdin-name` out";
        return Err(Failure::with_help("standard input, which has a name, is no file", help));
    }
    let Inputs { checked, folders, .. } = inputs::check_portable(&args.files, args.limits, stdin)?;
    folders.show(terminal);
    let checked = inputs::faultless(terminal, checked, args.json)?;
    let table: Table = checked
        .compile()
        .map_err(|errors| inputs::report_errors(terminal, &checked, Some(&errors), args.json))?;
    let bytes = table.to_bytes();
    if to_stdout {
        terminal.raw(&bytes);
        return Ok(Status::Success);
    }
    let name = display(&args.output);
    write::write(Path::new(&args.output), &name, &bytes)?;
    let stats = table.stats();
    if args.json {
        terminal.json(&Written { file: &name, file_bytes: bytes.len(), stats })?;
    } else {
        terminal.line(format!("wrote {name}: {} bytes", bytes.len()));
    }
    Ok(Status::Success)
}
