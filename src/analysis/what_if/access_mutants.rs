//! Mutants of statements about accesses: launch conditions and requirements with a small mistake in them.
//!
//! Takes in a statement, gives out what a small edit makes of it: another action, a threshold one step away, a
//! field less. Whether an expectation notices is not known here.

use super::mutants::MutationKind;
use crate::model::{
    Access, AccessId, AccessKind, Action, Condition, Date, DeviceLock, Integrity, NameList, Pin,
    PolicyId, Requirement, Threat, Version, duration,
};
use crate::source::Spanned;

/// A statement and an edit of it.
pub(super) struct AccessMutant {
    pub(super) policy: PolicyId,
    pub(super) id: AccessId,
    pub(super) kind: MutationKind,
    /// The edit in words.
    pub(super) edit: String,
    /// The edited statement; `None` where it is taken out.
    pub(super) replacement: Option<AccessKind>,
}

/// Every mutant of a statement of a policy.
pub(super) fn access_mutants(policy: PolicyId, access: &Access) -> Vec<AccessMutant> {
    let mut found = vec![(MutationKind::Removed, "taken out".to_owned(), None)];
    match &access.kind {
        AccessKind::Launch { action, condition } => {
            for other in Action::ALL.iter().filter(|other| *other != action) {
                let exists = condition.fact().platforms(*other);
                let is_written = condition.takes(*other);
                if is_written && access.platforms.iter().all(|on| exists.contains(&on)) {
                    let edited =
                        AccessKind::Launch { action: *other, condition: condition.clone() };
                    found.push((MutationKind::Action, format!("with `{other}`"), Some(edited)));
                }
            }
            for condition in beside(condition) {
                let text = format!("with `{condition}`");
                let edited = AccessKind::Launch { action: *action, condition };
                found.push((MutationKind::Threshold, text, Some(edited)));
            }
        }
        AccessKind::Require(requirement) => {
            // A lock alone asks for more than the class that begins with a restart.
            let kind = match requirement {
                Requirement::Encryption { .. } => MutationKind::Narrowed,
                Requirement::Pin(_) | Requirement::Credentials { .. } => MutationKind::Widened,
            };
            for (text, requirement) in laxer(requirement) {
                found.push((kind, text, Some(AccessKind::Require(requirement))));
            }
        }
    }
    let mutant =
        |(kind, edit, replacement)| AccessMutant { policy, id: access.id, kind, edit, replacement };
    found.into_iter().map(mutant).collect()
}

// ---------------------------------------------------------------- thresholds

/// A condition with its threshold one step up and one step down.
fn beside(condition: &Condition) -> Vec<Condition> {
    let versions = |version: &Version, of: fn(Version) -> Condition| {
        let number = version.number();
        let beside = [number.checked_sub(1), number.checked_add(1)].into_iter().flatten();
        beside.map(|number| of(Version::of_number(number))).collect()
    };
    match condition {
        Condition::OsBelow(version) => versions(version, Condition::OsBelow),
        Condition::OsAbove(version) => versions(version, Condition::OsAbove),
        Condition::AppBelow(version) => versions(version, Condition::AppBelow),
        Condition::SdkBelow(version) => versions(version, Condition::SdkBelow),
        Condition::CompanyPortalBelow(version) => versions(version, Condition::CompanyPortalBelow),
        Condition::PatchBefore(date) => {
            let day = date.ordinal();
            let beside = [day.checked_sub(1), day.checked_add(1)].into_iter().flatten();
            beside.filter_map(Date::of_ordinal).map(Condition::PatchBefore).collect()
        }
        Condition::Offline { minutes } => {
            let beside = [minutes.checked_sub(1), minutes.checked_add(1)].into_iter().flatten();
            beside.map(|minutes| Condition::Offline { minutes }).collect()
        }
        Condition::CompanyPortalOlder { days } => {
            let beside = [days.checked_sub(1), days.checked_add(1)].into_iter().flatten();
            beside.map(|days| Condition::CompanyPortalOlder { days }).collect()
        }
        Condition::ThreatAbove(threat) => words(*threat, Threat::ALL, Condition::ThreatAbove),
        Condition::IntegrityBelow(least) => {
            words(*least, Integrity::ALL, Condition::IntegrityBelow)
        }
        Condition::DeviceLockBelow(least) => {
            words(*least, DeviceLock::ALL, Condition::DeviceLockBelow)
        }
        Condition::ModelNotIn(list) => lists(list, Condition::ModelNotIn),
        Condition::ManufacturerNotIn(list) => lists(list, Condition::ManufacturerNotIn),
        Condition::Knox(_)
        | Condition::Jailbroken
        | Condition::AccountDisabled
        | Condition::AppScanOff
        | Condition::OffDuty => Vec::new(),
    }
}

/// The words beside one.
fn words<T: Copy + PartialEq>(word: T, all: &[T], of: fn(T) -> Condition) -> Vec<Condition> {
    let at = all.iter().position(|one| *one == word).unwrap_or(0);
    let beside = [at.checked_sub(1), at.checked_add(1)].into_iter().flatten();
    beside.filter_map(|at| all.get(at)).copied().map(of).collect()
}

/// A list without each of its names.
fn lists(list: &NameList, of: fn(NameList) -> Condition) -> Vec<Condition> {
    let names = list.names();
    let without = |at: usize| {
        let others = names.iter().enumerate().filter(move |(other, _)| *other != at);
        of(others.map(|(_, name)| name.clone()).collect())
    };
    (0..names.len()).filter(|_| names.len() > 1).map(without).collect()
}

// ---------------------------------------------------------------- requirements

/// A requirement without each of its fields, and with its numbers one step laxer.
fn laxer(requirement: &Requirement) -> Vec<(String, Requirement)> {
    let without = |field: &str| format!("without `{field}`");
    match requirement {
        Requirement::Pin(pin) => {
            let edited = pins(pin).into_iter();
            edited.map(|(text, pin)| (text, Requirement::Pin(Box::new(pin)))).collect()
        }
        Requirement::Credentials { recheck_minutes } => {
            let edited = Requirement::Credentials { recheck_minutes: None };
            recheck_minutes.iter().map(|_| (without("recheck"), edited.clone())).collect()
        }
        Requirement::Encryption { class } => {
            let edited = Requirement::Encryption { class: None };
            class.iter().map(|_| (without("class"), edited.clone())).collect()
        }
    }
}

fn pins(pin: &Pin) -> Vec<(String, Pin)> {
    let mut found = Vec::new();
    let mut without = |field: &str, is_stated: bool, take: fn(&mut Pin)| {
        if is_stated {
            let mut edited = pin.clone();
            take(&mut edited);
            found.push((format!("without `{field}`"), edited));
        }
    };
    without("length", pin.length.is_some(), |pin| pin.length = None);
    without("kind", pin.kind.is_some(), |pin| pin.kind = None);
    without("simple", pin.simple.is_some(), |pin| pin.simple = None);
    without("attempts", pin.attempts.is_some(), |pin| pin.attempts = None);
    without("history", pin.history.is_some(), |pin| pin.history = None);
    without("expires", pin.expires_days.is_some(), |pin| pin.expires_days = None);
    without("biometrics", pin.biometrics.is_some(), |pin| pin.biometrics = None);
    without("biometrics-override", pin.biometrics_override_minutes.is_some(), |pin| {
        pin.biometrics_override_minutes = None;
    });
    without("biometrics-class", pin.biometrics_class.is_some(), |pin| pin.biometrics_class = None);
    without("biometrics-change", pin.biometrics_change_ask.is_some(), |pin| {
        pin.biometrics_change_ask = None;
    });
    without("recheck", pin.recheck_minutes.is_some(), |pin| pin.recheck_minutes = None);
    if let Some(length) = pin.length.filter(|length| length.value > 4) {
        let mut edited = pin.clone();
        edited.length = Some(Spanned { value: length.value - 1, ..length });
        found.push((format!("with `length {}`", length.value - 1), edited));
    }
    if let Some(recheck) = pin.recheck_minutes {
        let minutes = recheck.value.saturating_add(1);
        let mut edited = pin.clone();
        edited.recheck_minutes = Some(Spanned { value: minutes, ..recheck });
        found.push((format!("with `recheck {}`", duration(minutes)), edited));
    }
    found
}
