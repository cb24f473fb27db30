//! `mam import`: exported policies of Microsoft Intune as policy text.
//!
//! Takes in exports, which are read as one set, gives out one `.mam` file. Does not know the settings of
//! Intune. Other commands read exports directly.

use std::ffi::OsString;
use std::path::PathBuf;

use mam::{Limits, intune};

use crate::failure::{Failure, Status};
use crate::input::files::{Files, STDIN};
use crate::render::diagnostics::{self, SeverityCounts};
use crate::render::terminal::Terminal;
use crate::write;

const AFTER_HELP: &str = "\
Examples:
  mam import ios.json                     to standard output
  mam import export/*.json -o tenant.mam  several files, one tenant
  mam check export/*.json                other commands read exports directly

An export is what Microsoft Graph returns for app protection policies: one
object, an array, or `{\"value\": […]}`, in UTF-8 or UTF-16; assignments may be in
a file of their own. Settings that no rule can express are kept as `setting`,
and `mam export` restores them.

Exit status: 0 imported, perhaps with warnings; 1 the exports have errors; 2
wrong usage, a file cannot be read or written, or a limit is met.";

/// Convert Intune policies (Graph JSON) to a policy file
///
/// Reads the files as the policies of one tenant and writes them as `.mam` text. Warnings tell
/// which settings contradict each other or have no effect.
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
    let files = Files::read(&args.files, limits.clone(), STDIN)?;
    files.folders.show(terminal);
    // Policy files beside exports in a folder need no import.
    let is_given = |name: &str| args.files.iter().any(|file| file.to_string_lossy() == name);
    let roots = files.roots.iter();
    let roots = roots.filter(|(name, text)| intune::is_document(text) || is_given(name));
    let texts: Vec<_> = roots.map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let import = match intune::import(&texts, &limits) {
        Ok(import) => import,
        Err(errors) => {
            diagnostics::report(terminal, errors.reports());
            let counts = SeverityCounts::of(errors.reports(), 0);
            terminal.note(&format!("nothing is written: {}", counts.text(terminal.err)));
            return Ok(if errors.is_limit() { Status::LimitMet } else { Status::Negative });
        }
    };
    if !import.reports.is_empty() {
        diagnostics::report(terminal, &import.reports);
    }
    match &args.output {
        None => terminal.text(&import.text),
        Some(path) => {
            write::create(path, &import.text)?;
            terminal.line(format!("wrote {}", path.display()));
        }
    }
    Ok(Status::Success)
}
