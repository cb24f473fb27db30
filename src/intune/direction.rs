//! Which of two values of a setting is the looser one.
//!
//! Takes in the values of one member in two policies, gives out the direction of the change. Policies are not known here.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use serde::Serialize;

use super::schema::{Property, ValueType};
use super::value::{Value, split};

/// The direction of a changed setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Direction {
    /// The second value permits more.
    Looser,
    /// The second value permits less.
    Tighter,
    /// Neither value permits all that the other one does, or no order of such values is known.
    Incomparable,
    /// In one of the policies another setting switches this one off: that setting's change has the direction.
    Idle,
}

impl Direction {
    /// The direction of a change, by the order of the two values: the greater one permits less.
    pub(super) const fn of(order: Option<Ordering>) -> Self {
        match order {
            Some(Ordering::Less) => Self::Tighter,
            Some(Ordering::Greater) => Self::Looser,
            Some(Ordering::Equal) | None => Self::Incomparable,
        }
    }

    /// The word of the direction, as output shows it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Looser => "looser",
            Self::Tighter => "tighter",
            Self::Incomparable => "incomparable",
            Self::Idle => "idle",
        }
    }
}

/// The value that a setting must have for another one to matter.
enum On {
    /// Any but the default.
    Set,
    /// This word.
    Word(&'static str),
}

use On::{Set, Word};

/// Members that matter only while one of some others has some value.
#[rustfmt::skip]
const SWITCHES: &[(&[&str], &[&str], On)] = &[
    (&["allowedDataStorageLocations"], &["saveAsBlocked"], Set),
    (&["allowedDataIngestionLocations"], &["blockDataIngestionIntoOrganizationDocuments"], Set),
    (&["disableProtectionOfManagedOutboundOpenInData", "filterOpenInToOnlyManagedApps", "exemptedAppProtocols", "exemptedAppPackages"],
     &["allowedOutboundDataTransferDestinations"], Word("managedApps")),
    (&["customDialerAppProtocol", "customDialerAppPackageId", "customDialerAppDisplayName"], &["dialerRestrictionLevel"], Word("customApp")),
    (&["messagingRedirectAppUrlScheme", "messagingRedirectAppPackageId", "messagingRedirectAppDisplayName"],
     &["protectedMessagingRedirectAppType"], Word("specificApps")),
    (&["allowedOutboundClipboardSharingExceptionLength"], &["allowedOutboundClipboardSharingLevel"], Set),
    (&["approvedKeyboards"], &["keyboardsRestricted"], Set),
    (&["managedBrowser", "customBrowserProtocol", "customBrowserPackageId", "customBrowserDisplayName"], &["managedBrowserToOpenLinksRequired"], Set),
    (&["disableAppEncryptionIfDeviceEncryptionIsEnabled"], &["encryptAppData"], Set),
    (&["pinCharacterSet", "simplePinBlocked", "minimumPinLength", "maximumPinRetries", "appActionIfMaximumPinRetriesExceeded",
       "previousPinBlockCount", "periodBeforePinReset", "fingerprintBlocked", "faceIdBlocked", "biometricAuthenticationBlocked",
       "fingerprintAndBiometricEnabled", "pinRequiredInsteadOfBiometricTimeout", "requireClass3Biometrics",
       "requirePinAfterBiometricChange", "disableAppPinIfDevicePinIsSet"], &["pinRequired"], Set),
    (&["appActionIfDeviceComplianceRequired"], &["deviceComplianceRequired"], Set),
    (&["appActionIfIosDeviceModelNotAllowed"], &["allowedIosDeviceModels"], Set),
    (&["appActionIfAndroidDeviceModelNotAllowed"], &["allowedAndroidDeviceModels"], Set),
    (&["appActionIfAndroidDeviceManufacturerNotAllowed"], &["allowedAndroidDeviceManufacturers"], Set),
    (&["requiredAndroidSafetyNetEvaluationType", "appActionIfAndroidSafetyNetDeviceAttestationFailed"],
     &["requiredAndroidSafetyNetDeviceAttestationType"], Set),
    (&["appActionIfAndroidSafetyNetAppsVerificationFailed"], &["requiredAndroidSafetyNetAppsVerificationType"], Set),
    (&["appActionIfDeviceLockNotSet"], &["deviceLockRequired"], Set),
    (&["mobileThreatDefenseRemediationAction", "mobileThreatDefensePartnerPriority"], &["maximumAllowedDeviceThreatLevel"], Set),
    (&["gracePeriodToBlockAppsDuringOffClockHours"], &["appActionIfAccountIsClockedOut"], Set),
    (&["periodOnlineBeforeAccessCheck"], &["pinRequired", "organizationalCredentialsRequired"], Set),
];

/// Whether a member does nothing beside the other values of its policy.
pub(super) fn is_idle<'v>(member: &str, value: impl Fn(&str) -> Option<&'v Value>) -> bool {
    let switch = SWITCHES.iter().find(|(members, ..)| members.contains(&member));
    let Some((_, switches, on)) = switch else { return false };
    switches.iter().all(|switch| match (value(switch), on) {
        (None, _) => false,
        (Some(found), Word(word)) => *found != Value::Word(word),
        (Some(found), Set) => {
            Property::rows(switch).any(|row| *found == Value::default_of(row.kind))
        }
    })
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
const EMPTY_IS_FREE: &[&str] =
    &["allowedAndroidDeviceModels", "allowedIosDeviceModels", "allowedAndroidDeviceManufacturers"];

/// The direction of a change of a member that is in force in both policies.
pub(super) fn direction(member: &str, before: &Value, after: &Value) -> Direction {
    Direction::of(order(member, before, after))
}

/// Whether two values of a member mean the same: versions are compared by their numbers, lists without order.
pub(super) fn is_equal(member: &str, one: &Value, other: &Value) -> bool {
    one == other || order(member, one, other) == Some(Ordering::Equal)
}

/// The order of two values of a member: the greater one permits less.
fn order(member: &str, before: &Value, after: &Value) -> Option<Ordering> {
    match (before, after) {
        (Value::Bool(one), Value::Bool(other)) => match PERMITTING.contains(&member) {
            true => Some(other.cmp(one)),
            false => Some(one.cmp(other)),
        },
        (Value::Word(one), Value::Word(other)) => words(member, one, other),
        (Value::Unset, Value::Unset) => Some(Ordering::Equal),
        (one, other) if is_list(member) => subset(member, &items(one), &items(other)),
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
    }
}

/// Whether a member is a list of what is permitted, written as one text.
fn is_list(member: &str) -> bool {
    EMPTY_IS_FREE.contains(&member)
        && Property::rows(member).all(|row| matches!(row.kind, ValueType::Text))
}

/// The items of a list that is written as one text.
fn items(value: &Value) -> Vec<&str> {
    let items: BTreeSet<&str> = match value {
        Value::Text(text) => split(text).collect(),
        _ => BTreeSet::new(),
    };
    items.into_iter().collect()
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
pub(super) fn subset<T: PartialEq>(member: &str, one: &[T], other: &[T]) -> Option<Ordering> {
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
            ("allowedIosDeviceModels", Value::Unset, text("iPhone15,2;iPhone16,1"), Tighter),
            ("allowedIosDeviceModels", text("a;b"), text("b"), Tighter),
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
    #[test]
    fn switches_are_members_of_the_schema() {
        for (members, switches, _) in SWITCHES {
            for member in members.iter().chain(*switches) {
                assert!(Property::is_known(member), "{member}");
            }
        }
        for member in PERMITTING.iter().chain(LARGER_IS_TIGHTER).chain(ZERO_IS_FREE) {
            assert!(Property::is_known(member), "{member}");
        }
    }

    #[test]
    fn what_is_switched_off_is_idle() {
        let off = Value::Bool(false);
        let on = Value::Bool(true);
        assert!(is_idle("minimumPinLength", |_| Some(&off)));
        assert!(!is_idle("minimumPinLength", |_| Some(&on)));
        assert!(!is_idle("printBlocked", |_| Some(&off)));
        let level = Value::Word("none");
        assert!(is_idle("exemptedAppProtocols", |_| Some(&level)));
    }
}
