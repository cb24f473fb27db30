//! Device management levels: the devices for which a policy is.
//!
//! Takes in the member's flags, gives out device management states. That iOS cannot tell one MDM
//! from another, and that Android takes any MDM but Intune for none, is settled here.

use crate::vocabulary::{DeviceState, DeviceStates, Platform};

/// The levels of a policy; none of them stands for all devices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ManagementLevels {
    states: DeviceStates,
}

/// The flags of `targetedAppManagementLevels`, with the states that they are on Android.
const FLAGS: &[(&str, &[DeviceState])] = &[
    ("unmanaged", &[DeviceState::Unmanaged, DeviceState::ThirdParty]),
    ("mdm", &[DeviceState::Intune, DeviceState::Configmgr]),
    ("androidEnterprise", &[DeviceState::AndroidEnterprise]),
    ("androidEnterpriseDedicatedDevicesWithAzureAdSharedMode", &[DeviceState::AndroidDedicated]),
    ("androidOpenSourceProjectUserAssociated", &[DeviceState::Aosp]),
    ("androidOpenSourceProjectUserless", &[DeviceState::AospUserless]),
];

impl ManagementLevels {
    /// The levels of these flags; `None` where one of them is unknown.
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

    /// The flags that mean something on a platform: those of Android's kinds of enrolment are Android's.
    pub(super) fn flags(
        platform: Platform,
    ) -> impl Iterator<Item = &'static (&'static str, &'static [DeviceState])> {
        let is_known = move |(flag, _): &&(&str, _)| {
            platform == Platform::Android || matches!(*flag, "unmanaged" | "mdm")
        };
        FLAGS.iter().filter(is_known)
    }

    /// The levels of a platform, each with the states that it cannot tell apart.
    pub(super) fn each(platform: Platform) -> Vec<DeviceStates> {
        match platform {
            Platform::Windows => vec![[DeviceState::Unmanaged].into_iter().collect()],
            Platform::Ios | Platform::Android => {
                let flags = Self::flags(platform);
                flags.map(|(flag, on_android)| states_of(flag, on_android, platform)).collect()
            }
        }
    }

    /// The levels that are these states; none stand for all devices.
    pub(super) const fn of(states: DeviceStates) -> Self {
        Self { states }
    }

    /// All devices of a platform that policies can be for.
    pub(super) fn all() -> Self {
        Self::default()
    }

    /// The states; none of them stands for all devices.
    pub(super) const fn states(&self) -> DeviceStates {
        self.states
    }

    /// Whether the policy is for particular devices.
    pub(super) fn is_specific(&self) -> bool {
        !self.states.is_empty()
    }

    pub(super) fn has_unmanaged(&self) -> bool {
        !self.is_specific() || self.states.contains(DeviceState::Unmanaged)
    }

    pub(super) fn has_enrolled(&self) -> bool {
        !self.is_specific() || self.states.iter().any(DeviceState::is_enrolled)
    }

    /// The words of the clause `devices`; none where the policy is for all.
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
