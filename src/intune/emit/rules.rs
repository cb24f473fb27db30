//! The emitter of rules: statements with the places of the members that they come from.
//!
//! Takes in member names, gives out places and terms for them. What a setting means is not known here.

use super::statement::At;
use crate::intune::levels::ManagementLevels;
use crate::intune::names::{AppRef, Names};
use crate::intune::read::members::Members;
use crate::syntax::ast::Term;
use crate::vocabulary::Platform;

/// The input of a family's `lines`, beside its settings.
pub(in crate::intune) struct RuleEmitter<'e> {
    pub(in crate::intune) platform: Platform,
    pub(in crate::intune) levels: &'e ManagementLevels,
    pub(in crate::intune) names: &'e Names,
    pub(in crate::intune) members: &'e Members<'e>,
}

impl RuleEmitter<'_> {
    /// The place of a member; of the policy if the object lacks it.
    pub(in crate::intune) fn at(&self, name: &str) -> At {
        At(self.members.span(name))
    }

    /// The place of the first of some members that the object has.
    pub(in crate::intune) fn at_first(&self, names: &[&str]) -> At {
        At(self.members.first_span(names))
    }

    /// Terms for apps under every account.
    pub(in crate::intune) fn whole<'a>(
        &self,
        apps: impl IntoIterator<Item = &'a AppRef>,
        at: At,
    ) -> Vec<Term> {
        apps.into_iter().map(|app| self.names.whole(app, at)).collect()
    }
}
