//! Lints of one policy: settings without effect, with an unexpected effect, or with a precondition.
//!
//! Takes in a policy's members, head and settings; gives out warnings, with the portal's title and
//! Graph's member to change. A policy with defaults alone has none. Other policies are not known here.

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::json::{Member, Node};
use crate::intune::names::Names;
use crate::intune::read::assignments::Assignees;
use crate::intune::read::head::Head;
use crate::intune::read::members::Members;
use crate::intune::schema::{Property, ValueType};
use crate::intune::settings::Settings;
use crate::intune::settings::features::Keyboards;
use crate::intune::settings::transfer::{Receive, Send};
use crate::intune::value::Value;
use crate::source::Span;
use crate::vocabulary::Platform;

/// Finds what is odd about a policy.
pub(in crate::intune) fn find(
    members: &Members<'_>,
    head: &Head,
    settings: &Settings,
    names: &Names,
    found: &mut Vec<Diagnostic>,
) {
    let mut lint = Lint { members, head, settings, names, found };
    lint.defeated();
    lint.empty_lists();
    lint.management();
    lint.switched_off();
    lint.knox();
    lint.short_periods();
    lint.keyboards();
    lint.browsers();
    lint.previous_pins();
}

/// The input of the lints.
struct Lint<'l> {
    members: &'l Members<'l>,
    head: &'l Head,
    settings: &'l Settings,
    names: &'l Names,
    found: &'l mut Vec<Diagnostic>,
}

impl Lint<'_> {
    /// The path of a member in the document.
    fn path(&self, name: &str) -> String {
        format!("`{}`", self.members.path.member(name))
    }

    /// The title of a member in the portal, with its name.
    fn setting(&self, name: &str) -> String {
        let title = Property::find(name, self.members.platform).map_or(name, |one| one.title);
        format!("\"{title}\" (`{name}`)")
    }

    /// The place of a member; of the policy's name if the object lacks it.
    fn at(&self, name: &str) -> Span {
        let members = self.members.object.object().unwrap_or_default();
        let member = members.iter().find(|member| member.name == name);
        member.map_or_else(|| self.members.head(), Member::head)
    }

    fn warn(&mut self, code: Code, at: &str, message: String, help: String) {
        let diagnostic = Diagnostic::new(code, message).at(self.at(at), "");
        self.found.push(diagnostic.help(help));
    }

    // ------------------------------------------------------------ lists

    /// Exempt schemes that override the setting for their links (iOS).
    fn defeated(&mut self) {
        let redirects: [(&str, &str, &[&str]); 2] = [
            ("dialerRestrictionLevel", "allApps", &["tel", "telprompt"]),
            ("protectedMessagingRedirectAppType", "anyApp", &["sms"]),
        ];
        for (member, any, schemes) in redirects {
            let is_restricted = ![any, ""].contains(&self.members.word(member));
            let is_ios = self.members.platform == Platform::Ios;
            if !is_ios || !is_restricted || !self.settings.transfer.exempts(schemes, self.names) {
                continue;
            }
            let schemes: Vec<&str> = (schemes.iter().copied())
                .filter(|one| self.settings.transfer.exempts(&[one], self.names))
                .collect();
            let (place, exempt) = self.exemption(&schemes);
            let message =
                format!("{} has no effect, because `{exempt}` is exempt", self.path(member));
            let help = format!(
                "take {} out of {}; an exemption overrides the setting",
                schemes.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(" and "),
                self.setting("exemptedAppProtocols"),
            );
            let diagnostic = Diagnostic::new(Code::IntuneDefeated, message);
            let diagnostic = diagnostic.at(self.at(member), "defeated").at(place, "exempt here");
            self.found.push(diagnostic.help(help));
        }
    }

    /// The first list of exempt schemes that contains one of some schemes, with that scheme.
    fn exemption<'s>(&self, schemes: &[&'s str]) -> (Span, &'s str) {
        let member = "exemptedAppProtocols";
        let pairs = self.members.object.get(member).and_then(Node::array).unwrap_or_default();
        let values = pairs.iter().filter_map(|pair| pair.get("value"));
        let has = |value: &Node, scheme: &str| {
            let text = value.string().unwrap_or_default();
            text.split(';').any(|one| one.trim().trim_end_matches([':', '/']) == scheme)
        };
        for value in values {
            if let Some(scheme) = schemes.iter().find(|scheme| has(value, scheme)) {
                return (value.span, scheme);
            }
        }
        (self.at(member), schemes.first().copied().unwrap_or_default())
    }

    /// Blocks with an empty list of exceptions.
    fn empty_lists(&mut self) {
        let transfer = &self.settings.transfer;
        let is_empty = |list: Option<&std::collections::BTreeSet<&'static str>>| {
            list.is_some_and(std::collections::BTreeSet::is_empty)
        };
        let lists = [
            (
                transfer.send.is_managed() && is_empty(transfer.save.as_ref()),
                "saveAsBlocked",
                "copies can be saved nowhere, not even to the user's own OneDrive for work",
                "allowedDataStorageLocations",
                "`oneDriveForBusiness` and `sharePoint`",
            ),
            (
                transfer.receive == Receive::Managed && is_empty(transfer.open.as_ref()),
                "blockDataIngestionIntoOrganizationDocuments",
                "data can be opened from nowhere, not even from the user's own OneDrive for work",
                "allowedDataIngestionLocations",
                "`oneDriveForBusiness` and `sharePoint`",
            ),
            (
                matches!(&self.settings.features.keyboards, Keyboards::Approved(apps) if apps.is_empty()),
                "keyboardsRestricted",
                "no keyboard is approved, so nothing can be typed",
                "approvedKeyboards",
                "`com.google.android.inputmethod.latin`",
            ),
        ];
        for (holds, member, what, list, example) in lists {
            if holds {
                let message = format!("{} is on with an empty list: {what}", self.path(member));
                let help = format!("fill {}, for example with {example}", self.setting(list));
                self.warn(Code::IntuneEmptyList, member, message, help);
            }
        }
    }

    // ------------------------------------------------------------ devices

    /// Settings that need an MDM, or depend on its configuration (iOS).
    fn management(&mut self) {
        let transfer = &self.settings.transfer;
        let (send, receive) = (transfer.send, transfer.receive);
        let levels = &self.head.devices(self.members.platform);
        let tagging = "protectInboundDataFromUnknownSources";
        if receive == Receive::Tagged && levels.has_unmanaged() {
            let message =
                format!("{} does nothing on devices that are not enrolled", self.path(tagging));
            let help = format!(
                "make a policy of its own for enrolled devices, by {}; for other devices restrict \
                 the sources to managed apps, by {}",
                self.setting("targetedAppManagementLevels"),
                self.setting("allowedInboundDataTransferSources"),
            );
            self.warn(Code::IntuneNeedsManagement, tagging, message, help);
        }
        let sharing = "disableProtectionOfManagedOutboundOpenInData";
        if send == Send::OsSharing {
            let message =
                format!("{} leaves it to the MDM of a device where data goes", self.path(sharing));
            let help = format!(
                "forbid managed documents in unmanaged apps there \
                 (`allowOpenFromManagedToUnmanaged`), which is assumed here; otherwise \
                 choose \"Policy managed apps\" in {}",
                self.setting("allowedOutboundDataTransferDestinations")
            );
            self.warn(Code::IntuneNeedsManagement, sharing, message, help);
        }
    }

    /// A Knox attestation, which devices of other makers fail.
    fn knox(&mut self) {
        let member = "appActionIfSamsungKnoxAttestationRequired";
        let happens = match self.members.word(member) {
            "warn" => "their users are warned",
            "block" => "they are blocked",
            "wipe" => "their data is wiped",
            _ => return,
        };
        let makers = self.members.text("allowedAndroidDeviceManufacturers").unwrap_or_default();
        let is_samsung = makers.trim_matches([';', ' ']).eq_ignore_ascii_case("samsung");
        let is_filtered = match &self.head.assignees {
            Assignees::Some { of, .. } => of.iter().any(|one| one.filter.is_some()),
            Assignees::Unknown | Assignees::Nobody => false,
        };
        if is_filtered || self.head.filtered.is_some() || is_samsung {
            return;
        }
        let message = format!(
            "phones of every other maker than Samsung fail {}: {happens}",
            self.path(member)
        );
        let help = format!(
            "assign the policy with a filter for Samsung's phones, or choose \"Block on supported \
             devices\" (`blockWhenSettingIsSupported`) in {}",
            self.setting(member)
        );
        self.warn(Code::IntuneKnox, member, message, help);
    }

    // ------------------------------------------------------------ switches

    /// Changed settings under a switch that is off.
    fn switched_off(&mut self) {
        for (switch, on, children) in SWITCHES {
            let Some(property) = Property::find(switch, self.members.platform) else { continue };
            let value = self.members.value(switch);
            let is_on = match on {
                Some(word) => value == Value::Word(word),
                None => value != Value::default_of(property.kind),
            };
            let set: Vec<&str> =
                children.iter().copied().filter(|name| self.is_changed(name)).collect();
            let Some(first) = set.first().copied().filter(|_| !is_on) else { continue };
            let others: Vec<_> = set.iter().skip(1).map(|name| format!("`{name}`")).collect();
            let others = if others.is_empty() {
                String::new()
            } else {
                format!(" (as {})", others.join(", "))
            };
            let setting = self.setting(switch);
            let (off, action) = match (on, property.kind) {
                (Some(word), _) => (format!("not `{word}`"), format!("set {setting} to that")),
                (None, ValueType::Text | ValueType::Texts) => {
                    ("empty".to_owned(), format!("fill {setting}"))
                }
                (None, _) => ("off".to_owned(), format!("switch {setting} on")),
            };
            let message = format!("{} does nothing{others}: `{switch}` is {off}", self.path(first));
            let help = format!("{action}, or take this back");
            let mut diagnostic =
                Diagnostic::new(Code::IntuneSwitchedOff, message).at(self.at(first), "");
            if self.members.has(switch) {
                diagnostic = diagnostic.at(self.at(switch), "the switch");
            }
            self.found.push(diagnostic.help(help));
        }
    }

    /// Whether the object states a member with another value than its default.
    fn is_changed(&self, name: &str) -> bool {
        let property = Property::find(name, self.members.platform);
        property.is_some_and(|property| {
            self.members.has(name) && self.members.value(name) != Value::default_of(property.kind)
        })
    }

    // ------------------------------------------------------------ times

    fn short_periods(&mut self) {
        let offline = "periodOfflineBeforeAccessCheck";
        let minutes = self.settings.launches.minutes(offline);
        if let Some(minutes) = minutes.filter(|minutes| *minutes < REFRESH) {
            let message = format!(
                "{} is {minutes} minutes, less than the {REFRESH} between fetches of policies",
                self.path(offline)
            );
            let help = format!(
                "set {} to {REFRESH} minutes or more; below that, users are blocked after a moment \
                 offline",
                self.setting(offline)
            );
            self.warn(Code::IntuneShortPeriod, offline, message, help);
        }
    }

    // ------------------------------------------------------------ members

    /// A block of keyboards, which holds for personal accounts, too (iOS).
    fn keyboards(&mut self) {
        if self.settings.features.keyboards != Keyboards::System {
            return;
        }
        let member = "thirdPartyKeyboardsBlocked";
        let message =
            format!("{} blocks keyboards under personal accounts as well", self.path(member));
        let help = format!(
            "tell the users of the policy, or switch {} off: it blocks in the whole app, under \
             every account",
            self.setting(member)
        );
        self.warn(Code::IntunePersonal, member, message, help);
    }

    fn browsers(&mut self) {
        let custom = match self.members.platform {
            Platform::Ios => "customBrowserProtocol",
            Platform::Android => "customBrowserPackageId",
            Platform::Windows => return,
        };
        let required = "managedBrowserToOpenLinksRequired";
        let names_none = self.members.bool(required)
            && self.members.word("managedBrowser") != "microsoftEdge"
            && self.members.text(custom).is_none();
        if names_none {
            let message = format!("{} names no browser, so Edge opens links", self.path(required));
            let help = format!(
                "choose Edge in {}, or name another browser in {}",
                self.setting("managedBrowser"),
                self.setting(custom)
            );
            self.warn(Code::IntuneContradiction, required, message, help);
        }
        let is_both = self.members.bool("managedBrowserToOpenLinksRequired")
            && self.members.word("managedBrowser") == "microsoftEdge"
            && self.members.text(custom).is_some();
        if is_both {
            let message = format!("{} contradicts Microsoft Edge, and wins", self.path(custom));
            let help = "choose one of the two: with an unmanaged browser, `managedBrowser` is \
                        `notConfigured`";
            self.warn(Code::IntuneContradiction, custom, message, help.to_owned());
        }
    }

    /// A member of both types in Graph that apps on iOS ignore.
    fn previous_pins(&mut self) {
        let member = "previousPinBlockCount";
        if self.members.platform == Platform::Ios && self.members.int(member) > 0 {
            let message = format!("{} does nothing on ios", self.path(member));
            let help = "apps on iOS remember no earlier PINs; take it back to 0".to_owned();
            self.warn(Code::IntuneIdle, member, message, help);
        }
    }
}

/// The usual interval between fetches of policies, in minutes.
const REFRESH: u32 = 30;

/// A switch, the word for on (`None`: any value but the default), and settings that have an effect only
/// then.
type Switch = (&'static str, Option<&'static str>, &'static [&'static str]);

#[rustfmt::skip]
const SWITCHES: &[Switch] = &[
    ("pinRequired", None, &["pinCharacterSet", "simplePinBlocked", "minimumPinLength", "appActionIfMaximumPinRetriesExceeded", "previousPinBlockCount", "periodBeforePinReset", "requireClass3Biometrics", "requirePinAfterBiometricChange"]),
    ("deviceComplianceRequired", None, &["appActionIfDeviceComplianceRequired"]),
    ("deviceLockRequired", None, &["appActionIfDeviceLockNotSet"]),
    ("requiredAndroidSafetyNetDeviceAttestationType", None, &["requiredAndroidSafetyNetEvaluationType", "appActionIfAndroidSafetyNetDeviceAttestationFailed"]),
    ("requiredAndroidSafetyNetAppsVerificationType", None, &["appActionIfAndroidSafetyNetAppsVerificationFailed"]),
    ("maximumAllowedDeviceThreatLevel", None, &["mobileThreatDefenseRemediationAction"]),
    ("allowedIosDeviceModels", None, &["appActionIfIosDeviceModelNotAllowed"]),
    ("allowedAndroidDeviceModels", None, &["appActionIfAndroidDeviceModelNotAllowed"]),
    ("allowedAndroidDeviceManufacturers", None, &["appActionIfAndroidDeviceManufacturerNotAllowed"]),
    ("managedBrowserToOpenLinksRequired", None, &["customBrowserProtocol", "customBrowserPackageId"]),
    ("dialerRestrictionLevel", Some("customApp"), &["customDialerAppProtocol", "customDialerAppPackageId"]),
    ("protectedMessagingRedirectAppType", Some("specificApps"), &["messagingRedirectAppUrlScheme", "messagingRedirectAppPackageId"]),
    ("keyboardsRestricted", None, &["approvedKeyboards"]),
    ("contactSyncBlocked", None, &["allowWidgetContentSync"]),
];
