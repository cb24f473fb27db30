//! Configurations of apps, and what their keys do to movements and accesses.
//!
//! Takes in an object, gives out its keys with what each of them changes. A key whose meaning the model can
//! state takes part in decisions; every other one that bears on them is told by name. Policies are not known
//! here.

use std::collections::BTreeSet;

use base64::Engine as _;

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::json::{Home, Node, parse};
use crate::intune::read::assignments::assignment_key;
use crate::limits::Limits;
use crate::source::Span;

/// A configuration of apps.
#[derive(Debug)]
pub(super) struct Configuration<'n> {
    node: &'n Node,
    title: String,
    /// Whether it reaches apps through the management of the device, and not by the account.
    is_of_device: bool,
    keys: Vec<ConfigurationKey>,
    /// Whether its keys could not be read.
    is_opaque: bool,
}

/// A key with its value.
#[derive(Debug)]
struct ConfigurationKey {
    name: String,
    value: String,
}

/// What a key bears on: its name or the end of it in lower case, and what it changes.
struct KnownKey {
    name: &'static str,
    changes: &'static str,
}

const fn key(name: &'static str, changes: &'static str) -> KnownKey {
    KnownKey { name, changes }
}

const CAPTURE: &str = "com.microsoft.intune.mam.screencapturecontrol";

/// The keys by which an app on iOS knows that its device is managed.
pub(super) const HANDED_OVER: [&str; 3] = ["IntuneMAMUPN", "IntuneMAMOID", "IntuneMAMDeviceID"];

/// The published keys that bear on movements or accesses.
#[rustfmt::skip]
const KEYS: &[KnownKey] = &[
    key("intunemamallowedaccountsonly", "only the company's accounts can be used in the apps: what is told of personal accounts there does not come to pass"),
    key("com.microsoft.intune.mam.allowedaccountupns", "only some accounts can be used in the apps: what is told of others there does not come to pass"),
    key("intunemamrequireaccounts", "data that comes in makes the user sign in with the company's account"),
    key("managedbrowser.allowlisturls", "Edge opens these sites only"),
    key("managedbrowser.blocklisturls", "Edge does not open these sites"),
    key("managedbrowser.allowtransitiononblock", "Edge opens sites that it blocks under a personal account"),
    key("managedbrowser.openinprivateifblocked", "Edge opens sites that it blocks in a private window"),
    key("managedbrowser.appproxyredirection", "Edge reaches internal sites through the application proxy"),
    key("managedbrowser.fileuploadblockedforurls", "Edge uploads no file to these sites"),
    key("managedbrowser.fileuploadallowedforurls", "Edge uploads files to these sites"),
    key("localsyncenabled", "contacts are saved to the device"),
    key("contactsync", "contacts are saved to the device"),
    key("localsyncenabled.userchangeallowed", "users choose whether contacts are saved to the device"),
];

impl<'n> Configuration<'n> {
    /// The configuration of an object.
    pub(super) fn read(node: &'n Node, limits: &Limits) -> Self {
        let title = node.text("displayName").unwrap_or("without a name").to_owned();
        let kind = node.text("@odata.type").unwrap_or_default();
        let mut found = Self {
            node,
            title,
            is_of_device: !kind.ends_with("targetedManagedAppConfiguration"),
            keys: Vec::new(),
            is_opaque: false,
        };
        for (list, name, value) in
            [("customSettings", "name", "value"), ("settings", "appConfigKey", "appConfigKeyValue")]
        {
            let nodes = node.get(list).and_then(Node::array).unwrap_or_default();
            found.add(nodes, name, &[value]);
        }
        found.is_opaque = node.text("encodedSettingXml").is_some_and(|text| !text.is_empty());
        if let Some(payload) = node.text("payloadJson").filter(|text| !text.is_empty()) {
            let bytes = base64::engine::general_purpose::STANDARD.decode(payload.trim());
            let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let span = Home::Inside(node.span);
            match text.and_then(|text| parse(&text, span, limits).ok()) {
                Some(payload) => {
                    let nodes = payload.get("managedProperty").and_then(Node::array);
                    let values = ["valueString", "valueBool", "valueInteger"];
                    found.add(nodes.unwrap_or_default(), "key", &values);
                }
                None => found.is_opaque = true,
            }
        }
        found
    }

    fn add(&mut self, nodes: &[Node], name: &str, values: &[&str]) {
        for node in nodes {
            let Some(name) = node.text(name) else { continue };
            let value = values.iter().find_map(|one| node.text(one)).unwrap_or_default();
            self.keys.push(ConfigurationKey { name: name.to_owned(), value: value.to_owned() });
        }
    }

    /// The keys by which apps know that their device is managed, as far as it hands them over.
    pub(super) fn handed_over(&self) -> impl Iterator<Item = &'static str> + '_ {
        let has = |name: &&str| self.keys.iter().any(|key| key.name.eq_ignore_ascii_case(name));
        HANDED_OVER.into_iter().filter(has).filter(|_| self.is_of_device)
    }

    /// Whether its keys are encoded in a form that is not read.
    pub(super) const fn is_opaque(&self) -> bool {
        self.is_opaque && self.is_of_device
    }

    /// Whether it lets screens of a policy's apps be captured, although sending data is restricted: for all of
    /// the policy's users, apps and devices.
    pub(super) fn frees_capture(&self, policy: &Node, assignments: Option<&[&Node]>) -> bool {
        let is_off = |key: &ConfigurationKey| {
            key.name.eq_ignore_ascii_case(CAPTURE) && key.value.eq_ignore_ascii_case("disabled")
        };
        !self.is_of_device
            && self.keys.iter().any(is_off)
            && self.covers_apps(policy)
            && self.covers_levels(policy)
            && self.covers_people(policy, assignments)
    }

    fn covers_apps(&self, policy: &Node) -> bool {
        let group = |node: &Node| node.text("appGroupType").unwrap_or_default().to_owned();
        let (own, other) = (group(self.node), group(policy));
        match (own.as_str(), other.as_str()) {
            ("allApps", _) => true,
            ("" | "selectedPublicApps", "" | "selectedPublicApps") => {
                let (own, other) = (ids(self.node), ids(policy));
                other.is_some_and(|other| own.is_some_and(|own| other.is_subset(&own)))
            }
            (own, other) => own == other,
        }
    }

    fn covers_levels(&self, policy: &Node) -> bool {
        let levels = |node: &Node| -> BTreeSet<String> {
            let text = node.text("targetedAppManagementLevels").unwrap_or("unspecified");
            text.split(',').map(|level| level.trim().to_lowercase()).collect()
        };
        let own = levels(self.node);
        own.contains("unspecified") || levels(policy).is_subset(&own)
    }

    fn covers_people(&self, policy: &Node, apart: Option<&[&Node]>) -> bool {
        let nodes =
            |node: &Node| node.get("assignments").and_then(Node::array).map(<[Node]>::to_vec);
        let others = nodes(policy)
            .or_else(|| apart.map(|nodes| nodes.iter().map(|one| (*one).clone()).collect()));
        let (Some(own), Some(others)) = (nodes(self.node), others) else { return false };
        let keys = |nodes: &[Node]| -> BTreeSet<[String; 4]> {
            nodes.iter().filter_map(|node| assignment_key(&node.to_ast())).collect()
        };
        let is_excluding = |key: &&[String; 4]| key[0].starts_with("exclusion");
        let (own, others) = (keys(&own), keys(&others));
        let (without, of): (Vec<_>, Vec<_>) = own.iter().partition(is_excluding);
        let is_everybody =
            of.iter().any(|key| key[0].starts_with("alllicensedusers") && key[2].is_empty());
        let mut included = others.iter().filter(|key| !is_excluding(key));
        (is_everybody || included.all(|key| own.contains(key)))
            && without.iter().all(|key| others.contains(*key))
    }

    /// What follows from it that no rule says, or that nothing does; `None` if all that follows is counted.
    pub(super) fn diagnostic(&self, has_freed_capture: bool) -> Option<Diagnostic> {
        let place = self.node.head();
        let mut names: Vec<&str> = Vec::new();
        let mut changes: Vec<String> = Vec::new();
        for key in &self.keys {
            let known = self.changes(key, has_freed_capture);
            if let Some(text) = known {
                names.push(&key.name);
                changes.push(format!("`{}`: {text}", key.name));
            }
        }
        if self.is_opaque {
            changes.push("its keys are encoded and are not read".to_owned());
        }
        if changes.is_empty() && (has_freed_capture || self.handed_over().next().is_some()) {
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
    fn changes(&self, key: &ConfigurationKey, has_freed_capture: bool) -> Option<&'static str> {
        let name = key.name.to_lowercase();
        if name == CAPTURE {
            return match key.value.eq_ignore_ascii_case("disabled") {
                true if has_freed_capture => None,
                true => Some(
                    "screens of some apps can be captured although sending data is restricted; it \
                     does not cover all of a policy's users, apps and devices, so that the policy's \
                     block stands here",
                ),
                false => None,
            };
        }
        if HANDED_OVER.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            return None;
        }
        let known = KEYS.iter().filter(|known| name.ends_with(known.name));
        let known = known.max_by_key(|known| known.name.len()).map(|known| known.changes);
        let is_of_sdk =
            name.starts_with("intunemam") || name.starts_with("com.microsoft.intune.mam.");
        known.or(is_of_sdk.then_some("a setting of Intune's SDK whose effect is not known here"))
    }
}

/// The ids of the apps of an object, in lower case.
fn ids(node: &Node) -> Option<BTreeSet<String>> {
    let apps = node.given("apps")?.array()?;
    let id = |app: &Node| {
        let own = app.get("mobileAppIdentifier").unwrap_or(app);
        let id = ["bundleId", "packageId", "windowsAppId"].iter().find_map(|one| own.text(one));
        id.map(str::to_lowercase)
    };
    Some(apps.iter().filter_map(id).collect())
}

/// Names in a list of words.
fn list(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The keys that are wanted and that no configuration hands over.
pub(super) fn missing_keys<'k>(handed_over: &BTreeSet<&str>, wanted: &[&'k str]) -> Vec<&'k str> {
    wanted.iter().copied().filter(|key| !handed_over.contains(key)).collect()
}

/// A warning about an app whose device is taken for unmanaged.
pub(super) fn not_handed_over(
    (title, place): (&str, Span),
    missing: &[&str],
    other: Option<&str>,
) -> Diagnostic {
    let message = format!("no app configuration hands over {} for \"{title}\"", list(missing));
    let holds = match other {
        Some(other) => format!("\"{other}\" holds there instead"),
        None => "no policy holds there".to_owned(),
    };
    let help = format!(
        "without these keys an app on iOS takes its device for unmanaged, and {holds}; Intune itself sends \
         them to Excel, Outlook, PowerPoint, Teams and Word alone, and another MDM to none"
    );
    Diagnostic::new(Code::IntuneManagementKeys, message).at(place, "").help(help)
}
