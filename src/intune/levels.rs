//! Device management levels of a policy.
//!
//! Takes in flags of `targetedAppManagementLevels`, gives out device management states. iOS does not
//! distinguish one MDM from another. Android counts a device under an MDM other than Intune as
//! unmanaged. Both facts are stated here alone.

use crate::vocabulary::{DeviceState, DeviceStates, Platform};

/// The levels of a policy, as a set of states; the empty set stands for all devices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ManagementLevels {
    states: DeviceStates,
}

/// The flags of `targetedAppManagementLevels` with their states on Android.
const FLAGS: &[(&str, &[DeviceState])] = &[
    ("unmanaged", &[DeviceState::Unmanaged, DeviceState::ThirdParty]),
    ("mdm", &[DeviceState::Intune, DeviceState::Configmgr]),
    ("androidEnterprise", &[DeviceState::AndroidEnterprise]),
    ("androidEnterpriseDedicatedDevicesWithAzureAdSharedMode", &[DeviceState::AndroidDedicated]),
    ("androidOpenSourceProjectUserAssociated", &[DeviceState::Aosp]),
    ("androidOpenSourceProjectUserless", &[DeviceState::AospUserless]),
];

impl ManagementLevels {
    /// The levels of a list of flags; `None` if one of them is unknown.
    pub(super) fn read(text: &str, platform: Platform) -> Option<Self> {
        let mut states = DeviceStates::default();
        for flag in text.split(',').map(str::trim).filter(|flag| !flag.is_empty()) {
            if flag.eq_ignore_ascii_case("unspecified") {
                continue;
            }
            let known = Self::flags(platform).find(|(known, _)| known.eq_ignore_ascii_case(flag));
            let (_, of) = known?;
            states = states.or(states_of(flag, of, platform));
        }
        Some(Self { states })
    }

    /// The flags of a platform: only Android distinguishes kinds of enrolment.
    pub(super) fn flags(
        platform: Platform,
    ) -> impl Iterator<Item = &'static (&'static str, &'static [DeviceState])> {
        let is_known = move |(flag, _): &&(&str, _)| {
            platform == Platform::Android || matches!(*flag, "unmanaged" | "mdm")
        };
        FLAGS.iter().filter(is_known)
    }

    /// The levels of a platform, each as a set of states.
    pub(super) fn each(platform: Platform) -> Vec<DeviceStates> {
        match platform {
            Platform::Windows => vec![[DeviceState::Unmanaged].into_iter().collect()],
            Platform::Ios | Platform::Android => {
                let flags = Self::flags(platform);
                flags.map(|(flag, on_android)| states_of(flag, on_android, platform)).collect()
            }
        }
    }

    /// The levels with some states; the empty set stands for all devices.
    pub(super) const fn of(states: DeviceStates) -> Self {
        Self { states }
    }

    /// The levels of all devices.
    pub(super) fn all() -> Self {
        Self::default()
    }

    /// The states; the empty set stands for all devices.
    pub(super) const fn states(&self) -> DeviceStates {
        self.states
    }

    /// Whether the policy is for some levels only.
    pub(super) fn is_specific(&self) -> bool {
        !self.states.is_empty()
    }

    /// Whether the policy is for unmanaged devices.
    pub(super) fn has_unmanaged(&self) -> bool {
        !self.is_specific() || self.states.contains(DeviceState::Unmanaged)
    }

    /// Whether the policy is for enrolled devices.
    pub(super) fn has_enrolled(&self) -> bool {
        !self.is_specific() || self.states.iter().any(DeviceState::is_enrolled)
    }

    /// The words of the clause `devices`; none if the policy is for all devices.
    pub(super) fn words(&self, platform: Platform) -> Vec<&'static str> {
        let exist = DeviceState::ALL.iter().copied().filter(|state| state.exists_on(platform));
        let exist: DeviceStates = exist.collect();
        let enrolled: DeviceStates = exist.iter().filter(|state| state.is_enrolled()).collect();
        if self.states == enrolled {
            return vec!["enrolled"];
        }
        if self.states == exist {
            return Vec::new();
        }
        self.states.iter().map(DeviceState::word).collect()
    }
}

/// The states of a flag on a platform.
fn states_of(flag: &str, on_android: &[DeviceState], platform: Platform) -> DeviceStates {
    let unmanaged = flag.eq_ignore_ascii_case("unmanaged");
    DeviceState::ALL
        .iter()
        .copied()
        .filter(|state| state.exists_on(platform))
        .filter(|state| match platform {
            Platform::Android => on_android.contains(state),
            Platform::Ios | Platform::Windows => state.is_enrolled() != unmanaged,
        })
        .collect()
}
