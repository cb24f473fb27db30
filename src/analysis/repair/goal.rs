//! The question: movements or accesses, and how they shall be decided.

use super::remedy::NoRemedy;
use crate::compiler::Checked;
use crate::decision::Effect;
use crate::model::{AccessClaim, AccessEffect};
use crate::syntax::ast::{self, TermKind};

/// A question with the wanted answer.
pub(super) struct Goal {
    /// Its text, which every edited set reads anew.
    pub(super) text: String,
    pub(super) kind: GoalKind,
}

/// What a question is about, as it is written.
pub(super) enum GoalKind {
    Movements { scope: ast::Scope, wanted: Effect },
    Accesses { written: ast::ExpectAccess, claim: AccessClaim },
}

impl Goal {
    pub(super) fn movements(
        checked: &Checked,
        text: &str,
        wanted: Effect,
    ) -> Result<Self, NoRemedy> {
        checked.question(text).map_err(NoRemedy::Scope)?;
        let scope = checked.parsed_question(text).ok_or(NoRemedy::Empty)?;
        Ok(Self { text: text.to_owned(), kind: GoalKind::Movements { scope, wanted } })
    }

    pub(super) fn accesses(checked: &Checked, text: &str) -> Result<Self, NoRemedy> {
        let claim = checked.access_claim(text).map_err(NoRemedy::Scope)?.claim;
        let written = checked.parsed_access_claim(text).ok_or(NoRemedy::Empty)?;
        Ok(Self { text: text.to_owned(), kind: GoalKind::Accesses { written, claim } })
    }

    pub(super) fn people(&self) -> Option<&ast::People> {
        match &self.kind {
            GoalKind::Movements { scope, .. } => scope.people.as_ref(),
            GoalKind::Accesses { written, .. } => written.scope.people.as_ref(),
        }
    }

    /// The names of the sets that are asked about, without those behind `except`.
    pub(super) fn names(&self) -> Vec<&str> {
        let sets = match &self.kind {
            GoalKind::Movements { scope, .. } => [scope.from.as_ref(), scope.to.as_ref()],
            GoalKind::Accesses { written, .. } => [written.scope.set.as_ref(), None],
        };
        let terms = sets.into_iter().flatten().flat_map(|set| &set.terms);
        let names = terms.filter_map(|term| match &term.what {
            TermKind::Name(name) => Some(name.text.as_str()),
            TermKind::Word(_) | TermKind::Id(_) => None,
        });
        names.collect()
    }

    pub(super) fn platforms(&self) -> Option<&ast::Words> {
        match &self.kind {
            GoalKind::Movements { scope, .. } => scope.platforms.as_ref(),
            GoalKind::Accesses { written, .. } => written.scope.platforms.as_ref(),
        }
    }

    pub(super) fn devices(&self) -> Option<&ast::Words> {
        match &self.kind {
            GoalKind::Movements { scope, .. } => scope.devices.as_ref(),
            GoalKind::Accesses { written, .. } => written.scope.devices.as_ref(),
        }
    }

    /// Whether it may help that a policy applies to more, and whether it may that it applies to less.
    pub(super) fn policies_help(&self) -> [bool; 2] {
        match &self.kind {
            GoalKind::Movements { wanted, .. } => {
                [*wanted == Effect::Block, *wanted == Effect::Allow]
            }
            GoalKind::Accesses { claim, .. } => match claim {
                AccessClaim::Effect(AccessEffect::Allow) => [false, true],
                AccessClaim::Effect(AccessEffect::Warn) => [true, true],
                AccessClaim::Effect(_) | AccessClaim::Require { .. } => [true, false],
            },
        }
    }
}
