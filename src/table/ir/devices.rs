//! Equivalence classes of devices: platforms with device management states.
//!
//! Takes in a model, gives out the kind of every device. Two states of a platform are one kind if every
//! clause of every policy and rule holds for both or for neither.

use std::collections::HashMap;

#[cfg(feature = "compile")]
use crate::model::{Model, Rule};
use crate::vocabulary::{DeviceState, DeviceStates, Platform};

const STATES: usize = DeviceState::ALL.len();

/// The number of a kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DeviceKind(pub(crate) u32);

/// A platform with a device management state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Device {
    pub(crate) platform: Platform,
    pub(crate) state: DeviceState,
}

impl DeviceKind {
    /// The position among all kinds.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The kinds of devices.
#[derive(Debug, Clone)]
pub(crate) struct DeviceKinds {
    /// By platform and state; `None` where the platform lacks the state.
    pub(crate) numbers: Vec<Option<DeviceKind>>,
    /// By kind: one device of it.
    pub(crate) witnesses: Vec<Device>,
}

impl DeviceKinds {
    #[cfg(feature = "compile")]
    /// The coarsest partition of devices that every clause respects. `extra` are rules that no policy
    /// has.
    pub(crate) fn new(model: &Model, extra: &[Rule]) -> Self {
        let masks = state_bits(model, extra);
        let mut kinds = Self { numbers: Vec::new(), witnesses: Vec::new() };
        for platform in Platform::ALL {
            let mut known: HashMap<Vec<bool>, DeviceKind> = HashMap::new();
            for state in DeviceState::ALL {
                let answers = masks.iter().map(|mask| mask.contains(*state)).collect();
                let number = state.exists_on(*platform).then(|| {
                    *known.entry(answers).or_insert_with(|| {
                        kinds.witnesses.push(Device { platform: *platform, state: *state });
                        // Platforms times states are few.
                        DeviceKind(kinds.witnesses.len() as u32 - 1)
                    })
                });
                kinds.numbers.push(number);
            }
        }
        kinds
    }

    pub(crate) fn len(&self) -> usize {
        self.witnesses.len()
    }

    /// The kind of a device; `None` where the state does not exist on the platform.
    pub(crate) fn number(&self, platform: Platform, state: DeviceState) -> Option<DeviceKind> {
        self.numbers.get(platform.index() * STATES + state.index()).copied().flatten()
    }
}

#[cfg(feature = "compile")]
/// Every set of device states that some clause names, each once.
fn state_bits(model: &Model, extra: &[Rule]) -> Vec<DeviceStates> {
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
