//! The levels of Microsoft's data protection framework: requirements, and how far a policy meets them.
//!
//! Takes in the settings of a policy, or the numbers of the requirements that decisions do not meet; gives out its
//! level with the requirements that it does not meet. The table has one row for each requirement, with the value
//! that the framework publishes and the decisions that it asks for. A stricter value meets it, too. Apps and
//! assignments of a policy are not known here, and decisions are made elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::access::AccessEffect::{self, Block, Warn, Wipe};
use crate::access::{Facts, PinRequirement, Requirements};
use crate::intune::direction::is_idle;
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
use crate::model::{self, Date, IntegrityVerdict, KnoxResult, LockComplexity, Threat, Version};
use crate::syntax::{ast, print};
use crate::vocabulary::{DeviceState, Platform, Side};

/// The number of levels.
pub(crate) const LEVELS: u8 = 3;

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
    missing: Vec<Vec<Missing>>,
}

impl PolicyLevel {
    /// The level of a policy whose decisions do not meet some requirements. Its `settings` are fitted to its rules, and are
    /// quoted. What is inside a setting that is off has no row of its own, as in an export.
    pub(super) fn of_decisions(
        policy: (&str, Platform),
        place: (&str, usize),
        (settings, names): (&Settings, &Names),
        unmet: &BTreeSet<usize>,
    ) -> Self {
        let values = settings.members(policy.1, names);
        let is_idle = |row: &Requirement| {
            row.wants.first().is_some_and(|(member, _)| is_idle(member, |name| values.get(name)))
        };
        let is_met = |number: usize, row: &Requirement| !unmet.contains(&number) || is_idle(row);
        Self::new(policy, place, missing(policy.1, (settings, names), &BTreeMap::new(), &is_met))
    }

    /// The level of a policy with some settings; `stated` are its members, which are quoted.
    pub(super) fn of_export(
        policy: (&str, Platform),
        place: (&str, usize),
        settings: &Settings,
        (names, stated): (&Names, &BTreeMap<&'static str, StatedMember>),
    ) -> Self {
        let is_met = |_: usize, row: &Requirement| (row.meets)(settings, names);
        Self::new(policy, place, missing(policy.1, (settings, names), stated, &is_met))
    }

    fn new(
        (title, platform): (&str, Platform),
        (file, line): (&str, usize),
        missing: Vec<Vec<Missing>>,
    ) -> Self {
        let reached = missing.iter().take_while(|missing| missing.is_empty()).count();
        let reached = u8::try_from(reached).unwrap_or(LEVELS);
        let (title, file) = (title.to_owned(), file.to_owned());
        Self { title, platform, file, line, reached, missing }
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
    (settings, names): (&Settings, &Names),
    stated: &BTreeMap<&'static str, StatedMember>,
    is_met: &dyn Fn(usize, &Requirement) -> bool,
) -> Vec<Vec<Missing>> {
    let values = settings.members(platform, names);
    let found = |member: &str| match (stated.get(member), values.get(member)) {
        (Some(entry), _) => print::json(&entry.json),
        (None, value) => {
            let json = value.and_then(|value| json_of(member, value)).map(|json| ast_of(&json));
            print::json(&json.unwrap_or(ast::Json::Null))
        }
    };
    let missing = |level| {
        let rows = in_force(platform, level).into_iter();
        let rows = rows.filter(|(number, row)| !is_met(*number, row));
        rows.map(|(_, row)| row.missing(platform, &found)).collect()
    };
    (1..=LEVELS).map(missing).collect()
}

/// The rows that are in force at a level, with their numbers: of several rows for one setting the strictest.
fn in_force(platform: Platform, level: u8) -> Vec<(usize, &'static Requirement)> {
    let rows = REQUIREMENTS.iter().enumerate();
    let mut rows: Vec<(usize, &Requirement)> =
        rows.filter(|(_, row)| row.on.contains(&platform) && row.level <= level).collect();
    let is_replaced =
        |row: &Requirement, by: &Requirement| by.topic() == row.topic() && by.level > row.level;
    let all = rows.clone();
    rows.retain(|(_, row)| !all.iter().any(|(_, other)| is_replaced(row, other)));
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
    /// Whether settings are at least as strict. A requirement on a setting inside another one counts as
    /// met without the outer setting: that one has a row of its own.
    meets: fn(&Settings, &Names) -> bool,
    /// What decisions have to be.
    claim: Claim,
}

impl Requirement {
    /// The setting of the row. The three members for a device lock are one setting.
    fn topic(&self) -> &'static str {
        let member = self.wants.first().map_or("", |(member, _)| member);
        if member.starts_with(LOCK) { LOCK } else { member }
    }

    /// The title of the setting: the portal has one where Graph has several members.
    fn setting(&self, platform: Platform) -> &'static str {
        let (member, _) = self.wants.first().copied().unwrap_or_default();
        let title = Property::find(member, platform).map_or(member, |property| property.title);
        title.split(": ").next().unwrap_or(title)
    }

    fn missing(&self, platform: Platform, found: &dyn Fn(&str) -> String) -> Missing {
        let setting = self.setting(platform);
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

/// What a requirement asks of decisions about apps that policies protect.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Claim {
    /// All of these movements are blocked.
    Blocks(&'static [Movements]),
    /// What moves on a channel moves without its content.
    Redacts(&'static str),
    /// What is required of who opens an app on devices in a state.
    Requires(fn(&Requirements, DeviceState) -> bool),
    /// Each of these facts leads to an effect or a stricter one, whatever the other facts are. They are the mildest
    /// for which the effect is asked.
    Leads(AccessEffect, &'static [fn(&mut Facts<'_>)]),
}

/// Movements between an app that policies protect and others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Movements {
    pub(crate) channels: &'static str,
    /// The side of the others.
    pub(crate) side: Side,
    pub(crate) others: &'static str,
    /// Names and words of others that are left out; names only where they are declared.
    pub(crate) except: &'static [&'static str],
}

/// A requirement, by its number in the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    pub(crate) number: usize,
    pub(crate) level: u8,
    pub(crate) setting: &'static str,
    pub(crate) asks: &'static str,
    pub(crate) claim: Claim,
}

/// The requirements on a platform, in the order of the portal.
pub(crate) fn points(platform: Platform) -> impl Iterator<Item = Point> {
    let rows = REQUIREMENTS.iter().enumerate();
    let rows = rows.filter(move |(_, row)| row.on.contains(&platform));
    rows.map(move |(number, row)| Point {
        number,
        level: row.level,
        setting: row.setting(platform),
        asks: row.asks,
        claim: row.claim,
    })
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
    claim: Claim,
) -> Requirement {
    Requirement { level, on, asks, wants, meets, claim }
}

/// Every requirement, in the order of the portal.
#[rustfmt::skip]
const REQUIREMENTS: &[Requirement] = &[
    // Data settings.
    row(2, IA, "Block", &[("dataBackupBlocked", "true")], |it, _| it.features.backup_blocked, Claim::Blocks(&[to("backup", "any", &[])])),
    row(2, I, "Policy managed apps", &[("allowedOutboundDataTransferDestinations", r#""managedApps""#)], |it, _| it.transfer.send.is_held(), Claim::Blocks(&[to("share", "unmanaged", &["any deployed"])])),
    row(2, A, "Policy managed apps", &[("allowedOutboundDataTransferDestinations", r#""managedApps""#)], |it, _| it.transfer.send.is_held(), Claim::Blocks(&[to("share", "unmanaged", &["android-exempt"])])),
    row(2, W, "No destinations", &[("allowedOutboundDataTransferDestinations", r#""none""#)], |it, _| it.transfer.send == Send::None, Claim::Blocks(&[to("share, invoke", "any", &[])])),
    row(2, I, "Default", &[("exemptedAppProtocols", r#"[{"name": "Default", "value": "skype;app-settings;calshow;itms;itmss;itms-apps;itms-appss;itms-services;"}]"#)], |it, names| it.transfer.exempt.is_subset(&default_apps(names)), Claim::Blocks(&[to("invoke", "unmanaged", &["ios-exempt"])])),
    row(2, IA, "Block, but for OneDrive, SharePoint and Photo Library", &[("saveAsBlocked", "true"), ("allowedDataStorageLocations", r#"["oneDriveForBusiness", "sharePoint", "photoLibrary"]"#)], |it, _| saves_to_known(it), Claim::Blocks(&[to("save", "any", &["onedrive", "sharepoint", "photo-library"])])),
    row(3, I, "A specific dialer app", &[("dialerRestrictionLevel", r#""customApp""#), ("customDialerAppProtocol", "")], |it, _| it.redirects.call != Redirect::Any, Claim::Blocks(&[to("call", "unlisted", &[])])),
    row(3, A, "Any policy-managed dialer app", &[("dialerRestrictionLevel", r#""managedApps""#)], |it, _| matches!(it.redirects.call, Redirect::Managed | Redirect::Blocked), Claim::Blocks(&[to("call", "unmanaged", &[])])),
    row(3, I, "Policy managed apps", &[("allowedInboundDataTransferSources", r#""managedApps""#)], |it, _| it.transfer.receive >= Receive::Managed, Claim::Blocks(&[from("share, invoke", "unmanaged", &[])])),
    row(3, A, "Policy managed apps", &[("allowedInboundDataTransferSources", r#""managedApps""#)], |it, _| it.transfer.receive >= Receive::Managed, Claim::Blocks(&[from("share", "unmanaged", &["android-exempt"])])),
    row(2, W, "No sources", &[("allowedInboundDataTransferSources", r#""none""#)], |it, _| it.transfer.receive == Receive::None, Claim::Blocks(&[from("share, invoke", "any", &[])])),
    row(3, IA, "Block, but for OneDrive, SharePoint, Camera and Photo Library", &[("blockDataIngestionIntoOrganizationDocuments", "true"), ("allowedDataIngestionLocations", r#"["oneDriveForBusiness", "sharePoint", "camera", "photoLibrary"]"#)], |it, _| it.transfer.open.is_some(), Claim::Blocks(&[from("open", "any", &["onedrive", "sharepoint", "camera", "photo-library"])])),
    row(2, IA, "Policy managed apps with paste in", &[("allowedOutboundClipboardSharingLevel", r#""managedAppsWithPasteIn""#), ("allowedOutboundClipboardSharingExceptionLength", "0")], |it, _| it.clipboard.sharing >= Sharing::PasteIn && it.clipboard.exception == 0, Claim::Blocks(&[to("copy", "unmanaged", &[])])),
    row(2, W, "No destination or source", &[("allowedOutboundClipboardSharingLevel", r#""none""#)], |it, _| it.clipboard.sharing == Sharing::Blocked, Claim::Blocks(&[to("copy", "any", &[]), from("copy", "any", &[])])),
    row(3, I, "Block", &[("thirdPartyKeyboardsBlocked", "true")], |it, _| it.features.keyboards == Keyboards::System, Claim::Blocks(&[to("type", "any", &[])])),
    row(3, A, "Require, with a list", &[("keyboardsRestricted", "true"), ("approvedKeyboards", "")], |it, _| it.features.keyboards != Keyboards::Any, Claim::Blocks(&[to("type", "unlisted", &[])])),
    row(2, A, "Block", &[("screenCaptureBlocked", "true")], |it, _| it.features.capture_blocked, Claim::Blocks(&[to("capture", "any", &[]), to("assist", "assistant", &[])])),
    row(1, I, "Require", &[("appDataEncryptionType", r#""whenDeviceLocked""#)], |it, _| it.encryption != Encryption::None, Claim::Requires(|it, _| it.encryption.is_some())),
    row(1, A, "Require", &[("encryptAppData", "true")], |it, _| it.encryption != Encryption::None, Claim::Requires(|it, state| state.is_enrolled() || it.encryption.is_some())),
    row(1, A, "Require", &[("disableAppEncryptionIfDeviceEncryptionIsEnabled", "false")], |it, _| it.encryption != Encryption::NotEnrolled, Claim::Requires(|it, state| !state.is_enrolled() || it.encryption.is_some())),
    row(3, IAW, "Block", &[("printBlocked", "true")], |it, _| it.features.print_blocked, Claim::Blocks(&[to("print", "any", &[])])),
    row(2, I, "Microsoft Edge", &[("managedBrowserToOpenLinksRequired", "true"), ("managedBrowser", r#""microsoftEdge""#)], |it, _| it.web.browser == Browser::Edge, Claim::Blocks(&[to("link", "any", &["edge", "universal-links"])])),
    row(2, A, "Microsoft Edge", &[("managedBrowserToOpenLinksRequired", "true"), ("managedBrowser", r#""microsoftEdge""#)], |it, _| it.web.browser == Browser::Edge, Claim::Blocks(&[to("link", "unmanaged", &["edge"])])),
    row(2, IA, "Block org data", &[("notificationRestriction", r#""blockOrganizationalData""#)], |it, _| it.features.notify >= Notify::WithoutContent, Claim::Redacts("notify")),

    // Access requirements.
    row(1, IA, "Require", &[("pinRequired", "true")], |it, _| it.access.pin.is_some(), Claim::Requires(|it, _| it.pin.is_some())),
    row(3, IA, "Block", &[("simplePinBlocked", "true")], |it, _| pin(it, |pin| pin.simple_blocked), Claim::Requires(|it, _| of_pin(it, |pin| pin.simple_blocked))),
    row(1, IA, "4", &[("minimumPinLength", "4")], |it, _| pin(it, |pin| pin.length >= 4), Claim::Requires(|it, _| of_pin(it, |pin| pin.length >= Some(4)))),
    row(3, IA, "6", &[("minimumPinLength", "6")], |it, _| pin(it, |pin| pin.length >= 6), Claim::Requires(|it, _| of_pin(it, |pin| pin.length >= Some(6)))),
    row(1, IA, "Require, after 1440 minutes", &[("pinRequiredInsteadOfBiometricTimeout", r#""P1D""#)], |it, _| pin(it, |pin| !pin.has_biometrics() || (1..=1440).contains(&pin.biometrics_override)), Claim::Requires(|it, _| of_pin(it, |pin| no_biometrics(pin) || within(pin.biometrics_override_minutes, 1440)))),
    row(3, IA, "Yes, after 365 days", &[("periodBeforePinReset", r#""P365D""#)], |it, _| pin(it, |pin| (1..=365).contains(&pin.expires)), Claim::Requires(|it, _| of_pin(it, |pin| within(pin.expires_days, 365)))),
    row(3, A, "Require", &[("requireClass3Biometrics", "true")], |it, _| pin(it, |pin| pin.class_3 || !pin.has_biometrics()), Claim::Requires(|it, _| of_pin(it, |pin| pin.class_3 || no_biometrics(pin)))),
    row(3, A, "Require", &[("requirePinAfterBiometricChange", "true")], |it, _| pin(it, |pin| pin.asks_after_change || !pin.has_biometrics()), Claim::Requires(|it, _| of_pin(it, |pin| pin.asks_after_change || no_biometrics(pin)))),
    row(1, IA, "Require", &[("disableAppPinIfDevicePinIsSet", "false")], |it, _| pin(it, |pin| !pin.skips_with_device_pin), Claim::Requires(|it, _| of_pin(it, |pin| !pin.skips_with_device_pin))),
    row(1, IA, "30", &[("periodOnlineBeforeAccessCheck", r#""PT30M""#)], |it, _| it.access.pin.is_none() && !it.access.credentials || within(it.access.recheck, 30), Claim::Requires(|it, _| of_pin(it, |pin| within(pin.recheck_minutes, 30)) && it.credentials.as_ref().is_none_or(|one| within(one.recheck_minutes, 30)))),

    // Conditional launch; on Windows, health checks.
    row(1, IA, "5, Reset PIN", &[("maximumPinRetries", "5")], |it, _| pin(it, |pin| pin.attempts <= 5), Claim::Requires(|it, _| of_pin(it, |pin| within(pin.reset_after, 5) || within(pin.wipe_after, 5)))),
    row(1, IAW, "10080 minutes, Block access", &[("periodOfflineBeforeAccessCheck", r#""P7D""#)], |it, _| it.launches.minutes("periodOfflineBeforeAccessCheck").is_some_and(|one| one <= 10_080), Claim::Leads(Block, &[|it| it.offline_minutes = Some(10_081)])),
    row(1, IAW, "90 days, Wipe data", &[("periodOfflineBeforeWipeIsEnforced", r#""P90D""#)], |it, _| wipes_offline(it, 90), Claim::Leads(Wipe, &[|it| it.offline_minutes = Some(90 * 1440 + 1)])),
    row(2, IAW, "30 days, Wipe data", &[("periodOfflineBeforeWipeIsEnforced", r#""P30D""#)], |it, _| wipes_offline(it, 30), Claim::Leads(Wipe, &[|it| it.offline_minutes = Some(30 * 1440 + 1)])),
    row(1, IA, "Block access", &[("deviceComplianceRequired", "true"), ("appActionIfDeviceComplianceRequired", r#""block""#)], |it, _| it.launches.has("deviceComplianceRequired"), Claim::Leads(Block, &[|it| it.jailbroken = Some(true)])),
    row(3, IA, "Wipe data", &[("deviceComplianceRequired", "true"), ("appActionIfDeviceComplianceRequired", r#""wipe""#)], |it, _| it.launches.has("deviceComplianceRequired") && it.launches.word("appActionIfDeviceComplianceRequired") == "wipe", Claim::Leads(Wipe, &[|it| it.jailbroken = Some(true)])),
    row(1, A, "Basic integrity and certified devices, Block access", &[("requiredAndroidSafetyNetDeviceAttestationType", r#""basicIntegrityAndDeviceCertification""#), ("appActionIfAndroidSafetyNetDeviceAttestationFailed", r#""block""#)], |it, _| attests(it), Claim::Leads(Block, &[|it| it.integrity = Some(IntegrityVerdict::None), |it| it.integrity = Some(IntegrityVerdict::Basic), |it| it.integrity = Some(IntegrityVerdict::Expired)])),
    row(2, A, "Check strong integrity", &[("requiredAndroidSafetyNetEvaluationType", r#""hardwareBacked""#)], |it, _| it.launches.is_word("requiredAndroidSafetyNetEvaluationType", &["hardwareBacked"]) || !it.launches.has("requiredAndroidSafetyNetDeviceAttestationType"), Claim::Leads(Block, &[|it| it.integrity = Some(IntegrityVerdict::Device)])),
    row(1, A, "Block access", &[("requiredAndroidSafetyNetAppsVerificationType", r#""enabled""#), ("appActionIfAndroidSafetyNetAppsVerificationFailed", r#""block""#)], |it, _| it.launches.is_word("appActionIfAndroidSafetyNetAppsVerificationFailed", BLOCKS), Claim::Leads(Block, &[|it| it.app_scan = Some(false)])),
    row(1, A, "Low, Warn", &[("appActionIfDevicePasscodeComplexityLessThanLow", r#""warn""#)], |it, _| locks(it, &["Low", "Medium", "High"], &["warn", "block", "wipe"]), Claim::Leads(Warn, &[|it| it.device_lock = Some(LockComplexity::None)])),
    row(2, A, "Medium, Block access", &[("appActionIfDevicePasscodeComplexityLessThanMedium", r#""block""#)], |it, _| locks(it, &["Medium", "High"], BLOCKS), Claim::Leads(Block, &[|it| it.device_lock = Some(LockComplexity::None), |it| it.device_lock = Some(LockComplexity::Low)])),
    row(3, A, "High, Block access", &[("appActionIfDevicePasscodeComplexityLessThanHigh", r#""block""#)], |it, _| locks(it, &["High"], BLOCKS), Claim::Leads(Block, &[|it| it.device_lock = Some(LockComplexity::None), |it| it.device_lock = Some(LockComplexity::Low), |it| it.device_lock = Some(LockComplexity::Medium)])),
    row(2, A, "Block access", &[("appActionIfSamsungKnoxAttestationRequired", r#""block""#)], |it, _| it.launches.is_word("appActionIfSamsungKnoxAttestationRequired", BLOCKS), Claim::Leads(Block, &[|it| it.knox = Some(KnoxResult::Failed), |it| it.knox = Some(KnoxResult::Unsupported)])),
    row(3, A, "Wipe data", &[("appActionIfSamsungKnoxAttestationRequired", r#""wipe""#)], |it, _| it.launches.is_word("appActionIfSamsungKnoxAttestationRequired", &["wipe"]), Claim::Leads(Wipe, &[|it| it.knox = Some(KnoxResult::Failed), |it| it.knox = Some(KnoxResult::Unsupported)])),
    row(2, IAW, "Block access", &[("appActionIfUnableToAuthenticateUser", r#""block""#)], |it, _| it.launches.is_word("appActionIfUnableToAuthenticateUser", BLOCKS), Claim::Leads(Block, &[|it| it.account_disabled = Some(true)])),
    row(2, IAW, "A version, Block access", &[("minimumRequiredOsVersion", "")], |it, _| it.launches.has("minimumRequiredOsVersion") || it.launches.has("minimumWipeOsVersion"), Claim::Leads(Block, &[|it| it.os = Some(Version([0; 4]))])),
    row(2, A, "A day, Block access", &[("minimumRequiredPatchVersion", "")], |it, _| it.launches.has("minimumRequiredPatchVersion") || it.launches.has("minimumWipePatchVersion"), Claim::Leads(Block, &[|it| it.patch = Some(Date::FIRST)])),
    row(3, IAW, "A version, Block access", &[("maximumRequiredOsVersion", "")], |it, _| it.launches.has("maximumRequiredOsVersion") || it.launches.has("maximumWipeOsVersion"), Claim::Leads(Block, &[|it| it.os = Some(Version([u32::MAX; 4]))])),
    row(1, W, "Low, Block access", &[("maximumAllowedDeviceThreatLevel", r#""low""#)], |it, _| it.launches.is_word("maximumAllowedDeviceThreatLevel", &["low", "secured"]), Claim::Leads(Block, &[|it| it.threat = None, |it| it.threat = Some(Threat::Medium), |it| it.threat = Some(Threat::High)])),
    row(3, IAW, "Secured, Block access", &[("maximumAllowedDeviceThreatLevel", r#""secured""#)], |it, _| it.launches.is_word("maximumAllowedDeviceThreatLevel", &["secured"]), Claim::Leads(Block, &[|it| it.threat = None, |it| it.threat = Some(Threat::Low), |it| it.threat = Some(Threat::Medium), |it| it.threat = Some(Threat::High)])),
];

const fn to(
    channels: &'static str,
    others: &'static str,
    except: &'static [&'static str],
) -> Movements {
    Movements { channels, side: Side::Target, others, except }
}

const fn from(
    channels: &'static str,
    others: &'static str,
    except: &'static [&'static str],
) -> Movements {
    Movements { channels, side: Side::Source, others, except }
}

/// Whether a PIN is as asked, where one is required.
fn of_pin(required: &Requirements, holds: impl Fn(&PinRequirement) -> bool) -> bool {
    required.pin.as_ref().is_none_or(holds)
}

const fn no_biometrics(pin: &PinRequirement) -> bool {
    matches!(pin.biometrics, model::Biometrics::No)
}

/// Whether a number is said and no greater than another.
fn within(number: Option<u32>, most: u32) -> bool {
    number.is_some_and(|number| number <= most)
}

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
                    in_force(*platform, level).iter().map(|(_, row)| row.topic()).collect()
                };
                let now = topics(level);
                let once: std::collections::BTreeSet<_> = now.iter().collect();
                assert_eq!(once.len(), now.len(), "{platform}, level {level}: {now:?}");
                assert!(topics(level - 1).iter().all(|topic| now.contains(topic)));
            }
        }
    }
}
