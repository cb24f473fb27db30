//! A question as a set reads it.

use super::goal::{Goal, GoalKind};
use super::unmet::Status;
use super::{accesses, movements};
use crate::analysis::subject::Analysis;
use crate::compiler::Checked;
use crate::decision::Effect;
use crate::limits::LimitExceeded;
use crate::model::{AccessExpectation, People, Scope};

/// A question whose names are those of a set.
pub(super) enum Question {
    Movements(Scope, Effect),
    Accesses(AccessExpectation),
}

impl Question {
    /// Reads a question; `None` where the set does not have what it names.
    pub(super) fn read(checked: &Checked, goal: &Goal) -> Option<Self> {
        match &goal.kind {
            GoalKind::Movements { wanted, .. } => {
                let scope = checked.question(&goal.text).ok()?;
                Some(Self::Movements(scope, *wanted))
            }
            GoalKind::Accesses { .. } => checked.access_claim(&goal.text).ok().map(Self::Accesses),
        }
    }

    /// Whether a set decides all of it as wanted.
    pub(super) fn status(&self, analysis: &Analysis<'_>) -> Result<Status, LimitExceeded> {
        match self {
            Self::Movements(scope, wanted) => movements::status(analysis, scope, *wanted),
            Self::Accesses(expectation) => accesses::status(analysis, expectation),
        }
    }

    pub(super) fn people(&self) -> Option<&People> {
        match self {
            Self::Movements(scope, _) => scope.people.as_ref(),
            Self::Accesses(expectation) => expectation.scope.people.as_ref(),
        }
    }

    /// The question about other people.
    pub(super) fn for_people(&self, people: People) -> Self {
        match self {
            Self::Movements(scope, wanted) => {
                Self::Movements(Scope { people: Some(people), ..scope.clone() }, *wanted)
            }
            Self::Accesses(expectation) => {
                let mut expectation = expectation.clone();
                expectation.scope.people = Some(people);
                Self::Accesses(expectation)
            }
        }
    }
}
