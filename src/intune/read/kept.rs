//! Members that rules do not bring back.
//!
//! Takes in members, and what an export would write for head and settings; gives out a `setting` for
//! each difference, which decides nothing.

use std::collections::BTreeSet;

use super::apps::{CORE, MICROSOFT, ProtectedApps, app_id};
use super::assignments::Assignees;
use super::head::Head;
use super::members::Members;
use crate::intune::emit::graph::app_ids;
use crate::intune::emit::statement::{At, Line};
use crate::intune::json::{self, Node};
use crate::intune::levels::ManagementLevels;
use crate::intune::names::{Names, id_kind};
use crate::intune::schema::{Property, ValueType};
use crate::intune::settings::Settings;
use crate::syntax::ast;
use crate::vocabulary::Platform;

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
    // Without these, an export would assign the policy to everybody, to all apps, or to fewer devices.
    let is_mobile = members.platform != Platform::Windows;
    let is_missing = |name: &str| members.object.given(name).is_none();
    let not_exported = [
        ("assignments", head.assignees == Assignees::Unknown),
        (
            "appGroupType",
            head.apps == ProtectedApps::Unknown && is_mobile && is_missing("appGroupType"),
        ),
        (
            "targetedAppManagementLevels",
            head.filtered.is_some() && is_mobile && is_missing("targetedAppManagementLevels"),
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
        "assignments" => head.has_exact_assignees,
        "apps" => apps_come_back(head, members, names),
        // Without its list, an export would turn a selection of apps into all apps.
        "appGroupType" if *json == ast::Json::Null => true,
        "appGroupType" if head.apps == ProtectedApps::Unknown => false,
        "targetedAppManagementLevels" if *json == ast::Json::Null => true,
        "targetedAppManagementLevels" => {
            let text = members.object.text(name).unwrap_or("unspecified");
            let set = |text: &str| -> BTreeSet<String> {
                text.split(',').map(|flag| flag.trim().to_lowercase()).collect()
            };
            let stated = stated(head, members.platform).flags_text(members.platform);
            head.filtered.is_none() && set(text) == set(&stated)
        }
        "description" => {
            let text = members.object.text(name).unwrap_or_default();
            docs(&head.description).join(" ") == text
        }
        _ => expected.is_none_or(|expected| json::ast_of(expected) == *json),
    }
}

/// Whether an export writes the list of apps. Of the apps in its group the list is a snapshot.
fn apps_come_back(head: &Head, members: &Members<'_>, names: &Names) -> bool {
    let (group, written) = match &head.apps {
        ProtectedApps::All | ProtectedApps::Unknown => return true,
        ProtectedApps::Selected(apps) => (None, apps),
        ProtectedApps::Core => (Some(CORE), &head.beside),
        ProtectedApps::Microsoft => (Some(MICROSOFT), &head.beside),
    };
    let listed = members.object.get("apps").and_then(Node::array).unwrap_or_default();
    let kind = id_kind(members.platform);
    let is_of_group = |id: &str| {
        let name = names.name_of(kind, id);
        group.zip(name).is_some_and(|(group, name)| names.has_member(group, name))
    };
    let listed = listed.iter().filter_map(app_id).filter(|id| !is_of_group(id));
    let listed: BTreeSet<String> = listed.map(str::to_lowercase).collect();
    listed == app_ids(written, members.platform, names)
}

/// The levels that the clause `devices` lists; all of them if there is no clause.
fn stated(head: &Head, platform: Platform) -> ManagementLevels {
    match head.levels.words(platform).is_empty() {
        true => ManagementLevels::All,
        false => head.levels,
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
