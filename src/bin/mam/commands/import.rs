//! `mam import`: policies of Microsoft Intune as `.mam` text.
//!
//! Reads exports as one set, writes one file. What an export means is known to the library; every
//! other command reads exports as they are.

use std::ffi::OsString;
use std::path::PathBuf;

use mam::{Limits, intune};

use crate::failure::{Failure, Status};
use crate::files::{self, Files};
use crate::output::Terminal;
use crate::render::{self, Tally};

const AFTER_HELP: &str = "\
Examples:
  mam import ios.json                          to standard output
  mam import export/*.json -o tenant.mam       several files, one tenant
  mam check export/*.json                      every command reads exports as they are

An export is what Microsoft Graph returns for app protection policies: one object, an array, or
`{\"value\": […]}`, in UTF-8 or UTF-16; assignments may be in a file of their own. What no rule can
say is kept as `setting`, so that `mam export` gives it back.

Exit status: 0 imported, perhaps with warnings; 1 the exports have errors; 2 a file cannot be read
or written.";

/// Turn Intune policies (Graph JSON) into a policy file
///
/// Reads the files as the policies of one tenant and writes them as `.mam` text. Warnings tell what
/// contradicts itself or does nothing.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The exports; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// Write to this file, which must not exist yet
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let limits = Limits::default();
    let files = Files::read(&args.files, limits)?;
    let texts: Vec<_> =
        files.roots.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let import = match intune::import(&texts, &limits) {
        Ok(import) => import,
        Err(errors) => {
            render::diagnose(terminal, errors.reports());
            let tally = Tally::of(errors.reports(), 0);
            terminal.note(&format!("nothing is written: {}", tally.text(terminal.err)));
            return Ok(Status::No);
        }
    };
    if !import.reports.is_empty() {
        render::diagnose(terminal, &import.reports);
    }
    match &args.output {
        None => terminal.raw(import.text.as_bytes()),
        Some(path) => {
            files::create(path, &import.text)?;
            terminal.line(format!("wrote {}", path.display()));
        }
    }
    Ok(Status::Well)
}
