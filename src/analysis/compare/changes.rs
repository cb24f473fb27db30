//! Changes between two policy sets: of decisions, not of lines.
//!
//! Takes in two sets, gives out the movements that are decided differently, sorted by kind of change.
//! Renaming, reordering and regrouping rules change no decision and are not reported.

use std::collections::BTreeMap;

use serde::Serialize;

use super::comparer::Comparison;
use super::differences::Difference;
use crate::analysis::ask::matrix::Cell;
use crate::analysis::subject::Analysis;
use crate::decision::{Answer, Decision, Determining, DeterminingRule, RuleAnswer, RuleScope};
use crate::limits::LimitExceeded;
use crate::model::PolicyId;
use crate::vocabulary::Channels;

/// The meaning of a change.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// More may move than before: a block became an allow, or a limit milder.
    Looser,
    /// Less may move than before.
    Tighter,
    /// One limit became milder and another one stricter.
    Limits,
    /// As much may move, but a policy applies now or applies no more.
    Enforcement,
    /// No policy applies, as before, but for another reason.
    Reason,
}

impl ChangeKind {
    /// Every kind, in the order of outputs.
    pub const ALL: [Self; 5] =
        [Self::Looser, Self::Tighter, Self::Limits, Self::Enforcement, Self::Reason];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Looser => "looser",
            Self::Tighter => "tighter",
            Self::Limits => "limits",
            Self::Enforcement => "enforcement",
            Self::Reason => "reason",
        }
    }

    pub(super) fn of(before: Decision, after: Decision) -> Self {
        let strictest = before.verdict.join(after.verdict);
        if before.verdict == after.verdict {
            let same = before.is_enforced() == after.is_enforced();
            return if same { Self::Reason } else { Self::Enforcement };
        }
        match strictest {
            verdict if verdict == before.verdict => Self::Looser,
            verdict if verdict == after.verdict => Self::Tighter,
            _ => Self::Limits,
        }
    }
}

/// Movements that two sets decide differently: all alike by the first, and all alike by the second.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The meaning of the change.
    pub kind: ChangeKind,
    /// The movements, in words that both sets can read as far as both have words for them.
    pub scope: String,
    /// The decision of the first set, with every rule that decides some of them.
    pub before: Answer,
    /// The decision of the second set.
    pub after: Answer,
}

/// The change between the sources of a row and the targets of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangedCell {
    /// The meaning of the change.
    pub kind: ChangeKind,
    /// The decision of the first set.
    pub before: Cell,
    /// The decision of the second set.
    pub after: Cell,
}

/// The changes on some channels, for some users on some devices.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeMatrix {
    /// The channels, and where the matrix holds: clauses without `from` and `to`.
    pub scope: String,
    /// Targets, one set a column.
    pub columns: Vec<String>,
    /// Sources, one set a row, with a cell for each column; `None` where nothing is decided differently,
    /// or where another row and column say it.
    pub rows: Vec<(String, Vec<Option<ChangedCell>>)>,
}

/// Every movement that two sets decide differently, as matrices of sources by targets: one for each group
/// of channels, users and devices with equal differences.
///
/// # Errors
///
/// When the comparison meets a limit.
pub fn diff_matrices(
    before: &Analysis<'_>,
    after: &Analysis<'_>,
) -> Result<Vec<ChangeMatrix>, LimitExceeded> {
    let mut places: BTreeMap<(Channels, String), Vec<Difference>> = BTreeMap::new();
    for one in differences(before, after)? {
        places.entry((one.channels, one.context.clone())).or_default().push(one);
    }
    Ok(places.into_values().map(|all| matrix(&all)).collect())
}

fn matrix(differences: &[Difference]) -> ChangeMatrix {
    let names = |name: fn(&Difference) -> &String| -> Vec<String> {
        let mut names: Vec<String> = differences.iter().map(|one| name(one).clone()).collect();
        names.sort();
        names.dedup();
        names
    };
    let (sources, columns) = (names(|one| &one.from), names(|one| &one.to));
    let cell = |from: &String, to: &String| {
        let one = differences.iter().find(|one| one.from == *from && one.to == *to)?;
        let [before, after] = one.decisions;
        let kind = ChangeKind::of(before, after);
        Some(ChangedCell { kind, before: Cell::of(before), after: Cell::of(after) })
    };
    let row = |from: String| {
        let cells = columns.iter().map(|to| cell(&from, to)).collect();
        (from, cells)
    };
    let scope = differences
        .first()
        .map(|one| format!("{}{}", one.channel_words(), one.context))
        .unwrap_or_default();
    let rows = sources.into_iter().map(row).collect();
    ChangeMatrix { scope, columns, rows }
}

/// Every movement that two sets decide differently, and no other: those that became looser first.
///
/// # Errors
///
/// When the comparison meets a limit.
pub fn diff(before: &Analysis<'_>, after: &Analysis<'_>) -> Result<Vec<Change>, LimitExceeded> {
    Ok(changes([before, after], differences(before, after)?))
}

/// Every movement that a set would decide differently if one of its report-only policies were live.
pub(in crate::analysis) fn would_change(
    analysis: &Analysis<'_>,
    policy: PolicyId,
) -> Result<Vec<Change>, LimitExceeded> {
    let comparison = Comparison::with_live(analysis.model, policy, analysis.limits());
    Ok(changes([analysis; 2], comparison.differences()?))
}

fn changes([before, after]: [&Analysis<'_>; 2], differences: Vec<Difference>) -> Vec<Change> {
    let change = |difference: Difference| {
        let [one, other] = difference.decisions;
        let scope = difference.scope();
        let [by, other_by] = difference.by;
        Change {
            kind: ChangeKind::of(one, other),
            scope,
            before: answer(before, one, by),
            after: answer(after, other, other_by),
        }
    };
    let mut changes: Vec<_> = differences.into_iter().map(change).collect();
    changes.sort_by(|a, b| (a.kind, &a.scope).cmp(&(b.kind, &b.scope)));
    changes
}

fn differences(
    before: &Analysis<'_>,
    after: &Analysis<'_>,
) -> Result<Vec<Difference>, LimitExceeded> {
    let comparison = Comparison::of([before, after].map(|set| set.model), after.limits());
    comparison.differences()
}

fn answer(
    set: &Analysis<'_>,
    decision: Decision,
    by: Vec<(DeterminingRule, Vec<RuleScope>)>,
) -> Answer {
    let directory = set.model.directory();
    let mut answer = decision.answer(&Determining::default(), directory);
    let rules = by.into_iter().map(|(rule, scopes)| RuleAnswer::within(&rule, scopes, directory));
    answer.by = rules.collect();
    answer
}
