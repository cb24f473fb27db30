//! The members of app protection policies, as Microsoft Graph defines them: one row each.
//!
//! For every member: the platforms that have it, its type, the value that it has where nobody set
//! it, and what the portal calls it. What values decide is not known here.

use crate::vocabulary::{Platform, Platforms};

/// A member of a policy's object.
#[derive(Debug)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) on: &'static [Platform],
    pub(super) kind: Kind,
    /// What the portal calls it.
    pub(super) title: &'static str,
}

/// The type of a property, with the value that it has where nobody set it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// `false` where it is not set.
    Bool,
    /// A number of a range, and the usual one.
    Int { from: u32, to: u32, usual: u32 },
    /// One of some words; the first is the usual one.
    Word(&'static [&'static str]),
    /// One of some words, or null.
    WordOrNull(&'static [&'static str]),
    /// Some of these words.
    Words(&'static [&'static str]),
    /// A duration, for example `PT12H`. Some have a usual value, in minutes; others are left out.
    Period(Option<u32>),
    /// A text; an empty one is none.
    Text,
    /// Texts, in any order.
    Texts,
    /// Pairs of `name` and `value`, in order.
    Pairs,
    /// Whatever; it decides nothing and is kept as it is.
    Kept,
    /// It is read by itself: apps, assignments and the like.
    Special,
}

use Platform::{Android, Ios, Windows};

const I: &[Platform] = &[Ios];
const A: &[Platform] = &[Android];
const IA: &[Platform] = &[Ios, Android];
const W: &[Platform] = &[Windows];
const IW: &[Platform] = &[Ios, Windows];
const IAW: &[Platform] = &[Ios, Android, Windows];

/// Where data may go between apps.
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
/// What happens when a condition of conditional launch holds.
const ACTION: &[&str] = &["block", "wipe", "warn", "blockWhenSettingIsSupported"];
const STATE: &[&str] = &["notBlocked", "blocked"];

const fn row(
    name: &'static str,
    on: &'static [Platform],
    kind: Kind,
    title: &'static str,
) -> Property {
    Property { name, on, kind, title }
}

/// Every property of the three types, in the order in which they are written.
#[rustfmt::skip]
pub(super) const PROPERTIES: &[Property] = &[
    row("displayName", IAW, Kind::Special, "Name"),
    row("description", IAW, Kind::Special, "Description"),
    row("roleScopeTagIds", IAW, Kind::Special, "Scope tags"),
    row("appGroupType", IA, Kind::Special, "Target policy to"),
    row("apps", IAW, Kind::Special, "Apps"),
    row("targetedAppManagementLevels", IA, Kind::Special, "Device types"),
    row("assignments", IAW, Kind::Special, "Assignments"),

    row("dataBackupBlocked", IA, Kind::Bool, "Backup org data"),
    row("allowedOutboundDataTransferDestinations", IA, Kind::Word(TRANSFER), "Send org data to other apps"),
    row("allowedOutboundDataTransferDestinations", W, Kind::Word(WINDOWS_TRANSFER), "Send org data to"),
    row("disableProtectionOfManagedOutboundOpenInData", I, Kind::Bool, "Send org data to other apps: with OS sharing"),
    row("filterOpenInToOnlyManagedApps", I, Kind::Bool, "Send org data to other apps: with Open-In/Share filtering"),
    row("exemptedAppProtocols", I, Kind::Pairs, "Select apps to exempt"),
    row("exemptedAppPackages", A, Kind::Pairs, "Select apps to exempt"),
    row("saveAsBlocked", IA, Kind::Bool, "Save copies of org data"),
    row("allowedDataStorageLocations", IA, Kind::Words(STORAGES), "Allow user to save copies to selected services"),
    row("dialerRestrictionLevel", IA, Kind::Word(&["allApps", "managedApps", "customApp", "blocked"]), "Transfer telecommunication data to"),
    row("customDialerAppProtocol", I, Kind::Text, "Dialer app URL scheme"),
    row("customDialerAppPackageId", A, Kind::Text, "Dialer app package ID"),
    row("customDialerAppDisplayName", A, Kind::Text, "Dialer app name"),
    row("protectedMessagingRedirectAppType", IA, Kind::Word(&["anyApp", "anyManagedApp", "specificApps", "blocked"]), "Transfer messaging data to"),
    row("messagingRedirectAppUrlScheme", I, Kind::Text, "Messaging app URL scheme"),
    row("messagingRedirectAppPackageId", A, Kind::Text, "Messaging app package ID"),
    row("messagingRedirectAppDisplayName", A, Kind::Text, "Messaging app name"),
    row("allowedInboundDataTransferSources", IA, Kind::Word(TRANSFER), "Receive data from other apps"),
    row("allowedInboundDataTransferSources", W, Kind::Word(WINDOWS_TRANSFER), "Receive data from"),
    row("protectInboundDataFromUnknownSources", I, Kind::Bool, "Receive data from other apps: all apps with incoming org data"),
    row("blockDataIngestionIntoOrganizationDocuments", IA, Kind::Bool, "Open data into org documents"),
    row("allowedDataIngestionLocations", IA, Kind::Words(INGESTION), "Allow users to open data from selected services"),
    row("allowedOutboundClipboardSharingLevel", IA, Kind::Word(CLIPBOARD), "Restrict cut, copy, and paste between other apps"),
    row("allowedOutboundClipboardSharingLevel", W, Kind::Word(WINDOWS_CLIPBOARD), "Allow cut, copy, and paste for"),
    row("allowedOutboundClipboardSharingExceptionLength", IA, Kind::Int { from: 0, to: 65535, usual: 0 }, "Cut and copy character limit for any app"),
    row("thirdPartyKeyboardsBlocked", I, Kind::Bool, "Third-party keyboards"),
    row("keyboardsRestricted", A, Kind::Bool, "Approved keyboards"),
    row("approvedKeyboards", A, Kind::Pairs, "Select keyboards to approve"),
    row("screenCaptureBlocked", A, Kind::Bool, "Screen capture and Google Assistant"),
    row("screenCaptureConfigurationState", I, Kind::WordOrNull(STATE), "Screen capture"),
    row("genmojiConfigurationState", I, Kind::WordOrNull(STATE), "Genmoji"),
    row("writingToolsConfigurationState", I, Kind::WordOrNull(STATE), "Writing Tools"),
    row("contactSyncBlocked", IA, Kind::Bool, "Sync policy managed app data with native apps or add-ins"),
    row("allowWidgetContentSync", I, Kind::Bool, "Sync policy managed app data with widgets"),
    row("printBlocked", IAW, Kind::Bool, "Printing org data"),
    row("managedBrowserToOpenLinksRequired", IA, Kind::Bool, "Restrict web content transfer with other apps"),
    row("managedBrowser", IA, Kind::Word(&["notConfigured", "microsoftEdge"]), "Restrict web content transfer with other apps: Microsoft Edge"),
    row("customBrowserProtocol", I, Kind::Text, "Unmanaged browser protocol"),
    row("customBrowserPackageId", A, Kind::Text, "Unmanaged browser ID"),
    row("customBrowserDisplayName", A, Kind::Text, "Unmanaged browser name"),
    row("exemptedUniversalLinks", I, Kind::Texts, "Select universal links to exempt"),
    row("managedUniversalLinks", I, Kind::Texts, "Select managed universal links"),
    row("notificationRestriction", IA, Kind::Word(&["allow", "blockOrganizationalData", "block"]), "Org data notifications"),
    row("purviewContentEvaluationRequired", IA, Kind::Kept, "Purview content evaluation"),
    row("connectToVpnOnLaunch", A, Kind::Bool, "Start Microsoft Tunnel connection on app-launch"),

    row("appDataEncryptionType", I, Kind::Word(&["useDeviceSettings", "afterDeviceRestart", "whenDeviceLockedExceptOpenFiles", "whenDeviceLocked"]), "Encrypt org data"),
    row("encryptAppData", A, Kind::Bool, "Encrypt org data"),
    row("disableAppEncryptionIfDeviceEncryptionIsEnabled", A, Kind::Bool, "Encrypt org data on enrolled devices"),

    row("pinRequired", IA, Kind::Bool, "PIN for access"),
    row("pinCharacterSet", IA, Kind::Word(&["numeric", "alphanumericAndSymbol"]), "PIN type"),
    row("simplePinBlocked", IA, Kind::Bool, "Simple PIN"),
    row("minimumPinLength", IA, Kind::Int { from: 1, to: 255, usual: 4 }, "Minimum PIN length"),
    row("maximumPinRetries", IA, Kind::Int { from: 1, to: 65535, usual: 5 }, "Max PIN attempts"),
    row("appActionIfMaximumPinRetriesExceeded", IA, Kind::Word(&["block", "wipe"]), "Max PIN attempts: action"),
    row("previousPinBlockCount", IA, Kind::Int { from: 0, to: 24, usual: 0 }, "Select number of previous PIN values to maintain"),
    row("periodBeforePinReset", IA, Kind::Period(Some(0)), "PIN reset after number of days"),
    row("fingerprintBlocked", IA, Kind::Bool, "Biometrics (Touch ID, fingerprint) instead of PIN"),
    row("faceIdBlocked", I, Kind::Bool, "Face ID instead of PIN"),
    row("biometricAuthenticationBlocked", A, Kind::Bool, "Biometrics instead of PIN"),
    row("fingerprintAndBiometricEnabled", A, Kind::Kept, "Biometrics instead of PIN"),
    row("pinRequiredInsteadOfBiometricTimeout", IA, Kind::Period(Some(0)), "Override biometrics with PIN after timeout"),
    row("requireClass3Biometrics", A, Kind::Bool, "Class 3 biometrics"),
    row("requirePinAfterBiometricChange", A, Kind::Bool, "PIN after biometrics have changed"),
    row("disableAppPinIfDevicePinIsSet", IA, Kind::Bool, "App PIN when device PIN is set"),
    row("organizationalCredentialsRequired", IA, Kind::Bool, "Work or school account credentials for access"),
    row("periodOnlineBeforeAccessCheck", IA, Kind::Period(Some(30)), "Recheck the access requirements after (minutes of inactivity)"),

    row("periodOfflineBeforeAccessCheck", IAW, Kind::Period(None), "Offline grace period: block access"),
    row("periodOfflineBeforeWipeIsEnforced", IAW, Kind::Period(None), "Offline grace period: wipe data"),
    row("deviceComplianceRequired", IA, Kind::Bool, "Jailbroken/rooted devices"),
    row("appActionIfDeviceComplianceRequired", IA, Kind::Word(&["block", "wipe"]), "Jailbroken/rooted devices: action"),
    row("appActionIfUnableToAuthenticateUser", IAW, Kind::WordOrNull(ACTION), "Disabled account"),
    row("minimumWarningOsVersion", IAW, Kind::Text, "Min OS version"),
    row("minimumRequiredOsVersion", IAW, Kind::Text, "Min OS version"),
    row("minimumWipeOsVersion", IAW, Kind::Text, "Min OS version"),
    row("maximumWarningOsVersion", IAW, Kind::Text, "Max OS version"),
    row("maximumRequiredOsVersion", IAW, Kind::Text, "Max OS version"),
    row("maximumWipeOsVersion", IAW, Kind::Text, "Max OS version"),
    row("minimumWarningPatchVersion", A, Kind::Text, "Min patch version"),
    row("minimumRequiredPatchVersion", A, Kind::Text, "Min patch version"),
    row("minimumWipePatchVersion", A, Kind::Text, "Min patch version"),
    row("minimumWarningAppVersion", IAW, Kind::Text, "Min app version"),
    row("minimumRequiredAppVersion", IAW, Kind::Text, "Min app version"),
    row("minimumWipeAppVersion", IAW, Kind::Text, "Min app version"),
    row("minimumWarningSdkVersion", I, Kind::Text, "Min SDK version"),
    row("minimumRequiredSdkVersion", IW, Kind::Text, "Min SDK version"),
    row("minimumWipeSdkVersion", IW, Kind::Text, "Min SDK version"),
    row("minimumWarningCompanyPortalVersion", A, Kind::Text, "Min Company Portal version"),
    row("minimumRequiredCompanyPortalVersion", A, Kind::Text, "Min Company Portal version"),
    row("minimumWipeCompanyPortalVersion", A, Kind::Text, "Min Company Portal version"),
    row("warnAfterCompanyPortalUpdateDeferralInDays", A, Kind::Int { from: 0, to: 365, usual: 0 }, "Max Company Portal version age (days)"),
    row("blockAfterCompanyPortalUpdateDeferralInDays", A, Kind::Int { from: 0, to: 365, usual: 0 }, "Max Company Portal version age (days)"),
    row("wipeAfterCompanyPortalUpdateDeferralInDays", A, Kind::Int { from: 0, to: 365, usual: 0 }, "Max Company Portal version age (days)"),
    row("allowedIosDeviceModels", I, Kind::Text, "Device model(s)"),
    row("appActionIfIosDeviceModelNotAllowed", I, Kind::Word(ACTION), "Device model(s): action"),
    row("allowedAndroidDeviceModels", A, Kind::Texts, "Device model(s)"),
    row("appActionIfAndroidDeviceModelNotAllowed", A, Kind::Word(ACTION), "Device model(s): action"),
    row("allowedAndroidDeviceManufacturers", A, Kind::Text, "Device manufacturer(s)"),
    row("appActionIfAndroidDeviceManufacturerNotAllowed", A, Kind::Word(ACTION), "Device manufacturer(s): action"),
    row("requiredAndroidSafetyNetDeviceAttestationType", A, Kind::Word(&["none", "basicIntegrity", "basicIntegrityAndDeviceCertification"]), "Play integrity verdict"),
    row("requiredAndroidSafetyNetEvaluationType", A, Kind::Word(&["basic", "hardwareBacked"]), "Play integrity verdict evaluation type"),
    row("appActionIfAndroidSafetyNetDeviceAttestationFailed", A, Kind::Word(ACTION), "Play integrity verdict: action"),
    row("requiredAndroidSafetyNetAppsVerificationType", A, Kind::Word(&["none", "enabled"]), "Require threat scan on apps"),
    row("appActionIfAndroidSafetyNetAppsVerificationFailed", A, Kind::Word(ACTION), "Require threat scan on apps: action"),
    row("deviceLockRequired", A, Kind::Bool, "Require device lock"),
    row("appActionIfDeviceLockNotSet", A, Kind::Word(ACTION), "Require device lock: action"),
    row("appActionIfDevicePasscodeComplexityLessThanLow", A, Kind::WordOrNull(ACTION), "Require device lock: Low"),
    row("appActionIfDevicePasscodeComplexityLessThanMedium", A, Kind::WordOrNull(ACTION), "Require device lock: Medium"),
    row("appActionIfDevicePasscodeComplexityLessThanHigh", A, Kind::WordOrNull(ACTION), "Require device lock: High"),
    row("appActionIfSamsungKnoxAttestationRequired", A, Kind::WordOrNull(ACTION), "Samsung Knox device attestation"),
    row("maximumAllowedDeviceThreatLevel", IAW, Kind::Word(&["notConfigured", "secured", "low", "medium", "high"]), "Max allowed device threat level"),
    row("mobileThreatDefenseRemediationAction", IAW, Kind::Word(&["block", "wipe"]), "Max allowed device threat level: action"),
    row("mobileThreatDefensePartnerPriority", IA, Kind::Kept, "Primary MTD service"),
    row("appActionIfAccountIsClockedOut", IA, Kind::WordOrNull(&["block", "warn"]), "Non-working time"),
    row("gracePeriodToBlockAppsDuringOffClockHours", IA, Kind::Kept, "Non-working time: grace period"),
];

/// Members that the service alone writes.
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
    /// The property of this name on a platform.
    pub(super) fn find(name: &str, platform: Platform) -> Option<&'static Self> {
        PROPERTIES.iter().find(|one| one.name == name && one.on.contains(&platform))
    }

    /// What the platforms have by this name.
    pub(super) fn rows(name: &str) -> impl Iterator<Item = &'static Self> {
        PROPERTIES.iter().filter(move |one| one.name == name)
    }

    /// Whether some platform has a property of this name.
    pub(super) fn is_known(name: &str) -> bool {
        PROPERTIES.iter().any(|one| one.name == name)
    }

    /// The platforms that have a property of this name.
    pub(super) fn platforms(name: &str) -> Platforms {
        let rows = PROPERTIES.iter().filter(|one| one.name == name);
        rows.flat_map(|one| one.on.iter().copied()).collect()
    }

    /// The properties of a platform, in the order in which they are written.
    pub(super) fn all(platform: Platform) -> impl Iterator<Item = &'static Self> {
        PROPERTIES.iter().filter(move |one| one.on.contains(&platform))
    }
}
