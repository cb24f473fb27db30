//! Policies, their rules, and expectations.

use super::endpoints::EndpointSet;
use super::ids::{AppId, PolicyId, RuleId};
use super::scopes::Scope;
use super::users::People;
use crate::model::access::Access;
use crate::source::Span;
use crate::vocabulary::{DeviceStates, Effect, Obligations, Platforms, RuleEffect, Side};

/// The policies that a policy yields to: wherever one of them applies, it does not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Yields {
    /// None.
    No,
    /// Every live policy that does not itself yield to any.
    Any {
        /// The policies that are left out.
        except: Vec<PolicyId>,
    },
    /// These.
    To(Vec<PolicyId>),
}

impl Yields {
    /// Whether they are all policies, whatever is left out: the head of a catch-all.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        matches!(self, Self::Any { .. })
    }
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// Its documentation, line by line.
    pub docs: Vec<String>,
    /// The place of its name.
    pub span: Span,
    /// Whether it is report-only: its decisions are reported and not enforced.
    pub report_only: bool,
    /// The users to whom it applies.
    pub people: People,
    /// The platforms on which it applies.
    pub platforms: Platforms,
    /// The device management states in which it applies.
    pub devices: DeviceStates,
    /// The protected apps by id, ordered, each with the platforms on which `protect` names it.
    pub protect: Vec<(AppId, Platforms)>,
    /// The place of `unconfirmed`: whether the apps are protected is not known. The policy judges all of
    /// them, and an app to which such policies alone apply is not managed.
    pub unconfirmed: Option<Span>,
    /// The policies that it yields to.
    pub yields: Yields,
    /// Its default effect for data that leaves: see [`Side::default_effect`].
    pub otherwise: Effect,
    /// The place of `otherwise`, if it is written.
    pub otherwise_span: Option<Span>,
    /// Its rules, in the order of the text.
    pub rules: Vec<RuleId>,
    /// Its requirements and launch conditions, in the order of the text.
    pub access: Vec<Access>,
    /// Properties kept from the system that the policy came from: names and JSON texts.
    pub settings: Vec<(String, String)>,
}

impl Policy {
    /// A live policy without clauses: for everybody, on every device, protecting nothing.
    pub(in crate::model) fn new(name: &str, span: Span) -> Self {
        Self {
            name: name.to_owned(),
            title: None,
            docs: Vec::new(),
            span,
            report_only: false,
            people: People::ANYBODY,
            platforms: Platforms::all(),
            devices: DeviceStates::all(),
            protect: Vec::new(),
            unconfirmed: None,
            yields: Yields::No,
            otherwise: Effect::Block,
            otherwise_span: None,
            rules: Vec::new(),
            access: Vec::new(),
            settings: Vec::new(),
        }
    }

    /// The effect on one side where no rule matches.
    #[must_use]
    pub const fn default_effect(&self, side: Side) -> Effect {
        side.default_effect(self.otherwise)
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// Its policy.
    pub policy: PolicyId,
    /// Its effect, which names the side that it judges.
    pub effect: RuleEffect,
    /// The movements that it matches.
    pub scope: Scope,
    /// The obligations of an effect that lets data through.
    pub obligations: Obligations,
    /// Whether it judges every account of the protected apps.
    pub app_wide: bool,
    /// The reason shown to a user whose data is blocked.
    pub because: Option<String>,
    /// Its documentation, line by line.
    pub docs: Vec<String>,
    /// Its place.
    pub span: Span,
}

/// The claim of an expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// Every movement in the scope has this decision.
    Decided {
        /// The effect.
        effect: Effect,
        /// The mildest obligations that are accepted.
        obligations: Obligations,
    },
    /// No chain of allowed movements on the scope's channels leads from its sources to its targets.
    NoPath {
        /// The endpoints that a chain must not pass between its ends.
        avoiding: Option<EndpointSet>,
    },
}

/// An expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expectation {
    /// The policy in whose body it stands.
    pub policy: Option<PolicyId>,
    /// Its claim.
    pub claim: Claim,
    /// The movements that the claim is about.
    pub scope: Scope,
    /// Its canonical text.
    pub text: String,
    /// Its place.
    pub span: Span,
}
