//! `mam diff`: which movements do two policy sets decide differently?
//!
//! Reads two sets, sorts what the library finds by what it means, and shows it with the rules on both
//! sides. Lines of text are not compared.

use std::ffi::OsString;

use clap::ValueEnum;
use mam::analysis::{self, Change, ChangeKind};
use mam::{Answer, Checked};
use serde::Serialize;

use crate::answer;
use crate::failure::{Failure, Status};
use crate::output::{Ink, Terminal, count};
use crate::set;

const AFTER_HELP: &str = "\
Examples:
  mam diff old.mam new.mam
  mam diff --fail-on looser main.mam branch.mam     for a pipeline: may more leave than before?
  mam diff old/*.json -- new/*.json                 several files on each side

Compared is what is decided, not what is written: a set that was only rewritten decides nothing
differently. Scopes are in words that both sets know as far as they have the same words. An app that
a set does not declare is an unlisted app there; ask about an id that one set names in that set.

  looser       more may move: a block became an allow, or a limit milder
  tighter      less may move
  limits       one limit became milder and another one stricter
  enforcement  the same may move, but a policy has a say now, or has none any more
  reason       no policy has a say as before, for another reason

With --json, one line on standard output:
  {\"changes\":[{\"kind\":\"looser\"|\"tighter\"|\"limits\"|\"enforcement\"|\"reason\",\"scope\":...,
     \"before\":ANSWER,\"after\":ANSWER}],
   \"looser\":1,\"tighter\":0,\"limits\":0,\"enforcement\":0,\"reason\":0}
where ANSWER is that of `mam decide`.

Exit status: 0 no movement is decided differently; 1 some are, or, with --fail-on, some in that way;
errors in a policy; 2 a file cannot be read.";

/// Show which movements two policy sets decide differently
///
/// Compares what two sets decide of every movement and prints the differences in as few scopes as can
/// be found, those that permit more first, each with the rules on both sides.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = AFTER_HELP,
    override_usage = "mam diff [OPTIONS] <OLD> <NEW>\n       mam diff [OPTIONS] <OLD>... -- <NEW>..."
)]
pub(crate) struct Args {
    /// The file of the first set, and that of the second; or all files of the first
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// All files of the second set
    #[arg(value_name = "NEW", last = true)]
    others: Vec<OsString>,

    /// Which differences give exit status 1
    #[arg(long, value_enum, value_name = "WHAT", default_value_t, hide_possible_values = true)]
    fail_on: FailOn,

    /// Give the differences as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    budget: set::Budget,
}

/// What counts as a failure: any, looser (with limits), tighter (with limits) or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum FailOn {
    #[default]
    Any,
    Looser,
    Tighter,
    Never,
}

impl FailOn {
    fn counts(self, kind: ChangeKind) -> bool {
        match self {
            Self::Any => true,
            Self::Looser => matches!(kind, ChangeKind::Looser | ChangeKind::Limits),
            Self::Tighter => matches!(kind, ChangeKind::Tighter | ChangeKind::Limits),
            Self::Never => false,
        }
    }
}

/// What `--json` gives.
#[derive(Debug, Serialize)]
struct Changes<'a> {
    changes: &'a [Change],
    looser: usize,
    tighter: usize,
    limits: usize,
    enforcement: usize,
    reason: usize,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let (old, new) = sides(&args.files, &args.others)?;
    let old = set::sound(terminal, old, args.budget, args.json)?;
    let new = set::sound(terminal, new, args.budget, args.json)?;
    let changes = compare(terminal, &old, &new, args.json)?;
    if args.json {
        terminal.json(&forms(&changes))?;
    } else {
        for change in &changes {
            show(change, terminal);
        }
        terminal.line(summary(&changes, terminal));
    }
    Ok(Status::no_if(changes.iter().any(|change| args.fail_on.counts(change.kind))))
}

/// The files of both sets.
///
/// # Errors
///
/// When it cannot be told which files belong to which set.
pub(crate) fn sides<'f>(
    files: &'f [OsString],
    others: &'f [OsString],
) -> Result<(&'f [OsString], &'f [OsString]), Failure> {
    match (files, others) {
        ([old, new], []) => Ok((std::slice::from_ref(old), std::slice::from_ref(new))),
        (old, new @ [_, ..]) => Ok((old, new)),
        (files, []) => Err(Failure::stop_with(
            format!("two policy sets are compared, and there is {}", count(files.len(), "file")),
            "write `mam diff OLD NEW`, or `mam diff OLD... -- NEW...` for sets of several files",
        )),
    }
}

fn compare(
    terminal: &mut Terminal,
    old: &Checked,
    new: &Checked,
    json: bool,
) -> Result<Vec<Change>, Failure> {
    let [old, new] = set::analyse_both(terminal, [old, new], json)?;
    Ok(analysis::diff(&old, &new))
}

fn forms(changes: &[Change]) -> Changes<'_> {
    let count = |kind| changes.iter().filter(|change| change.kind == kind).count();
    Changes {
        changes,
        looser: count(ChangeKind::Looser),
        tighter: count(ChangeKind::Tighter),
        limits: count(ChangeKind::Limits),
        enforcement: count(ChangeKind::Enforcement),
        reason: count(ChangeKind::Reason),
    }
}

pub(crate) const fn ink(kind: ChangeKind) -> Ink {
    match kind {
        ChangeKind::Looser => Ink::Bad,
        ChangeKind::Tighter => Ink::Good,
        ChangeKind::Limits => Ink::Limited,
        ChangeKind::Enforcement | ChangeKind::Reason => Ink::Faint,
    }
}

fn show(change: &Change, terminal: &mut Terminal) {
    let look = terminal.out;
    let kind = look.paint(ink(change.kind), change.kind.word());
    terminal.line(format!("{kind}  {}", look.paint(Ink::Strong, &change.scope)));
    if matches!(change.kind, ChangeKind::Enforcement | ChangeKind::Reason) {
        let [before, after] = [&change.before, &change.after].map(in_short);
        terminal.line(format!("  {before}; now: {after}"));
        return;
    }
    for (word, found) in [("before", &change.before), ("after", &change.after)] {
        show_answer(word, found, terminal);
    }
    terminal.line("");
}

/// What is decided, or why nothing is.
fn in_short(found: &Answer) -> String {
    found.reason.map_or_else(|| answer::headline(found), |why| answer::reason(why).to_owned())
}

fn show_answer(word: &str, found: &Answer, terminal: &mut Terminal) {
    let look = terminal.out;
    let headline = look.paint(answer::ink(found), answer::headline(found));
    terminal.line(format!("  {word}: {headline}"));
    for line in answer::details(found, look) {
        terminal.line(format!("    {}", line.replace('\n', "\n    ")));
    }
}

/// `3 differences: 1 looser, 2 tighter`.
fn summary(changes: &[Change], terminal: &Terminal) -> String {
    let look = terminal.out;
    if changes.is_empty() {
        return look.paint(Ink::Good, "no movement is decided differently").to_string();
    }
    let kinds = ChangeKind::ALL.into_iter().filter_map(|kind| {
        let number = changes.iter().filter(|change| change.kind == kind).count();
        (number > 0).then(|| look.paint(ink(kind), format!("{number} {}", kind.word())).to_string())
    });
    let kinds: Vec<_> = kinds.collect();
    format!("{}: {}", count(changes.len(), "difference"), kinds.join(", "))
}
