//! `mam fmt`: one layout for all policy files.
//!
//! Reads a file, prints its canonical text, and puts that in its place all at once. Files are taken one
//! by one: names are not resolved. How a file is laid out is known to the library.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use mam::source::Sources;
use mam::{Limits, Report, intune, syntax};

use crate::failure::{Failure, Status};
use crate::files::{self, is_stdin};
use crate::output::Terminal;
use crate::replace::replace;
use crate::{diff, render};

const AFTER_HELP: &str = "\
Examples:
  mam fmt contoso.mam
  mam fmt --check policies/*.mam       for a pipeline
  mam fmt --diff contoso.mam           show what would change
  mam fmt - < contoso.mam              for an editor

A file is replaced as a whole, or not at all; its permissions stay. A file with syntax errors is left
alone. Comments are kept.

Exit status: 0 formatted; 1 syntax errors, or files that would change with --check; 2 a file cannot
be read or written.";

/// Lay out policy files
///
/// Rewrites files in the one layout of the language, and names those that changed. Standard input,
/// `-`, is written to standard output.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The files; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// Write nothing; list the files that would change and exit with 1 if there are any
    #[arg(long)]
    check: bool,

    /// Write nothing; show what would change
    #[arg(long)]
    diff: bool,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let mut status = Status::Well;
    let mut failed = None;
    for file in &args.files {
        match format(args, file, terminal) {
            Ok(Status::Well) => {}
            Ok(other) => status = other,
            // The other files can be formatted all the same.
            Err(Failure::Stop { message, help }) => {
                terminal.complain(&message, help.as_deref());
                failed = Some(Failure::BadQuestion);
            }
            Err(failure) => return Err(failure),
        }
    }
    failed.map_or(Ok(status), Err)
}

fn format(args: &Args, file: &OsStr, terminal: &mut Terminal) -> Result<Status, Failure> {
    let text = files::read(file, &Limits::default())?;
    let name = files::display(file);
    if intune::is_document(&text) {
        return Err(Failure::stop_with(
            format!("`{name}` is left alone: it is JSON, and `mam fmt` lays out `.mam` files"),
            "make a `.mam` file of it with `mam import`",
        ));
    }
    let formatted = match canonical(&name, &text) {
        Ok(formatted) => formatted,
        Err(reports) => {
            render::diagnose(terminal, &reports);
            terminal.complain(&format!("`{name}` is left alone"), None);
            return Ok(Status::No);
        }
    };
    // Whoever rewrites policies had better look twice.
    if canonical(&name, &formatted).ok().as_ref() != Some(&formatted) {
        return Err(Failure::stop_with(
            format!("`{name}` is left alone: its layout does not read back as the same"),
            "this is a mistake of this program; please report it with the file",
        ));
    }
    let changes = formatted != text;
    if args.diff && changes {
        let diff = diff::unified(&name, "formatted", [&text, &formatted], terminal.out);
        diff.lines().for_each(|line| terminal.line(line));
    }
    if args.check {
        if changes && !args.diff {
            terminal.line(name);
        }
        return Ok(Status::no_if(changes));
    }
    if args.diff {
        return Ok(Status::Well);
    }
    if is_stdin(file) {
        terminal.raw(formatted.as_bytes());
    } else if changes {
        replace(Path::new(file), &name, &formatted)?;
        terminal.line(format!("formatted {name}"));
    }
    Ok(Status::Well)
}

/// The text in its one layout, or why it cannot be read.
fn canonical(name: &str, text: &str) -> Result<String, Vec<Report>> {
    let mut sources = Sources::default();
    let id = sources.add(name, text);
    let (file, found) = syntax::parse(&sources, id, &Limits::default());
    if !found.is_empty() {
        return Err(found.into_iter().map(|one| Report::new(one, &sources)).collect());
    }
    Ok(syntax::print::print(&file, &sources))
}
