//! Access statements in numbers.
//!
//! Takes in a model, gives out its launch conditions as thresholds, and its requirements as they are said.

use super::probe::Probe;
use crate::access::Requirements;
use crate::limits::LimitExceeded;
#[cfg(feature = "compile")]
use crate::model::{Access, AccessKind, Model, NameList};
use crate::model::{AccessId, Action, Text, Texts, fold};
use crate::table::ir::Range32;
use crate::vocabulary::{DeviceState, DeviceStates, Platform, Platforms};

/// A launch condition on some devices: a threshold, or a list of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Limit {
    pub(crate) platforms: Platforms,
    pub(crate) devices: DeviceStates,
    pub(crate) probe: Probe,
    pub(crate) action: Action,
    /// The threshold; 0 of a list.
    pub(crate) threshold: u128,
    /// The names, ordered.
    pub(crate) names: Range32,
}

/// A requirement on some devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Need {
    pub(crate) platforms: Platforms,
    pub(crate) devices: DeviceStates,
    pub(crate) said: Requirements,
}

impl Limit {
    pub(crate) fn is_on(&self, platform: Platform, state: DeviceState) -> bool {
        self.platforms.contains(platform) && self.devices.contains(state)
    }
}

impl Need {
    pub(crate) fn is_on(&self, platform: Platform, state: DeviceState) -> bool {
        self.platforms.contains(platform) && self.devices.contains(state)
    }
}

/// A `launch` statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConditionIr {
    pub(crate) statement: AccessId,
    pub(crate) limit: Limit,
}

/// A `require` statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequirementIr {
    pub(crate) statement: AccessId,
    pub(crate) need: Need,
}

/// The statements of a policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PolicyAccess {
    pub(crate) conditions: Range32,
    pub(crate) requirements: Range32,
}

/// The access statements of all policies.
#[derive(Debug, Clone, Default)]
pub(crate) struct AccessIr {
    pub(crate) conditions: Vec<ConditionIr>,
    pub(crate) requirements: Vec<RequirementIr>,
    /// By policy.
    pub(crate) policies: Vec<PolicyAccess>,
    /// The names of models and manufacturers, without upper case.
    pub(crate) texts: Texts,
    /// The lists of names, one behind the other.
    pub(crate) lists: Vec<Text>,
}

impl AccessIr {
    #[cfg(feature = "compile")]
    pub(crate) fn new(model: &Model) -> Result<Self, LimitExceeded> {
        let mut ir = Self::default();
        for policy in model.policies() {
            let (mut conditions, mut requirements) = (Vec::new(), Vec::new());
            for access in &policy.access {
                match &access.kind {
                    AccessKind::Launch { action, condition } => {
                        let (probe, threshold) = Probe::of(condition);
                        let limit = ir.limit(access, probe, *action, threshold)?;
                        conditions.push(ConditionIr { statement: access.id, limit });
                    }
                    AccessKind::Require(requirement) => {
                        let Access { platforms, devices, .. } = *access;
                        let said = Requirements::said(requirement);
                        let need = Need { platforms, devices, said };
                        requirements.push(RequirementIr { statement: access.id, need });
                    }
                }
            }
            let conditions = Range32::append(&mut ir.conditions, conditions)?;
            let requirements = Range32::append(&mut ir.requirements, requirements)?;
            ir.policies.push(PolicyAccess { conditions, requirements });
        }
        Ok(ir)
    }

    #[cfg(feature = "compile")]
    fn limit(
        &mut self,
        access: &Access,
        probe: Probe,
        action: Action,
        threshold: Result<u128, &NameList>,
    ) -> Result<Limit, LimitExceeded> {
        let Access { platforms, devices, .. } = *access;
        let (threshold, names) = match threshold {
            Ok(threshold) => (threshold, Range32::default()),
            Err(list) => (0, self.list(list)?),
        };
        Ok(Limit { platforms, devices, probe, action, threshold, names })
    }

    #[cfg(feature = "compile")]
    /// A list of names, ordered.
    fn list(&mut self, list: &NameList) -> Result<Range32, LimitExceeded> {
        let mut names: Vec<String> = list.names().iter().map(|name| fold(name).collect()).collect();
        names.sort_unstable();
        names.dedup();
        let names: Vec<Text> = names.iter().map(|name| self.texts.add(name)).collect();
        Range32::append(&mut self.lists, names)
    }

    /// Whether a list holds a name, in whatever case it is written.
    pub(crate) fn holds(&self, names: Range32, name: &str) -> bool {
        let names = names.of(&self.lists);
        names.binary_search_by(|one| self.texts.get(*one).chars().cmp(fold(name))).is_ok()
    }

    /// The bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(self.conditions.as_slice())
            + size_of_val(self.requirements.as_slice())
            + size_of_val(self.policies.as_slice())
            + self.texts.all().len()
            + size_of_val(self.lists.as_slice())
    }
}
