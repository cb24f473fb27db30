//! Sets of accesses, and what is expected of them.

use super::endpoints::EndpointSet;
use super::ids::PolicyId;
use super::users::People;
use crate::model::access::{AccessEffect, FactTest, Requirement};
use crate::source::Span;
use crate::vocabulary::{DeviceStates, Platforms};

/// A set of accesses: the product of its clauses. A clause that is `None` was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessScope {
    /// The apps, under their accounts.
    pub apps: Option<EndpointSet>,
    /// The users.
    pub people: Option<People>,
    /// The platforms.
    pub platforms: Platforms,
    /// The device management states.
    pub devices: DeviceStates,
    /// The tests of facts, all of which hold.
    pub tests: Vec<FactTest>,
    /// Whether facts that no test names are unknown.
    pub rest_unknown: bool,
    /// In a question: the apps in its own words.
    pub asked: Option<String>,
}

impl AccessScope {
    /// Every access.
    pub(crate) fn everything() -> Self {
        Self {
            apps: None,
            people: None,
            platforms: Platforms::all(),
            devices: DeviceStates::all(),
            tests: Vec::new(),
            rest_unknown: false,
            asked: None,
        }
    }
}

/// The claim of an expectation about accesses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessClaim {
    /// Every access in the scope has this effect, or one that is as good for the claim: `allow` is met by
    /// a warning, `block` by a wipe.
    Effect(AccessEffect),
    /// Of every access in the scope at least this is required.
    Require {
        /// The requirement.
        requirement: Requirement,
        /// The platforms on which all that it names exists.
        platforms: Platforms,
    },
}

/// An expectation about accesses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessExpectation {
    /// The policy in whose body it stands.
    pub policy: Option<PolicyId>,
    /// Its claim.
    pub claim: AccessClaim,
    /// The accesses that the claim is about.
    pub scope: AccessScope,
    /// Its canonical text.
    pub text: String,
    /// Its place.
    pub span: Span,
}
