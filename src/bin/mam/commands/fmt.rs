//! `mam fmt`: canonical layout of policy files.
//!
//! Takes in files one by one, gives out their canonical text, and replaces each file atomically. Names are
//! not resolved. Does not know the layout.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use mam::source::Sources;
use mam::{Limits, Report, Severity, intune, syntax};

use crate::failure::{Failure, Status};
use crate::format::diff;
use crate::input::files::{self, is_stdin};
use crate::input::folders;
use crate::render::diagnostics;
use crate::render::terminal::Terminal;
use crate::write::replace;

const AFTER_HELP: &str = "\
Examples:
  mam fmt contoso.mam
  mam fmt --check policies/*.mam       for a pipeline
  mam fmt --diff contoso.mam           show the differences
  mam fmt - < contoso.mam              for an editor

A file is replaced as a whole, or not at all; its permissions stay. A file with
syntax errors stays unchanged. Comments are kept.

Exit status: 0 formatted; 1 syntax errors, or files that would change with
--check; 2 wrong usage, a file cannot be read or written, or a limit is met.";

/// Format policy files
///
/// Rewrites files in the canonical layout of the language, and lists those that changed. Standard input,
/// `-`, is formatted to standard output.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The files; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// Write nothing; list the files that would change and exit with 1 if there are any
    #[arg(long)]
    check: bool,

    /// Write nothing; show the differences
    #[arg(long)]
    diff: bool,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let mut worst = Status::Success;
    let mut failed = None;
    let mut files = Vec::new();
    for file in &args.files {
        match !is_stdin(file) && Path::new(file).is_dir() {
            true => files.extend(policies_of(file)?),
            false => files.push(file.clone()),
        }
    }
    for file in &files {
        match format(args, file, terminal) {
            Ok(status) => worst = worst.max(status),
            // The other files are still formatted.
            Err(Failure::CannotRun { message, help }) => {
                terminal.error(&message, help.as_deref());
                failed = Some(Failure::BadUsage);
            }
            Err(failure) => return Err(failure),
        }
    }
    failed.map_or(Ok(worst), Err)
}

/// The policy files of a folder.
fn policies_of(folder: &OsStr) -> Result<Vec<OsString>, Failure> {
    let paths = folders::files(Path::new(folder)).map_err(|(folder, reason)| {
        Failure::new(files::cannot_read(folder.as_os_str(), &reason))
    })?;
    let is_policy = |path: &std::path::PathBuf| path.extension().is_some_and(|one| one == "mam");
    Ok(paths.into_iter().filter(is_policy).map(std::path::PathBuf::into_os_string).collect())
}

fn format(args: &Args, file: &OsStr, terminal: &mut Terminal) -> Result<Status, Failure> {
    let text = files::read(file, &Limits::default())?;
    let name = files::display(file);
    if intune::is_document(&text) {
        return Err(Failure::with_help(
            format!("`{name}` is unchanged: it is JSON, and `mam fmt` formats `.mam` files"),
            "make a `.mam` file of it with `mam import`",
        ));
    }
    let formatted = match canonical(&name, &text) {
        Ok((formatted, warnings)) => {
            if !warnings.is_empty() {
                diagnostics::report(terminal, &warnings);
            }
            formatted
        }
        Err(reports) => {
            diagnostics::report(terminal, &reports);
            terminal.error(&format!("`{name}` is unchanged"), None);
            let is_limited = reports.iter().any(|report| report.code().is_limit());
            return Ok(if is_limited { Status::LimitMet } else { Status::Negative });
        }
    };
    // A file is replaced only if its canonical text is canonical itself.
    if canonical(&name, &formatted).ok().is_none_or(|(again, _)| again != formatted) {
        return Err(Failure::with_help(
            format!(
                "`{name}` is unchanged: its canonical text is not canonical when it is read again"
            ),
            "this is an error of this program; please report it with the file",
        ));
    }
    let changes = formatted != text;
    if args.diff && changes {
        let diff = diff::unified(&name, "formatted", [&text, &formatted], terminal.out);
        terminal.text(&diff);
    }
    if args.check {
        if changes && !args.diff {
            terminal.line(name);
        }
        return Ok(Status::negative_if(changes));
    }
    if args.diff {
        return Ok(Status::Success);
    }
    if is_stdin(file) {
        terminal.text(&formatted);
    } else if changes {
        replace(Path::new(file), &name, &formatted)?;
        terminal.line(format!("formatted {name}"));
    }
    Ok(Status::Success)
}

/// The canonical text of a file with warnings about it, or its syntax errors.
fn canonical(name: &str, text: &str) -> Result<(String, Vec<Report>), Vec<Report>> {
    let mut sources = Sources::default();
    let id = sources.add(name, text);
    let (file, found) = syntax::parse(&sources, id, &Limits::default());
    let is_error = found.iter().any(|one| one.severity == Severity::Error);
    let reports = found.into_iter().map(|one| Report::new(one, &sources)).collect();
    if is_error { Err(reports) } else { Ok((syntax::print::print(&file, &sources), reports)) }
}
