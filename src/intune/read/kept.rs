//! Members that rules do not bring back.
//!
//! Takes in members, and what an export would write for head and settings; gives out a `setting` for
//! each difference, which decides nothing.

use std::collections::BTreeSet;

use super::apps::{ProtectedApps, any_id};
use super::assignments::{Assignees, assignment_key};
use super::head::Head;
use super::members::Members;
use crate::intune::emit::graph::{app_ids, flags};
use crate::intune::emit::statement::{At, Line};
use crate::intune::json::{self, Node};
use crate::intune::levels::ManagementLevels;
use crate::intune::names::Names;
use crate::intune::schema::{Property, ValueType};
use crate::intune::settings::Settings;
use crate::syntax::ast;
use crate::vocabulary::{DeviceStates, Platform};

/// The setting that keeps the objects of assignment filters. It is no member of a policy.
pub(in crate::intune) const FILTERS: &str = "deviceAndAppManagementAssignmentFilters";

/// A `setting` for each member that rules and head do not bring back.
pub(super) fn statements(
    members: &Members<'_>,
    head: &Head,
    settings: &Settings,
    is_default: bool,
    names: &Names,
) -> Vec<Line> {
    let expected = settings.canonical(names).members(members.platform, names);
    let special = head.members(members.platform, names);
    let mut lines = Vec::new();
    for property in Property::all(members.platform) {
        let Some((value, json, span)) = members.entry(property.name) else { continue };
        let comes_back = match property.kind {
            ValueType::Special => {
                comes_back(property.name, json, head, special.get(property.name), members, names)
            }
            _ => expected.get(property.name) == Some(value),
        };
        if !comes_back {
            lines.push(At(span).setting(property.name, json.clone()));
        }
    }
    // Without these, an export would assign the policy to everybody, or to all apps.
    let not_exported = [
        ("assignments", head.assignees == Assignees::Unknown),
        (
            "appGroupType",
            head.apps == ProtectedApps::Unknown
                && members.platform != Platform::Windows
                && members.object.given("appGroupType").is_none(),
        ),
    ];
    for (name, _) in not_exported.into_iter().filter(|(_, holds)| *holds && !is_default) {
        lines.push(At(members.head()).setting(name, ast::Json::Null));
    }
    if !head.filters.is_empty() {
        let filters = ast::Json::Array(head.filters.clone());
        lines.push(At(members.span("assignments")).setting(FILTERS, filters));
    }
    // Members have no order.
    let mut unknown: Vec<_> = members.unknown.iter().collect();
    unknown.sort_by(|one, other| one.name.cmp(&other.name));
    lines.extend(unknown.iter().map(|one| At(one.span).setting(&one.name, one.json.clone())));
    lines
}

/// Whether an export writes the value of a member that is no setting.
fn comes_back(
    name: &str,
    json: &ast::Json,
    head: &Head,
    expected: Option<&serde_json::Value>,
    members: &Members<'_>,
    names: &Names,
) -> bool {
    match name {
        "assignments" => {
            let keys = |json: &ast::Json| match json {
                ast::Json::Array(nodes) => nodes.iter().filter_map(assignment_key).collect(),
                _ => BTreeSet::new(),
            };
            let expected = expected.and_then(json::ast_of);
            head.filtered.is_none() && expected.is_none_or(|expected| keys(&expected) == keys(json))
        }
        // The list of an app group is a snapshot of its members.
        "apps" => match &head.apps {
            ProtectedApps::Core | ProtectedApps::Microsoft if head.beside.is_empty() => true,
            apps
            @ (ProtectedApps::Selected(_) | ProtectedApps::Core | ProtectedApps::Microsoft) => {
                let (apps, is_group) = match apps {
                    ProtectedApps::Selected(apps) => (apps, false),
                    _ => (&head.beside, true),
                };
                let listed = members.object.get("apps").and_then(Node::array).unwrap_or_default();
                let own = |node: &Node| {
                    if let Some(id) = node.string() {
                        return Some(id.to_lowercase());
                    }
                    let id = node.get("mobileAppIdentifier").unwrap_or(node);
                    any_id(id).map(str::to_lowercase)
                };
                // Of Microsoft's apps the list of a group is a snapshot.
                let counts = |id: &String| !is_group || !id.contains("microsoft");
                let listed = listed.iter().filter_map(own).filter(counts);
                let listed: BTreeSet<String> = listed.collect();
                listed == app_ids(apps, members.platform, names)
            }
            ProtectedApps::All | ProtectedApps::Unknown => true,
        },
        // Without its list, an export would turn a selection of apps into all apps.
        "appGroupType" if head.apps == ProtectedApps::Unknown => *json == ast::Json::Null,
        "targetedAppManagementLevels" => {
            let text = members.object.text(name).unwrap_or("unspecified");
            let set = |text: &str| -> BTreeSet<String> {
                text.split(',').map(|flag| flag.trim().to_lowercase()).collect()
            };
            head.filtered.is_none()
                && set(text) == set(&flags(stated(head, members.platform), members.platform))
        }
        "description" => {
            let text = members.object.text(name).unwrap_or_default();
            docs(&head.description).join(" ") == text
        }
        _ => expected.is_none_or(|expected| json::ast_of(expected).as_ref() == Some(json)),
    }
}

/// The states that the clause `devices` lists; all of them if there is no clause.
fn stated(head: &Head, platform: Platform) -> DeviceStates {
    if head.levels.words(platform).is_empty() {
        ManagementLevels::all().states()
    } else {
        head.levels.states()
    }
}

/// A description as lines of documentation. Joined by blanks they are the description again, unless
/// that has line breaks.
pub(super) fn docs(description: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in description.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= DOCS_WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The width of a line of documentation: with its slashes it is as wide as other lines.
const DOCS_WIDTH: usize = 96;
