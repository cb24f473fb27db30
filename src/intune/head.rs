//! Whom and what a policy is for: its name, apps, devices and assignments.
//!
//! Takes in members, gives out the head of a policy, first as data, then as statements.

use std::collections::BTreeSet;

use super::json::{Kind as Json, Member, Node};
use super::levels::Levels;
use super::members::{Members, bad_value, word};
use super::names::{Names, id_kind};
use super::write::{At, Line};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{self, Effect, SetWord};
use crate::syntax::print::quote;
use crate::vocabulary::Platform;

/// The apps that a policy protects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Apps {
    Core,
    Microsoft,
    All,
    /// These, by name.
    Selected(BTreeSet<String>),
    /// The export does not say: read as every app that can be protected.
    Unsaid,
}

/// The people whom a policy is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum People {
    /// The export does not say.
    Unsaid,
    /// Nobody yet.
    Nobody,
    /// Groups, by name; all licensed users where the first is `None`.
    Some { of: Option<BTreeSet<String>>, except: BTreeSet<String> },
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) apps: Apps,
    pub(super) levels: Levels,
    pub(super) people: People,
    /// Whether an assignment has a filter, whose rule is not in the export.
    pub(super) is_filtered: bool,
}

/// The types of groups of apps, as Graph names them.
pub(super) const GROUP_TYPES: &[&str] =
    &["selectedPublicApps", "allCoreMicrosoftApps", "allMicrosoftApps", "allApps"];

impl Head {
    pub(super) fn read(
        members: &Members<'_>,
        assignments: Option<&[&Node]>,
        names: &mut Names,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let title = text(members, "displayName", found);
        let description = text(members, "description", found).unwrap_or_default();
        if title.as_ref().is_some_and(String::is_empty) {
            let message = format!("`{}` has no `displayName`", members.path);
            let help = "every policy of Intune has a name; add one";
            let diagnostic = Diagnostic::new(Code::IntuneBadValue, message);
            found.push(diagnostic.at(members.head(), "").help(help));
        }
        let levels = read_levels(members, found);
        let apps = read_apps(members, names, found);
        let mut people = Assignments { members, names, found, is_filtered: false };
        let (people, is_filtered) = (people.read(assignments), people.is_filtered);
        let title = title.unwrap_or_default();
        Self { title, description, apps, levels, people, is_filtered }
    }

    /// The statements of the head, but for the one that yields.
    pub(super) fn lines(&self, members: &Members<'_>, names: &mut Names) -> Vec<Line> {
        let at = |name: &str| At(members.span(name));
        let mut lines = vec![self.people(at("assignments"), members.is_half, names)];
        lines.push(At(members.head()).on(members.platform.word()));
        let words = self.levels.words(members.platform);
        if members.platform == Platform::Windows {
            let line = At(members.head()).devices(&["unmanaged"]);
            lines.push(line.note("the policy ends where a device is managed"));
        } else if !words.is_empty() {
            lines.push(at("targetedAppManagementLevels").devices(&words));
        }
        lines.push(self.protect(At(members.first_span(&["appGroupType", "apps"])), names));
        lines.push(At(members.head()).otherwise(Effect::Allow));
        lines
    }

    fn people(&self, at: At, is_default: bool, names: &mut Names) -> Line {
        let list = |set: &BTreeSet<String>| set.iter().map(|name| at.name(name)).collect();
        match &self.people {
            People::Unsaid => at.head_for(None, vec![]).note(match is_default {
                true => "whomever no other policy reaches",
                false => "the export does not say whom it is assigned to",
            }),
            People::Nobody => at.head_for(Some(vec![at.name(&names.unassigned(at.0))]), vec![]),
            People::Some { of, except } => at.head_for(of.as_ref().map(list), list(except)),
        }
    }

    fn protect(&self, at: At, names: &mut Names) -> Line {
        let any = || at.set(vec![at.word(SetWord::Any)], vec![]);
        match &self.apps {
            Apps::Core => at.protect(at.set(at.names(&["core-microsoft-apps"]), vec![])),
            Apps::Microsoft => at.protect(at.set(at.names(&["microsoft-apps"]), vec![])),
            Apps::All => at.protect(any()),
            Apps::Unsaid => at.protect(any()).note("the export does not say which apps"),
            Apps::Selected(apps) if apps.is_empty() => {
                let name = names.nothing_selected(at.0);
                at.protect(at.set(vec![at.named(&name)], vec![]))
            }
            Apps::Selected(apps) => {
                let terms = apps.iter().map(|name| at.named(name)).collect();
                at.protect(at.set(terms, vec![]))
            }
        }
    }
}

/// A text of the policy itself; empty where nobody wrote one, `None` where it is no text.
fn text(members: &Members<'_>, name: &str, found: &mut Vec<Diagnostic>) -> Option<String> {
    let Some(node) = members.object.given(name) else {
        return Some(String::new());
    };
    if node.string().is_none() {
        let (path, what) = (members.path, format!("takes a string, not {}", node.noun()));
        found.push(bad_value(path.member(name), node, &what));
    }
    node.string().map(|text| text.trim().to_owned())
}

fn read_levels(members: &Members<'_>, found: &mut Vec<Diagnostic>) -> Levels {
    if members.platform == Platform::Windows {
        return Levels::all();
    }
    let name = "targetedAppManagementLevels";
    let Some(node) = members.object.given(name) else {
        return Levels::all();
    };
    let levels = node.string().and_then(|text| Levels::read(text, members.platform));
    levels.unwrap_or_else(|| {
        let path = members.path;
        let known: Vec<_> = Levels::flags(members.platform).map(|(flag, _)| *flag).collect();
        let help = format!("it takes `unspecified`, or a list of {}", known.join(", "));
        let what = match node.string() {
            Some(text) => format!("has no value {}", quote(text)),
            None => format!("takes a string, not {}", node.noun()),
        };
        found.push(bad_value(path.member(name), node, &what).help(help));
        Levels::all()
    })
}

// ---------------------------------------------------------------- apps

fn read_apps(members: &Members<'_>, names: &mut Names, found: &mut Vec<Diagnostic>) -> Apps {
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
    match (group, &ids) {
        (Some(Ok("allCoreMicrosoftApps")), _) => Apps::Core,
        (Some(Ok("allMicrosoftApps")), _) => Apps::Microsoft,
        (Some(Ok("allApps")), _) => {
            declare(names);
            Apps::All
        }
        (Some(Err(diagnostic)), _) => {
            found.push(diagnostic);
            Apps::Unsaid
        }
        (_, Some(_)) => Apps::Selected(declare(names)),
        (_, None) => {
            // A list that is no array is an error already.
            if members.object.given("apps").is_none() {
                found.push(unknown_apps(members));
            }
            Apps::Unsaid
        }
    }
}

/// The warning about a policy without a list of its apps.
fn unknown_apps(members: &Members<'_>) -> Diagnostic {
    let message = format!("`{}` does not list the apps that it protects", members.path);
    let help = "export it with `$expand=apps`; until then its rules count for every app that can be \
                protected, and each of those apps counts as managed, so neither `allow` nor `block` is \
                proved where the policy applies";
    let place = members.object.member("appGroupType").map_or_else(|| members.head(), Member::head);
    Diagnostic::new(Code::IntuneUnknownApps, message).at(place, "").help(help)
}

/// The app, unless it is one that the catalogue knows to lack the SDK.
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
    let help = "declare the app with `sdk` in a file of the set if that has changed";
    found.push(Diagnostic::new(Code::IntuneIdle, message).at(span, "").help(help));
    None
}

/// The member that holds an app's id on a platform.
pub(super) const fn id_member(platform: Platform) -> &'static str {
    match platform {
        Platform::Ios => "bundleId",
        Platform::Android => "packageId",
        Platform::Windows => "windowsAppId",
    }
}

/// An app's id, on whichever platform.
pub(super) fn any_id(identifier: &Node) -> Option<&str> {
    Platform::ALL.iter().find_map(|platform| identifier.text(id_member(*platform)))
}

/// The ids of the apps that are listed; `None` where the export has no list.
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
        let own = node.get("mobileAppIdentifier").unwrap_or(node);
        match own.get(wanted).map(|id| (id.string(), id.span)) {
            Some((Some(id), span)) if !id.trim().is_empty() => ids.push((id.to_owned(), span)),
            // An app of the other platform.
            _ if members.is_half && any_id(own).is_some() => {}
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

// ---------------------------------------------------------------- people

struct Assignments<'a> {
    members: &'a Members<'a>,
    names: &'a mut Names,
    found: &'a mut Vec<Diagnostic>,
    is_filtered: bool,
}

impl Assignments<'_> {
    /// The people of a policy: its own assignments, or those that stand apart if there is such a list.
    fn read(&mut self, apart: Option<&[&Node]>) -> People {
        let object = self.members.object;
        let own = object.given("assignments");
        let is_assigned =
            object.get("isAssigned").map(|node| matches!(node.kind, Json::Bool(true)));
        let nodes: Vec<&Node> = match own.map(|node| (node, node.array())) {
            Some((_, Some(nodes))) if !nodes.is_empty() || apart.is_none() => {
                nodes.iter().collect()
            }
            Some((node, None)) => {
                let path = self.members.path;
                let what = format!("takes an array, not {}", node.noun());
                self.found.push(bad_value(path.member("assignments"), node, &what));
                return People::Nobody;
            }
            _ => match apart {
                Some(nodes) => nodes.to_vec(),
                None if is_assigned == Some(false) => return People::Nobody,
                None => return People::Unsaid,
            },
        };
        let (mut all, mut of, mut except) = (false, BTreeSet::new(), BTreeSet::new());
        for node in nodes {
            match self.target(node) {
                Some(Target::All) => all = true,
                Some(Target::Include(name)) => drop(of.insert(name)),
                Some(Target::Exclude(name)) => drop(except.insert(name)),
                None => {}
            }
        }
        match (all, of.is_empty()) {
            (true, _) => People::Some { of: None, except },
            (false, false) => People::Some { of: Some(of), except },
            (false, true) => People::Nobody,
        }
    }

    fn target(&mut self, node: &Node) -> Option<Target> {
        let target = node.get("target").unwrap_or(node);
        let kind = target.text("@odata.type").unwrap_or_default();
        let kind = kind.rsplit('.').next().unwrap_or_default();
        self.filter(target);
        if kind == "allLicensedUsersAssignmentTarget" {
            return Some(Target::All);
        }
        let Some(id) = target.text("groupId").filter(|id| !id.is_empty()) else {
            let path = self.members.path;
            let message = "has a target that is neither a group nor all licensed users";
            let help = "policies are for groups of users or for all of them; take this one out";
            let diagnostic = bad_value(path.member("assignments"), target, message);
            self.found.push(diagnostic.help(help));
            return None;
        };
        let display = ["groupDisplayName", "groupName", "displayName"].into_iter();
        let display =
            display.filter_map(|name| target.text(name).or_else(|| node.text(name))).next();
        let place = target.get("groupId").map_or(target.span, |node| node.span);
        let name = self.names.users(id, display, place);
        let excluded = kind == "exclusionGroupAssignmentTarget";
        Some(if excluded { Target::Exclude(name) } else { Target::Include(name) })
    }

    /// A filter's rule is no part of an export of policies.
    fn filter(&mut self, target: &Node) {
        let kind = target.text("deviceAndAppManagementAssignmentFilterType").unwrap_or("none");
        let Some(node) = target.get("deviceAndAppManagementAssignmentFilterId") else { return };
        let id = node.string().unwrap_or_default();
        if kind == "none" || id.is_empty() {
            return;
        }
        self.is_filtered = true;
        let message = format!("the assignment filter `{id}` is not known here");
        let help = "what is said of the policy holds where the filter lets it in; a filter on device \
                    management types can be written as `devices …`";
        let diagnostic = Diagnostic::new(Code::IntuneFilter, message);
        self.found.push(diagnostic.at(node.span, "").help(help));
    }
}

enum Target {
    All,
    Include(String),
    Exclude(String),
}

/// What an assignment says, however it was exported: kind, group, filter.
pub(super) fn assignment_key(node: &ast::Json) -> Option<(String, String, String)> {
    let ast::Json::Object(members) = node else { return None };
    let get = |members: &[(String, ast::Json)], name: &str| {
        let name = serde_json::Value::from(name).to_string();
        members.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    };
    let target = match get(members, "target") {
        Some(ast::Json::Object(target)) => target,
        _ => members.clone(),
    };
    let text = |name: &str| match get(&target, name) {
        Some(ast::Json::String(text)) => text.to_lowercase(),
        _ => String::new(),
    };
    let kind = text("@odata.type");
    Some((
        kind.trim_matches('"').rsplit('.').next().unwrap_or_default().to_owned(),
        text("groupId"),
        text("deviceAndAppManagementAssignmentFilterId"),
    ))
}
