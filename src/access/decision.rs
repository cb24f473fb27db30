//! Decisions about accesses, with the statements behind them.
//!
//! Plain data. Does not know which statements are in force.

use super::requirements::{RequirementPart, Requirements};
pub use crate::model::AccessEffect;
use crate::model::{AccessId, FactSet, PolicyId};
use crate::vocabulary::Reason;

/// The data that a wipe removes: the work account's in this app, and the contacts that this app had synced.
/// Never the app, and never personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Wipe {
    /// Whether the app has one account at a time, so that everything in it is removed.
    pub whole_app: bool,
    /// Whether the user can avert it by signing in: only time without contact asks for it.
    pub unless_sign_in: bool,
}

impl Wipe {
    pub(crate) const fn new(whole_app: bool, unless_sign_in: bool) -> Self {
        Self { whole_app, unless_sign_in }
    }
}

/// A decision about an access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AccessDecision {
    /// The strictest effect of all conditions that fire.
    pub effect: AccessEffect,
    /// The reason for which no policy applies; `None` if one applies.
    pub reason: Option<Reason>,
    /// The requirements in force, whatever the effect is.
    pub requirements: Requirements,
    /// The data that is removed, if the effect is `wipe`.
    pub wipe: Option<Wipe>,
    /// The facts that some condition in force asks for and that are unknown.
    pub unknown: FactSet,
}

impl AccessDecision {
    /// The decision about an access that was resolved by another table.
    pub(crate) const FOREIGN: Self = Self {
        effect: AccessEffect::Block,
        reason: Some(Reason::ForeignMovement),
        requirements: Requirements::NONE,
        wipe: None,
        unknown: FactSet::NONE,
    };

    /// The decision if no policy applies.
    pub(crate) const fn not_enforced(reason: Reason) -> Self {
        Self {
            effect: AccessEffect::Allow,
            reason: Some(reason),
            requirements: Requirements::NONE,
            wipe: None,
            unknown: FactSet::NONE,
        }
    }

    /// The decision of policies that apply. The requirements are those in [effect](Requirements::effective).
    pub(crate) fn enforced(
        effect: AccessEffect,
        requirements: Requirements,
        wipe: Wipe,
        unknown: FactSet,
    ) -> Self {
        let wipe = (effect == AccessEffect::Wipe).then_some(wipe);
        Self { effect, reason: None, requirements, wipe, unknown }
    }

    /// Whether some policy applies.
    #[must_use]
    pub const fn is_enforced(&self) -> bool {
        self.reason.is_none()
    }
}

/// A condition that fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Fired {
    /// The statement.
    pub statement: AccessId,
    /// The effect with which it fired: `block` where its fact has no value.
    pub effect: AccessEffect,
}

impl Fired {
    pub(crate) const fn new(statement: AccessId, effect: AccessEffect) -> Self {
        Self { statement, effect }
    }
}

/// The statements behind each part of joined requirements, in the order of parts.
pub type RequiredBy = Vec<(RequirementPart, Vec<AccessId>)>;

/// The effect and the requirements of a report-only policy by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shadow {
    /// The policy.
    pub policy: PolicyId,
    /// Its effect.
    pub effect: AccessEffect,
    /// Its conditions that fire.
    pub fired: Vec<Fired>,
    /// Its requirements.
    pub requirements: Requirements,
    /// The statements behind them.
    pub required_by: RequiredBy,
}

/// The statements behind a decision. To work them out costs more than the decision itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AccessDetails {
    /// Every condition that fires: the strictest effect first, then in the platform's order. The platform
    /// shows the first.
    pub fired: Vec<Fired>,
    /// The statements behind each requirement.
    pub required_by: RequiredBy,
    /// The report-only policies that would apply, each in its own shadow.
    pub report_only: Vec<Shadow>,
}
