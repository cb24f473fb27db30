//! Configurations of apps, and what their keys do to movements and accesses.
//!
//! Takes in objects, gives out their keys with what each of them changes, and for whom. A key whose meaning
//! the model can state takes part in decisions; every other one that bears on them is reported by name.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use quick_xml::events::{BytesRef, Event};
use quick_xml::reader::Reader;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::intune::json::{Home, Node, NodeKind, Path, parse};
use crate::intune::names::Names;
use crate::intune::read::apps::ProtectedApps;
use crate::intune::read::assignments::{Assignee, Assignees, TenantParts};
use crate::intune::read::head::Head;
use crate::intune::read::members::Members;
use crate::intune::read::objects::{Delivery, ListedObject, ObjectType};
use crate::intune::read::policy::ImportedPolicy;
use crate::limits::Limits;
use crate::source::Span;
use crate::syntax::ast::IdKind;
use crate::vocabulary::Platform;

/// The configurations of a tenant.
#[derive(Debug)]
pub(super) struct Configurations<'n> {
    list: Vec<Configuration<'n>>,
    /// The names of the policies' heads, and those of the configurations' heads.
    names: Names,
}

/// A configuration of apps.
#[derive(Debug)]
pub(super) struct Configuration<'n> {
    node: &'n Node,
    title: String,
    delivery: Delivery,
    keys: Vec<ConfigurationKey>,
    /// Whether its keys could not be read.
    is_opaque: bool,
    /// Whom, which apps and which devices it reaches, by platform.
    heads: Vec<(Platform, Head)>,
    /// The names of the apps that it reaches by the management of the device, as far as they are known.
    apps: BTreeSet<String>,
    /// Whether it reaches further apps, which nobody names.
    has_unknown_apps: bool,
    /// Whether it lets screens of a policy's apps be captured.
    has_freed_capture: bool,
    /// Whether it forbids what another one lets a policy's apps do.
    has_kept_capture: bool,
}

/// A key with its value.
#[derive(Debug)]
struct ConfigurationKey {
    name: String,
    value: String,
}

/// Whether a key is handed over to a policy's people and apps, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    No,
    /// An export does not say who is assigned, or which apps are meant.
    Unknown,
    Yes,
}

/// Keys that an app needs; of no app, those that some app of a policy's group needs.
pub(super) type WantedKeys<'w> = (Option<&'w str>, &'static [(&'static str, &'static str)]);

/// What a key bears on: its name or the end of it in lower case, and what it changes.
struct KnownKey {
    name: &'static str,
    changes: &'static str,
}

const fn key(name: &'static str, changes: &'static str) -> KnownKey {
    KnownKey { name, changes }
}

const CAPTURE: &str = "com.microsoft.intune.mam.screencapturecontrol";

/// The keys by which an app on iOS knows that its device is managed, with the variables that are their values.
pub(super) const HANDED_OVER: &[(&str, &str)] = &[
    ("IntuneMAMUPN", "{{userprincipalname}}"),
    ("IntuneMAMOID", "{{userid}}"),
    ("IntuneMAMDeviceID", "{{deviceid}}"),
];

/// The published keys that bear on movements or accesses.
#[rustfmt::skip]
const KEYS: &[KnownKey] = &[
    key("intunemamallowedaccountsonly", "only the company's accounts can be used in the apps, and decisions about others never come up"),
    key("com.microsoft.intune.mam.allowedaccountupns", "only some accounts can be used in the apps, and decisions about others never come up"),
    key("intunemamrequireaccounts", "data that comes in makes the user sign in with the company's account"),
    key("managedbrowser.allowlisturls", "Edge opens these sites only"),
    key("managedbrowser.blocklisturls", "Edge does not open these sites"),
    key("managedbrowser.allowtransitiononblock", "Edge opens sites that it blocks under a personal account"),
    key("managedbrowser.openinprivateifblocked", "Edge opens sites that it blocks in a private window"),
    key("managedbrowser.appproxyredirection", "Edge reaches internal sites through the application proxy"),
    key("fileuploadblockedforurls", "Edge uploads no file to these sites"),
    key("fileuploadallowedforurls", "Edge uploads files to these sites"),
    key("localsyncenabled", "contacts are saved to the device"),
    key("contactsync", "contacts are saved to the device"),
    key("nativesyncenabled", "calendars are saved to the device"),
    key("localsyncenabled.userchangeallowed", "users choose whether contacts are saved to the device"),
];

impl<'n> Configurations<'n> {
    /// The configurations among some objects; `apps` are those of the tenant by id, `names` are those of the
    /// policies' heads.
    pub(super) fn read(
        objects: impl Iterator<Item = (&'n ListedObject<'n>, TenantParts<'n>)>,
        apps: &BTreeMap<String, &str>,
        names: &Names,
        limits: &Limits,
    ) -> Self {
        let mut found = Self { list: Vec::new(), names: Names::default() };
        for (object, parts) in objects {
            if found.list.is_empty() {
                found.names = names.clone();
            }
            let read = Configuration::read(object, parts, &mut found.names, limits);
            found.list.extend(read.map(|one| one.with_apps(apps, names)));
        }
        found
    }

    /// Whether one of them lets screens of a policy's apps be captured, although sending data is restricted: for
    /// all of the policy's users, apps and devices.
    pub(super) fn free_capture(&mut self, policy: &Head, platform: Platform) -> bool {
        let names = &self.names;
        // Where two of them contradict each other, the stricter one is taken to win.
        let may_forbid = |one: &Configuration<'_>| {
            one.forbids_capture()
                && one.head(platform).is_some_and(|head| head.may_meet(policy, platform, names))
        };
        let frees = |one: &Configuration<'_>| {
            one.frees_capture()
                && one.head(platform).is_some_and(|head| head.covers(policy, platform, names))
        };
        if !self.list.iter().any(frees) {
            return false;
        }
        let is_forbidden = self.list.iter().any(may_forbid);
        for one in &mut self.list {
            one.has_kept_capture |= may_forbid(one);
            one.has_freed_capture |= !is_forbidden && frees(one);
        }
        !is_forbidden
    }

    /// Diagnostics about the keys that no rule says.
    pub(super) fn diagnostics(&self) -> impl Iterator<Item = Diagnostic> + '_ {
        self.list.iter().filter_map(Configuration::diagnostic)
    }

    /// The warning about a policy for managed devices on iOS whose apps are not told that their device is
    /// managed: some of the `wanted` keys do not reach their app, or not all of its people.
    /// `other` finds the policy that holds instead.
    pub(super) fn missing_keys<'o>(
        &self,
        policy: &ImportedPolicy,
        wanted: &[WantedKeys<'_>],
        other: impl Fn() -> Option<&'o str>,
    ) -> Option<Diagnostic> {
        let reach =
            |app: Option<&str>, key: &str, one: &Configuration<'_>| match one.head(Platform::Ios) {
                Some(head) if one.hands_over(key) => {
                    let people = reach(&head.assignees, &policy.head.assignees);
                    people.min(one.reaches(app, &policy.head, &self.names))
                }
                _ => Reach::No,
            };
        let wanted = wanted.iter().flat_map(|(app, keys)| keys.iter().map(|(key, _)| (*app, *key)));
        let is_missing = |(app, key): &(Option<&str>, &str)| {
            self.list.iter().all(|one| reach(*app, key, one) != Reach::Yes)
        };
        let missing: Vec<(Option<&str>, &str)> = wanted.filter(is_missing).collect();
        let is_unsure = |one: &&Configuration<'_>| {
            missing.iter().any(|(app, key)| reach(*app, key, one) == Reach::Unknown)
        };
        let unsure = self.list.iter().find(is_unsure).map(|one| one.title.as_str());
        let place = policy.stated_at("targetedAppManagementLevels");
        let is_among = |key: &&str| missing.iter().any(|(_, one)| one == key);
        let keys: Vec<&str> = HANDED_OVER.iter().map(|(key, _)| *key).filter(is_among).collect();
        keys.first()?;
        Some(not_handed_over((&policy.title, place), &keys, unsure, other()))
    }
}

/// Whether a configuration reaches all of a policy's people.
fn reach(own: &Assignees, policy: &Assignees) -> Reach {
    let is_everybody = |own: &Assignees| matches!(own, Assignees::Some { of, except } if of.contains(&Assignee::ALL) && except.is_empty());
    match (own, policy) {
        // Of a policy for nobody it is enough that somebody gets the keys.
        (_, Assignees::Nobody) => Reach::Yes,
        (own, Assignees::Unknown) if is_everybody(own) => Reach::Yes,
        (Assignees::Unknown, _) | (_, Assignees::Unknown) => Reach::Unknown,
        (own, policy) if own.covers(policy) => Reach::Yes,
        _ => Reach::No,
    }
}

impl<'n> Configuration<'n> {
    /// The configuration of an object.
    fn read(
        object: &'n ListedObject<'n>,
        parts: TenantParts<'_>,
        names: &mut Names,
        limits: &Limits,
    ) -> Option<Self> {
        let ObjectType::Configuration(delivery) = object.what else { return None };
        let node = object.node;
        let title = node.text("displayName").unwrap_or("without a name").to_owned();
        let (keys, is_opaque, heads) = (Vec::new(), false, Vec::new());
        let mut found = Self {
            node,
            title,
            delivery,
            keys,
            is_opaque,
            heads,
            apps: BTreeSet::new(),
            has_unknown_apps: false,
            has_freed_capture: false,
            has_kept_capture: false,
        };
        found.read_keys(limits);
        // What is wrong with a configuration makes it reach less.
        let mut ignored = Vec::new();
        for platform in delivery.platforms() {
            let path = Path::known(&object.path);
            let members = Members::read(node, path, *platform, &mut ignored);
            let mut head = Head::read(&members, parts, names, &mut ignored);
            // A filter that does not count lets it reach more than it does, and so does a level that is not known.
            let is_exact = head.has_exact_assignees || head.filtered.is_some();
            let is_wider = |one: &Diagnostic| {
                one.severity == Severity::Error || !is_exact && one.code == Code::IntuneFilter
            };
            if ignored.iter().any(is_wider) {
                // Nobody knows what it reaches.
                head.apps = ProtectedApps::Unknown;
            }
            found.heads.push((*platform, head));
        }
        Some(found)
    }

    /// The configuration with the apps that it targets, by the apps of the tenant.
    fn with_apps(mut self, apps: &BTreeMap<String, &str>, names: &Names) -> Self {
        self.has_unknown_apps = self.node.given(TARGETS).and_then(Node::array).is_none();
        for target in targets(self.node) {
            let id = target.string().and_then(|id| apps.get(&id.to_lowercase()));
            let name = id.and_then(|id| names.name_of(IdKind::Ios, id));
            self.apps.extend(name.map(str::to_owned));
            // One of which the bundle id is known is an app of no policy.
            self.has_unknown_apps |= id.is_none();
        }
        self
    }

    /// Whether it reaches an app; without one, some app of a policy.
    fn reaches(&self, app: Option<&str>, policy: &Head, names: &Names) -> Reach {
        let listed = self.head(Platform::Ios).filter(|head| head.apps != ProtectedApps::Unknown);
        let is_known = match (app, listed) {
            (Some(app), Some(head)) => head.protects(app, names),
            (None, Some(head)) => head.may_meet(policy, Platform::Ios, names),
            (Some(app), None) => self.apps.contains(app),
            (None, None) => self.apps.iter().any(|app| policy.protects(app, names)),
        };
        let is_unknown =
            listed.is_none() && (self.has_unknown_apps || policy.apps == ProtectedApps::Unknown);
        match (is_known, is_unknown) {
            (true, _) => Reach::Yes,
            (false, true) => Reach::Unknown,
            (false, false) => Reach::No,
        }
    }

    fn read_keys(&mut self, limits: &Limits) {
        let node = self.node;
        let mut is_stated = false;
        for (list, name, value) in
            [("customSettings", "name", "value"), ("settings", "appConfigKey", "appConfigKeyValue")]
        {
            let Some(nodes) = node.given(list) else { continue };
            is_stated = true;
            match nodes.array() {
                Some(nodes) => self.add(nodes, name, &[value]),
                None => self.is_opaque = true,
            }
        }
        let is_text = |name: &&str| node.text(name).is_some_and(|text| !text.is_empty());
        is_stated |= ["encodedSettingXml", "payloadJson"].iter().any(is_text);
        self.is_opaque |= !is_stated;
        if let Some(xml) = node.text("encodedSettingXml").filter(|text| !text.is_empty()) {
            match decoded(xml).and_then(|text| property_list(&text)) {
                Some(keys) => self.keys.extend(keys),
                None => self.is_opaque = true,
            }
        }
        if let Some(payload) = node.text("payloadJson").filter(|text| !text.is_empty()) {
            let span = Home::Inside(node.span);
            match decoded(payload).and_then(|text| parse(&text, span, limits).ok()) {
                Some(payload) => {
                    let nodes = payload.get("managedProperty").and_then(Node::array);
                    let values = ["valueString", "valueBool", "valueInteger"];
                    self.add(nodes.unwrap_or_default(), "key", &values);
                }
                None => self.is_opaque = true,
            }
        }
    }

    fn add(&mut self, nodes: &[Node], name: &str, values: &[&str]) {
        for node in nodes {
            let Some(name) = node.text(name) else {
                self.is_opaque = true;
                continue;
            };
            let value = values.iter().find_map(|one| scalar(node.get(one)?)).unwrap_or_default();
            self.keys.push(ConfigurationKey { name: name.to_owned(), value: value.to_owned() });
        }
    }

    fn head(&self, platform: Platform) -> Option<&Head> {
        self.heads.iter().find(|(one, _)| *one == platform).map(|(_, head)| head)
    }

    /// Whether it hands over a key by which apps on iOS know that their device is managed, with the value that the
    /// key has to have.
    fn hands_over(&self, key: &str) -> bool {
        let own = || self.keys.iter().filter(|one| one.name.eq_ignore_ascii_case(key));
        self.delivery != Delivery::Account
            && own().next().is_some()
            && own().all(|one| wrong_value(one).is_none())
    }

    fn frees_capture(&self) -> bool {
        self.controls_capture(true)
    }

    fn forbids_capture(&self) -> bool {
        self.controls_capture(false)
    }

    /// Whether it has the key about screens with the value that frees them, or with another one.
    fn controls_capture(&self, is_free: bool) -> bool {
        let has = |key: &ConfigurationKey| {
            key.name.eq_ignore_ascii_case(CAPTURE)
                && key.value.eq_ignore_ascii_case("disabled") == is_free
        };
        self.delivery == Delivery::Account && self.keys.iter().any(has)
    }

    /// What follows from it that no rule says, or that nothing does; `None` if all that follows is counted.
    fn diagnostic(&self) -> Option<Diagnostic> {
        let place = self.node.head();
        let mut names: Vec<&str> = Vec::new();
        let mut changes: Vec<String> = Vec::new();
        for key in &self.keys {
            if let Some(text) = self.changes(key) {
                names.push(&key.name);
                changes.push(format!("`{}`: {text}", key.name));
            }
            if self.delivery != Delivery::Account
                && let Some(wanted) = wrong_value(key)
            {
                names.push(&key.name);
                changes.push(format!(
                    "`{}`: its value is not `{wanted}`, by which an app learns that its device is managed",
                    key.name
                ));
            }
        }
        if self.is_opaque {
            changes.push("some of its keys cannot be read".to_owned());
        }
        let hands_over = HANDED_OVER.iter().any(|(key, _)| self.hands_over(key));
        let is_counted = self.has_freed_capture || self.has_kept_capture || hands_over;
        if changes.is_empty() && is_counted {
            return None;
        }
        if changes.is_empty() {
            let message =
                format!("\"{}\" is app configuration; nothing follows from it here", self.title);
            let diagnostic = Diagnostic::new(Code::IntuneNoRules, message).at(place, "");
            return Some(diagnostic.help("it is recognised and left out"));
        }
        names.sort_unstable();
        names.dedup();
        let message = match names.is_empty() {
            true => format!("\"{}\" may bear on what happens to data", self.title),
            false => {
                format!("\"{}\" bears on what happens to data, by {}", self.title, list(&names))
            }
        };
        let diagnostic = Diagnostic::new(Code::IntuneConfiguration, message).at(place, "");
        Some(diagnostic.help(format!("no rule says this: {}", changes.join("; "))))
    }

    /// What a key changes that no rule says.
    fn changes(&self, key: &ConfigurationKey) -> Option<&'static str> {
        let name = key.name.to_lowercase();
        if name == CAPTURE {
            return match key.value.to_lowercase().as_str() {
                "disabled" if self.has_freed_capture => None,
                "disabled" => Some(
                    "screens of some apps can be captured although sending data is restricted; it \
                     does not cover all of a policy's users, apps and devices, or another configuration \
                     forbids it, so that the policy's block stands here",
                ),
                "enabled" => None,
                _ => Some(
                    "its value is neither `Enabled` nor `Disabled`; the policy's block stands here",
                ),
            };
        }
        if HANDED_OVER.iter().any(|(known, _)| name.eq_ignore_ascii_case(known)) {
            return None;
        }
        let is_of = |known: &&KnownKey| {
            name.ends_with(known.name) || name.contains(&format!("{}.", known.name))
        };
        let known = KEYS.iter().filter(is_of);
        let known = known.max_by_key(|known| known.name.len()).map(|known| known.changes);
        let is_of_sdk =
            name.starts_with("intunemam") || name.starts_with("com.microsoft.intune.mam.");
        known.or(is_of_sdk.then_some("a setting of Intune's SDK whose effect is not known here"))
    }
}

/// The member with the apps of the tenant that a configuration reaches, by id.
const TARGETS: &str = "targetedMobileApps";

/// The apps of the tenant that a configuration targets.
pub(super) fn targets(node: &Node) -> impl Iterator<Item = &Node> {
    node.get(TARGETS).and_then(Node::array).unwrap_or_default().iter()
}

/// The value that a key about management has to have, if it has another one.
fn wrong_value(key: &ConfigurationKey) -> Option<&'static str> {
    let known = HANDED_OVER.iter().find(|(name, _)| name.eq_ignore_ascii_case(&key.name));
    let (_, wanted) = known?;
    (!key.value.trim().eq_ignore_ascii_case(wanted)).then_some(wanted)
}

/// The text of a string, a number or a boolean.
fn scalar(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::String(text) | NodeKind::Number(text) => Some(text),
        NodeKind::Bool(true) => Some("true"),
        NodeKind::Bool(false) => Some("false"),
        NodeKind::Null | NodeKind::Array(_) | NodeKind::Object(_) => None,
    }
}

/// The text in base 64, in which Graph gives what is not its own; the text itself if a tool has decoded it.
fn decoded(text: &str) -> Option<String> {
    if text.trim_start().starts_with(['<', '{']) {
        return Some(text.to_owned());
    }
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).ok()?;
    String::from_utf8(bytes).ok()
}

/// The keys of a property list, `<dict><key>…</key><string>…</string></dict>`; `None` if it is none.
fn property_list(text: &str) -> Option<Vec<ConfigurationKey>> {
    let mut reader = Reader::from_str(text);
    let (mut keys, mut depth, mut inside) = (Vec::new(), 0_usize, String::new());
    // The depth of the keys, and the last one, which has no value yet.
    let (mut of_keys, mut open) = (None, None::<String>);
    loop {
        match reader.read_event().ok()? {
            Event::Start(_) => {
                depth += 1;
                inside.clear();
            }
            Event::Empty(tag) if of_keys == Some(depth + 1) => {
                let value = tag.local_name().into_inner().to_owned();
                keys.extend(open.take().map(|name| ConfigurationKey { name, value }));
            }
            Event::Text(text) => inside.push_str(&text),
            Event::GeneralRef(of) => inside.push(character(&of)?),
            Event::End(tag) => {
                let is_key = tag.local_name().into_inner() == "key";
                let is_of_keys =
                    *of_keys.get_or_insert(if is_key { depth } else { usize::MAX }) == depth;
                if is_key && is_of_keys {
                    open = Some(inside.trim().to_owned());
                } else if is_of_keys {
                    let value = inside.trim().to_owned();
                    keys.extend(open.take().map(|name| ConfigurationKey { name, value }));
                }
                inside.clear();
                depth = depth.checked_sub(1)?;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    (depth == 0).then_some(keys)
}

/// The character of a reference such as `&amp;`.
fn character(of: &BytesRef<'_>) -> Option<char> {
    if let Some(known) = of.resolve_char_ref().ok()? {
        return Some(known);
    }
    match &**of {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// Names in a list of words.
fn list(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// A warning about an app whose device is taken for unmanaged. `unsure` is a configuration of which nobody knows
/// whom or what it reaches.
fn not_handed_over(
    (title, place): (&str, Span),
    missing: &[&str],
    unsure: Option<&str>,
    other: Option<&str>,
) -> Diagnostic {
    let keys = list(missing);
    let message = match unsure {
        Some(one) => format!("nobody knows whether \"{one}\" hands over {keys} for \"{title}\""),
        None => {
            format!("no app configuration hands over {keys} for all people and apps of \"{title}\"")
        }
    };
    let holds = match other {
        Some(other) => format!("\"{other}\" holds there instead"),
        None => "no policy holds there".to_owned(),
    };
    let request = match unsure {
        Some(_) => {
            "request both with `$expand=assignments`, and the apps of the tenant \
             (`deviceAppManagement/mobileApps`); "
        }
        None => "",
    };
    let help = format!(
        "{request}without these keys an app on iOS takes its device for unmanaged, and {holds}; Intune itself \
         sends them to Excel, Outlook, PowerPoint, Teams and Word alone, and another MDM to none"
    );
    Diagnostic::new(Code::IntuneManagementKeys, message).at(place, "").help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Option<Vec<(String, String)>> {
        property_list(text).map(|keys| keys.into_iter().map(|key| (key.name, key.value)).collect())
    }

    #[test]
    fn keys_of_property_lists() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(keys("<dict></dict>"), Some(vec![]));
        let text = "<dict>\n <key>IntuneMAMUPN</key>\n <string>{{upn}} &amp; &#65;</string>\n <key>Deep</key>\
            <dict><key>inner</key><true/></dict><key>On</key><true/><key>N</key><integer>3</integer></dict>";
        let found = [
            pair("IntuneMAMUPN", "{{upn}} & A"),
            pair("Deep", ""),
            pair("On", "true"),
            pair("N", "3"),
        ];
        assert_eq!(keys(text), Some(found.to_vec()));
        assert_eq!(keys("<dict><key>a</key>"), None);
        assert_eq!(keys("<dict><key>a</dict>"), None);
    }
}
