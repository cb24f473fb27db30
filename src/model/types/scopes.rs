//! Scopes: sets of movements, and of chains of movements.

use super::endpoints::EndpointSet;
use super::ids::AppId;
use super::users::People;
use crate::vocabulary::{Channels, DeviceStates, Platforms, Side};

/// A set of movements: the product of its clauses. A clause that is `None` was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scope {
    /// The channels.
    pub channels: Channels,
    /// The sources.
    pub from: Option<EndpointSet>,
    /// The targets.
    pub to: Option<EndpointSet>,
    /// The users.
    pub people: Option<People>,
    /// The platforms.
    pub platforms: Platforms,
    /// The device management states.
    pub devices: DeviceStates,
    /// In a question: the app ids that no declaration has, such as `ios:com.example`.
    pub unnamed: Vec<String>,
    /// In a question: the sources and the targets in its own words, by side.
    pub asked: [Option<String>; 2],
}

impl Scope {
    /// The set of all movements.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            channels: Channels::all(),
            from: None,
            to: None,
            people: None,
            platforms: Platforms::all(),
            devices: DeviceStates::all(),
            unnamed: Vec::new(),
            asked: [None, None],
        }
    }

    /// The scope in a model that has the unnamed apps, the first of them with this id.
    pub(crate) fn with_apps(&self, first: AppId) -> Self {
        let named = |set: &Option<EndpointSet>| set.as_ref().map(|set| set.with_apps(first));
        let (from, to) = (named(&self.from), named(&self.to));
        Self { from, to, unnamed: Vec::new(), ..self.clone() }
    }

    /// The endpoint set on one side.
    #[must_use]
    pub const fn side(&self, side: Side) -> Option<&EndpointSet> {
        match side {
            Side::Source => self.from.as_ref(),
            Side::Target => self.to.as_ref(),
        }
    }
}

/// A set of chains of movements. All movements of a chain are of one user on one device.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChainScope {
    /// The channels of every movement; the sources of the first and the targets of the last; users and
    /// devices.
    pub scope: Scope,
    /// The endpoints that a chain must not pass between its first and its last one.
    pub avoiding: Option<EndpointSet>,
}

impl ChainScope {
    /// The chains of a scope that pass none of the endpoints in `avoiding`.
    #[must_use]
    pub const fn new(scope: Scope, avoiding: Option<EndpointSet>) -> Self {
        Self { scope, avoiding }
    }

    /// The scope in a model that has the unnamed apps, the first of them with this id.
    pub(crate) fn with_apps(&self, first: AppId) -> Self {
        let avoiding = self.avoiding.as_ref().map(|set| set.with_apps(first));
        Self { scope: self.scope.with_apps(first), avoiding }
    }
}
