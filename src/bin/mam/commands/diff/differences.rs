//! The differences of two sets: how they are found, which of them fail, and how they are shown.
//!
//! Takes in two checked sets, gives out their differences, as text and as JSON.

use clap::ValueEnum;
use mam::analysis::{
    self, AccessChange, AccessChangeKind, Change, ChangeKind, RequirementChange, StatementChange,
    StatementChangeKind,
};
use mam::{Answer, Checked};
use serde::Serialize;

use crate::failure::Failure;
use crate::input::inputs;
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::count;
use crate::render::{answer, change};

/// Differences that count as a failure: any, looser (with limits and mixed), tighter (likewise) or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum FailOn {
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

    fn counts_access(self, kind: AccessChangeKind) -> bool {
        match self {
            Self::Any => true,
            Self::Looser => matches!(kind, AccessChangeKind::Looser | AccessChangeKind::Mixed),
            Self::Tighter => matches!(kind, AccessChangeKind::Tighter | AccessChangeKind::Mixed),
            Self::Never => false,
        }
    }

    /// Settings of unknown meaning count as both.
    fn counts_statement(self, kind: StatementChangeKind) -> bool {
        self != Self::Never && kind.is_difference()
    }
}

/// Differences between two sets.
pub(super) struct Differences {
    changes: Vec<Change>,
    accesses: Vec<AccessChange>,
    requirements: Vec<RequirementChange>,
    statements: Vec<StatementChange>,
}

impl Differences {
    /// The kinds of everything that is listed, as words.
    fn words(&self) -> impl Iterator<Item = &'static str> {
        let accesses = self.accesses.iter().map(|one| one.kind.word());
        let requirements = self.requirements.iter().map(|one| one.kind.word());
        let changes = self.changes.iter().map(|one| one.kind.word());
        let statements = self.statements.iter().map(|one| one.kind.word());
        changes.chain(accesses).chain(requirements).chain(statements)
    }

    /// Number of entries of a kind.
    fn count(&self, word: &str) -> usize {
        self.words().filter(|one| *one == word).count()
    }

    pub(super) fn fails(&self, on: FailOn) -> bool {
        let access = |kind: AccessChangeKind| on.counts_access(kind);
        self.changes.iter().any(|one| on.counts(one.kind))
            || self.accesses.iter().any(|one| access(one.kind))
            || self.requirements.iter().any(|one| access(one.kind))
            || self.statements.iter().any(|one| on.counts_statement(one.kind))
    }
}

/// By set: policies that do not say which apps they protect, and are compared as if they protected those of them that
/// they protect in the other set.
pub(super) type UnknownApps = [Vec<String>; 2];

/// Those of a pair of policies.
pub(super) fn unknown_apps_of(unknown: &UnknownApps, pair: &[String; 2]) -> UnknownApps {
    let among = |names: &[String], name: &String| -> Vec<String> {
        names.iter().filter(|one| *one == name).cloned().collect()
    };
    let ([old, new], [before, after]) = (unknown, pair);
    [among(old, before), among(new, after)]
}

/// Output of `--json`.
#[derive(Debug, Serialize)]
pub(super) struct Changes<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown_apps: Option<&'a UnknownApps>,
    changes: &'a [Change],
    accesses: &'a [AccessChange],
    requirements: &'a [RequirementChange],
    statements: &'a [StatementChange],
    looser: usize,
    tighter: usize,
    limits: usize,
    mixed: usize,
    enforcement: usize,
    reason: usize,
    unknown: usize,
    wording: usize,
    report_only: usize,
}

pub(super) fn compare(
    terminal: &mut Terminal,
    old: &Checked,
    new: &Checked,
    json: bool,
) -> Result<Differences, Failure> {
    let before = inputs::analysis(terminal, old, json)?;
    let after = inputs::analysis(terminal, new, json)?;
    let changes = analysis::diff(&before, &after);
    let changes = inputs::within_limits(terminal, new, json, changes)?;
    let accesses = analysis::diff_access(&before, &after);
    let (accesses, requirements) = inputs::within_limits(terminal, new, json, accesses)?;
    let statements = analysis::diff_statements(&before, &after);
    Ok(Differences { changes, accesses, requirements, statements })
}

/// The kinds of everything that is listed, in the order of output.
pub(super) const KINDS: [&str; 9] = [
    "looser",
    "tighter",
    "limits",
    "mixed",
    "enforcement",
    "reason",
    "unknown",
    "wording",
    "report-only",
];

/// Shows everything of one kind: movements, effects, requirements, other statements.
pub(super) fn show_kind(found: &Differences, kind: &str, terminal: &mut Terminal) {
    for change in found.changes.iter().filter(|one| one.kind.word() == kind) {
        show(change, terminal);
    }
    for change in found.accesses.iter().filter(|one| one.kind.word() == kind) {
        let lines = change::effects(change, terminal.out);
        show_access((change.kind, &change.scopes), lines, terminal);
    }
    for change in found.requirements.iter().filter(|one| one.kind.word() == kind) {
        let lines = change::requirements(change, terminal.out);
        show_access((change.kind, &change.scopes), lines, terminal);
    }
    for change in found.statements.iter().filter(|one| one.kind.word() == kind) {
        show_statement(change, terminal);
    }
}

pub(super) fn forms<'a>(found: &'a Differences, unknown: &'a UnknownApps) -> Changes<'a> {
    let count = |kind: ChangeKind| found.count(kind.word());
    let listed = |kind: StatementChangeKind| found.count(kind.word());
    let is_any = unknown.iter().any(|names| !names.is_empty());
    Changes {
        unknown_apps: is_any.then_some(unknown),
        changes: &found.changes,
        accesses: &found.accesses,
        requirements: &found.requirements,
        statements: &found.statements,
        looser: count(ChangeKind::Looser),
        tighter: count(ChangeKind::Tighter),
        limits: count(ChangeKind::Limits),
        mixed: found.count(AccessChangeKind::Mixed.word()),
        enforcement: count(ChangeKind::Enforcement),
        reason: count(ChangeKind::Reason),
        unknown: listed(StatementChangeKind::Unknown),
        wording: listed(StatementChangeKind::Wording),
        report_only: listed(StatementChangeKind::ReportOnly),
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
    terminal.line(format!("  after: {}", text(&change.after)));
    terminal.line("");
}

/// Shows accesses that are decided differently: a line for each scope, then the details.
fn show_access(
    (kind, scopes): (AccessChangeKind, &[String]),
    details: Vec<String>,
    terminal: &mut Terminal,
) {
    let caps = terminal.out;
    let word = kind.word();
    let indent = " ".repeat(word.len());
    for (at, scope) in scopes.iter().enumerate() {
        let scope = caps.paint(Style::Strong, scope);
        match at {
            0 => {
                let word = caps.paint(change::access_style(kind), word);
                terminal.line(format!("{word}  {scope}"));
            }
            _ => terminal.line(format!("{indent}  {scope}")),
        }
    }
    details.into_iter().for_each(|line| terminal.line(format!("  {line}")));
    if !matches!(kind, AccessChangeKind::Enforcement | AccessChangeKind::Reason) {
        terminal.line("");
    }
}

/// Summary: `3 differences: 1 looser, 2 tighter`. What is listed and is no difference does not count.
pub(super) fn summary(found: &Differences, terminal: &Terminal) -> String {
    let caps = terminal.out;
    let movements = ChangeKind::ALL.map(|kind| (kind.word(), change::style(kind)));
    let mixed = AccessChangeKind::Mixed;
    let unknown = StatementChangeKind::Unknown;
    let kinds = movements.into_iter().chain([
        (mixed.word(), change::access_style(mixed)),
        (unknown.word(), change::statement_style(unknown)),
    ]);
    let counted = kinds.map(|(word, style)| (word, style, found.count(word)));
    let counted: Vec<_> = counted.filter(|(.., number)| *number > 0).collect();
    if counted.is_empty() {
        return caps.paint(Style::Good, "no difference").to_string();
    }
    let all: usize = counted.iter().map(|(.., number)| number).sum();
    let kinds = counted
        .iter()
        .map(|(word, style, number)| caps.paint(*style, format!("{number} {word}")).to_string());
    format!("{}: {}", count(all, "difference"), kinds.collect::<Vec<_>>().join(", "))
}

/// Tells once which policies protect apps that only one of the sets knows, and what follows.
pub(super) fn tell_unknown_apps(
    unknown: &UnknownApps,
    terminal: &Terminal,
    follows: impl Fn(&str) -> String,
) {
    for (names, which, other) in
        [(&unknown[0], "first", "second"), (&unknown[1], "second", "first")]
    {
        if !names.is_empty() {
            terminal.note(&format!(
                "the {which} set does not say which apps these policies protect: {}; {}",
                names.join(", "),
                follows(other)
            ));
        }
    }
}
