//! The schema of app protection policies in Microsoft Graph: one row for each member.
//!
//! A row gives the platforms of a member, its type with its default, and its title in the portal. The
//! meaning of values is not known here.

use crate::vocabulary::{Platform, Platforms};

/// A member of a policy's object.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) on: &'static [Platform],
    pub(super) kind: ValueType,
    /// The setting's title in the portal.
    pub(super) title: &'static str,
}

/// The type of a property, with its default: the value in a policy in which nobody set it.
#[derive(Debug, Clone, Copy)]
pub(super) enum ValueType {
    /// A boolean; the default is false.
    Bool,
    /// A number of a range, with its default.
    Int { from: u32, to: u32, default: u32 },
    /// One of some words; the first is the default.
    Word(&'static [&'static str]),
    /// One of some words, or null.
    WordOrNull(&'static [&'static str]),
    /// A subset of some words.
    Words(&'static [&'static str]),
    /// A duration such as `PT12H`, with its default in minutes, if it has one.
    Duration(Option<u32>),
    /// A text; an empty text is no value.
    Text,
    /// A set of texts.
    Texts,
    /// A set of pairs of `name` and `value`.
    Pairs,
    /// Any JSON; it decides nothing and is kept.
    Kept,
    /// A member of the policy's head, which has a reader of its own.
    Special,
}

use Platform::{Android, Ios, Windows};

const I: &[Platform] = &[Ios];
const A: &[Platform] = &[Android];
const IA: &[Platform] = &[Ios, Android];
const W: &[Platform] = &[Windows];
const IW: &[Platform] = &[Ios, Windows];
const IAW: &[Platform] = &[Ios, Android, Windows];

/// Destinations of data between apps.
pub(super) const TRANSFER: &[&str] = &["allApps", "managedApps", "none"];
const WINDOWS_TRANSFER: &[&str] = &["allApps", "none"];
pub(super) const STORAGES: &[&str] = &[
    "oneDriveForBusiness",
    "sharePoint",
    "box",
    "localStorage",
    "photoLibrary",
    "iManage",
    "egnyte",
];
pub(super) const INGESTION: &[&str] =
    &["oneDriveForBusiness", "sharePoint", "camera", "photoLibrary"];
pub(super) const CLIPBOARD: &[&str] =
    &["allApps", "managedAppsWithPasteIn", "managedApps", "blocked"];
pub(super) const WINDOWS_CLIPBOARD: &[&str] =
    &["anyDestinationAnySource", "orgDestinationAnySource", "orgDestinationOrgSource", "none"];
/// Actions of conditional launch.
const ACTION: &[&str] = &["block", "wipe", "warn", "blockWhenSettingIsSupported"];
const STATE: &[&str] = &["notBlocked", "blocked"];

const fn row(
    name: &'static str,
    on: &'static [Platform],
    kind: ValueType,
    title: &'static str,
) -> Property {
    Property { name, on, kind, title }
}

/// Every property of the three types, in the order of an exported object.
#[rustfmt::skip]
pub(super) const PROPERTIES: &[Property] = &[
    row("displayName", IAW, ValueType::Special, "Name"),
    row("description", IAW, ValueType::Special, "Description"),
    row("roleScopeTagIds", IAW, ValueType::Special, "Scope tags"),
    row("appGroupType", IA, ValueType::Special, "Target policy to"),
    row("apps", IAW, ValueType::Special, "Apps"),
    row("targetedAppManagementLevels", IA, ValueType::Special, "Device types"),
    row("assignments", IAW, ValueType::Special, "Assignments"),

    row("dataBackupBlocked", IA, ValueType::Bool, "Backup org data"),
    row("allowedOutboundDataTransferDestinations", IA, ValueType::Word(TRANSFER), "Send org data to other apps"),
    row("allowedOutboundDataTransferDestinations", W, ValueType::Word(WINDOWS_TRANSFER), "Send org data to"),
    row("disableProtectionOfManagedOutboundOpenInData", I, ValueType::Bool, "Send org data to other apps: with OS sharing"),
    row("filterOpenInToOnlyManagedApps", I, ValueType::Bool, "Send org data to other apps: with Open-In/Share filtering"),
    row("exemptedAppProtocols", I, ValueType::Pairs, "Select apps to exempt"),
    row("exemptedAppPackages", A, ValueType::Pairs, "Select apps to exempt"),
    row("saveAsBlocked", IA, ValueType::Bool, "Save copies of org data"),
    row("allowedDataStorageLocations", IA, ValueType::Words(STORAGES), "Allow user to save copies to selected services"),
    row("dialerRestrictionLevel", IA, ValueType::Word(&["allApps", "managedApps", "customApp", "blocked"]), "Transfer telecommunication data to"),
    row("customDialerAppProtocol", I, ValueType::Text, "Dialer app URL scheme"),
    row("customDialerAppPackageId", A, ValueType::Text, "Dialer app package ID"),
    row("customDialerAppDisplayName", A, ValueType::Text, "Dialer app name"),
    row("protectedMessagingRedirectAppType", IA, ValueType::Word(&["anyApp", "anyManagedApp", "specificApps", "blocked"]), "Transfer messaging data to"),
    row("messagingRedirectAppUrlScheme", I, ValueType::Text, "Messaging app URL scheme"),
    row("messagingRedirectAppPackageId", A, ValueType::Text, "Messaging app package ID"),
    row("messagingRedirectAppDisplayName", A, ValueType::Text, "Messaging app name"),
    row("allowedInboundDataTransferSources", IA, ValueType::Word(TRANSFER), "Receive data from other apps"),
    row("allowedInboundDataTransferSources", W, ValueType::Word(WINDOWS_TRANSFER), "Receive data from"),
    row("protectInboundDataFromUnknownSources", I, ValueType::Bool, "Receive data from other apps: all apps with incoming org data"),
    row("blockDataIngestionIntoOrganizationDocuments", IA, ValueType::Bool, "Open data into org documents"),
    row("allowedDataIngestionLocations", IA, ValueType::Words(INGESTION), "Allow users to open data from selected services"),
    row("allowedOutboundClipboardSharingLevel", IA, ValueType::Word(CLIPBOARD), "Restrict cut, copy, and paste between other apps"),
    row("allowedOutboundClipboardSharingLevel", W, ValueType::Word(WINDOWS_CLIPBOARD), "Allow cut, copy, and paste for"),
    row("allowedOutboundClipboardSharingExceptionLength", IA, ValueType::Int { from: 0, to: 65535, default: 0 }, "Cut and copy character limit for any app"),
    row("thirdPartyKeyboardsBlocked", I, ValueType::Bool, "Third-party keyboards"),
    row("keyboardsRestricted", A, ValueType::Bool, "Approved keyboards"),
    row("approvedKeyboards", A, ValueType::Pairs, "Select keyboards to approve"),
    row("screenCaptureBlocked", A, ValueType::Bool, "Screen capture and Google Assistant"),
    row("screenCaptureConfigurationState", I, ValueType::WordOrNull(STATE), "Screen capture"),
    row("genmojiConfigurationState", I, ValueType::WordOrNull(STATE), "Genmoji"),
    row("writingToolsConfigurationState", I, ValueType::WordOrNull(STATE), "Writing Tools"),
    row("contactSyncBlocked", IA, ValueType::Bool, "Sync policy managed app data with native apps or add-ins"),
    row("allowWidgetContentSync", I, ValueType::Bool, "Sync policy managed app data with widgets"),
    row("printBlocked", IAW, ValueType::Bool, "Printing org data"),
    row("managedBrowserToOpenLinksRequired", IA, ValueType::Bool, "Restrict web content transfer with other apps"),
    row("managedBrowser", IA, ValueType::Word(&["notConfigured", "microsoftEdge"]), "Restrict web content transfer with other apps: Microsoft Edge"),
    row("customBrowserProtocol", I, ValueType::Text, "Unmanaged browser protocol"),
    row("customBrowserPackageId", A, ValueType::Text, "Unmanaged browser ID"),
    row("customBrowserDisplayName", A, ValueType::Text, "Unmanaged browser name"),
    row("exemptedUniversalLinks", I, ValueType::Texts, "Select universal links to exempt"),
    row("managedUniversalLinks", I, ValueType::Texts, "Select managed universal links"),
    row("notificationRestriction", IA, ValueType::Word(&["allow", "blockOrganizationalData", "block"]), "Org data notifications"),
    row("purviewContentEvaluationRequired", IA, ValueType::Kept, "Purview content evaluation"),
    row("connectToVpnOnLaunch", A, ValueType::Bool, "Start Microsoft Tunnel connection on app-launch"),

    row("appDataEncryptionType", I, ValueType::Word(&["useDeviceSettings", "afterDeviceRestart", "whenDeviceLockedExceptOpenFiles", "whenDeviceLocked"]), "Encrypt org data"),
    row("encryptAppData", A, ValueType::Bool, "Encrypt org data"),
    row("disableAppEncryptionIfDeviceEncryptionIsEnabled", A, ValueType::Bool, "Encrypt org data on enrolled devices"),

    row("pinRequired", IA, ValueType::Bool, "PIN for access"),
    row("pinCharacterSet", IA, ValueType::Word(&["numeric", "alphanumericAndSymbol"]), "PIN type"),
    row("simplePinBlocked", IA, ValueType::Bool, "Simple PIN"),
    row("minimumPinLength", IA, ValueType::Int { from: 1, to: 255, default: 4 }, "Minimum PIN length"),
    row("maximumPinRetries", IA, ValueType::Int { from: 1, to: 65535, default: 5 }, "Max PIN attempts"),
    row("appActionIfMaximumPinRetriesExceeded", IA, ValueType::Word(&["block", "wipe"]), "Max PIN attempts: action"),
    row("previousPinBlockCount", IA, ValueType::Int { from: 0, to: 24, default: 0 }, "Select number of previous PIN values to maintain"),
    row("periodBeforePinReset", IA, ValueType::Duration(Some(0)), "PIN reset after number of days"),
    row("fingerprintBlocked", IA, ValueType::Bool, "Biometrics (Touch ID, fingerprint) instead of PIN"),
    row("faceIdBlocked", I, ValueType::Bool, "Face ID instead of PIN"),
    row("biometricAuthenticationBlocked", A, ValueType::Bool, "Biometrics instead of PIN"),
    row("fingerprintAndBiometricEnabled", A, ValueType::Kept, "Biometrics instead of PIN"),
    row("pinRequiredInsteadOfBiometricTimeout", IA, ValueType::Duration(Some(0)), "Override biometrics with PIN after timeout"),
    row("requireClass3Biometrics", A, ValueType::Bool, "Class 3 biometrics"),
    row("requirePinAfterBiometricChange", A, ValueType::Bool, "PIN after biometrics have changed"),
    row("disableAppPinIfDevicePinIsSet", IA, ValueType::Bool, "App PIN when device PIN is set"),
    row("organizationalCredentialsRequired", IA, ValueType::Bool, "Work or school account credentials for access"),
    row("periodOnlineBeforeAccessCheck", IA, ValueType::Duration(Some(30)), "Recheck the access requirements after (minutes of inactivity)"),

    row("periodOfflineBeforeAccessCheck", IAW, ValueType::Duration(None), "Offline grace period: block access"),
    row("periodOfflineBeforeWipeIsEnforced", IAW, ValueType::Duration(None), "Offline grace period: wipe data"),
    row("deviceComplianceRequired", IA, ValueType::Bool, "Jailbroken/rooted devices"),
    row("appActionIfDeviceComplianceRequired", IA, ValueType::Word(&["block", "wipe"]), "Jailbroken/rooted devices: action"),
    row("appActionIfUnableToAuthenticateUser", IAW, ValueType::WordOrNull(ACTION), "Disabled account"),
    row("minimumWarningOsVersion", IAW, ValueType::Text, "Min OS version"),
    row("minimumRequiredOsVersion", IAW, ValueType::Text, "Min OS version"),
    row("minimumWipeOsVersion", IAW, ValueType::Text, "Min OS version"),
    row("maximumWarningOsVersion", IAW, ValueType::Text, "Max OS version"),
    row("maximumRequiredOsVersion", IAW, ValueType::Text, "Max OS version"),
    row("maximumWipeOsVersion", IAW, ValueType::Text, "Max OS version"),
    row("minimumWarningPatchVersion", A, ValueType::Text, "Min patch version"),
    row("minimumRequiredPatchVersion", A, ValueType::Text, "Min patch version"),
    row("minimumWipePatchVersion", A, ValueType::Text, "Min patch version"),
    row("minimumWarningAppVersion", IAW, ValueType::Text, "Min app version"),
    row("minimumRequiredAppVersion", IAW, ValueType::Text, "Min app version"),
    row("minimumWipeAppVersion", IAW, ValueType::Text, "Min app version"),
    row("minimumWarningSdkVersion", I, ValueType::Text, "Min SDK version"),
    row("minimumRequiredSdkVersion", IW, ValueType::Text, "Min SDK version"),
    row("minimumWipeSdkVersion", IW, ValueType::Text, "Min SDK version"),
    row("minimumWarningCompanyPortalVersion", A, ValueType::Text, "Min Company Portal version"),
    row("minimumRequiredCompanyPortalVersion", A, ValueType::Text, "Min Company Portal version"),
    row("minimumWipeCompanyPortalVersion", A, ValueType::Text, "Min Company Portal version"),
    row("warnAfterCompanyPortalUpdateDeferralInDays", A, ValueType::Int { from: 0, to: 365, default: 0 }, "Max Company Portal version age (days)"),
    row("blockAfterCompanyPortalUpdateDeferralInDays", A, ValueType::Int { from: 0, to: 365, default: 0 }, "Max Company Portal version age (days)"),
    row("wipeAfterCompanyPortalUpdateDeferralInDays", A, ValueType::Int { from: 0, to: 365, default: 0 }, "Max Company Portal version age (days)"),
    row("allowedIosDeviceModels", I, ValueType::Text, "Device model(s)"),
    row("appActionIfIosDeviceModelNotAllowed", I, ValueType::Word(ACTION), "Device model(s): action"),
    row("allowedAndroidDeviceModels", A, ValueType::Texts, "Device model(s)"),
    row("appActionIfAndroidDeviceModelNotAllowed", A, ValueType::Word(ACTION), "Device model(s): action"),
    row("allowedAndroidDeviceManufacturers", A, ValueType::Text, "Device manufacturer(s)"),
    row("appActionIfAndroidDeviceManufacturerNotAllowed", A, ValueType::Word(ACTION), "Device manufacturer(s): action"),
    row("requiredAndroidSafetyNetDeviceAttestationType", A, ValueType::Word(&["none", "basicIntegrity", "basicIntegrityAndDeviceCertification"]), "Play integrity verdict"),
    row("requiredAndroidSafetyNetEvaluationType", A, ValueType::Word(&["basic", "hardwareBacked"]), "Play integrity verdict evaluation type"),
    row("appActionIfAndroidSafetyNetDeviceAttestationFailed", A, ValueType::Word(ACTION), "Play integrity verdict: action"),
    row("requiredAndroidSafetyNetAppsVerificationType", A, ValueType::Word(&["none", "enabled"]), "Require threat scan on apps"),
    row("appActionIfAndroidSafetyNetAppsVerificationFailed", A, ValueType::Word(ACTION), "Require threat scan on apps: action"),
    row("deviceLockRequired", A, ValueType::Bool, "Require device lock"),
    row("appActionIfDeviceLockNotSet", A, ValueType::Word(ACTION), "Require device lock: action"),
    row("appActionIfDevicePasscodeComplexityLessThanLow", A, ValueType::WordOrNull(ACTION), "Require device lock: Low"),
    row("appActionIfDevicePasscodeComplexityLessThanMedium", A, ValueType::WordOrNull(ACTION), "Require device lock: Medium"),
    row("appActionIfDevicePasscodeComplexityLessThanHigh", A, ValueType::WordOrNull(ACTION), "Require device lock: High"),
    row("appActionIfSamsungKnoxAttestationRequired", A, ValueType::WordOrNull(ACTION), "Samsung Knox device attestation"),
    row("maximumAllowedDeviceThreatLevel", IAW, ValueType::Word(&["notConfigured", "secured", "low", "medium", "high"]), "Max allowed device threat level"),
    row("mobileThreatDefenseRemediationAction", IAW, ValueType::Word(&["block", "wipe"]), "Max allowed device threat level: action"),
    row("mobileThreatDefensePartnerPriority", IA, ValueType::Kept, "Primary MTD service"),
    row("appActionIfAccountIsClockedOut", IA, ValueType::WordOrNull(&["block", "warn"]), "Non-working time"),
    row("gracePeriodToBlockAppsDuringOffClockHours", IA, ValueType::Kept, "Non-working time: grace period"),
];

/// Members that only the service writes.
pub(super) const READ_ONLY: &[&str] = &[
    "id",
    "version",
    "createdDateTime",
    "lastModifiedDateTime",
    "deployedAppCount",
    "isAssigned",
    "deploymentSummary",
];

impl Property {
    /// The property of a name on a platform.
    pub(super) fn find(name: &str, platform: Platform) -> Option<&'static Self> {
        PROPERTIES.iter().find(|one| one.name == name && one.on.contains(&platform))
    }

    /// The properties of a name on all platforms.
    pub(super) fn rows(name: &str) -> impl Iterator<Item = &'static Self> {
        PROPERTIES.iter().filter(move |one| one.name == name)
    }

    /// Whether some platform has a property of a name.
    pub(super) fn is_known(name: &str) -> bool {
        PROPERTIES.iter().any(|one| one.name == name)
    }

    /// The platforms that have a property of a name.
    pub(super) fn platforms(name: &str) -> Platforms {
        let rows = PROPERTIES.iter().filter(|one| one.name == name);
        rows.flat_map(|one| one.on.iter().copied()).collect()
    }

    /// The properties of a platform, in the order of an exported object.
    pub(super) fn all(platform: Platform) -> impl Iterator<Item = &'static Self> {
        PROPERTIES.iter().filter(move |one| one.on.contains(&platform))
    }
}
