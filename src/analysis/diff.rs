//! What changed between two policy sets: not lines, but decisions.
//!
//! Takes in two analysed sets, gives out the movements that are decided differently, sorted by what that
//! means. Renaming, reordering and regrouping rules change nothing and are not seen.

use serde::Serialize;

use super::Analysis;
use super::differ::{Comparison, Difference};
use crate::decision::{Answer, Decision, Ground, Grounds};
use crate::vocabulary::Platforms;

/// What a change means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// More may move than before: a block became an allow, or a limit milder.
    Looser,
    /// Less may move than before.
    Tighter,
    /// One limit became milder and another one stricter.
    Limits,
    /// The same may move, but a policy has a say now or has none any more.
    Enforcement,
    /// Nobody's policy has a say as before, for another reason.
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

    fn of(before: Decision, after: Decision) -> Self {
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
pub struct Change {
    /// What the change means.
    pub kind: ChangeKind,
    /// The movements, in words that both sets can read as far as both have words for them.
    pub scope: String,
    /// What the first set decides, by every rule that decides some of them.
    pub before: Answer,
    /// What the second set decides.
    pub after: Answer,
}

/// Every movement that two sets decide differently, and no other: those that became looser first.
#[must_use]
pub fn diff(before: &Analysis<'_>, after: &Analysis<'_>) -> Vec<Change> {
    let sets = [before, after];
    let comparison = Comparison {
        models: sets.map(|set| set.model),
        tables: [&before.table, &after.table],
        platforms: Platforms::all(),
        left_out: &|_| false,
        nodes: after.checked.limits().nodes,
    };
    let change = |difference: Difference| {
        let [one, other] = difference.decisions;
        let [by, other_by] = difference.by;
        Change {
            kind: ChangeKind::of(one, other),
            scope: difference.scope,
            before: answer(before, one, by),
            after: answer(after, other, other_by),
        }
    };
    let mut changes: Vec<_> = comparison.differences().into_iter().map(change).collect();
    changes.sort_by(|a, b| (a.kind, &a.scope).cmp(&(b.kind, &b.scope)));
    changes
}

fn answer(set: &Analysis<'_>, decision: Decision, by: Vec<Ground>) -> Answer {
    let grounds = Grounds { by, report_only: Vec::new() };
    decision.answer(&grounds, set.model.directory())
}
