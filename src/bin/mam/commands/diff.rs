//! `mam diff`: differences between two policy sets, by meaning.
//!
//! Takes in two sets, gives out the movements that they decide differently, with the determining rules of
//! both, and the other statements in which they differ. Does not compare texts.

use std::ffi::OsString;

use clap::ValueEnum;
use mam::analysis::{self, Change, ChangeKind, StatementChange, StatementChangeKind};
use mam::{Answer, Checked};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::input::inputs::{self, LimitOptions};
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::count;
use crate::render::{answer, change};

const AFTER_HELP: &str = "\
Examples:
  mam diff old.mam new.mam
  mam diff --fail-on looser main.mam branch.mam     for a pipeline: may more data leave than before?
  mam diff old/*.json -- new/*.json                 several files on each side

Decisions are compared, not texts: a set that was only reworded decides nothing differently. Then
`require`, `launch`, `setting` and `because` are compared, policy by policy. Scopes use names that
both sets declare, if there are any. An app that a set does not declare is an unlisted app in that
set.

  looser       more may move: a block became an allow, or a limit milder; a requirement or launch
               condition is gone, or is not provably as strict
  tighter      less may move; a requirement or launch condition is new or stricter
  limits       one limit became milder and another one stricter
  enforcement  the same may move, but a policy applies now, or applies no longer
  reason       no policy applies, as before, but for another reason
  unknown      another `setting`, whose meaning `mam` does not know
  wording      another `because`, or a requirement or launch condition in other words

With --json, one line on standard output:
  {\"changes\":[{\"kind\":\"looser\"|\"tighter\"|\"limits\"|\"enforcement\"|\"reason\",\"scope\":...,
     \"before\":ANSWER,\"after\":ANSWER}],
   \"statements\":[{\"kind\":\"looser\"|\"tighter\"|\"unknown\"|\"wording\",\"policy\":...,
     \"statement\":\"require\"|\"launch\"|\"setting\"|\"because\",\"before\":...|null,\"after\":...|null}],
   \"looser\":1,\"tighter\":0,\"limits\":0,\"enforcement\":0,\"reason\":0,\"unknown\":0,\"wording\":0}
where ANSWER is an answer of `mam decide`, and the numbers count both lists.

Exit status: 0 no difference; 1 differences, with --fail-on those of that kind (\"limits\" and
\"unknown\" count both as looser and as tighter), or errors in a policy; 2 wrong usage, a file cannot
be read, or a limit is met.";

/// Show which movements two policy sets decide differently
///
/// Compares the decisions of two sets on every movement, and prints the differences as few scopes, looser
/// ones first, with the determining rules of both sets. Then come differences of statements that decide no
/// movement: requirements, launch conditions, settings, and texts for users.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = AFTER_HELP,
    override_usage = "mam diff [OPTIONS] <OLD> <NEW>\n       mam diff [OPTIONS] <OLD>... -- <NEW>..."
)]
pub(crate) struct Args {
    /// The files of the first and the second set; or all files of the first set
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// All files of the second set
    #[arg(value_name = "NEW", last = true)]
    others: Vec<OsString>,

    /// Kind of differences that give exit status 1
    #[arg(long, value_enum, value_name = "WHAT", default_value_t, hide_possible_values = true)]
    fail_on: FailOn,

    /// Give the differences as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

/// Differences that count as a failure: any, looser (with limits), tighter (with limits) or never.
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

    /// Settings of unknown meaning count as both.
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

/// Differences between two sets.
struct Differences {
    changes: Vec<Change>,
    statements: Vec<StatementChange>,
}

impl Differences {
    fn len(&self) -> usize {
        self.changes.len() + self.statements.len()
    }

    /// Number of differences of a kind.
    fn count(&self, word: &str) -> usize {
        let changes = self.changes.iter().filter(|one| one.kind.word() == word).count();
        changes + self.statements.iter().filter(|one| one.kind.word() == word).count()
    }

    fn fails(&self, on: FailOn) -> bool {
        self.changes.iter().any(|one| on.counts(one.kind))
            || self.statements.iter().any(|one| on.counts_statement(one.kind))
    }
}

/// Output of `--json`.
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
    let (old, new) = inputs::two_sets(&args.files, &args.others)?;
    let old = inputs::without_errors(terminal, old, args.limits, args.json)?;
    let new = inputs::without_errors(terminal, new, args.limits, args.json)?;
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
    Ok(Status::negative_if(found.fails(args.fail_on)))
}

fn compare(
    terminal: &mut Terminal,
    old: &Checked,
    new: &Checked,
    json: bool,
) -> Result<Differences, Failure> {
    let before = inputs::analysis(terminal, old, json)?;
    let after = inputs::analysis(terminal, new, json)?;
    let changes = analysis::diff(&before, &after);
    let changes = inputs::within_limits(terminal, new, json, changes)?;
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

fn show(change: &Change, terminal: &mut Terminal) {
    let caps = terminal.out;
    let kind = caps.paint(change::style(change.kind), change.kind.word());
    terminal.line(format!("{kind}  {}", caps.paint(Style::Strong, &change.scope)));
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

/// The headline of an answer, or the reason why no policy applies.
fn in_short(found: &Answer) -> String {
    found.reason.map_or_else(|| answer::headline(found), |why| why.description().to_owned())
}

fn show_answer(word: &str, found: &Answer, terminal: &mut Terminal) {
    let caps = terminal.out;
    let headline = caps.paint(answer::style(found), answer::headline(found));
    terminal.line(format!("  {word}: {headline}"));
    for line in answer::details(found, caps) {
        terminal.line(format!("    {}", line.replace('\n', "\n    ")));
    }
}

fn show_statement(change: &StatementChange, terminal: &mut Terminal) {
    let caps = terminal.out;
    let kind = caps.paint(change::statement_style(change.kind), change.kind.word());
    terminal.line(format!("{kind}  policy {}", caps.paint(Style::Strong, &change.policy)));
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
    terminal.line(format!("  before: {}", text(&change.before)));
    if change.before == change.after {
        terminal.line("  after: the same, for fewer users, apps or devices");
    } else {
        terminal.line(format!("  after: {}", text(&change.after)));
    }
    terminal.line("");
}

/// Summary: `3 differences: 1 looser, 2 tighter`.
fn summary(found: &Differences, terminal: &Terminal) -> String {
    let caps = terminal.out;
    if found.len() == 0 {
        return caps.paint(Style::Good, "no movement is decided differently").to_string();
    }
    let movements = ChangeKind::ALL.map(|kind| (kind.word(), change::style(kind)));
    let only = [StatementChangeKind::Unknown, StatementChangeKind::Wording];
    let only = only.map(|kind| (kind.word(), change::statement_style(kind)));
    let kinds = movements.into_iter().chain(only).filter_map(|(word, style)| {
        let number = found.count(word);
        (number > 0).then(|| caps.paint(style, format!("{number} {word}")).to_string())
    });
    let kinds: Vec<_> = kinds.collect();
    format!("{}: {}", count(found.len(), "difference"), kinds.join(", "))
}
