//! What policies of Intune are known to be misunderstood about: settings that defeat, need or outlast
//! each other.
//!
//! Takes in one policy as it was read, gives out warnings with the portal's setting and Graph's
//! member to change. Only what is true of the policy is said; a new policy is not spoken of. What
//! several policies do to each other is known to `conflict`.

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::json::{Member, Node};
use crate::intune::names::Names;
use crate::intune::read::head::Head;
use crate::intune::read::members::Members;
use crate::intune::schema::{Property, ValueType};
use crate::intune::settings::Settings;
use crate::intune::settings::features::Keyboards;
use crate::intune::settings::transfer::{Receive, Send};
use crate::intune::value::Value;
use crate::source::Span;
use crate::vocabulary::Platform;

/// Says what is odd about a policy.
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

struct Lint<'l> {
    members: &'l Members<'l>,
    head: &'l Head,
    settings: &'l Settings,
    names: &'l Names,
    found: &'l mut Vec<Diagnostic>,
}

impl Lint<'_> {
    /// What a member is called in the document.
    fn path(&self, name: &str) -> String {
        format!("`{}`", self.members.path.member(name))
    }

    /// What the portal and Graph call a member.
    fn setting(&self, name: &str) -> String {
        let title = Property::find(name, self.members.platform).map_or(name, |one| one.title);
        format!("\"{title}\" (`{name}`)")
    }

    /// The place of a member; of the policy where it is absent.
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

    /// An exempt scheme passes whatever the setting for its links says (iOS).
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
            let (place, exempt) = self.exemption(schemes);
            let message =
                format!("{} decides nothing, because `{exempt}` is exempt", self.path(member));
            let help = format!(
                "take {} out of {}; the exemption wins",
                schemes.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(" and "),
                self.setting("exemptedAppProtocols"),
            );
            let diagnostic = Diagnostic::new(Code::IntuneDefeated, message);
            let diagnostic = diagnostic.at(self.at(member), "defeated").at(place, "exempt here");
            self.found.push(diagnostic.help(help));
        }
    }

    /// The first list of exempt schemes that has one of these, and which one.
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

    /// Everything is blocked but a list that is empty.
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

    /// Settings that count only where somebody manages the device, or depend on how (iOS).
    fn management(&mut self) {
        let transfer = &self.settings.transfer;
        let (send, receive) = (transfer.send, transfer.receive);
        let levels = &self.head.levels;
        let tagging = "protectInboundDataFromUnknownSources";
        if receive == Receive::Tagged && levels.has_unmanaged() {
            let message =
                format!("{} does nothing on devices that are not enrolled", self.path(tagging));
            let help = format!(
                "have a policy of its own for enrolled devices, by {}; elsewhere only managed apps \
                 can be held to, by {}",
                self.setting("targetedAppManagementLevels"),
                self.setting("allowedInboundDataTransferSources"),
            );
            self.warn(Code::IntuneNeedsManagement, tagging, message, help);
        }
        let sharing = "disableProtectionOfManagedOutboundOpenInData";
        if send == Send::OsSharing {
            let message = format!(
                "{} leaves it to whoever manages a device where data goes",
                self.path(sharing)
            );
            let help = format!(
                "forbid managed documents in unmanaged apps there \
                 (`allowOpenFromManagedToUnmanaged`), which is taken for granted here; otherwise \
                 choose \"Policy managed apps\" in {}",
                self.setting("allowedOutboundDataTransferDestinations")
            );
            self.warn(Code::IntuneNeedsManagement, sharing, message, help);
        }
    }

    /// Knox belongs to one maker, and whoever is not that maker fails it.
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
        if self.head.is_filtered || is_samsung {
            return;
        }
        let message =
            format!("{} is failed by phones of every other maker: {happens}", self.path(member));
        let help = format!(
            "assign the policy with a filter for Samsung's phones, or choose \"Block on supported \
             devices\" (`blockWhenSettingIsSupported`) in {}",
            self.setting(member)
        );
        self.warn(Code::IntuneKnox, member, message, help);
    }

    // ------------------------------------------------------------ switches

    /// Settings that somebody changed, under a switch that is off.
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

    /// Whether a member is there with another value than a new policy has.
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
                "{} is {minutes} minutes, less than the {REFRESH} after which apps look for policies",
                self.path(offline)
            );
            let help = format!(
                "set {} to {REFRESH} minutes or more; below that, people are blocked who were \
                 offline for a moment",
                self.setting(offline)
            );
            self.warn(Code::IntuneShortPeriod, offline, message, help);
        }
    }

    // ------------------------------------------------------------ members

    /// A keyboard belongs to the whole app (iOS).
    fn keyboards(&mut self) {
        if self.settings.features.keyboards != Keyboards::System {
            return;
        }
        let member = "thirdPartyKeyboardsBlocked";
        let message =
            format!("{} takes keyboards from personal accounts as well", self.path(member));
        let help = format!(
            "tell the people of the policy, or switch {} off: it blocks in the whole app, whatever \
             the account",
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
            let message = format!("{} names no browser, so Edge is meant", self.path(required));
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
            let message = format!("{} contradicts Microsoft Edge, and is taken", self.path(custom));
            let help = "choose one of them: with an unmanaged browser, `managedBrowser` is \
                        `notConfigured`";
            self.warn(Code::IntuneContradiction, custom, message, help.to_owned());
        }
    }

    /// A member of both types in Graph, but of Android alone in fact.
    fn previous_pins(&mut self) {
        let member = "previousPinBlockCount";
        if self.members.platform == Platform::Ios && self.members.int(member) > 0 {
            let message = format!("{} does nothing on ios", self.path(member));
            let help = "apps on iOS remember no earlier PINs; take it back to 0".to_owned();
            self.warn(Code::IntuneIdle, member, message, help);
        }
    }
}

/// Minutes after which apps usually look for policies.
const REFRESH: u32 = 30;

/// A switch, the word that it has when it is on (`None`: any but the usual value), and settings that
/// count only then.
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
