//! The apps that a policy protects.
//!
//! Takes in `appGroupType` and `apps`, gives out names of apps. An app that no file declares gets a
//! declaration.

use std::collections::BTreeSet;

use super::members::{Members, bad_value, word};
use super::paging::{next_page, request_too};
use crate::diagnostic::{Code, Diagnostic};
use crate::intune::json::{Member, Node, NodeKind};
use crate::intune::names::{Names, id_kind};
use crate::source::Span;
use crate::syntax::print::quote;
use crate::vocabulary::Platform;

/// The apps of a policy, by group or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intune) enum ProtectedApps {
    Core,
    Microsoft,
    All,
    /// Apps by name.
    Selected(BTreeSet<String>),
    /// The export has no list, or a part of one; read as every app that can be protected.
    Unknown,
}

/// The catalogue's groups of Microsoft's apps.
pub(in crate::intune) const CORE: &str = "core-microsoft-apps";
pub(in crate::intune) const MICROSOFT: &str = "microsoft-apps";

/// The words of `appGroupType`.
const GROUP_TYPES: &[&str] =
    &["selectedPublicApps", "allCoreMicrosoftApps", "allMicrosoftApps", "allApps"];

/// Reads the apps of a policy.
pub(super) fn read(
    members: &Members<'_>,
    names: &mut Names,
    found: &mut Vec<Diagnostic>,
) -> ProtectedApps {
    let ids = app_ids(members, found);
    let group = members.object.given("appGroupType");
    let path = members.path;
    let path = path.member("appGroupType");
    let group = group.map(|node| match node.string() {
        Some(text) => word(text, GROUP_TYPES, node, path),
        None => Err(bad_value(path, node, &format!("takes a string, not {}", node.noun()))),
    });
    let kind = id_kind(members.platform);
    let mut declare = |names: &mut Names| -> BTreeSet<String> {
        let ids = ids.iter().flatten();
        let named = ids.map(|(id, span)| (names.protected(kind, id, *span), *span));
        let named: Vec<_> = named.collect();
        named
            .into_iter()
            .filter_map(|(name, span)| protectable(members, names, name, span, found))
            .collect()
    };
    // Those of other platforms included.
    let listed = members.object.get("apps").and_then(Node::array).map_or(0, <[Node]>::len);
    match (group, &ids) {
        (Some(Ok("allCoreMicrosoftApps")), _) => ProtectedApps::Core,
        (Some(Ok("allMicrosoftApps")), _) => ProtectedApps::Microsoft,
        (Some(Ok("allApps")), _) => {
            declare(names);
            ProtectedApps::All
        }
        (Some(Err(diagnostic)), _) => {
            found.push(diagnostic);
            ProtectedApps::Unknown
        }
        (_, Some(_)) if is_cut_off(members, listed) => {
            declare(names);
            found.push(unknown_apps(members));
            ProtectedApps::Unknown
        }
        // Of a group nobody lists the apps, and which group it is nobody tells.
        (None, Some(_)) if listed == 0 && members.platform != Platform::Windows => {
            found.push(unknown_apps(members));
            ProtectedApps::Unknown
        }
        (_, Some(_)) => ProtectedApps::Selected(declare(names)),
        (_, None) => {
            // A list that is no array is an error already.
            if members.object.given("apps").is_none() {
                found.push(unknown_apps(members));
            }
            ProtectedApps::Unknown
        }
    }
}

/// Whether the export says that its list of apps is not the whole one: another page follows, or the policy
/// counts more apps.
fn is_cut_off(members: &Members<'_>, listed: usize) -> bool {
    let count = members.object.given("deployedAppCount").and_then(|node| match &node.kind {
        NodeKind::Number(text) | NodeKind::String(text) => text.parse::<usize>().ok(),
        _ => None,
    });
    next_page(members.object, "apps").is_some() || count.is_some_and(|count| count > listed)
}

/// The warning about a policy without a whole list of its apps.
fn unknown_apps(members: &Members<'_>) -> Diagnostic {
    let message = format!("`{}` does not list all apps that it protects", members.path);
    let request = match next_page(members.object, "apps") {
        Some(link) => request_too(link),
        None => "request it with `$expand=apps`".to_owned(),
    };
    let help = format!(
        "{request}; until then its rules count for every app that can be protected, and an app that such \
         policies alone protect counts as unmanaged"
    );
    let place = members.object.member("appGroupType").map_or_else(|| members.head(), Member::head);
    Diagnostic::new(Code::IntuneUnknownApps, message).at(place, "").help(help)
}

/// The name of an app, or `None` with a warning if the app is known to lack the SDK.
fn protectable(
    members: &Members<'_>,
    names: &Names,
    name: String,
    span: Span,
    found: &mut Vec<Diagnostic>,
) -> Option<String> {
    if names.app(&name).is_some_and(|app| app.sdk) {
        return Some(name);
    }
    let message = format!("`{name}` carries no SDK, so `{}` cannot protect it", members.path);
    let help = "take the app out of the list: the policy does not hold for it";
    found.push(Diagnostic::new(Code::IntuneIdle, message).at(span, "").help(help));
    None
}

/// The apps that a policy for an app group lists beside it. Of the group's own apps the list is a snapshot.
pub(super) fn beside(
    members: &Members<'_>,
    apps: &ProtectedApps,
    names: &mut Names,
) -> BTreeSet<String> {
    let group = match apps {
        ProtectedApps::Core => Some(CORE),
        ProtectedApps::Microsoft => Some(MICROSOFT),
        ProtectedApps::All => None,
        ProtectedApps::Selected(_) | ProtectedApps::Unknown => return BTreeSet::new(),
    };
    let ids = listed_ids(members);
    let kind = id_kind(members.platform);
    let mut found = BTreeSet::new();
    for (id, span) in &ids {
        let name = names.protected(kind, id, *span);
        let is_protectable = names.app(&name).is_some_and(|app| app.sdk);
        // All apps are those that somebody else declares.
        let is_of_group =
            group.map_or_else(|| !names.is_new(&name), |group| names.has_member(group, &name));
        if is_protectable && !is_of_group {
            found.insert(name);
        }
    }
    found
}

/// The member that holds an app's id on a platform.
pub(in crate::intune) const fn id_member(platform: Platform) -> &'static str {
    match platform {
        Platform::Ios => "bundleId",
        Platform::Android => "packageId",
        Platform::Windows => "windowsAppId",
    }
}

/// The type of an app's identifier on a platform.
pub(in crate::intune) const fn id_type(platform: Platform) -> &'static str {
    match platform {
        Platform::Ios => "iosMobileAppIdentifier",
        Platform::Android => "androidMobileAppIdentifier",
        Platform::Windows => "windowsAppIdentifier",
    }
}

/// The id in an app identifier of any platform.
fn any_id(identifier: &Node) -> Option<&str> {
    Platform::ALL.iter().find_map(|platform| identifier.text(id_member(*platform)))
}

/// The id of an entry in a list of apps: an identifier, an object around one, or the id alone.
pub(in crate::intune) fn app_id(entry: &Node) -> Option<&str> {
    entry.string().or_else(|| any_id(entry.get("mobileAppIdentifier").unwrap_or(entry)))
}

/// The ids in the list of apps, with their places. What is wrong with the list is reported elsewhere.
pub(in crate::intune) fn listed_ids(members: &Members<'_>) -> Vec<(String, Span)> {
    app_ids(members, &mut Vec::new()).unwrap_or_default()
}

/// Whether a text is what PowerShell writes of an object that lies too deep: its type, or its members in `@{…}`.
fn is_name_of_a_type(text: &str) -> bool {
    text.starts_with("@{")
        || ["Microsoft.Graph.", "System."].iter().any(|start| text.starts_with(start))
}

/// The ids in the list of apps, with their places; `None` if the export has no list.
fn app_ids(members: &Members<'_>, found: &mut Vec<Diagnostic>) -> Option<Vec<(String, Span)>> {
    let node = members.object.given("apps")?;
    let list = members.path;
    let list = list.member("apps");
    let Some(nodes) = node.array() else {
        found.push(bad_value(list, node, &format!("takes an array, not {}", node.noun())));
        return None;
    };
    let wanted = id_member(members.platform);
    let mut ids = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        if let Some(id) = node.string().filter(|id| !id.trim().is_empty()) {
            if is_name_of_a_type(id) {
                let message = format!("is {}, the name of a type and no app", quote(id));
                let help = "the list was cut off: export it again, with more depth (`ConvertTo-Json -Depth 20`)";
                found.push(bad_value(list.index(index), node, &message).help(help));
                continue;
            }
            ids.push((id.to_owned(), node.span));
            continue;
        }
        let own = node.get("mobileAppIdentifier").unwrap_or(node);
        match own.get(wanted).map(|id| (id.string(), id.span)) {
            Some((Some(id), span)) if !id.trim().is_empty() => ids.push((id.to_owned(), span)),
            // An app of the other platform.
            _ if members.is_of_default && any_id(own).is_some() => {}
            _ => {
                let message = format!("has no `mobileAppIdentifier` with a `{wanted}`");
                let platform = members.platform;
                let help = format!("name an app of {platform}, or take this one out");
                found.push(bad_value(list.index(index), node, &message).help(help));
            }
        }
    }
    Some(ids)
}
