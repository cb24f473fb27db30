//! Probes: the comparisons that launch conditions make, over facts as numbers.
//!
//! Takes in facts, gives out a number for each probe, which grows with the fact. A condition is then a
//! threshold: it fires below it, or above it. Lists of names are the exception.

use crate::access::Facts;
use crate::model::{
    Condition, DeviceLock, Fact, Integrity, IntegrityVerdict, Knox, KnoxResult, NameList, Threat,
    Version,
};

/// A comparison of a fact, in the order in which platforms evaluate them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Probe {
    SdkBelow,
    AppBelow,
    OsBelow,
    OsAbove,
    PatchBelow,
    OfflineAbove,
    AccountDisabled,
    Jailbroken,
    ThreatAbove,
    IntegrityBelow,
    AppScanBelow,
    DeviceLockBelow,
    KnoxAbove,
    CompanyPortalBelow,
    CompanyPortalAgeAbove,
    ModelNotIn,
    ManufacturerNotIn,
    OffDuty,
}

impl Probe {
    /// Every probe, in the order of evaluation.
    pub(crate) const ALL: &'static [Self] = &[
        Self::SdkBelow,
        Self::AppBelow,
        Self::OsBelow,
        Self::OsAbove,
        Self::PatchBelow,
        Self::OfflineAbove,
        Self::AccountDisabled,
        Self::Jailbroken,
        Self::ThreatAbove,
        Self::IntegrityBelow,
        Self::AppScanBelow,
        Self::DeviceLockBelow,
        Self::KnoxAbove,
        Self::CompanyPortalBelow,
        Self::CompanyPortalAgeAbove,
        Self::ModelNotIn,
        Self::ManufacturerNotIn,
        Self::OffDuty,
    ];

    /// The comparisons of a fact.
    pub(crate) const fn of_fact(fact: Fact) -> &'static [Self] {
        match fact {
            Fact::Sdk => &[Self::SdkBelow],
            Fact::App => &[Self::AppBelow],
            Fact::Os => &[Self::OsBelow, Self::OsAbove],
            Fact::Patch => &[Self::PatchBelow],
            Fact::Offline => &[Self::OfflineAbove],
            Fact::AccountDisabled => &[Self::AccountDisabled],
            Fact::Jailbroken => &[Self::Jailbroken],
            Fact::Threat => &[Self::ThreatAbove],
            Fact::Integrity => &[Self::IntegrityBelow],
            Fact::AppScan => &[Self::AppScanBelow],
            Fact::DeviceLock => &[Self::DeviceLockBelow],
            Fact::Knox => &[Self::KnoxAbove],
            Fact::CompanyPortal => &[Self::CompanyPortalBelow],
            Fact::CompanyPortalAge => &[Self::CompanyPortalAgeAbove],
            Fact::Model => &[Self::ModelNotIn],
            Fact::Manufacturer => &[Self::ManufacturerNotIn],
            Fact::OffDuty => &[Self::OffDuty],
        }
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// The fact that it compares.
    pub(crate) const fn fact(self) -> Fact {
        match self {
            Self::SdkBelow => Fact::Sdk,
            Self::AppBelow => Fact::App,
            Self::OsBelow | Self::OsAbove => Fact::Os,
            Self::PatchBelow => Fact::Patch,
            Self::OfflineAbove => Fact::Offline,
            Self::AccountDisabled => Fact::AccountDisabled,
            Self::Jailbroken => Fact::Jailbroken,
            Self::ThreatAbove => Fact::Threat,
            Self::IntegrityBelow => Fact::Integrity,
            Self::AppScanBelow => Fact::AppScan,
            Self::DeviceLockBelow => Fact::DeviceLock,
            Self::KnoxAbove => Fact::Knox,
            Self::CompanyPortalBelow => Fact::CompanyPortal,
            Self::CompanyPortalAgeAbove => Fact::CompanyPortalAge,
            Self::ModelNotIn => Fact::Model,
            Self::ManufacturerNotIn => Fact::Manufacturer,
            Self::OffDuty => Fact::OffDuty,
        }
    }

    /// Whether conditions fire below their threshold; all others fire above it.
    pub(crate) const fn is_below(self) -> bool {
        matches!(
            self,
            Self::SdkBelow
                | Self::AppBelow
                | Self::OsBelow
                | Self::PatchBelow
                | Self::IntegrityBelow
                | Self::AppScanBelow
                | Self::DeviceLockBelow
                | Self::CompanyPortalBelow
        )
    }

    /// The threshold at which no value fires.
    pub(crate) const fn never(self) -> u128 {
        if self.is_below() { 0 } else { u128::MAX }
    }

    /// The stricter of two thresholds.
    pub(crate) fn stricter(self, a: u128, b: u128) -> u128 {
        if self.is_below() { a.max(b) } else { a.min(b) }
    }

    /// Whether a value is beyond a threshold.
    pub(crate) const fn fires(self, value: u128, threshold: u128) -> bool {
        if self.is_below() { value < threshold } else { value > threshold }
    }

    /// The name that it looks up in a list.
    pub(crate) fn name<'f>(self, facts: &'f Facts<'_>) -> Option<&'f str> {
        match self {
            Self::ModelNotIn => facts.model.as_deref(),
            Self::ManufacturerNotIn => facts.manufacturer.as_deref(),
            _ => None,
        }
    }

    /// Whether its conditions fire although their fact has no value, and block then.
    pub(crate) fn fires_without_value(self, facts: &Facts<'_>) -> bool {
        match self {
            Self::ThreatAbove => facts.threat.is_none(),
            Self::IntegrityBelow => facts.integrity == Some(IntegrityVerdict::Expired),
            _ => false,
        }
    }

    /// The value of its fact as a number; `None` if it has none, or is a name.
    pub(crate) fn value(self, facts: &Facts<'_>) -> Option<u128> {
        match self {
            Self::SdkBelow => facts.sdk.map(of_version),
            Self::AppBelow => facts.app.map(of_version),
            Self::OsBelow | Self::OsAbove => facts.os.map(of_version),
            Self::PatchBelow => facts.patch.map(of_date),
            Self::OfflineAbove => facts.offline_minutes.map(u128::from),
            Self::AccountDisabled => facts.account_disabled.map(u128::from),
            Self::Jailbroken => facts.jailbroken.map(u128::from),
            Self::ThreatAbove => facts.threat.map(of_threat),
            Self::IntegrityBelow => facts.integrity.and_then(of_verdict),
            Self::AppScanBelow => facts.app_scan.map(u128::from),
            Self::DeviceLockBelow => facts.device_lock.map(|lock| lock.index() as u128),
            Self::KnoxAbove => facts.knox.map(of_knox),
            Self::CompanyPortalBelow => facts.company_portal.map(of_version),
            Self::CompanyPortalAgeAbove => facts.company_portal_days.map(u128::from),
            Self::ModelNotIn | Self::ManufacturerNotIn => None,
            Self::OffDuty => facts.off_duty.map(u128::from),
        }
    }

    #[cfg(feature = "compile")]
    /// The probe of a condition with its threshold, or its list of names.
    pub(crate) fn of(condition: &Condition) -> (Self, Result<u128, &NameList>) {
        let (probe, threshold) = match condition {
            Condition::SdkBelow(version) => (Self::SdkBelow, of_version(*version)),
            Condition::AppBelow(version) => (Self::AppBelow, of_version(*version)),
            Condition::OsBelow(version) => (Self::OsBelow, of_version(*version)),
            Condition::OsAbove(version) => (Self::OsAbove, of_version(*version)),
            Condition::PatchBefore(date) => (Self::PatchBelow, of_date(*date)),
            Condition::Offline { minutes } => (Self::OfflineAbove, u128::from(*minutes)),
            Condition::AccountDisabled => (Self::AccountDisabled, 0),
            Condition::Jailbroken => (Self::Jailbroken, 0),
            Condition::ThreatAbove(threat) => (Self::ThreatAbove, of_threat(*threat)),
            Condition::IntegrityBelow(least) => (Self::IntegrityBelow, of_integrity(*least)),
            Condition::AppScanOff => (Self::AppScanBelow, 1),
            Condition::DeviceLockBelow(least) => (Self::DeviceLockBelow, of_lock(*least)),
            Condition::Knox(Knox::Failed) => (Self::KnoxAbove, of_knox(KnoxResult::Passed)),
            Condition::Knox(Knox::FailedIfSupported) => {
                (Self::KnoxAbove, of_knox(KnoxResult::Unsupported))
            }
            Condition::CompanyPortalBelow(version) => {
                (Self::CompanyPortalBelow, of_version(*version))
            }
            Condition::CompanyPortalOlder { days } => {
                (Self::CompanyPortalAgeAbove, u128::from(*days))
            }
            Condition::ModelNotIn(list) => return (Self::ModelNotIn, Err(list)),
            Condition::ManufacturerNotIn(list) => return (Self::ManufacturerNotIn, Err(list)),
            Condition::OffDuty => (Self::OffDuty, 0),
        };
        (probe, Ok(threshold))
    }
}

fn of_version(version: Version) -> u128 {
    version.number()
}

/// A day as a number that grows with time.
fn of_date(date: crate::model::Date) -> u128 {
    let (year, month, day) = date.parts();
    u128::from(year) << 16 | u128::from(month) << 8 | u128::from(day)
}

const fn of_threat(threat: Threat) -> u128 {
    threat.index() as u128
}

/// The rank of a verdict; an expired one has none.
const fn of_verdict(verdict: IntegrityVerdict) -> Option<u128> {
    match verdict {
        IntegrityVerdict::None => Some(0),
        IntegrityVerdict::Basic => Some(of_integrity(Integrity::Basic)),
        IntegrityVerdict::Device => Some(of_integrity(Integrity::Device)),
        IntegrityVerdict::Strong => Some(of_integrity(Integrity::Strong)),
        IntegrityVerdict::Expired => None,
    }
}

/// The rank of the verdict that a condition asks for: one more than that of the next weaker one.
const fn of_integrity(least: Integrity) -> u128 {
    least.index() as u128 + 1
}

/// The rank of the lock that a condition asks for; no lock has rank 0.
const fn of_lock(least: DeviceLock) -> u128 {
    least.index() as u128 + 1
}

const fn of_knox(result: KnoxResult) -> u128 {
    result.index() as u128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_probe_is_one_of_its_fact() {
        let of_facts = Fact::ALL.iter().flat_map(|fact| Probe::of_fact(*fact));
        let mut all: Vec<Probe> = of_facts.copied().collect();
        all.sort_unstable();
        assert_eq!(all, Probe::ALL);
        for fact in Fact::ALL {
            assert!(Probe::of_fact(*fact).iter().all(|probe| probe.fact() == *fact), "{fact}");
        }
    }
}
