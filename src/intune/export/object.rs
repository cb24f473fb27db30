//! The object of Graph for a part of a policy.
//!
//! Takes in a target, settings, and kept members of an earlier import; gives out the object. Rules are
//! not known here.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value as Json;

use crate::diagnostic::{Code, Severity};
use crate::intune::emit::graph::json_of;
use crate::intune::levels::ManagementLevels;
use crate::intune::names::Names;
use crate::intune::read;
use crate::intune::read::apps::ProtectedApps;
use crate::intune::read::assignments::{Assignee, Assignees};
use crate::intune::read::head::Head;
use crate::intune::read::kept::FILTERS;
use crate::intune::schema::{Property, READ_ONLY, ValueType};
use crate::intune::settings::Settings;
use crate::intune::settings::observed::Observed;
use crate::intune::settings::pin::RECHECK;
use crate::limits::Limits;
use crate::model::Access;
use crate::source::Sources;
use crate::syntax::ast::{File, StatementKind};
use crate::syntax::print;
use crate::vocabulary::{DeviceStates, Platform};

/// The settings that are fitted to a policy's behaviour on an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fit(Settings);

impl Fit {
    /// The weakest settings that are at least as strict as observed, with the indices of launch
    /// conditions that no member can state.
    pub(super) fn new(
        observed: &Observed,
        access: &[&Access],
        names: &Names,
    ) -> (Self, Vec<usize>) {
        let (settings, unstated) = Settings::fit(observed, access, names);
        (Self(settings), unstated)
    }

    pub(super) const fn settings(&self) -> &Settings {
        &self.0
    }

    /// The settings for unmanaged and for enrolled devices in one policy, if one policy can hold both.
    pub(super) fn unify(alone: &Self, enrolled: &Self, platform: Platform) -> Option<Self> {
        Settings::unify(&alone.0, &enrolled.0, platform).map(Self)
    }
}

/// The target of an exported policy: its head.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) platform: Platform,
    pub(super) apps: TargetApps,
    /// The empty set stands for all devices.
    pub(super) states: DeviceStates,
    pub(super) of: BTreeSet<Assignee>,
    pub(super) except: BTreeSet<String>,
    /// Whether it is the policy for users whom no other policy reaches.
    pub(super) is_default: bool,
}

impl Target {
    /// The head of the policy.
    pub(super) fn head(&self) -> Head {
        let (apps, beside) = self.apps.of_head();
        Head {
            title: self.title.clone(),
            description: self.description.clone(),
            apps,
            beside,
            levels: ManagementLevels::of(self.states),
            assignees: match self.is_default {
                true => Assignees::Unknown,
                false => Assignees::Some { of: self.of.clone(), except: self.except.clone() },
            },
            filtered: None,
            filters: Vec::new(),
            has_exact_assignees: true,
        }
    }
}

/// The apps of an exported policy.
#[derive(Debug, Clone)]
pub(super) enum TargetApps {
    Core,
    Microsoft,
    All,
    /// Apps by name.
    Selected(BTreeSet<String>),
    /// An app group, and apps by name beside it.
    Beside(Box<TargetApps>, BTreeSet<String>),
    /// Nobody knows which.
    Unknown,
}

impl TargetApps {
    /// The apps of a head, and those that it lists beside an app group.
    fn of_head(&self) -> (ProtectedApps, BTreeSet<String>) {
        let alone = |apps| (apps, BTreeSet::new());
        match self {
            Self::Core => alone(ProtectedApps::Core),
            Self::Microsoft => alone(ProtectedApps::Microsoft),
            Self::All => alone(ProtectedApps::All),
            Self::Selected(names) => alone(ProtectedApps::Selected(names.clone())),
            Self::Beside(group, beside) => (group.of_head().0, beside.clone()),
            Self::Unknown => alone(ProtectedApps::Unknown),
        }
    }
}

/// The writer of objects.
pub(super) struct ObjectWriter<'w> {
    pub(super) names: &'w Names,
    pub(super) sources: &'w Sources,
    /// The files of the set, which declare names.
    pub(super) files: &'w [File],
    pub(super) limits: &'w Limits,
}

/// The statements that a kept member must not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ComparedStatements {
    /// What is asked for accesses: the proof compares heads and rules.
    Accesses,
    /// All statements but rules, which the proof compares.
    AllButRules,
    /// All statements.
    Everything,
}

/// A kept member: its name and JSON text.
pub(super) type Kept = (String, String);

impl ObjectWriter<'_> {
    /// The object of a target, with the indices of kept members that were left out because they would
    /// change its meaning.
    pub(super) fn object(
        &self,
        target: &Target,
        fit: &Fit,
        kept: &[Kept],
        check: ComparedStatements,
    ) -> (Object, Vec<usize>) {
        let mut plain = self.plain(target, fit);
        plain.filters = kept.iter().flat_map(filters).collect();
        let (mut parsed, mut left_out): (Vec<(usize, &str, Json)>, Vec<usize>) =
            (Vec::new(), Vec::new());
        let members = kept.iter().enumerate().filter(|(_, (name, _))| name != FILTERS);
        for (index, (name, text)) in members {
            match serde_json::from_str(text) {
                Ok(value) if can_be_posted(name) => parsed.push((index, name, value)),
                // A read-only member, or a number out of range.
                _ => left_out.push(index),
            }
        }
        let all = parsed.iter().fold(plain.clone(), |object, one| object.with(one.1, &one.2));
        let meaning_of = |object: &Object| self.meaning(&object.clone().with_time_of(fit), check);
        let meaning = meaning_of(&plain);
        if meaning_of(&all) == meaning {
            return (all, left_out);
        }
        let mut object = plain;
        for (index, name, value) in parsed {
            let with = object.clone().with(name, &value);
            if meaning_of(&with) == meaning {
                object = with;
            } else {
                left_out.push(index);
            }
        }
        (object, left_out)
    }

    /// The object without kept members.
    fn plain(&self, target: &Target, fit: &Fit) -> Object {
        let platform = target.platform;
        let special = target.head().members(platform, self.names);
        let values = fit.0.members(platform, self.names);
        let kind =
            if target.is_default { "default".to_owned() } else { platform.word().to_owned() };
        let kind = format!("#microsoft.graph.{kind}ManagedAppProtection");
        let kind = ("@odata.type".to_owned(), Json::from(kind));
        let mut object = Object { members: vec![kind], filters: Vec::new() };
        // The type of the default policy has neither.
        let is_absent = |name: &str| {
            target.is_default && matches!(name, "appGroupType" | "targetedAppManagementLevels")
        };
        for property in Property::all(platform).filter(|one| !is_absent(one.name)) {
            let value = match property.kind {
                ValueType::Special => special.get(property.name).cloned(),
                // They decide nothing, and older versions of Graph lack them.
                ValueType::Kept => None,
                _ => values.get(property.name).and_then(|value| json_of(property.name, value)),
            };
            object.members.extend(value.map(|value| (property.name.to_owned(), value)));
        }
        object
    }

    /// The meaning of an object: the statements of its import, without `setting`.
    fn meaning(&self, object: &Object, check: ComparedStatements) -> Option<Vec<String>> {
        let mut sources = self.sources.clone();
        let text = with_filters(std::iter::once(object));
        let id = sources.add("export", &text);
        let mut found = Vec::new();
        let policies = read::read(&sources, &[id], self.files, self.limits, &mut found);
        let statements = policies.list.iter().flat_map(|policy| &policy.lines);
        let statements = statements.map(|line| &line.statement.kind);
        let counts = |kind: &&StatementKind| match kind {
            StatementKind::Setting(_) => false,
            StatementKind::Rule(_) => check == ComparedStatements::Everything,
            kind => check != ComparedStatements::Accesses || !kind.is_of_head(),
        };
        let docs = policies.list.iter().flat_map(|policy| policy.docs.iter().cloned());
        let meaning = statements.filter(counts).map(print::statement).chain(docs).collect();
        let is_error = |code: Code| code.severity() == Severity::Error;
        (!found.iter().any(|one| is_error(one.code))).then_some(meaning)
    }
}

/// Whether a kept member says which apps, devices or people a policy is for.
pub(super) fn is_of_head((name, _): &Kept) -> bool {
    Property::rows(name).any(|property| matches!(property.kind, ValueType::Special))
}

/// Whether a member is more than an annotation, and not read-only.
fn can_be_posted(name: &str) -> bool {
    !name.contains('@') && !name.starts_with('#') && !READ_ONLY.contains(&name)
}

/// The objects of assignment filters in a kept member.
fn filters((name, text): &Kept) -> Vec<Json> {
    match serde_json::from_str(text) {
        Ok(Json::Array(filters)) if name == FILTERS => filters,
        _ => Vec::new(),
    }
}

/// An object of Graph, with its members in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Object {
    members: Vec<(String, Json)>,
    /// The assignment filters that it names, as far as they are known. They are no part of it.
    filters: Vec<Json>,
}

impl Object {
    /// The object that says what its statements say: where they give no time between checks, it has none. Without the
    /// member an import takes the time of the service.
    fn with_time_of(self, fit: &Fit) -> Self {
        let has_time = self.members.iter().any(|(name, _)| name == RECHECK);
        match has_time || fit.0.access.recheck.is_some() {
            true => self,
            false => self.with(RECHECK, &Json::from("PT0S")),
        }
    }

    /// The object with a member. Null removes a member of the head.
    fn with(mut self, name: &str, value: &Json) -> Self {
        let is_special = |property: &Property| matches!(property.kind, ValueType::Special);
        if value.is_null() && Property::rows(name).any(is_special) {
            self.members.retain(|(known, _)| known != name);
            return self;
        }
        match self.members.iter_mut().find(|(known, _)| known == name) {
            Some((_, slot)) => slot.clone_from(value),
            None => self.members.push((name.to_owned(), value.clone())),
        }
        self
    }

    /// The ids of the apps that it lists.
    pub(super) fn app_ids(&self) -> impl Iterator<Item = &str> {
        let apps = self.members.iter().find(|(name, _)| name == "apps");
        let apps = apps.and_then(|(_, apps)| apps.as_array()).into_iter().flatten();
        let ids = apps.filter_map(|app| app.get("mobileAppIdentifier")?.as_object()).flatten();
        ids.filter(|(name, _)| *name != "@odata.type").filter_map(|(_, id)| id.as_str())
    }

    /// The object as a text.
    pub(super) fn text(&self) -> String {
        pretty(self)
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.members.len()))?;
        for (name, value) in &self.members {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The document of some objects: one object, or an array of several.
pub(super) fn document<'o>(objects: impl Iterator<Item = &'o Object>) -> String {
    match objects.collect::<Vec<_>>().as_slice() {
        [one] => one.text(),
        several => pretty(&several),
    }
}

/// The document of some objects together with the filters that they name, as whoever has the tenant reads it.
pub(super) fn with_filters<'o>(objects: impl Iterator<Item = &'o Object>) -> String {
    let mut all = Vec::new();
    let mut filters: Vec<&Json> = Vec::new();
    for object in objects {
        all.extend(serde_json::to_value(object));
        filters.extend(&object.filters);
    }
    let mut known = Vec::new();
    filters.retain(|one| {
        let is_new = !known.contains(one);
        known.push(*one);
        is_new
    });
    all.extend(filters.into_iter().cloned());
    pretty(&all)
}

fn pretty(value: &impl Serialize) -> String {
    // Plain data with text for names: this cannot fail.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
