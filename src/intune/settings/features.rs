//! Switches for single channels, a family of settings: backup, printing, notifications, keyboards.

use std::collections::BTreeSet;

use super::observed::{Observed, blocks};
use super::reader::SettingsReader;
use super::transfer::Transfer;
use crate::intune::emit::members::MemberEmitter;
use crate::intune::emit::rules::RuleEmitter;
use crate::intune::emit::statement::{At, Line};
use crate::intune::names::{AppRef, Names};
use crate::intune::value::{Pair, Value};
use crate::syntax::ast::{IdKind, SetWord};
use crate::vocabulary::{Channel, Place, Platform, RuleEffect, Side};

/// The choices of "Org data notifications", the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::intune) enum Notify {
    Allow,
    WithoutContent,
    Block,
}

/// The keyboards that are allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intune) enum Keyboards {
    Any,
    /// The system's keyboards (iOS).
    System,
    /// A list of keyboards (Android).
    Approved(BTreeSet<AppRef>),
}

/// The switches of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the portal")]
pub(in crate::intune) struct Features {
    pub(in crate::intune) backup_blocked: bool,
    pub(in crate::intune) print_blocked: bool,
    pub(in crate::intune) sync_blocked: bool,
    /// Whether widgets are free although syncing is blocked (iOS).
    pub(in crate::intune) widgets_allowed: bool,
    pub(in crate::intune) notify: Notify,
    pub(in crate::intune) capture_blocked: bool,
    pub(in crate::intune) genmoji_blocked: bool,
    pub(in crate::intune) writing_tools_blocked: bool,
    pub(in crate::intune) keyboards: Keyboards,
    /// Whether "Send org data" blocks screen capture by itself (iOS).
    pub(in crate::intune) held: bool,
}

/// The packages of the catalogue's group `common-keyboards`.
const COMMON_KEYBOARDS: &[&str] = &[
    "com.google.android.inputmethod.latin",
    "com.google.android.apps.handwriting.ime",
    "com.google.android.apps.inputmethod.hindi",
    "com.google.android.inputmethod.japanese",
    "com.google.android.inputmethod.korean",
    "com.google.android.inputmethod.pinyin",
    "com.google.android.googlequicksearchbox",
    "com.samsung.android.honeyboard",
    "com.sec.android.inputmethod",
    "com.samsung.android.svoiceime",
    "com.touchtype.swiftkey",
];

const CAPTURE: &str = "screenCaptureConfigurationState";

impl Features {
    pub(super) fn read(reader: &mut SettingsReader<'_>, transfer: &Transfer) -> Self {
        let members = reader.members;
        let is_ios = reader.platform() == Platform::Ios;
        let held = is_ios && transfer.send.is_held();
        let capture = members.word(CAPTURE);
        let sync_blocked = members.bool("contactSyncBlocked");
        Self {
            backup_blocked: members.bool("dataBackupBlocked"),
            print_blocked: members.bool("printBlocked"),
            sync_blocked,
            widgets_allowed: sync_blocked && members.bool("allowWidgetContentSync"),
            notify: match members.word("notificationRestriction") {
                "blockOrganizationalData" => Notify::WithoutContent,
                "block" => Notify::Block,
                _ => Notify::Allow,
            },
            capture_blocked: members.bool("screenCaptureBlocked")
                || capture == "blocked"
                || held && capture.is_empty() && !members.frees_capture,
            genmoji_blocked: members.word("genmojiConfigurationState") == "blocked",
            writing_tools_blocked: members.word("writingToolsConfigurationState") == "blocked",
            keyboards: read_keyboards(reader),
            held,
        }
    }

    /// The weakest settings that are at least as strict as observed.
    pub(super) fn fit(observed: &Observed, transfer: &Transfer, names: &Names) -> Self {
        let (is_ios, is_android) =
            (observed.platform == Platform::Ios, observed.platform == Platform::Android);
        let is_held = |channel, place| observed.is_held_from(channel, place);
        let notify = || observed.leaving(Channel::Notify);
        let contacts_held = is_held(Channel::Sync, Place::NativeContacts);
        let widgets_held = is_held(Channel::Sync, Place::Widgets);
        let sync_blocked = contacts_held || widgets_held;
        // Android has one setting for screen capture and assistant.
        let assistant_held = is_android && is_held(Channel::Assist, Place::Assistant);
        Self {
            backup_blocked: is_held(Channel::Backup, Place::DeviceBackup),
            print_blocked: is_held(Channel::Print, Place::Printer),
            sync_blocked,
            widgets_allowed: is_ios && sync_blocked && !widgets_held,
            notify: if notify().any(|(_, verdict)| blocks(verdict)) {
                Notify::Block
            } else if notify().any(|(_, verdict)| verdict.obligations.without_content) {
                Notify::WithoutContent
            } else {
                Notify::Allow
            },
            capture_blocked: is_held(Channel::Capture, Place::Screen) || assistant_held,
            genmoji_blocked: is_ios && is_held(Channel::Assist, Place::Genmoji),
            writing_tools_blocked: is_ios && is_held(Channel::Assist, Place::WritingTools),
            keyboards: fit_keyboards(observed, names),
            held: is_ios && transfer.send.is_held(),
        }
    }

    pub(super) fn lines(&self, emitter: &RuleEmitter<'_>, transfer: &Transfer) -> Vec<Line> {
        let mut lines = Vec::new();
        lines.extend(match self.notify {
            Notify::Allow => None,
            Notify::WithoutContent => {
                let at = emitter.at("notificationRestriction");
                let rule = at.rule(RuleEffect::Allow, &[Channel::Notify]);
                Some(rule.without_content().line())
            }
            Notify::Block => switch(emitter, true, "notificationRestriction", Channel::Notify),
        });
        lines.extend(switch(emitter, self.print_blocked, "printBlocked", Channel::Print));
        lines.extend(switch(emitter, self.backup_blocked, "dataBackupBlocked", Channel::Backup));
        lines.extend(self.sync(emitter));
        lines.extend(self.capture(emitter, transfer));
        lines.extend(self.assistants(emitter));
        lines.extend(self.typing(emitter));
        lines
    }

    fn sync(&self, emitter: &RuleEmitter<'_>) -> Option<Line> {
        let at = emitter.at("contactSyncBlocked");
        let block = at.block(&[Channel::Sync]);
        match (self.sync_blocked, self.widgets_allowed) {
            (false, _) => None,
            (true, false) => Some(block.line()),
            (true, true) => Some(block.target(SetWord::Any, at.names(&["widgets"])).line()),
        }
    }

    fn capture(&self, emitter: &RuleEmitter<'_>, transfer: &Transfer) -> Vec<Line> {
        let names = ["screenCaptureBlocked", CAPTURE, "allowedOutboundDataTransferDestinations"];
        let at = emitter.at_first(&names);
        let mut lines = Vec::new();
        if self.capture_blocked {
            lines.push(at.block(&[Channel::Capture]).line());
        }
        let assist =
            |at: At| at.block(&[Channel::Assist]).targets(at.names(&["assistant"]), vec![]);
        if emitter.platform == Platform::Android && self.capture_blocked {
            lines.push(assist(at).note("Google Assistant and Circle to Search read the screen"));
        }
        if emitter.platform == Platform::Ios && transfer.send.is_held() {
            let at = emitter.at("allowedOutboundDataTransferDestinations");
            lines.push(assist(at).note("Siri and Spotlight count as other apps"));
        }
        lines
    }

    fn assistants(&self, emitter: &RuleEmitter<'_>) -> Vec<Line> {
        let assistants = [
            (self.genmoji_blocked, "genmojiConfigurationState", "genmoji"),
            (self.writing_tools_blocked, "writingToolsConfigurationState", "writing-tools"),
        ];
        let blocked = assistants.into_iter().filter(|(blocked, ..)| *blocked);
        let line = |(_, member, place): (bool, &str, &str)| {
            let at = emitter.at(member);
            at.block(&[Channel::Assist]).targets(at.names(&[place]), vec![]).line()
        };
        blocked.map(line).collect()
    }

    fn typing(&self, emitter: &RuleEmitter<'_>) -> Option<Line> {
        match &self.keyboards {
            Keyboards::Any => None,
            Keyboards::System => {
                let at = emitter.at("thirdPartyKeyboardsBlocked");
                let rule = at.block(&[Channel::Type]).app_wide();
                Some(rule.note("a keyboard belongs to the app, personal accounts included"))
            }
            Keyboards::Approved(apps) => {
                let at = emitter.at_first(&["approvedKeyboards", "keyboardsRestricted"]);
                let common = common_keyboards(emitter.names);
                let (mut except, rest): (_, Vec<&AppRef>) = if common.is_subset(apps) {
                    (at.names(&["common-keyboards"]), apps.difference(&common).collect())
                } else {
                    (Vec::new(), apps.iter().collect())
                };
                except.extend(emitter.whole(rest, at));
                Some(at.block(&[Channel::Type]).target(SetWord::Any, except).line())
            }
        }
    }

    pub(super) fn write(&self, emitter: &mut MemberEmitter<'_>) {
        emitter.bool("dataBackupBlocked", self.backup_blocked);
        emitter.bool("printBlocked", self.print_blocked);
        emitter.bool("contactSyncBlocked", self.sync_blocked);
        emitter.bool("allowWidgetContentSync", self.widgets_allowed);
        emitter.word(
            "notificationRestriction",
            match self.notify {
                Notify::Allow => "allow",
                Notify::WithoutContent => "blockOrganizationalData",
                Notify::Block => "block",
            },
        );
        emitter.bool("screenCaptureBlocked", self.capture_blocked);
        // Unset if "Send org data" decides the same by itself.
        emitter.set(
            CAPTURE,
            match (self.capture_blocked, self.held) {
                (true, true) | (false, false) => Value::Unset,
                (true, false) => Value::Word("blocked"),
                (false, true) => Value::Word("notBlocked"),
            },
        );
        let state = |blocked| if blocked { Value::Word("blocked") } else { Value::Unset };
        emitter.set("genmojiConfigurationState", state(self.genmoji_blocked));
        emitter.set("writingToolsConfigurationState", state(self.writing_tools_blocked));
        emitter.bool("thirdPartyKeyboardsBlocked", self.keyboards == Keyboards::System);
        let names = emitter.names;
        let approved = match &self.keyboards {
            Keyboards::Approved(apps) => Some(keyboard_pairs(apps, names)),
            Keyboards::Any | Keyboards::System => None,
        };
        emitter.bool("keyboardsRestricted", approved.is_some());
        emitter.set("approvedKeyboards", Value::Pairs(approved.unwrap_or_default()));
    }
}

/// The apps of the group `common-keyboards`.
fn common_keyboards(names: &Names) -> BTreeSet<AppRef> {
    let known = COMMON_KEYBOARDS.iter().filter_map(|id| names.name_of(IdKind::Android, id));
    known.map(|name| AppRef::Named(name.to_owned())).collect()
}

/// A pair of package and title for each keyboard.
fn keyboard_pairs(apps: &BTreeSet<AppRef>, names: &Names) -> Vec<Pair> {
    let pair = |app| {
        let title = names.title(app).unwrap_or("");
        let ids = names.ids(app, IdKind::Android).into_iter();
        ids.map(|id| (id.to_owned(), title.to_owned())).collect::<Vec<_>>()
    };
    let mut pairs: Vec<Pair> = apps.iter().flat_map(pair).collect();
    pairs.sort_unstable();
    pairs
}

fn fit_keyboards(observed: &Observed, names: &Names) -> Keyboards {
    if !observed.leaving(Channel::Type).any(|(_, verdict)| blocks(verdict)) {
        return Keyboards::Any;
    }
    match observed.platform {
        Platform::Ios => Keyboards::System,
        Platform::Android => {
            let free = observed.free_apps(Side::Source, Channel::Type).into_iter();
            let is_named = |app: &AppRef| names.setting_id(app, observed.platform).is_some();
            Keyboards::Approved(free.filter(is_named).collect())
        }
        Platform::Windows => Keyboards::Any,
    }
}

fn read_keyboards(reader: &mut SettingsReader<'_>) -> Keyboards {
    let members = reader.members;
    if members.bool("thirdPartyKeyboardsBlocked") {
        Keyboards::System
    } else if members.bool("keyboardsRestricted") {
        // Of a keyboard, the name is the package and the value the title.
        let span = members.first_span(&["approvedKeyboards", "keyboardsRestricted"]);
        let mut apps = BTreeSet::new();
        let pairs = members.pairs("approvedKeyboards").unwrap_or_default();
        for (package, title) in pairs.iter().filter(|(package, _)| !package.trim().is_empty()) {
            let title = Some(&**title).filter(|title| !title.is_empty());
            apps.extend(reader.names.apps_with(IdKind::Android, &[package], title, span));
        }
        Keyboards::Approved(apps)
    } else {
        Keyboards::Any
    }
}

/// A rule that blocks one channel, if a switch is on.
fn switch(emitter: &RuleEmitter<'_>, on: bool, member: &str, channel: Channel) -> Option<Line> {
    on.then(|| emitter.at(member).block(&[channel]).line())
}
