//! `mam report`: all that analysis tells of a policy set, as one page.
//!
//! Takes in a policy set, perhaps a scope and another set, gives out a file of HTML, or the same views as JSON. Does
//! not know how the page is made.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use mam::report::{Progress, Set, Views, page};
use mam::{Checked, Errors};

use crate::failure::{Failure, Status};
use crate::input::files::{display, is_stdin};
use crate::input::inputs::{self, LimitOptions, Question};
use crate::render::diagnostics;
use crate::render::terminal::Terminal;
use crate::write;

const AFTER_HELP: &str = "\
Examples:
  mam report contoso.mam -o report.html
  mam report export/*.json -o report.html           policies of Intune
  mam report new.mam --against old.mam -o review.html
  mam report contoso.mam 'any for staff on ios' -o staff.html
  mam report contoso.mam --json | jq .expectations

The page is one file. It opens from disk, needs no network, and prints. It has a
summary; with --against what changes, the looser first; a diagram and a matrix of
decisions for each kind of people and devices, each cell with the rules that
decide it and a scope to paste; the effective policy; leak paths and the rules
that close them; expectations and coverage; warnings and advice.

Report-only policies decide nothing and are not shown in diagrams and matrices.
If the scope leaves open more kinds of people than a question may, people in one
group are shown group by group, and the page says that people in several groups
are missing. So it does of every part that meets a limit; then the exit status
is 2. A scope with a `for` clause shows what is missing.

With --json, one line on standard output: the same views as data, which
docs/json.md describes.

Exit status: 0 written, whatever it says; 1 errors in a policy; 2 wrong usage, a
file cannot be read or written, a bad scope, or a limit is met: the report is
written and says what is missing.";

/// Write a report on a policy set, as one page that needs nothing else
///
/// Writes all that the analysis tells of a policy set as a page of HTML for people who review or approve
/// policies: where data may go and by which rules, who may open an app, leak paths, expectations, advice.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = AFTER_HELP,
    override_usage = "mam report [OPTIONS] <FILE>... [SCOPE] -o <FILE>"
)]
pub(crate) struct Args {
    /// The files of the set, then the scope of movements; without a scope, everything
    #[arg(value_name = "FILE", required = true)]
    arguments: Vec<OsString>,

    /// Write to this file, which is replaced; `-` is standard output
    #[arg(long, short, value_name = "FILE", required_unless_present = "json")]
    output: Option<OsString>,

    /// A file of a set to compare with; repeat it for a set of several files
    #[arg(long, value_name = "OLD")]
    against: Vec<OsString>,

    /// Give the views as JSON
    #[arg(long, conflicts_with = "output")]
    json: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let question = Question::split(&args.arguments)?;
    if question.scope.as_deref().is_some_and(inputs::is_about_access) {
        return Err(Failure::with_help(
            "the scope of a report is of movements, and `launch` is about accesses",
            "leave `launch` out: the report tells of accesses by itself",
        ));
    }
    let read = |terminal: &mut Terminal, files: &[OsString]| {
        let checked = inputs::without_errors(terminal, files, args.limits, args.json)?;
        Ok((checked, files.iter().map(|file| display(file)).collect::<Vec<_>>()))
    };
    let (checked, files) = read(terminal, &question.files)?;
    let other = match args.against.as_slice() {
        [] => None,
        files => Some(read(terminal, files)?),
    };
    let views = views(&checked, &files, &question, other.as_ref());
    let views = views.map_err(|errors| {
        diagnostics::report(terminal, errors.reports());
        Failure::BadUsage
    })?;
    if views.is_empty() {
        return Err(Failure::new("the scope holds no movement"));
    }
    match &args.output {
        None => terminal.json(&views)?,
        Some(output) if is_stdin(output) => terminal.raw(page(&views).as_bytes()),
        Some(output) => {
            write::write(Path::new(output), &display(output), page(&views).as_bytes())?;
        }
    }
    Ok(missing(&views, terminal))
}

fn views(
    checked: &Checked,
    files: &[String],
    question: &Question,
    other: Option<&(Checked, Vec<String>)>,
) -> Result<Views, Errors> {
    let bar = progress();
    let other = other.map(|(checked, files)| Set { checked, files });
    let set = Set { checked, files };
    let views = Views::new(
        set,
        question.scope.as_deref(),
        other,
        &mut |Progress { part, done, all, .. }| {
            bar.set_message(part);
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        },
    );
    bar.finish_and_clear();
    views
}

/// Says what the report does not tell.
fn missing(views: &Views, terminal: &Terminal) -> Status {
    if views.is_whole() {
        return Status::Success;
    }
    for one in &views.left_out {
        terminal.note(&format!("the report is without {}: {}; {}", one.what, one.why, one.help));
    }
    for (part, limit) in views.limits() {
        terminal.note(&format!("the report is without {part}: {limit}"));
    }
    terminal.error("the report is not whole", None);
    Status::LimitMet
}

/// A progress bar on standard error, if that is a terminal.
fn progress() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(1);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {msg}, {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
