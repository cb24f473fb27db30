//! The access statement, as the rest of the crate sees it.

use super::action::Action;
use super::condition::Condition;
use super::fact::Fact;
use super::requirement::Requirement;
use crate::model::types::AccessId;
use crate::source::Span;
use crate::vocabulary::{DeviceState, DeviceStates, Platform, Platforms};

/// A requirement or a launch condition of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// Its id.
    pub id: AccessId,
    /// Its content.
    pub kind: AccessKind,
    /// The platforms on which it applies: of those of the policy and of the statement, the ones that have
    /// such a thing.
    pub platforms: Platforms,
    /// The device management states in which it applies.
    pub devices: DeviceStates,
    /// The text for a user who is warned or refused.
    pub because: Option<String>,
    /// Its place, without the keyword.
    pub span: Span,
}

impl Access {
    /// The fact that it asks for; `None` of a requirement.
    pub(crate) const fn fact(&self) -> Option<Fact> {
        match &self.kind {
            AccessKind::Launch { condition, .. } => Some(condition.fact()),
            AccessKind::Require(_) => None,
        }
    }

    /// Whether it applies on a device.
    pub(crate) fn is_on(&self, platform: Platform, state: DeviceState) -> bool {
        self.platforms.contains(platform) && self.devices.contains(state)
    }
}

/// The content of an [`Access`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessKind {
    /// A requirement on the user or the app before the app opens.
    Require(Requirement),
    /// A condition that is checked when the app is launched.
    Launch {
        /// The action if it holds.
        action: Action,
        /// The condition.
        condition: Condition,
    },
}
