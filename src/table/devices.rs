//! The kinds of devices that policies tell apart: platforms and device management states.
//!
//! Takes in a model, gives out one number for every platform and state. Two states are one kind if no
//! clause of a policy or rule answers differently for them.

use std::collections::HashMap;

use crate::model::{Model, Rule};
use crate::vocabulary::{DeviceState, DeviceStates, Platform};

const STATES: usize = DeviceState::ALL.len();

/// A kind of device as the table numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DeviceKind(pub(super) u32);

/// A platform with a device management state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Device {
    pub(crate) platform: Platform,
    pub(crate) state: DeviceState,
}

/// How platforms and device states map to kinds.
#[derive(Debug, Clone)]
pub(super) struct Devices {
    /// By platform and state; `None` where the platform lacks the state.
    pub(super) numbers: Vec<Option<DeviceKind>>,
    /// One example of each kind.
    pub(super) witnesses: Vec<Device>,
}

impl Devices {
    pub(super) fn new(model: &Model, extra: &[Rule]) -> Self {
        let masks = state_masks(model, extra);
        let mut devices = Self { numbers: Vec::new(), witnesses: Vec::new() };
        for platform in Platform::ALL {
            let mut known: HashMap<Vec<bool>, DeviceKind> = HashMap::new();
            for state in DeviceState::ALL {
                let answers = masks.iter().map(|mask| mask.contains(*state)).collect();
                let number = state.exists_on(*platform).then(|| {
                    *known.entry(answers).or_insert_with(|| {
                        devices.witnesses.push(Device { platform: *platform, state: *state });
                        DeviceKind(u32::try_from(devices.witnesses.len() - 1).unwrap_or(u32::MAX))
                    })
                });
                devices.numbers.push(number);
            }
        }
        devices
    }

    pub(super) fn len(&self) -> usize {
        self.witnesses.len()
    }

    /// The kind of a device; `None` where the state does not exist on the platform.
    pub(super) fn number(&self, platform: Platform, state: DeviceState) -> Option<DeviceKind> {
        self.numbers.get(platform.index() * STATES + state.index()).copied().flatten()
    }
}

/// Every set of device states on which a decision depends, each once.
fn state_masks(model: &Model, extra: &[Rule]) -> Vec<DeviceStates> {
    let heads = model.policies().iter().map(|policy| policy.devices);
    let rules = model.rules().iter().chain(extra).map(|rule| rule.scope.devices);
    let mut masks: Vec<_> = heads.chain(rules).collect();
    if model.apps().iter().any(|app| app.on_premises) {
        masks.push([DeviceState::Configmgr].into_iter().collect());
    }
    masks.sort_unstable();
    masks.dedup();
    masks
}
