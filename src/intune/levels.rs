//! Device management levels of a policy.
//!
//! Takes in flags of `targetedAppManagementLevels`, gives out device management states. iOS does not
//! distinguish one MDM from another. Android counts a device under an MDM other than Intune as
//! unmanaged. Both facts are stated here; the words of filters have a table of their own.

use crate::vocabulary::{DeviceState, DeviceStates, Platform};

/// The devices that a policy is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum ManagementLevels {
    /// All devices, whatever they will be.
    #[default]
    All,
    /// Devices of some states, which are never none.
    Some(DeviceStates),
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
        Some(Self::of(states))
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

    /// The levels with some states. None stand for all devices, as Graph writes `unspecified`.
    pub(super) const fn of(states: DeviceStates) -> Self {
        if states.is_empty() { Self::All } else { Self::Some(states) }
    }

    /// The states of devices on a platform. On Windows a policy ends where a device is managed.
    pub(super) fn states(self, platform: Platform) -> DeviceStates {
        match (self, platform) {
            (_, Platform::Windows) => [DeviceState::Unmanaged].into_iter().collect(),
            (Self::All, Platform::Ios | Platform::Android) => existing(platform),
            (Self::Some(states), Platform::Ios | Platform::Android) => states,
        }
    }

    /// The levels of the devices that a filter leaves; `None` if it leaves no device.
    pub(super) fn within(self, filtered: DeviceStates, platform: Platform) -> Option<Self> {
        let left = self.states(platform).and(filtered);
        (!left.is_empty()).then_some(Self::Some(left))
    }

    /// Whether these are all devices of some others.
    pub(super) fn covers(self, other: Self, platform: Platform) -> bool {
        self == Self::All || other.states(platform).without(self.states(platform)).is_empty()
    }

    /// Whether the policy is for some levels only.
    pub(super) const fn is_specific(self) -> bool {
        matches!(self, Self::Some(_))
    }

    /// Whether the policy is for unmanaged devices.
    pub(super) fn has_unmanaged(self) -> bool {
        match self {
            Self::All => true,
            Self::Some(states) => states.contains(DeviceState::Unmanaged),
        }
    }

    /// Whether the policy is for enrolled devices.
    pub(super) fn has_enrolled(self) -> bool {
        match self {
            Self::All => true,
            Self::Some(states) => states.iter().any(DeviceState::is_enrolled),
        }
    }

    /// The list of flags, as Graph writes it.
    pub(super) fn flags_text(self, platform: Platform) -> String {
        let Self::Some(states) = self else { return "unspecified".to_owned() };
        let holds = |(flag, on_android): &&(&str, &[DeviceState])| {
            !states_of(flag, on_android, platform).and(states).is_empty()
        };
        let flags: Vec<_> = Self::flags(platform).filter(holds).map(|(flag, _)| *flag).collect();
        flags.join(",")
    }

    /// The words of the clause `devices`; none if the policy is for all devices.
    pub(super) fn words(self, platform: Platform) -> Vec<&'static str> {
        let Self::Some(states) = self else { return Vec::new() };
        let exist = existing(platform);
        let enrolled: DeviceStates = exist.iter().filter(|state| state.is_enrolled()).collect();
        if states == enrolled {
            return vec!["enrolled"];
        }
        if states == exist {
            return Vec::new();
        }
        states.iter().map(DeviceState::word).collect()
    }
}

/// The states of devices that exist on a platform.
pub(super) fn existing(platform: Platform) -> DeviceStates {
    DeviceState::ALL.iter().copied().filter(|state| state.exists_on(platform)).collect()
}

/// The states of devices that Intune counts as unmanaged.
pub(super) fn unmanaged(platform: Platform) -> DeviceStates {
    let flags = FLAGS.iter().filter(|(flag, _)| *flag == "unmanaged");
    flags
        .map(|(flag, of)| states_of(flag, of, platform))
        .fold(DeviceStates::default(), DeviceStates::or)
}

/// The states of a flag on a platform.
fn states_of(flag: &str, on_android: &[DeviceState], platform: Platform) -> DeviceStates {
    let unmanaged = flag.eq_ignore_ascii_case("unmanaged");
    let has = |state: &DeviceState| match platform {
        Platform::Android => on_android.contains(state),
        Platform::Ios | Platform::Windows => state.is_enrolled() != unmanaged,
    };
    existing(platform).iter().filter(has).collect()
}
