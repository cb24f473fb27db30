//! The levels of Microsoft's data protection framework: requirements, and how far a policy meets them.
//!
//! Takes in the settings of a policy, gives out its level with the requirements that it does not meet.
//! The table has one row for each requirement, with the value that the framework publishes. A stricter
//! value meets it, too. Apps and assignments of a policy are not known here.

use std::collections::BTreeMap;

use crate::intune::emit::graph::json_of;
use crate::intune::json::ast_of;
use crate::intune::names::Names;
use crate::intune::read::members::StatedMember;
use crate::intune::schema::Property;
use crate::intune::settings::Settings;
use crate::intune::settings::clipboard::Sharing;
use crate::intune::settings::encryption::Encryption;
use crate::intune::settings::exemptions::default_apps;
use crate::intune::settings::features::{Keyboards, Notify};
use crate::intune::settings::pin::{Biometrics, Pin};
use crate::intune::settings::redirect::Redirect;
use crate::intune::settings::transfer::{Receive, Send};
use crate::intune::settings::web::Browser;
use crate::syntax::{ast, print};
use crate::vocabulary::Platform;

/// The number of levels.
pub(super) const LEVELS: u8 = 3;

/// A requirement that a policy does not meet, with the changes that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Missing {
    /// The level that introduces the value.
    pub level: u8,
    /// The setting's title in the portal.
    pub setting: &'static str,
    /// The choice that the level requires, in the portal's words.
    pub asks: &'static str,
    /// The members of Graph to change, including members that another setting overrides.
    pub changes: Vec<Change>,
}

/// A member of Graph whose value a level does not accept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The name of the member.
    pub member: &'static str,
    /// Its value as JSON text: the one in the export, or the default of a member that is absent.
    pub found: String,
    /// The value that the level requires, as JSON text; `None` if the choice is the administrator's.
    pub wanted: Option<&'static str>,
}

/// The level of Microsoft's data protection framework that a policy reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyLevel {
    /// The policy's name in Intune.
    pub title: String,
    /// The platform of the policy.
    pub platform: Platform,
    /// The file of the policy.
    pub file: String,
    /// The line of its name.
    pub line: usize,
    /// The highest level that the policy reaches together with all levels below, 1 to 3; 0 for none.
    pub reached: u8,
    /// Whether the settings decide exactly as the policy. Those of an export do. Settings that were fitted
    /// to rules may be stricter than the rules, and then the level may be too high.
    pub exact: bool,
    missing: Vec<Vec<Missing>>,
}

impl PolicyLevel {
    /// The level of settings that were fitted to rules.
    pub(super) fn of(
        policy: (&str, Platform),
        place: (&str, usize),
        settings: &Settings,
        (names, exact): (&Names, bool),
    ) -> Self {
        Self { exact, ..Self::of_export(policy, place, settings, (names, &BTreeMap::new())) }
    }

    /// The level of a policy with some settings; `stated` are its members, which are quoted.
    pub(super) fn of_export(
        (title, platform): (&str, Platform),
        (file, line): (&str, usize),
        settings: &Settings,
        (names, stated): (&Names, &BTreeMap<&'static str, StatedMember>),
    ) -> Self {
        let missing = missing(platform, settings, names, stated);
        let reached = missing.iter().take_while(|missing| missing.is_empty()).count();
        let reached = u8::try_from(reached).unwrap_or(LEVELS);
        let (title, file) = (title.to_owned(), file.to_owned());
        Self { title, platform, file, line, reached, exact: true, missing }
    }

    /// The requirements of a level, 1 to 3, that the policy does not meet, in the order of the portal.
    #[must_use]
    pub fn missing(&self, level: u8) -> &[Missing] {
        let at = usize::from(level).checked_sub(1);
        at.and_then(|at| self.missing.get(at)).map_or(&[], Vec::as_slice)
    }
}

/// The requirements that a policy does not meet, level by level.
fn missing(
    platform: Platform,
    settings: &Settings,
    names: &Names,
    stated: &BTreeMap<&'static str, StatedMember>,
) -> Vec<Vec<Missing>> {
    let values = settings.members(platform, names);
    let found = |member: &str| match (stated.get(member), values.get(member)) {
        (Some(entry), _) => print::json(&entry.json),
        (None, value) => {
            let json = value.and_then(|value| ast_of(&json_of(member, value)?));
            print::json(&json.unwrap_or(ast::Json::Null))
        }
    };
    let missing = |level| {
        let rows = in_force(platform, level);
        let rows = rows.into_iter().filter(|row| !(row.meets)(settings, names));
        rows.map(|row| row.missing(platform, &found)).collect()
    };
    (1..=LEVELS).map(missing).collect()
}

/// The rows that are in force at a level: of several rows for one setting the strictest.
fn in_force(platform: Platform, level: u8) -> Vec<&'static Requirement> {
    let rows = REQUIREMENTS.iter().filter(|row| row.on.contains(&platform) && row.level <= level);
    let mut rows: Vec<&Requirement> = rows.collect();
    let is_replaced =
        |row: &Requirement, by: &&Requirement| by.topic() == row.topic() && by.level > row.level;
    let all = rows.clone();
    rows.retain(|row| !all.iter().any(|other| is_replaced(row, other)));
    rows
}

/// A requirement of the framework.
#[derive(Debug)]
struct Requirement {
    level: u8,
    on: &'static [Platform],
    /// The choice in the portal.
    asks: &'static str,
    /// Members with required values. An empty value is the administrator's choice.
    wants: &'static [(&'static str, &'static str)],
    /// Whether a policy is at least as strict. A requirement on a setting inside another one counts as
    /// met without the outer setting: that one has a row of its own.
    meets: fn(&Settings, &Names) -> bool,
}

impl Requirement {
    /// The setting of the row. The three members for a device lock are one setting.
    fn topic(&self) -> &'static str {
        let member = self.wants.first().map_or("", |(member, _)| member);
        if member.starts_with(LOCK) { LOCK } else { member }
    }

    fn missing(&self, platform: Platform, found: &dyn Fn(&str) -> String) -> Missing {
        let (member, _) = self.wants.first().copied().unwrap_or_default();
        let title = Property::find(member, platform).map_or(member, |property| property.title);
        // The portal has one setting where Graph has several members.
        let setting = title.split(": ").next().unwrap_or(title);
        let change = |(member, wanted): &(&'static str, &'static str)| Change {
            member,
            found: found(member),
            wanted: Some(*wanted).filter(|wanted| !wanted.is_empty()),
        };
        let mut changes: Vec<Change> = self.wants.iter().map(change).collect();
        let differs = |change: &Change| match change.wanted {
            Some(wanted) => wanted != change.found,
            None => matches!(&*change.found, "null" | "[]"),
        };
        let is_asked = |change: &Change| change.wanted.is_some();
        if changes.iter().any(differs) {
            changes.retain(differs);
        } else if changes.iter().any(is_asked) {
            changes.retain(is_asked);
        }
        Missing { level: self.level, setting, asks: self.asks, changes }
    }
}

// ---------------------------------------------------------------- the table

use Platform::{Android, Ios, Windows};

const I: &[Platform] = &[Ios];
const A: &[Platform] = &[Android];
const W: &[Platform] = &[Windows];
const IA: &[Platform] = &[Ios, Android];
const IAW: &[Platform] = &[Ios, Android, Windows];

const LOCK: &str = "appActionIfDevicePasscodeComplexityLessThan";

const fn row(
    level: u8,
    on: &'static [Platform],
    asks: &'static str,
    wants: &'static [(&'static str, &'static str)],
    meets: fn(&Settings, &Names) -> bool,
) -> Requirement {
    Requirement { level, on, asks, wants, meets }
}

/// Every requirement, in the order of the portal.
#[rustfmt::skip]
const REQUIREMENTS: &[Requirement] = &[
    // Data settings.
    row(2, IA, "Block", &[("dataBackupBlocked", "true")], |it, _| it.features.backup_blocked),
    row(2, IA, "Policy managed apps", &[("allowedOutboundDataTransferDestinations", r#""managedApps""#)], |it, _| it.transfer.send.is_held()),
    row(2, W, "No destinations", &[("allowedOutboundDataTransferDestinations", r#""none""#)], |it, _| it.transfer.send == Send::None),
    row(2, I, "Default", &[("exemptedAppProtocols", r#"[{"name": "Default", "value": "skype;app-settings;calshow;itms;itmss;itms-apps;itms-appss;itms-services;"}]"#)], |it, names| it.transfer.exempt.is_subset(&default_apps(names))),
    row(2, IA, "Block, but for OneDrive, SharePoint and Photo Library", &[("saveAsBlocked", "true"), ("allowedDataStorageLocations", r#"["oneDriveForBusiness", "sharePoint", "photoLibrary"]"#)], |it, _| saves_to_known(it)),
    row(3, I, "A specific dialer app", &[("dialerRestrictionLevel", r#""customApp""#), ("customDialerAppProtocol", "")], |it, _| it.redirects.call != Redirect::Any),
    row(3, A, "Any policy-managed dialer app", &[("dialerRestrictionLevel", r#""managedApps""#)], |it, _| matches!(it.redirects.call, Redirect::Managed | Redirect::Blocked)),
    row(3, IA, "Policy managed apps", &[("allowedInboundDataTransferSources", r#""managedApps""#)], |it, _| it.transfer.receive >= Receive::Managed),
    row(2, W, "No sources", &[("allowedInboundDataTransferSources", r#""none""#)], |it, _| it.transfer.receive == Receive::None),
    row(3, IA, "Block, but for OneDrive, SharePoint, Camera and Photo Library", &[("blockDataIngestionIntoOrganizationDocuments", "true"), ("allowedDataIngestionLocations", r#"["oneDriveForBusiness", "sharePoint", "camera", "photoLibrary"]"#)], |it, _| it.transfer.open.is_some()),
    row(2, IA, "Policy managed apps with paste in", &[("allowedOutboundClipboardSharingLevel", r#""managedAppsWithPasteIn""#), ("allowedOutboundClipboardSharingExceptionLength", "0")], |it, _| it.clipboard.sharing >= Sharing::PasteIn && it.clipboard.exception == 0),
    row(2, W, "No destination or source", &[("allowedOutboundClipboardSharingLevel", r#""none""#)], |it, _| it.clipboard.sharing == Sharing::Blocked),
    row(3, I, "Block", &[("thirdPartyKeyboardsBlocked", "true")], |it, _| it.features.keyboards == Keyboards::System),
    row(3, A, "Require, with a list", &[("keyboardsRestricted", "true"), ("approvedKeyboards", "")], |it, _| it.features.keyboards != Keyboards::Any),
    row(2, A, "Block", &[("screenCaptureBlocked", "true")], |it, _| it.features.capture_blocked),
    row(1, I, "Require", &[("appDataEncryptionType", r#""whenDeviceLocked""#)], |it, _| it.encryption != Encryption::None),
    row(1, A, "Require", &[("encryptAppData", "true")], |it, _| it.encryption != Encryption::None),
    row(1, A, "Require", &[("disableAppEncryptionIfDeviceEncryptionIsEnabled", "false")], |it, _| it.encryption != Encryption::NotEnrolled),
    row(3, IAW, "Block", &[("printBlocked", "true")], |it, _| it.features.print_blocked),
    row(2, IA, "Microsoft Edge", &[("managedBrowserToOpenLinksRequired", "true"), ("managedBrowser", r#""microsoftEdge""#)], |it, _| it.web.browser == Browser::Edge),
    row(2, IA, "Block org data", &[("notificationRestriction", r#""blockOrganizationalData""#)], |it, _| it.features.notify >= Notify::WithoutContent),

    // Access requirements.
    row(1, IA, "Require", &[("pinRequired", "true")], |it, _| it.access.pin.is_some()),
    row(3, IA, "Block", &[("simplePinBlocked", "true")], |it, _| pin(it, |pin| pin.simple_blocked)),
    row(1, IA, "4", &[("minimumPinLength", "4")], |it, _| pin(it, |pin| pin.length >= 4)),
    row(3, IA, "6", &[("minimumPinLength", "6")], |it, _| pin(it, |pin| pin.length >= 6)),
    row(1, IA, "Require, after 1440 minutes", &[("pinRequiredInsteadOfBiometricTimeout", r#""P1D""#)], |it, _| pin(it, |pin| !pin.has_biometrics() || (1..=1440).contains(&pin.biometrics_override))),
    row(3, IA, "Yes, after 365 days", &[("periodBeforePinReset", r#""P365D""#)], |it, _| pin(it, |pin| (1..=365).contains(&pin.expires))),
    row(3, A, "Require", &[("requireClass3Biometrics", "true")], |it, _| pin(it, |pin| pin.class_3 || !pin.has_biometrics())),
    row(3, A, "Require", &[("requirePinAfterBiometricChange", "true")], |it, _| pin(it, |pin| pin.asks_after_change || !pin.has_biometrics())),
    row(1, IA, "Require", &[("disableAppPinIfDevicePinIsSet", "false")], |it, _| pin(it, |pin| !pin.skips_with_device_pin)),
    row(1, IA, "30", &[("periodOnlineBeforeAccessCheck", r#""PT30M""#)], |it, _| it.access.recheck.is_none_or(|minutes| minutes <= 30)),

    // Conditional launch; on Windows, health checks.
    row(1, IA, "5, Reset PIN", &[("maximumPinRetries", "5")], |it, _| pin(it, |pin| pin.attempts <= 5)),
    row(1, IAW, "10080 minutes, Block access", &[("periodOfflineBeforeAccessCheck", r#""P7D""#)], |it, _| it.launches.minutes("periodOfflineBeforeAccessCheck").is_some_and(|one| one <= 10_080)),
    row(1, IAW, "90 days, Wipe data", &[("periodOfflineBeforeWipeIsEnforced", r#""P90D""#)], |it, _| wipes_offline(it, 90)),
    row(2, IAW, "30 days, Wipe data", &[("periodOfflineBeforeWipeIsEnforced", r#""P30D""#)], |it, _| wipes_offline(it, 30)),
    row(1, IA, "Block access", &[("deviceComplianceRequired", "true"), ("appActionIfDeviceComplianceRequired", r#""block""#)], |it, _| it.launches.has("deviceComplianceRequired")),
    row(3, IA, "Wipe data", &[("deviceComplianceRequired", "true"), ("appActionIfDeviceComplianceRequired", r#""wipe""#)], |it, _| it.launches.has("deviceComplianceRequired") && it.launches.word("appActionIfDeviceComplianceRequired") == "wipe"),
    row(1, A, "Basic integrity and certified devices, Block access", &[("requiredAndroidSafetyNetDeviceAttestationType", r#""basicIntegrityAndDeviceCertification""#), ("appActionIfAndroidSafetyNetDeviceAttestationFailed", r#""block""#)], |it, _| attests(it)),
    row(2, A, "Check strong integrity", &[("requiredAndroidSafetyNetEvaluationType", r#""hardwareBacked""#)], |it, _| it.launches.is_word("requiredAndroidSafetyNetEvaluationType", &["hardwareBacked"]) || !it.launches.has("requiredAndroidSafetyNetDeviceAttestationType")),
    row(1, A, "Block access", &[("requiredAndroidSafetyNetAppsVerificationType", r#""enabled""#), ("appActionIfAndroidSafetyNetAppsVerificationFailed", r#""block""#)], |it, _| it.launches.is_word("appActionIfAndroidSafetyNetAppsVerificationFailed", BLOCKS)),
    row(1, A, "Low, Warn", &[("appActionIfDevicePasscodeComplexityLessThanLow", r#""warn""#)], |it, _| locks(it, &["Low", "Medium", "High"], &["warn", "block", "wipe"])),
    row(2, A, "Medium, Block access", &[("appActionIfDevicePasscodeComplexityLessThanMedium", r#""block""#)], |it, _| locks(it, &["Medium", "High"], BLOCKS)),
    row(3, A, "High, Block access", &[("appActionIfDevicePasscodeComplexityLessThanHigh", r#""block""#)], |it, _| locks(it, &["High"], BLOCKS)),
    row(2, A, "Block access", &[("appActionIfSamsungKnoxAttestationRequired", r#""block""#)], |it, _| it.launches.is_word("appActionIfSamsungKnoxAttestationRequired", BLOCKS)),
    row(3, A, "Wipe data", &[("appActionIfSamsungKnoxAttestationRequired", r#""wipe""#)], |it, _| it.launches.is_word("appActionIfSamsungKnoxAttestationRequired", &["wipe"])),
    row(2, IAW, "Block access", &[("appActionIfUnableToAuthenticateUser", r#""block""#)], |it, _| it.launches.is_word("appActionIfUnableToAuthenticateUser", BLOCKS)),
    row(2, IAW, "A version, Block access", &[("minimumRequiredOsVersion", "")], |it, _| it.launches.has("minimumRequiredOsVersion") || it.launches.has("minimumWipeOsVersion")),
    row(2, A, "A day, Block access", &[("minimumRequiredPatchVersion", "")], |it, _| it.launches.has("minimumRequiredPatchVersion") || it.launches.has("minimumWipePatchVersion")),
    row(3, IAW, "A version, Block access", &[("maximumRequiredOsVersion", "")], |it, _| it.launches.has("maximumRequiredOsVersion") || it.launches.has("maximumWipeOsVersion")),
    row(1, W, "Low, Block access", &[("maximumAllowedDeviceThreatLevel", r#""low""#)], |it, _| it.launches.is_word("maximumAllowedDeviceThreatLevel", &["low", "secured"])),
    row(3, IAW, "Secured, Block access", &[("maximumAllowedDeviceThreatLevel", r#""secured""#)], |it, _| it.launches.is_word("maximumAllowedDeviceThreatLevel", &["secured"])),
];

/// Actions that block access.
const BLOCKS: &[&str] = &["block", "wipe"];

/// Whether copies are saved to the framework's services only.
fn saves_to_known(settings: &Settings) -> bool {
    let known = ["oneDriveForBusiness", "sharePoint", "photoLibrary"];
    let chosen = settings.transfer.save.as_ref();
    chosen.is_some_and(|chosen| chosen.iter().all(|service| known.contains(service)))
}

fn pin(settings: &Settings, holds: impl Fn(&Pin) -> bool) -> bool {
    settings.access.pin.as_ref().is_none_or(holds)
}

impl Pin {
    fn has_biometrics(&self) -> bool {
        self.biometrics != Biometrics::No
    }
}

/// Whether data is wiped after some days offline.
fn wipes_offline(settings: &Settings, days: u32) -> bool {
    let minutes = settings.launches.minutes("periodOfflineBeforeWipeIsEnforced");
    minutes.is_some_and(|minutes| minutes <= days.saturating_mul(24 * 60))
}

/// Whether only certified devices pass attestation. Hardware attests certified devices only.
fn attests(settings: &Settings) -> bool {
    let launches = &settings.launches;
    let certified = launches.is_word(
        "requiredAndroidSafetyNetDeviceAttestationType",
        &["basicIntegrityAndDeviceCertification"],
    ) || launches
        .is_word("requiredAndroidSafetyNetEvaluationType", &["hardwareBacked"]);
    certified && launches.is_word("appActionIfAndroidSafetyNetDeviceAttestationFailed", BLOCKS)
}

/// Whether the policy requires a device lock of one of some strengths, with one of some actions.
fn locks(settings: &Settings, strengths: &[&str], actions: &[&str]) -> bool {
    let mut strengths = strengths.iter();
    strengths.any(|strength| settings.launches.is_word(&format!("{LOCK}{strength}"), actions))
}

#[cfg(test)]
mod tests {
    use super::{LEVELS, REQUIREMENTS, in_force};
    use crate::intune::schema::Property;
    use crate::vocabulary::Platform;

    #[test]
    fn rows_name_members_that_their_platforms_have() {
        for row in REQUIREMENTS {
            assert!((1..=LEVELS).contains(&row.level));
            for (member, platform) in
                row.wants.iter().flat_map(|(member, _)| row.on.iter().map(move |one| (member, one)))
            {
                assert!(Property::find(member, *platform).is_some(), "{member} on {platform}");
            }
        }
    }

    #[test]
    fn a_level_asks_for_a_setting_once_and_for_all_that_the_level_below_does() {
        for platform in Platform::ALL {
            for level in 1..=LEVELS {
                let topics = |level| -> Vec<&str> {
                    in_force(*platform, level).iter().map(|row| row.topic()).collect()
                };
                let now = topics(level);
                let once: std::collections::BTreeSet<_> = now.iter().collect();
                assert_eq!(once.len(), now.len(), "{platform}, level {level}: {now:?}");
                assert!(topics(level - 1).iter().all(|topic| now.contains(topic)));
            }
        }
    }
}
