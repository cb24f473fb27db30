//! Facts: what a host knows of device, app and account when an app is opened, as launch conditions ask
//! for it.
//!
//! The table [`Fact::reach`] says on which platforms a fact exists, and to which actions a condition on it
//! can lead there.

use super::action::Action;
use super::platforms::{ALL, ANDROID, IOS, MOBILE, NONE, NOT_ANDROID};
use crate::vocabulary::Platform;

words! {
    /// A fact about a device, an app or an account, in the order in which platforms evaluate them.
    pub Fact {
        /// The version of the MAM SDK in the app.
        Sdk = "sdk",
        /// The version of the app.
        App = "app",
        /// The version of the operating system.
        Os = "os",
        /// The date of Android's last security patch.
        Patch = "patch",
        /// The time since the app reached the service.
        Offline = "offline",
        /// Whether the work account is disabled or deleted.
        AccountDisabled = "account-disabled",
        /// Whether the device is jailbroken or rooted.
        Jailbroken = "jailbroken",
        /// The threat level of the device.
        Threat = "threat",
        /// The integrity verdict of an Android device.
        Integrity = "integrity",
        /// Whether an Android device scans its apps for threats.
        AppScan = "app-scan",
        /// The complexity of the screen lock of an Android device.
        DeviceLock = "device-lock",
        /// The result of Samsung's attestation.
        Knox = "knox",
        /// The version of the Company Portal.
        CompanyPortal = "company-portal",
        /// The days since the Company Portal was updated.
        CompanyPortalAge = "company-portal-age",
        /// The model of the device.
        Model = "model",
        /// The manufacturer of the device.
        Manufacturer = "manufacturer",
        /// Whether the user is not at work.
        OffDuty = "off-duty",
    }

    /// The integrity verdict of an Android device, as a fact.
    pub IntegrityVerdict {
        /// It passes no check.
        None = "none",
        /// It passes basic checks.
        Basic = "basic",
        /// It is a certified device as well.
        Device = "device",
        /// The hardware vouches for that.
        Strong = "strong",
        /// The verdict could not be renewed, or there is no service to ask.
        Expired = "expired",
    }

    /// The complexity of a screen lock, as a fact.
    pub LockComplexity {
        /// There is no lock.
        None = "none",
        /// A pattern, or a short PIN.
        Low = "low",
        /// A PIN or password of some length.
        Medium = "medium",
        /// A long PIN or password.
        High = "high",
    }

    /// The result of Samsung's attestation, as a fact.
    pub KnoxResult {
        /// The device is as it was shipped.
        Passed = "passed",
        /// The device cannot attest.
        Unsupported = "unsupported",
        /// The device was tampered with.
        Failed = "failed",
    }
}

impl Fact {
    /// The platforms on which a condition on the fact can lead to `warn`, to `block` and to `wipe`. Every
    /// condition can lead to `block` wherever the fact exists.
    pub(super) const fn reach(self) -> [&'static [Platform]; 3] {
        match self {
            Self::Sdk => [IOS, NOT_ANDROID, NOT_ANDROID],
            Self::App | Self::Os => [ALL; 3],
            Self::Offline | Self::AccountDisabled | Self::Threat => [NONE, ALL, ALL],
            Self::Jailbroken | Self::Model => [NONE, MOBILE, MOBILE],
            Self::Manufacturer => [NONE, ANDROID, ANDROID],
            Self::AppScan => [ANDROID, ANDROID, NONE],
            Self::OffDuty => [MOBILE, MOBILE, NONE],
            Self::Patch
            | Self::Integrity
            | Self::DeviceLock
            | Self::Knox
            | Self::CompanyPortal
            | Self::CompanyPortalAge => [ANDROID; 3],
        }
    }

    /// The platforms on which a condition on the fact can lead to an action.
    pub(crate) const fn platforms(self, action: Action) -> &'static [Platform] {
        let [warn, block, wipe] = self.reach();
        match action {
            Action::Warn => warn,
            Action::Block => block,
            Action::Wipe => wipe,
        }
    }

    /// Whether the fact exists on a platform.
    #[must_use]
    pub fn exists_on(self, platform: Platform) -> bool {
        self.platforms(Action::Block).contains(&platform)
    }
}

/// A set of facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FactSet(u32);

impl FactSet {
    /// The set without facts.
    pub const NONE: Self = Self(0);

    /// Whether a fact is in the set.
    #[must_use]
    pub const fn contains(self, fact: Fact) -> bool {
        self.0 & (1 << fact as u32) != 0
    }

    /// Adds a fact.
    pub fn insert(&mut self, fact: Fact) {
        self.0 |= 1 << fact as u32;
    }

    /// The facts that are in this set and not in another one.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The facts of either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The facts, in the order of evaluation.
    pub fn iter(self) -> impl Iterator<Item = Fact> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            // The position of a fact among all is that of its bit.
            let fact = Fact::ALL.get(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(*fact)
        })
    }
}

impl FromIterator<Fact> for FactSet {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        let mut set = Self::NONE;
        facts.into_iter().for_each(|fact| set.insert(fact));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facts_of_a_set_come_in_the_order_of_evaluation() {
        let odd: Vec<Fact> = Fact::ALL.iter().copied().skip(1).step_by(2).collect();
        let set: FactSet = odd.iter().rev().copied().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), odd);
        let all: FactSet = Fact::ALL.iter().copied().collect();
        assert_eq!(all.iter().collect::<Vec<_>>(), Fact::ALL);
        assert_eq!(FactSet::NONE.iter().next(), None);
    }
}
