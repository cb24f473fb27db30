//! The fates of edits: who notices them, and what would be decided differently.
//!
//! The data of mutation testing; how edits are made and tried is not known here.

use serde::Serialize;

use super::mutants::MutationKind;
use crate::decision::{Decision, Effect, LimitsAnswer};

/// The fates of all edits.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Mutations {
    /// The edits: of rules, of access statements, of heads.
    pub mutants: Vec<Mutation>,
    /// How many an expectation notices.
    pub noticed: usize,
    /// How many no expectation notices, although something would be decided differently.
    pub survived: usize,
    /// How many change nothing.
    pub equivalent: usize,
}

impl Mutations {
    /// How many percent of the edits that change something are noticed; `None` where none does.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        let all = self.noticed + self.survived;
        #[expect(clippy::cast_precision_loss, reason = "nobody has so many rules")]
        (all > 0).then(|| 100.0 * self.noticed as f64 / all as f64)
    }
}

/// An edit of one rule, launch condition, requirement or head.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Mutation {
    /// The policy.
    pub policy: String,
    /// The canonical text of the statement.
    pub rule: String,
    /// The file that it stands in.
    pub file: String,
    /// The line on which it begins.
    pub line: u32,
    /// The kind of the edit.
    pub kind: MutationKind,
    /// The edit in words.
    pub edit: String,
    /// The fate of the edit.
    #[serde(flatten)]
    pub fate: Fate,
}

/// The fate of an edit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "fate", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Fate {
    /// An expectation would not hold any more.
    Noticed {
        /// Its canonical text.
        expectation: String,
    },
    /// Something would be decided differently, and every expectation would hold.
    Survived(Survivor),
    /// Likewise, where accesses would be.
    #[serde(rename = "survived")]
    SurvivedAccess(AccessSurvivor),
    /// Nothing would be decided differently.
    Equivalent,
}

/// A movement that would be decided differently while every expectation holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Survivor {
    /// The movement as a scope that holds it and nothing else; of an edit of a head, movements that are decided alike.
    pub scope: String,
    /// The decision about it; where the rule's policy is report-only: the one if it were live.
    pub before: Decided,
    /// The decision with the edit.
    pub after: Decided,
    /// An expectation that holds today and notices the edit; `None` if no expectation can tell. Of a rule in
    /// a report-only policy it belongs into that policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
}

/// Accesses that would be decided differently while every expectation holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AccessSurvivor {
    /// The accesses as a scope.
    pub scope: String,
    /// The effect on them, or what is required.
    pub before: String,
    /// Likewise, with the edit.
    pub after: String,
    /// An expectation that holds today and notices the edit; `None` if no expectation can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
}

/// A decision, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Decided {
    /// May the data move?
    pub effect: Effect,
    /// Within which limits.
    pub limits: LimitsAnswer,
}

impl From<Decision> for Decided {
    fn from(decision: Decision) -> Self {
        Self { effect: decision.effect(), limits: decision.limits() }
    }
}
