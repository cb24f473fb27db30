//! Whether values come back: an import and an export of any writable members give the same values.
//!
//! Takes in made-up policies that state each member or not, imports them as text, exports that, and compares
//! every member. What the way normalises is listed in `docs/intune.md` and in [`normal`], and nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use mam::intune::export::{ExportError, Options, export};
use mam::{Compiler, Limits, Platform, intune};
use serde_json::{Map, Value, json};

use crate::oracle::generate::Dice;

pub(crate) const TESTS: crate::Tests = tests![values_come_back, every_member_is_tried];

/// How many policies are made up for each platform.
const MADE_UP: u64 = 100;

/// The type of a member, with the values that are tried.
enum Kind {
    Flag,
    Word(&'static [&'static str]),
    /// One of some words, or nothing.
    State(&'static [&'static str]),
    Number(u64, &'static [u64]),
    /// A time; the first is the default.
    Time(&'static [&'static str]),
    /// A time, or nothing.
    Limit(&'static [&'static str]),
    Text(&'static [&'static str]),
    Texts(&'static [&'static str]),
    Words(&'static [&'static str]),
    Pairs(&'static [(&'static str, &'static str)]),
    /// Any JSON.
    Any(&'static [&'static str]),
}

use Kind::{Any, Flag, Limit, Number, Pairs, State, Text, Texts, Time, Word, Words};

const ACTION: Kind = Word(&["block", "wipe", "warn"]);
const BLOCK_OR_WIPE: Kind = Word(&["block", "wipe"]);
const MAYBE_ACTION: Kind = State(&["block", "wipe", "warn"]);
const PURVIEW: Kind = Any(&["null", "\"required\"", "\"requiredWhenOnline\""]);
const VERSION: Kind = Text(&["14.0", "17.2.1", "9.0", "1.2.3.4"]);

const LINKS: &[&str] = &[
    "http://maps.apple.com",
    "https://maps.apple.com",
    "https://*.zoom.us/*",
    "http://*.sharepoint.com/*",
    "https://*.contoso.example/*",
];

/// The members of both mobile platforms.
#[rustfmt::skip]
const MOBILE: &[(&str, Kind)] = &[
    ("dataBackupBlocked", Flag),
    ("allowedOutboundDataTransferDestinations", Word(&["allApps", "managedApps", "none"])),
    ("saveAsBlocked", Flag),
    ("allowedDataStorageLocations", Words(&["oneDriveForBusiness", "sharePoint", "box", "localStorage", "photoLibrary", "iManage", "egnyte"])),
    ("dialerRestrictionLevel", Word(&["allApps", "managedApps", "customApp", "blocked"])),
    ("protectedMessagingRedirectAppType", Word(&["anyApp", "anyManagedApp", "specificApps", "blocked"])),
    ("allowedInboundDataTransferSources", Word(&["allApps", "managedApps", "none"])),
    ("blockDataIngestionIntoOrganizationDocuments", Flag),
    ("allowedDataIngestionLocations", Words(&["oneDriveForBusiness", "sharePoint", "camera", "photoLibrary"])),
    ("allowedOutboundClipboardSharingLevel", Word(&["allApps", "managedAppsWithPasteIn", "managedApps", "blocked"])),
    ("allowedOutboundClipboardSharingExceptionLength", Number(0, &[0, 40])),
    ("contactSyncBlocked", Flag),
    ("printBlocked", Flag),
    ("managedBrowserToOpenLinksRequired", Flag),
    ("managedBrowser", Word(&["notConfigured", "microsoftEdge"])),
    ("notificationRestriction", Word(&["allow", "blockOrganizationalData", "block"])),
    ("pinRequired", Flag),
    ("pinCharacterSet", Word(&["numeric", "alphanumericAndSymbol"])),
    ("simplePinBlocked", Flag),
    ("minimumPinLength", Number(4, &[4, 6, 16])),
    ("maximumPinRetries", Number(5, &[3, 5, 10])),
    ("appActionIfMaximumPinRetriesExceeded", BLOCK_OR_WIPE),
    ("previousPinBlockCount", Number(0, &[0, 3])),
    ("periodBeforePinReset", Time(&["PT0S", "P90D"])),
    ("fingerprintBlocked", Flag),
    ("pinRequiredInsteadOfBiometricTimeout", Time(&["PT0S", "PT30M", "P1D"])),
    ("disableAppPinIfDevicePinIsSet", Flag),
    ("organizationalCredentialsRequired", Flag),
    ("periodOnlineBeforeAccessCheck", Time(&["PT30M", "PT1H"])),
    ("periodOfflineBeforeAccessCheck", Limit(&["PT12H", "P7D"])),
    ("periodOfflineBeforeWipeIsEnforced", Limit(&["P90D"])),
    ("deviceComplianceRequired", Flag),
    ("appActionIfDeviceComplianceRequired", BLOCK_OR_WIPE),
    ("appActionIfUnableToAuthenticateUser", State(&["block", "wipe"])),
    ("minimumWarningOsVersion", VERSION),
    ("minimumRequiredOsVersion", VERSION),
    ("minimumWipeOsVersion", VERSION),
    ("maximumWarningOsVersion", VERSION),
    ("maximumRequiredOsVersion", VERSION),
    ("maximumWipeOsVersion", VERSION),
    ("minimumWarningAppVersion", VERSION),
    ("minimumRequiredAppVersion", VERSION),
    ("minimumWipeAppVersion", VERSION),
    ("maximumAllowedDeviceThreatLevel", Word(&["notConfigured", "secured", "low", "medium", "high"])),
    ("mobileThreatDefenseRemediationAction", BLOCK_OR_WIPE),
    ("appActionIfAccountIsClockedOut", State(&["block", "warn"])),
    ("gracePeriodToBlockAppsDuringOffClockHours", Any(&["null", "\"PT5M\""])),
    ("purviewContentEvaluationRequired", PURVIEW),
    ("mobileThreatDefensePartnerPriority", Any(&["null", "\"thirdPartyPartnerOverDefender\""])),
];

#[rustfmt::skip]
const IOS: &[(&str, Kind)] = &[
    ("disableProtectionOfManagedOutboundOpenInData", Flag),
    ("filterOpenInToOnlyManagedApps", Flag),
    ("exemptedAppProtocols", Pairs(&[("Default", "skype;app-settings;calshow;itms;itmss;itms-apps;itms-appss;itms-services;"), ("Webex", "wbx"), ("Maps", "maps"), ("Phone", "tel;telprompt")])),
    ("customDialerAppProtocol", Text(&["wbx", "contoso-call"])),
    ("messagingRedirectAppUrlScheme", Text(&["wbx", "contoso-chat"])),
    ("protectInboundDataFromUnknownSources", Flag),
    ("thirdPartyKeyboardsBlocked", Flag),
    ("screenCaptureConfigurationState", State(&["notBlocked", "blocked"])),
    ("genmojiConfigurationState", State(&["notBlocked", "blocked"])),
    ("writingToolsConfigurationState", State(&["notBlocked", "blocked"])),
    ("allowWidgetContentSync", Flag),
    ("customBrowserProtocol", Text(&["wbx", "contoso-web"])),
    ("exemptedUniversalLinks", Texts(LINKS)),
    ("managedUniversalLinks", Texts(LINKS)),
    ("appDataEncryptionType", Word(&["useDeviceSettings", "afterDeviceRestart", "whenDeviceLockedExceptOpenFiles", "whenDeviceLocked"])),
    ("faceIdBlocked", Flag),
    ("minimumWarningSdkVersion", VERSION),
    ("minimumRequiredSdkVersion", VERSION),
    ("minimumWipeSdkVersion", VERSION),
    ("allowedIosDeviceModels", Text(&["iPhone14,2;iPhone15,3"])),
    ("appActionIfIosDeviceModelNotAllowed", BLOCK_OR_WIPE),
];

#[rustfmt::skip]
const ANDROID: &[(&str, Kind)] = &[
    ("exemptedAppPackages", Pairs(&[("Webex", "com.cisco.webex.meetings"), ("Field", "com.contoso.field")])),
    ("customDialerAppPackageId", Text(&["com.contoso.call"])),
    ("customDialerAppDisplayName", Text(&["Call"])),
    ("messagingRedirectAppPackageId", Text(&["com.contoso.chat"])),
    ("messagingRedirectAppDisplayName", Text(&["Chat"])),
    ("keyboardsRestricted", Flag),
    ("approvedKeyboards", Pairs(&[("com.google.android.inputmethod.latin", "Gboard"), ("com.contoso.keys", "Keys")])),
    ("screenCaptureBlocked", Flag),
    ("customBrowserPackageId", Text(&["com.contoso.web"])),
    ("customBrowserDisplayName", Text(&["Web"])),
    ("connectToVpnOnLaunch", Flag),
    ("encryptAppData", Flag),
    ("disableAppEncryptionIfDeviceEncryptionIsEnabled", Flag),
    ("biometricAuthenticationBlocked", Flag),
    ("fingerprintAndBiometricEnabled", Any(&["null", "true"])),
    ("requireClass3Biometrics", Flag),
    ("requirePinAfterBiometricChange", Flag),
    ("minimumWarningPatchVersion", Text(&["2026-02-28"])),
    ("minimumRequiredPatchVersion", Text(&["2026-01-31"])),
    ("minimumWipePatchVersion", Text(&["2025-01-31"])),
    ("minimumWarningCompanyPortalVersion", VERSION),
    ("minimumRequiredCompanyPortalVersion", VERSION),
    ("minimumWipeCompanyPortalVersion", VERSION),
    ("warnAfterCompanyPortalUpdateDeferralInDays", Number(0, &[0, 15])),
    ("wipeAfterCompanyPortalUpdateDeferralInDays", Number(0, &[0, 60])),
    ("blockAfterCompanyPortalUpdateDeferralInDays", Number(0, &[0, 30])),
    ("allowedAndroidDeviceModels", Texts(&["Pixel 8", "SM-S911B"])),
    ("appActionIfAndroidDeviceModelNotAllowed", BLOCK_OR_WIPE),
    ("allowedAndroidDeviceManufacturers", Text(&["Google;samsung"])),
    ("appActionIfAndroidDeviceManufacturerNotAllowed", BLOCK_OR_WIPE),
    ("requiredAndroidSafetyNetDeviceAttestationType", Word(&["none", "basicIntegrity", "basicIntegrityAndDeviceCertification"])),
    ("requiredAndroidSafetyNetEvaluationType", Word(&["basic", "hardwareBacked"])),
    ("appActionIfAndroidSafetyNetDeviceAttestationFailed", ACTION),
    ("requiredAndroidSafetyNetAppsVerificationType", Word(&["none", "enabled"])),
    ("appActionIfAndroidSafetyNetAppsVerificationFailed", Word(&["block", "warn"])),
    ("deviceLockRequired", Flag),
    ("appActionIfDeviceLockNotSet", ACTION),
    ("appActionIfDevicePasscodeComplexityLessThanLow", MAYBE_ACTION),
    ("appActionIfDevicePasscodeComplexityLessThanMedium", MAYBE_ACTION),
    ("appActionIfDevicePasscodeComplexityLessThanHigh", MAYBE_ACTION),
    ("appActionIfSamsungKnoxAttestationRequired", State(&["block", "wipe", "warn", "blockWhenSettingIsSupported"])),
];

#[rustfmt::skip]
const WINDOWS: &[(&str, Kind)] = &[
    ("allowedOutboundDataTransferDestinations", Word(&["allApps", "none"])),
    ("allowedInboundDataTransferSources", Word(&["allApps", "none"])),
    ("allowedOutboundClipboardSharingLevel", Word(&["anyDestinationAnySource", "orgDestinationAnySource", "orgDestinationOrgSource", "none"])),
    ("printBlocked", Flag),
    ("periodOfflineBeforeAccessCheck", Limit(&["PT12H"])),
    ("periodOfflineBeforeWipeIsEnforced", Limit(&["P90D"])),
    ("appActionIfUnableToAuthenticateUser", State(&["block", "wipe"])),
    ("minimumWarningOsVersion", VERSION),
    ("minimumRequiredOsVersion", VERSION),
    ("minimumWipeOsVersion", VERSION),
    ("maximumWarningOsVersion", VERSION),
    ("maximumRequiredOsVersion", VERSION),
    ("maximumWipeOsVersion", VERSION),
    ("minimumWarningAppVersion", VERSION),
    ("minimumRequiredAppVersion", VERSION),
    ("minimumWipeAppVersion", VERSION),
    ("minimumRequiredSdkVersion", VERSION),
    ("minimumWipeSdkVersion", VERSION),
    ("maximumAllowedDeviceThreatLevel", Word(&["notConfigured", "secured", "low", "medium", "high"])),
    ("mobileThreatDefenseRemediationAction", BLOCK_OR_WIPE),
];

/// The members of the head, which [`made_up`] varies on its own.
const HEAD: &[&str] = &[
    "displayName",
    "description",
    "roleScopeTagIds",
    "appGroupType",
    "apps",
    "targetedAppManagementLevels",
    "assignments",
];

fn members(platform: Platform) -> impl Iterator<Item = &'static (&'static str, Kind)> {
    let (common, own): (&[_], &[_]) = match platform {
        Platform::Ios => (MOBILE, IOS),
        Platform::Android => (MOBILE, ANDROID),
        _ => (&[], WINDOWS),
    };
    common.iter().chain(own)
}

fn every_member_is_tried() {
    for platform in Platform::ALL.iter().copied() {
        let is_tried =
            |name: &&str| HEAD.contains(name) || members(platform).any(|(known, _)| known == name);
        let missing: Vec<_> = intune::members(platform).filter(|name| !is_tried(name)).collect();
        assert!(missing.is_empty(), "{platform}: {missing:?}");
    }
}

fn values_come_back() {
    let times = std::env::var("MAM_PROPS").ok().and_then(|times| times.parse::<f64>().ok());
    let count = (MADE_UP as f64 * times.unwrap_or(1.0)).round() as u64;
    let mut wrong: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for platform in Platform::ALL.iter().copied() {
        for number in 0..count {
            let policy = made_up(platform, number);
            for what in lost(platform, &policy) {
                let name = what.split(':').next().unwrap_or_default().to_owned();
                let first = || (0, format!("{what}\n  of {policy}"));
                wrong.entry(format!("{platform} {name}")).or_insert_with(first).0 += 1;
            }
        }
    }
    let shown = wrong.iter().map(|(name, (times, what))| format!("{name} ({times}): {what}"));
    let shown: Vec<_> = shown.collect();
    assert!(
        shown.is_empty(),
        "{} members are not what they were\n\n{}",
        shown.len(),
        shown.join("\n\n")
    );
}

/// A policy in which each member has one of its values, or is left out.
fn made_up(platform: Platform, number: u64) -> Value {
    let mut dice = Dice::of(number);
    let mut policy = Map::new();
    policy.insert(
        "@odata.type".to_owned(),
        json!(format!("#microsoft.graph.{platform}ManagedAppProtection")),
    );
    policy.insert("displayName".to_owned(), json!("Phones"));
    policy.extend(head(platform, &mut dice));
    let rarely = 2 + dice.below(6);
    for (name, kind) in members(platform) {
        if dice.below(rarely) == 0 {
            policy.insert((*name).to_owned(), value(&mut dice, kind));
        }
    }
    Value::Object(policy)
}

/// Members of the head.
fn head(platform: Platform, dice: &mut Dice) -> Map<String, Value> {
    let mut head = Map::new();
    let mut add = |name: &str, value: Value| drop(head.insert(name.to_owned(), value));
    let (kind, member, ids, levels): (_, _, &[&str], &[&str]) = match platform {
        Platform::Ios => (
            "iosMobileAppIdentifier",
            "bundleId",
            &[
                "com.microsoft.office.outlook",
                "com.contoso.field",
                "com.contoso.microsoftconnector",
            ],
            &["unspecified", "unspecified", "unmanaged", "mdm", "unmanaged,mdm"],
        ),
        Platform::Android => (
            "androidMobileAppIdentifier",
            "packageId",
            &[
                "com.microsoft.office.outlook",
                "com.contoso.field",
                "com.contoso.microsoftconnector",
            ],
            &["unspecified", "unspecified", "unmanaged", "androidEnterprise", "unmanaged,mdm"],
        ),
        _ => ("windowsAppIdentifier", "windowsAppId", &["com.microsoft.edge"], &[]),
    };
    let app = |id: &str| json!({"mobileAppIdentifier": {"@odata.type": format!("#microsoft.graph.{kind}"), member: id}});
    match levels {
        [] => add("apps", json!([app(ids[0])])),
        _ => {
            let group =
                *dice.one_of(&["allCoreMicrosoftApps", "allMicrosoftApps", "selectedPublicApps"]);
            let chosen = match group {
                "selectedPublicApps" => &ids[..1 + dice.below(ids.len())],
                _ if dice.flip() => &ids[1..],
                _ => &[],
            };
            add("appGroupType", json!(group));
            add("targetedAppManagementLevels", json!(dice.one_of(levels)));
            add("apps", chosen.iter().map(|id| app(id)).collect());
        }
    }
    if dice.flip() {
        add("description", json!(dice.one_of(&["", "For phones.", "Two\nlines, and  blanks"])));
    }
    if dice.flip() {
        add("roleScopeTagIds", json!(dice.one_of(&[["0"], ["7"]])));
    }
    let group = |kind: &str, last: u32| {
        json!({"target": {"@odata.type": format!("#microsoft.graph.{kind}AssignmentTarget"),
            "groupId": format!("0f5eb4ab-3d1c-4a39-9d83-1d5b1a5a000{last}")}})
    };
    let everybody =
        json!({"target": {"@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget"}});
    let (one, other) = (group("group", 1), group("group", 2));
    let except = group("exclusionGroup", 3);
    add(
        "assignments",
        match dice.below(5) {
            0 => json!([]),
            1 => json!([everybody, except]),
            2 => json!([other, one, except]),
            _ => json!([one]),
        },
    );
    head
}

fn value(dice: &mut Dice, kind: &Kind) -> Value {
    match kind {
        Flag => json!(dice.flip()),
        Word(words) | State(words) | Time(words) | Limit(words) | Text(words) => {
            json!(dice.one_of(words))
        }
        Number(_, numbers) => json!(dice.one_of(numbers)),
        Any(texts) => serde_json::from_str(dice.one_of::<&str>(texts)).unwrap(),
        Texts(words) | Words(words) => match dice.below(4) {
            0 => json!([]),
            _ => json!(dice.some_of(words)),
        },
        Pairs(pairs) => {
            let chosen = pairs.iter().filter(|_| dice.flip());
            chosen.map(|(name, value)| json!({"name": name, "value": value})).collect()
        }
    }
}

/// The members that do not come back, each with its value before and after.
fn lost(platform: Platform, policy: &Value) -> Vec<String> {
    let text = policy.to_string();
    let imported = match intune::import(&[("policy.json", &text)], &Limits::default()) {
        Ok(import) => import.text,
        Err(errors) => return vec![format!("import: {errors}")],
    };
    let checked = Compiler::new().check("policy.mam", &imported);
    let exported = match export(&checked, &Options::new(platform)) {
        Ok(exported) => exported.text,
        Err(ExportError::Inexact { deviations, .. }) => {
            return vec![format!("inexact: {deviations:?}\n{imported}")];
        }
        Err(error) => return vec![format!("refused: {error}\n{imported}")],
    };
    let after: Value = serde_json::from_str(&exported).unwrap();
    // A member that is left out is written with the value that it has: that of a new policy, or what another
    // member makes of it. That the policy decides the same is proved by the export itself.
    let changed = |(name, kind): &&(&str, Kind)| {
        policy.get(*name).is_some()
            && normal(kind, policy.get(*name)) != normal(kind, after.get(*name))
    };
    let show = |(name, _): &(&str, Kind)| {
        format!("{name}: {:?} became {:?}", policy.get(*name), after.get(*name))
    };
    let mut found: Vec<String> = members(platform).filter(changed).map(show).collect();
    for name in HEAD {
        let (before, after) = (normal_head(name, policy), normal_head(name, &after));
        if before != after {
            found.push(format!("{name}: {before} became {after}"));
        }
    }
    found
}

/// A member of the head without what the way does not keep: the order of lists, their tools' wrappers, and that
/// a member has its default and is not left out.
fn normal_head(name: &str, policy: &Value) -> Value {
    let given = &policy[name];
    let set = |texts: Vec<String>| json!(texts.into_iter().collect::<BTreeSet<_>>());
    let list = || given.as_array().map(Vec::as_slice).unwrap_or_default().iter();
    match (name, given) {
        ("description", Value::Null) => json!(""),
        ("roleScopeTagIds", Value::Null) => json!(["0"]),
        ("targetedAppManagementLevels", Value::String(text)) => {
            let mut flags: Vec<&str> = text.split(',').collect();
            flags.sort_unstable();
            // On iOS these are all there are.
            let is_all =
                flags == ["mdm", "unmanaged"] && policy["@odata.type"].to_string().contains("ios");
            if is_all { json!(["unspecified"]) } else { json!(flags) }
        }
        ("targetedAppManagementLevels", _) => json!(["unspecified"]),
        ("apps", _) => {
            set(list().map(|app| app["mobileAppIdentifier"].to_string().to_lowercase()).collect())
        }
        ("assignments", _) => set(list().map(|one| one["target"].to_string()).collect()),
        _ => given.clone(),
    }
}

/// A value without what the way does not keep: that a member has its default and is not left out, the order
/// of lists, in which unit a time is written, and zeros at the end of a version.
fn normal(kind: &Kind, value: Option<&Value>) -> Value {
    let given = value.filter(|value| !value.is_null());
    match (kind, given) {
        (Flag, None) => json!(false),
        (Word(words), None) => json!(words[0]),
        (Number(default, _), None) => json!(default),
        (Time(words), None) => json!(minutes(words[0])),
        (Texts(_) | Words(_), Some(list)) => {
            let texts = list.as_array().unwrap().iter().map(|one| one.as_str().unwrap());
            json!(texts.collect::<BTreeSet<_>>())
        }
        (Words(_), None) => json!([]),
        (Pairs(_), Some(list)) => {
            let pair = |one: &Value| (one["name"].to_string(), one["value"].to_string());
            json!(list.as_array().unwrap().iter().map(pair).collect::<BTreeSet<_>>())
        }
        (Time(_) | Limit(_), Some(time)) => json!(minutes(time.as_str().unwrap())),
        (_, given) => given.cloned().unwrap_or(Value::Null),
    }
}

/// The minutes of a duration such as `P1DT12H`.
fn minutes(text: &str) -> u64 {
    let (mut minutes, mut number, mut is_time) = (0, String::new(), false);
    for c in text.chars() {
        match c {
            'P' => {}
            'T' => is_time = true,
            '0'..='9' => number.push(c),
            unit => {
                let count: u64 = std::mem::take(&mut number).parse().unwrap();
                minutes += match (unit, is_time) {
                    ('D', false) => count * 24 * 60,
                    ('H', true) => count * 60,
                    ('M', true) => count,
                    ('S', true) if count == 0 => 0,
                    _ => panic!("{text} is no duration of whole minutes"),
                };
            }
        }
    }
    minutes
}
