//! The settings of policies as values, and which of two values is the looser one.
//!
//! Takes in a checked set, gives out for each policy the settings that decide what it decides, in the words
//! and the order of the portal. How settings are found is not known here.

use std::cmp::Ordering;

use serde::Serialize;

use super::{ExportError, Exporting, Options, Part, is_for, is_in_force, number};
use crate::compiler::Checked;
use crate::intune::emit::graph::json_of;
use crate::intune::schema::{Property, ValueType};
use crate::intune::value::Value;
use crate::vocabulary::Platform;

/// The settings of a policy on a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicySettings {
    /// The name of the policy.
    pub policy: String,
    /// Its title in Intune; several objects of one policy are numbered.
    pub title: String,
    /// The platform.
    pub platform: Platform,
    /// Its settings, in the order of the portal.
    pub settings: Vec<SettingValue>,
}

/// A setting with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingValue {
    /// The member of Graph.
    pub member: &'static str,
    /// The setting's title in the portal.
    pub title: &'static str,
    /// The value as JSON text.
    pub value: String,
    typed: Value,
}

/// A setting in which two policies differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SettingDifference {
    /// The member of Graph.
    pub member: &'static str,
    /// The setting's title in the portal.
    pub title: &'static str,
    /// The value in the first policy, as JSON text.
    pub before: String,
    /// The value in the second policy, as JSON text.
    pub after: String,
    /// Whether the second value is looser or tighter.
    pub direction: Direction,
}

/// The direction of a changed setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Direction {
    /// The second value permits more.
    Looser,
    /// The second value permits less.
    Tighter,
    /// Neither value permits all that the other one does.
    Incomparable,
}

impl Direction {
    /// The word of the direction, as output shows it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Looser => "looser",
            Self::Tighter => "tighter",
            Self::Incomparable => "incomparable",
        }
    }
}

/// The settings of every policy of a set: those of an export, or those that are fitted to rules.
///
/// # Errors
///
/// [`ExportError::Refused`] if the set has mistakes, or meets a limit.
pub fn policy_settings(checked: &Checked) -> Result<Vec<PolicySettings>, ExportError> {
    let Some(model) = checked.model() else { return Err(ExportError::Refused(checked.errors())) };
    let mut found = Vec::new();
    for id in model.policy_ids() {
        let policy = model.policy(id);
        let platforms = Platform::ALL.iter().copied().filter(|one| is_for(policy, *one));
        for platform in platforms.filter(|_| is_in_force(policy)) {
            let options = Options { platform, policy: Some(policy.name.clone()), nearest: true };
            let mut exporting = Exporting::new(checked, model, &options);
            let mut parts = exporting.parts(id)?;
            number(&mut parts);
            for Part { target, fit, .. } in &parts {
                let values = fit.settings().members(platform, &exporting.names);
                let settings = Property::all(platform).filter_map(|property| {
                    let typed = values.get(property.name)?.clone();
                    let value = json_of(property.name, &typed).unwrap_or(serde_json::Value::Null);
                    let (member, title) = (property.name, property.title);
                    Some(SettingValue { member, title, value: value.to_string(), typed })
                });
                found.push(PolicySettings {
                    policy: policy.name.clone(),
                    title: target.title.clone(),
                    platform,
                    settings: settings.collect(),
                });
            }
        }
    }
    Ok(found)
}

impl PolicySettings {
    /// The settings in which another policy for the same platform differs, in the order of the portal.
    #[must_use]
    pub fn differences(&self, after: &Self) -> Vec<SettingDifference> {
        let differs = |(one, other): &(&SettingValue, &SettingValue)| one.typed != other.typed;
        let both = self.settings.iter().filter_map(|one| {
            let other = after.settings.iter().find(|other| other.member == one.member)?;
            Some((one, other))
        });
        let found = both.filter(differs).map(|(one, other)| SettingDifference {
            member: one.member,
            title: one.title,
            before: one.value.clone(),
            after: other.value.clone(),
            direction: direction(one.member, &one.typed, &other.typed),
        });
        found.collect()
    }
}

/// Members for which true permits more.
const PERMITTING: &[&str] = &[
    "disableProtectionOfManagedOutboundOpenInData",
    "allowWidgetContentSync",
    "disableAppPinIfDevicePinIsSet",
    "disableAppEncryptionIfDeviceEncryptionIsEnabled",
];

/// Members whose words have no order.
const UNORDERED: &[&str] = &["managedBrowser"];

/// Words of actions and of threats, the laxest first.
const ACTIONS: &[&str] = &["warn", "blockWhenSettingIsSupported", "block", "wipe"];
const THREATS: &[&str] = &["notConfigured", "high", "medium", "low", "secured"];

/// Members with a number or a time of which a larger one permits less.
const LARGER_IS_TIGHTER: &[&str] = &["minimumPinLength", "previousPinBlockCount"];

/// Members of which 0 means that there is no bound.
const ZERO_IS_FREE: &[&str] = &[
    "periodBeforePinReset",
    "pinRequiredInsteadOfBiometricTimeout",
    "warnAfterCompanyPortalUpdateDeferralInDays",
    "blockAfterCompanyPortalUpdateDeferralInDays",
    "wipeAfterCompanyPortalUpdateDeferralInDays",
];

/// Lists that bound nothing while they are empty.
const EMPTY_IS_FREE: &[&str] = &["allowedAndroidDeviceModels"];

/// The direction of a change.
fn direction(member: &str, before: &Value, after: &Value) -> Direction {
    let order = match (before, after) {
        (Value::Bool(one), Value::Bool(other)) => match PERMITTING.contains(&member) {
            true => Some(other.cmp(one)),
            false => Some(one.cmp(other)),
        },
        (Value::Word(one), Value::Word(other)) => words(member, one, other),
        (Value::Unset, Value::Unset) => Some(Ordering::Equal),
        (Value::Unset, _) if is_bound(member) => Some(Ordering::Less),
        (_, Value::Unset) if is_bound(member) => Some(Ordering::Greater),
        (Value::Int(one), Value::Int(other)) | (Value::Duration(one), Value::Duration(other)) => {
            let free = ZERO_IS_FREE.contains(&member);
            let laxity = |number: u32| if free && number == 0 { u32::MAX } else { number };
            match LARGER_IS_TIGHTER.contains(&member) {
                true => Some(one.cmp(other)),
                false => Some(laxity(*other).cmp(&laxity(*one))),
            }
        }
        (Value::Text(one), Value::Text(other)) => versions(member, one, other),
        (Value::Words(one), Value::Words(other)) => subset(member, one, other),
        (Value::Texts(one), Value::Texts(other)) => subset(member, one, other),
        (Value::Pairs(one), Value::Pairs(other)) => subset(member, one, other),
        _ => None,
    };
    match order {
        Some(Ordering::Less) => Direction::Tighter,
        Some(Ordering::Greater) => Direction::Looser,
        Some(Ordering::Equal) | None => Direction::Incomparable,
    }
}

/// Whether a member bounds something as soon as it has a value.
fn is_bound(member: &str) -> bool {
    member.starts_with("minimum")
        || member.starts_with("maximum")
        || member.starts_with("period")
        || member.starts_with("appActionIf")
        || member.ends_with("ConfigurationState") && member != "screenCaptureConfigurationState"
}

/// The order of two words by strictness.
fn words(member: &str, one: &str, other: &str) -> Option<Ordering> {
    if UNORDERED.contains(&member) {
        return None;
    }
    // One app of one's choice, or all managed ones: neither holds the other.
    let is_choice = |word: &str| matches!(word, "customApp" | "specificApps");
    let is_managed = |word: &str| matches!(word, "managedApps" | "anyManagedApp");
    if is_choice(one) && is_managed(other) || is_managed(one) && is_choice(other) {
        return None;
    }
    let kind = Property::rows(member).find_map(|row| match row.kind {
        ValueType::Word(words) | ValueType::WordOrNull(words) => {
            (words.contains(&one) && words.contains(&other)).then_some(words)
        }
        _ => None,
    })?;
    let order = if kind.contains(&"wipe") || kind.contains(&"warn") {
        ACTIONS
    } else if kind.contains(&"secured") {
        THREATS
    } else {
        kind
    };
    let rank = |word: &str| order.iter().position(|known| *known == word);
    Some(rank(one)?.cmp(&rank(other)?))
}

/// The order of two versions or days in a bound; lists of names have none.
fn versions(member: &str, one: &str, other: &str) -> Option<Ordering> {
    let (one, other) = (version_numbers(one)?, version_numbers(other)?);
    if member.starts_with("minimum") {
        return Some(one.cmp(&other));
    }
    member.starts_with("maximum").then(|| other.cmp(&one))
}

/// The numbers of a version or a day.
fn version_numbers(text: &str) -> Option<Vec<u32>> {
    let numbers: Option<Vec<u32>> = text.split(['.', '-']).map(|part| part.parse().ok()).collect();
    let mut numbers = numbers?;
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    Some(numbers)
}

/// The order of two lists of what is permitted.
fn subset<T: PartialEq>(member: &str, one: &[T], other: &[T]) -> Option<Ordering> {
    let is_within = |a: &[T], b: &[T]| a.iter().all(|item| b.contains(item));
    if EMPTY_IS_FREE.contains(&member) && one.is_empty() != other.is_empty() {
        return Some(if one.is_empty() { Ordering::Less } else { Ordering::Greater });
    }
    match (is_within(one, other), is_within(other, one)) {
        (true, true) => Some(Ordering::Equal),
        (true, false) => Some(Ordering::Greater),
        (false, true) => Some(Ordering::Less),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_a_direction() {
        use Direction::{Incomparable, Looser, Tighter};
        let text = |text: &str| Value::Text(text.to_owned());
        for (member, before, after, expected) in [
            ("printBlocked", Value::Bool(true), Value::Bool(false), Looser),
            ("allowWidgetContentSync", Value::Bool(true), Value::Bool(false), Tighter),
            (
                "allowedOutboundDataTransferDestinations",
                Value::Word("managedApps"),
                Value::Word("allApps"),
                Looser,
            ),
            (
                "dialerRestrictionLevel",
                Value::Word("managedApps"),
                Value::Word("customApp"),
                Incomparable,
            ),
            ("appActionIfDeviceLockNotSet", Value::Word("warn"), Value::Word("block"), Tighter),
            ("maximumAllowedDeviceThreatLevel", Value::Word("low"), Value::Word("high"), Looser),
            ("minimumPinLength", Value::Int(4), Value::Int(6), Tighter),
            ("maximumPinRetries", Value::Int(5), Value::Int(3), Tighter),
            ("periodBeforePinReset", Value::Duration(0), Value::Duration(60), Tighter),
            ("periodOfflineBeforeAccessCheck", Value::Unset, Value::Duration(60), Tighter),
            ("minimumRequiredOsVersion", text("17.0"), text("9.1"), Looser),
            ("maximumRequiredOsVersion", text("17.0"), text("19.0"), Looser),
            (
                "allowedDataStorageLocations",
                Value::Words(vec!["box"]),
                Value::Words(vec![]),
                Tighter,
            ),
            (
                "allowedAndroidDeviceModels",
                Value::Texts(vec![]),
                Value::Texts(vec!["a".to_owned()]),
                Tighter,
            ),
            (
                "managedBrowser",
                Value::Word("notConfigured"),
                Value::Word("microsoftEdge"),
                Incomparable,
            ),
        ] {
            assert_eq!(direction(member, &before, &after), expected, "{member}");
        }
    }
}
