//! A question as a set reads it.

use super::asked::{About, Asked};
use super::unmet::Found;
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
    pub(super) fn read(checked: &Checked, asked: &Asked) -> Option<Self> {
        match &asked.about {
            About::Movements { wanted, .. } => {
                let scope = checked.question(&asked.text).ok()?;
                Some(Self::Movements(scope, *wanted))
            }
            About::Accesses { .. } => checked.access_claim(&asked.text).ok().map(Self::Accesses),
        }
    }

    /// Whether a set decides all of it as wanted.
    pub(super) fn found(&self, analysis: &Analysis<'_>) -> Result<Found, LimitExceeded> {
        match self {
            Self::Movements(scope, wanted) => movements::found(analysis, scope, *wanted),
            Self::Accesses(expectation) => accesses::found(analysis, expectation),
        }
    }

    pub(super) fn people(&self) -> Option<&People> {
        match self {
            Self::Movements(scope, _) => scope.people.as_ref(),
            Self::Accesses(expectation) => expectation.scope.people.as_ref(),
        }
    }

    /// The question about other people.
    pub(super) fn about(&self, people: People) -> Self {
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
