//! Launch conditions.

#[cfg(feature = "compile")]
use std::fmt;

use super::action::Action;
use super::fact::Fact;
use super::value::{Date, NameList, Version, duration};

words! {
    /// The threat level of a device, as its threat defence reports it.
    pub Threat {
        /// No threats.
        Secured = "secured",
        /// Low.
        Low = "low",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
    }

    /// The integrity verdict of an Android device, as its platform attests it.
    pub Integrity {
        /// It passes basic checks.
        Basic = "basic",
        /// It is a certified device as well.
        Device = "device",
        /// The hardware vouches for that.
        Strong = "strong",
    }

    /// The complexity of the screen lock of an Android device.
    pub DeviceLock {
        /// A pattern, or a short PIN.
        Low = "low",
        /// A PIN or password of some length.
        Medium = "medium",
        /// A long PIN or password.
        High = "high",
    }

    /// The failure of Samsung's attestation of a device.
    pub Knox {
        /// It failed on a device that can attest.
        FailedIfSupported = "failed-if-supported",
        /// It failed, or the device cannot attest.
        Failed = "failed",
    }
}

/// A launch condition.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// The operating system is older.
    OsBelow(Version),
    /// The operating system is newer.
    OsAbove(Version),
    /// The last security patch of an Android device is older.
    PatchBefore(Date),
    /// The app is older.
    AppBelow(Version),
    /// The MAM SDK in the app is older.
    SdkBelow(Version),
    /// The Company Portal of an Android device is older.
    CompanyPortalBelow(Version),
    /// The Company Portal of an Android device was updated longer ago.
    CompanyPortalOlder {
        /// How long ago, in days.
        days: u16,
    },
    /// The app has not reached the service for longer.
    Offline {
        /// How long, in minutes.
        minutes: u32,
    },
    /// The device is jailbroken or rooted.
    Jailbroken,
    /// The work account is disabled or deleted.
    AccountDisabled,
    /// The threat level is higher, or unknown.
    ThreatAbove(Threat),
    /// The integrity verdict is lower.
    IntegrityBelow(Integrity),
    /// An Android device does not scan its apps for threats.
    AppScanOff,
    /// The screen lock of an Android device is less complex.
    DeviceLockBelow(DeviceLock),
    /// Samsung's attestation failed.
    Knox(Knox),
    /// The device is of none of these models.
    ModelNotIn(NameList),
    /// The device is from none of these manufacturers.
    ManufacturerNotIn(NameList),
    /// The user is not at work.
    OffDuty,
}

impl Condition {
    /// Whether it may lead to an action. Being offline may block at once, but not wipe: no data would outlive a tunnel.
    #[must_use]
    pub(crate) fn takes(&self, action: Action) -> bool {
        match self {
            Self::Offline { minutes: 0 } => action != Action::Wipe,
            Self::Knox(Knox::FailedIfSupported) => action == Action::Block,
            _ => true,
        }
    }

    /// The fact that it asks for.
    #[must_use]
    pub const fn fact(&self) -> Fact {
        match self {
            Self::OsBelow(_) | Self::OsAbove(_) => Fact::Os,
            Self::PatchBefore(_) => Fact::Patch,
            Self::AppBelow(_) => Fact::App,
            Self::SdkBelow(_) => Fact::Sdk,
            Self::CompanyPortalBelow(_) => Fact::CompanyPortal,
            Self::CompanyPortalOlder { .. } => Fact::CompanyPortalAge,
            Self::Offline { .. } => Fact::Offline,
            Self::Jailbroken => Fact::Jailbroken,
            Self::AccountDisabled => Fact::AccountDisabled,
            Self::ThreatAbove(_) => Fact::Threat,
            Self::IntegrityBelow(_) => Fact::Integrity,
            Self::AppScanOff => Fact::AppScan,
            Self::DeviceLockBelow(_) => Fact::DeviceLock,
            Self::Knox(_) => Fact::Knox,
            Self::ModelNotIn(_) => Fact::Model,
            Self::ManufacturerNotIn(_) => Fact::Manufacturer,
            Self::OffDuty => Fact::OffDuty,
        }
    }
}

#[cfg(feature = "compile")]
impl fmt::Display for Condition {
    /// The condition in `.mam` text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OsBelow(version) => write!(f, "os < {version}"),
            Self::OsAbove(version) => write!(f, "os > {version}"),
            Self::PatchBefore(date) => write!(f, "patch < {date}"),
            Self::AppBelow(version) => write!(f, "app < {version}"),
            Self::SdkBelow(version) => write!(f, "sdk < {version}"),
            Self::CompanyPortalBelow(version) => write!(f, "company-portal < {version}"),
            Self::CompanyPortalOlder { days } => write!(f, "company-portal-age > {days} days"),
            Self::Offline { minutes } => write!(f, "offline > {}", duration(*minutes)),
            Self::Jailbroken => f.write_str("jailbroken"),
            Self::AccountDisabled => f.write_str("account-disabled"),
            Self::ThreatAbove(threat) => write!(f, "threat > {threat}"),
            Self::IntegrityBelow(integrity) => write!(f, "integrity < {integrity}"),
            Self::AppScanOff => f.write_str("app-scan off"),
            Self::DeviceLockBelow(lock) => write!(f, "device-lock < {lock}"),
            Self::Knox(knox) => write!(f, "knox {knox}"),
            Self::ModelNotIn(list) => write!(f, "model not in {list}"),
            Self::ManufacturerNotIn(list) => write!(f, "manufacturer not in {list}"),
            Self::OffDuty => f.write_str("off-duty"),
        }
    }
}
