//! `mam diff`: which movements do two policy sets decide differently, and what else do they state?
//!
//! Reads two sets, sorts what the library finds by what it means, and shows it with the rules or
//! statements on both sides. Lines of text are not compared.

use std::ffi::OsString;

use clap::ValueEnum;
use mam::analysis::{self, Change, ChangeKind, StatementChange, StatementChangeKind};
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
differently. Beside it, policy by policy: `require`, `launch`, `setting` and `because`. Scopes are in words that both sets know as far as they have the same words. An app that
a set does not declare is an unlisted app there; ask about an id that one set names in that set.

  looser       more may move: a block became an allow, or a limit milder; a requirement or launch
               condition is gone, or is not certainly as strict
  tighter      less may move; a requirement or launch condition is new or stricter
  limits       one limit became milder and another one stricter
  enforcement  the same may move, but a policy has a say now, or has none any more
  reason       no policy has a say as before, for another reason
  unknown      another `setting`, of which `mam` does not know the meaning
  wording      another `because`, or a requirement or launch condition that is said in other words

With --json, one line on standard output:
  {\"changes\":[{\"kind\":\"looser\"|\"tighter\"|\"limits\"|\"enforcement\"|\"reason\",\"scope\":...,
     \"before\":ANSWER,\"after\":ANSWER}],
   \"statements\":[{\"kind\":\"looser\"|\"tighter\"|\"unknown\"|\"wording\",\"policy\":...,
     \"statement\":\"require\"|\"launch\"|\"setting\"|\"because\",\"before\":...|null,\"after\":...|null}],
   \"looser\":1,\"tighter\":0,\"limits\":0,\"enforcement\":0,\"reason\":0,\"unknown\":0,\"wording\":0}
where ANSWER is that of `mam decide`, and the numbers count both lists.

Exit status: 0 nothing differs; 1 something does, or, with --fail-on, something in that way
(\"limits\" and \"unknown\" count both as looser and as tighter); errors in a policy; 2 a file cannot
be read.";

/// Show which movements two policy sets decide differently
///
/// Compares what two sets decide of every movement and prints the differences in as few scopes as can
/// be found, those that permit more first, each with the rules on both sides. Then come statements that
/// decide no movement: what policies require, check at launch, keep as settings, and tell users.
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

    /// What nobody understands may be both.
    fn counts_statement(self, kind: StatementChangeKind) -> bool {
        use StatementChangeKind::{Looser, Tighter, Unknown};
        match self {
            Self::Any => true,
            Self::Looser => matches!(kind, Looser | Unknown),
            Self::Tighter => matches!(kind, Tighter | Unknown),
            Self::Never => false,
        }
    }
}

/// What two sets differ in.
struct Differences {
    changes: Vec<Change>,
    statements: Vec<StatementChange>,
}

impl Differences {
    fn len(&self) -> usize {
        self.changes.len() + self.statements.len()
    }

    /// How many are of a kind.
    fn count(&self, word: &str) -> usize {
        let changes = self.changes.iter().filter(|one| one.kind.word() == word).count();
        changes + self.statements.iter().filter(|one| one.kind.word() == word).count()
    }

    fn fails(&self, on: FailOn) -> bool {
        self.changes.iter().any(|one| on.counts(one.kind))
            || self.statements.iter().any(|one| on.counts_statement(one.kind))
    }
}

/// What `--json` gives.
#[derive(Debug, Serialize)]
struct Changes<'a> {
    changes: &'a [Change],
    statements: &'a [StatementChange],
    looser: usize,
    tighter: usize,
    limits: usize,
    enforcement: usize,
    reason: usize,
    unknown: usize,
    wording: usize,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let (old, new) = sides(&args.files, &args.others)?;
    let old = set::sound(terminal, old, args.budget, args.json)?;
    let new = set::sound(terminal, new, args.budget, args.json)?;
    let found = compare(terminal, &old, &new, args.json)?;
    if args.json {
        terminal.json(&forms(&found))?;
    } else {
        for change in &found.changes {
            show(change, terminal);
        }
        for change in &found.statements {
            show_statement(change, terminal);
        }
        terminal.line(summary(&found, terminal));
    }
    Ok(Status::no_if(found.fails(args.fail_on)))
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
) -> Result<Differences, Failure> {
    let before = set::analyse(terminal, old, json)?;
    let after = set::analyse(terminal, new, json)?;
    let changes = analysis::diff(&before, &after);
    let changes = set::within_limits(terminal, new, json, changes)?;
    let statements = analysis::diff_statements(&before, &after);
    Ok(Differences { changes, statements })
}

fn forms(found: &Differences) -> Changes<'_> {
    let count = |kind: ChangeKind| found.count(kind.word());
    Changes {
        changes: &found.changes,
        statements: &found.statements,
        looser: count(ChangeKind::Looser),
        tighter: count(ChangeKind::Tighter),
        limits: count(ChangeKind::Limits),
        enforcement: count(ChangeKind::Enforcement),
        reason: count(ChangeKind::Reason),
        unknown: found.count(StatementChangeKind::Unknown.word()),
        wording: found.count(StatementChangeKind::Wording.word()),
    }
}

pub(crate) const fn ink(kind: ChangeKind) -> Ink {
    match kind {
        ChangeKind::Looser => Ink::Bad,
        ChangeKind::Tighter => Ink::Good,
        ChangeKind::Limits => Ink::Limited,
        _ => Ink::Faint,
    }
}

const fn statement_ink(kind: StatementChangeKind) -> Ink {
    match kind {
        StatementChangeKind::Looser => Ink::Bad,
        StatementChangeKind::Tighter => Ink::Good,
        StatementChangeKind::Unknown => Ink::Limited,
        _ => Ink::Faint,
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
    found.reason.map_or_else(|| answer::headline(found), |why| why.description().to_owned())
}

fn show_answer(word: &str, found: &Answer, terminal: &mut Terminal) {
    let look = terminal.out;
    let headline = look.paint(answer::ink(found), answer::headline(found));
    terminal.line(format!("  {word}: {headline}"));
    for line in answer::details(found, look) {
        terminal.line(format!("    {}", line.replace('\n', "\n    ")));
    }
}

fn show_statement(change: &StatementChange, terminal: &mut Terminal) {
    let look = terminal.out;
    let kind = look.paint(statement_ink(change.kind), change.kind.word());
    terminal.line(format!("{kind}  policy {}", look.paint(Ink::Strong, &change.policy)));
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
    terminal.line(format!("  before: {}", text(&change.before)));
    if change.before == change.after {
        terminal.line("  after: the same, for fewer people, apps or devices");
    } else {
        terminal.line(format!("  after: {}", text(&change.after)));
    }
    terminal.line("");
}

/// `3 differences: 1 looser, 2 tighter`.
fn summary(found: &Differences, terminal: &Terminal) -> String {
    let look = terminal.out;
    if found.len() == 0 {
        return look.paint(Ink::Good, "no movement is decided differently").to_string();
    }
    let movements = ChangeKind::ALL.map(|kind| (kind.word(), ink(kind)));
    let only = [StatementChangeKind::Unknown, StatementChangeKind::Wording];
    let only = only.map(|kind| (kind.word(), statement_ink(kind)));
    let kinds = movements.into_iter().chain(only).filter_map(|(word, ink)| {
        let number = found.count(word);
        (number > 0).then(|| look.paint(ink, format!("{number} {word}")).to_string())
    });
    let kinds: Vec<_> = kinds.collect();
    format!("{}: {}", count(found.len(), "difference"), kinds.join(", "))
}
