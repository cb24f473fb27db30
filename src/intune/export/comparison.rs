//! The settings of the policies of two sets, compared as administrators do: member by member, in the words and the
//! order of the portal.
//!
//! Takes in checked sets, gives out pairs of objects with the settings in which they differ. The settings of an export
//! are those that it states; those of a policy in the language are fitted to its rules. Which value is the looser one is
//! known by `direction`; what policies decide is not known here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

use super::{ExportError, Fitted, FittedObject, fitted};
use crate::analysis::{PolicyPairs, best_pairs, pair_policies};
use crate::compiler::Checked;
use crate::diagnostic::Report;
use crate::intune::Names;
use crate::intune::direction::{Direction, direction, is_equal, is_idle, subset};
use crate::intune::emit::graph::json_of;
use crate::intune::imported;
use crate::intune::read::kept::FILTERS;
use crate::intune::read::policy::ImportedPolicy;
use crate::intune::schema::{Property, ValueType};
use crate::intune::settings::Settings;
use crate::intune::value::Value;
use crate::model::Policy;
use crate::vocabulary::Platform;

/// The settings in which the policies of two sets differ.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SettingsComparison {
    /// Objects that stand for each other. A policy is an object on each platform, or several.
    pub pairs: Vec<ComparedSettings>,
    /// By set: policies and objects for which none stands in the other set.
    pub unpaired: [Vec<String>; 2],
    /// The policies that no settings of Intune express, which are not compared.
    pub not_compared: Vec<String>,
    /// By set: policies of which only the other set says which apps they protect. Their apps are not compared.
    pub unknown_apps: [Vec<String>; 2],
    /// Diagnostics about the parts of policies that no settings express.
    pub reports: Vec<Report>,
}

/// Two objects with the settings in which they differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ComparedSettings {
    /// The name of the policy in the first set.
    pub before: String,
    /// The name of the policy in the second set.
    pub after: String,
    /// The platform of both.
    pub platform: Platform,
    /// The settings that differ, in the order of the portal.
    pub settings: Vec<SettingDifference>,
}

/// A setting in which two policies differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SettingDifference {
    /// The member of Graph.
    pub member: String,
    /// The setting's title in the portal; the member's name where the portal is not known to have it.
    pub title: String,
    /// The value in the first policy, as JSON text; `None` if nothing is said.
    pub before: Option<String>,
    /// The value in the second policy, as JSON text; `None` if nothing is said.
    pub after: Option<String>,
    /// Whether the second value is looser or tighter.
    pub direction: Direction,
}

/// Compares the settings of the policies of two sets.
///
/// ```
/// let policy = |blocked: bool| mam::Compiler::new().check("mail.json", &format!(r##"{{
///     "@odata.type": "#microsoft.graph.iosManagedAppProtection", "displayName": "Mail",
///     "appGroupType": "allCoreMicrosoftApps", "assignments": [], "printBlocked": {blocked} }}"##));
/// let found = mam::intune::export::compare_settings(&policy(true), &policy(false))?;
/// let change = &found.pairs[0].settings[0];
/// assert_eq!(change.title, "Printing org data");
/// assert_eq!(change.direction.word(), "looser");
/// # Ok::<(), mam::intune::export::ExportError>(())
/// ```
///
/// # Errors
///
/// [`ExportError::Refused`] if a set has mistakes, or meets a limit.
pub fn compare_settings(
    before: &Checked,
    after: &Checked,
) -> Result<SettingsComparison, ExportError> {
    let PolicyPairs { pairs: names, mut unpaired, .. } = pair_policies(before, after);
    let [old, new] = [SetObjects::of(before)?, SetObjects::of(after)?];
    let mut pairs = Vec::new();
    let mut unknown_apps = [Vec::new(), Vec::new()];
    for [one, other] in &names {
        if old.is_left_out(one) || new.is_left_out(other) {
            continue;
        }
        let [of_old, of_new] = &mut unknown_apps;
        match (old.has_unknown_apps(one), new.has_unknown_apps(other)) {
            (true, false) => of_old.push(one.clone()),
            (false, true) => of_new.push(other.clone()),
            _ => {}
        }
        for platform in Platform::ALL.iter().copied() {
            // Those first that differ the least.
            let mut left = [old.of_policy(one, platform), new.of_policy(other, platform)];
            let [of_old, of_new] = &mut left;
            let found = best_pairs(of_old, of_new, |one, other| {
                let settings = one.differences(other);
                Some((settings.len(), settings))
            });
            pairs.extend(found.into_iter().map(|(_, _, settings)| ComparedSettings {
                before: one.clone(),
                after: other.clone(),
                platform,
                settings,
            }));
            for (unpaired, left) in unpaired.iter_mut().zip(left) {
                unpaired.extend(left.iter().map(|one| format!("{} on {platform}", one.title)));
            }
        }
    }
    let sets = [old, new];
    let not_compared: BTreeSet<String> =
        sets.iter().flat_map(|set| set.left_out.iter().cloned()).collect();
    let reports = sets.into_iter().flat_map(|set| set.reports).collect();
    Ok(SettingsComparison {
        pairs,
        unpaired,
        not_compared: not_compared.into_iter().collect(),
        unknown_apps,
        reports,
    })
}

/// The objects that the policies of a set are in Intune.
#[derive(Default)]
struct SetObjects {
    all: Vec<PolicyObject>,
    /// The policies that no settings express.
    left_out: BTreeSet<String>,
    reports: Vec<Report>,
}

/// The settings of one object.
struct PolicyObject {
    policy: String,
    title: String,
    platform: Platform,
    /// The apps and device types, by member.
    head: BTreeMap<&'static str, Json>,
    /// Whether nobody says which apps it is for.
    has_unknown_apps: bool,
    /// The settings that rules come down to; one that another one switches off is not there.
    fitted: SettingValues,
    /// The settings of an export, as they are stated.
    stated: Option<SettingValues>,
}

/// Values by member: those of the schema, and other members as JSON text.
#[derive(Default)]
struct SettingValues {
    typed: BTreeMap<&'static str, Value>,
    /// The members that an export does not state, with defaults as values.
    unstated: BTreeSet<&'static str>,
    others: BTreeMap<String, String>,
}

impl SetObjects {
    fn of(checked: &Checked) -> Result<Self, ExportError> {
        let Some(model) = checked.model() else {
            return Err(ExportError::Refused(checked.errors()));
        };
        let exports = imported(checked);
        let exported: BTreeMap<&str, &ImportedPolicy> =
            exports.list.iter().map(|one| (one.name.as_str(), one)).collect();
        let mut found = Self::default();
        for id in model.policy_ids() {
            let policy = model.policy(id);
            if let Some(export) = exported.get(policy.name.as_str()) {
                found.all.push(PolicyObject::of_export(policy, export, &exports.names));
                continue;
            }
            for Fitted { platform, objects, errors } in fitted(checked, id)? {
                if let Some(errors) = errors {
                    found.left_out.insert(policy.name.clone());
                    found.reports.extend(errors.reports().iter().cloned());
                }
                let objects = objects.into_iter();
                found.all.extend(objects.map(|FittedObject { title, head, values }| {
                    PolicyObject {
                        policy: policy.name.clone(),
                        title,
                        platform,
                        head: known_head(head, policy),
                        has_unknown_apps: policy.unconfirmed.is_some(),
                        fitted: SettingValues::in_force(values, policy),
                        stated: None,
                    }
                }));
            }
        }
        Ok(found)
    }

    fn is_left_out(&self, policy: &str) -> bool {
        self.left_out.contains(policy)
    }

    fn has_unknown_apps(&self, policy: &str) -> bool {
        self.all.iter().any(|one| one.policy == policy && one.has_unknown_apps)
    }

    fn of_policy(&self, policy: &str, platform: Platform) -> Vec<&PolicyObject> {
        let is_it = |one: &&PolicyObject| one.policy == policy && one.platform == platform;
        self.all.iter().filter(is_it).collect()
    }
}

impl PolicyObject {
    fn of_export(policy: &Policy, export: &ImportedPolicy, names: &Names) -> Self {
        let platform = export.platform;
        let fitted = Settings::members(&export.settings, platform, names);
        let mut stated = SettingValues::default();
        let rows = Property::all(platform).filter(|one| !matches!(one.kind, ValueType::Special));
        for row in rows {
            let value = match export.stated.get(row.name) {
                Some(own) => own.value.clone(),
                None => {
                    stated.unstated.insert(row.name);
                    Value::default_of(row.kind)
                }
            };
            stated.typed.insert(row.name, value);
        }
        stated.add_others(policy);
        Self {
            policy: policy.name.clone(),
            title: export.title.clone(),
            platform,
            head: known_head(export.head.members(platform, names), policy),
            has_unknown_apps: policy.unconfirmed.is_some(),
            fitted: SettingValues::in_force(fitted, policy),
            stated: Some(stated),
        }
    }

    /// The settings in which another object differs, in the order of the portal. Two exports differ in what they state.
    fn differences(&self, after: &Self) -> Vec<SettingDifference> {
        let [one, other] = match (&self.stated, &after.stated) {
            (Some(one), Some(other)) => [one, other],
            _ => [&self.fitted, &after.fitted],
        };
        let known = Property::all(self.platform).filter_map(|row| match row.kind {
            ValueType::Special => self.head_difference(after, row),
            _ => one.difference(other, row),
        });
        known.chain(one.other_differences(other)).collect()
    }
}

/// The members of a policy's head that are known. Of unknown apps a kept setting may tell the group type.
fn known_head(
    mut head: BTreeMap<&'static str, Json>,
    policy: &Policy,
) -> BTreeMap<&'static str, Json> {
    if policy.unconfirmed.is_some() && !head.is_empty() {
        let kept = policy.settings.iter().find(|(name, _)| name == "appGroupType");
        let group = kept.and_then(|(_, json)| serde_json::from_str::<Json>(json).ok());
        head.retain(|name, _| !matches!(*name, "apps" | "appGroupType"));
        head.extend(group.filter(Json::is_string).map(|group| ("appGroupType", group)));
    }
    head
}

/// The members of the head that say which apps and devices a policy is for.
const TARGET: [&str; 3] = ["appGroupType", "apps", "targetedAppManagementLevels"];

impl PolicyObject {
    /// The difference in a member of the head.
    fn head_difference(&self, after: &Self, row: &Property) -> Option<SettingDifference> {
        let (one, other) = (self.head.get(row.name), after.head.get(row.name));
        let is_known = !self.head.is_empty() && !after.head.is_empty();
        if one == other || !is_known || !TARGET.contains(&row.name) {
            return None;
        }
        // Of unknown apps it may be known that they are selected ones.
        let is_absent = row.name == "apps" || one.is_none() || other.is_none();
        if (self.has_unknown_apps || after.has_unknown_apps)
            && is_absent
            && row.name != "targetedAppManagementLevels"
        {
            return None;
        }
        let text = |value: Option<&Json>| value.map(Json::to_string);
        let same_group = self.head.get("appGroupType") == after.head.get("appGroupType");
        let direction = match (row.name, one, other) {
            // More apps that a policy protects permit less.
            ("apps", Some(Json::Array(one)), Some(Json::Array(other))) if same_group => {
                Direction::of(subset(row.name, other, one))
            }
            _ => Direction::Incomparable,
        };
        Some(SettingDifference {
            member: row.name.to_owned(),
            title: row.title.to_owned(),
            before: text(one),
            after: text(other),
            direction,
        })
    }
}

impl SettingValues {
    /// The values that nothing switches off, and the further members of a policy.
    fn in_force(mut typed: BTreeMap<&'static str, Value>, policy: &Policy) -> Self {
        for (member, value) in typed.iter_mut().filter(|(_, value)| **value == Value::Unset) {
            if let Some(row) = Property::rows(member).next() {
                *value = Value::default_of(row.kind);
            }
        }
        let is_idle = |member: &str| is_idle(member, |name| typed.get(name));
        let idle: Vec<&str> = typed.keys().copied().filter(|member| is_idle(member)).collect();
        typed.retain(|member, _| !idle.contains(member));
        let mut found = Self { typed, ..Self::default() };
        found.add_others(policy);
        found
    }

    /// Adds the members of a policy that decide nothing.
    fn add_others(&mut self, policy: &Policy) {
        for (member, json) in &policy.settings {
            let json = serde_json::from_str(json).unwrap_or(Json::Null);
            if !Property::is_known(member) && member != FILTERS {
                self.others.insert(member.clone(), json.to_string());
            }
        }
    }

    /// The difference in a member that both have.
    fn difference(&self, after: &Self, row: &Property) -> Option<SettingDifference> {
        let (one, other) = (self.typed.get(row.name)?, after.typed.get(row.name)?);
        let is_unstated = [self, after].iter().all(|set| set.unstated.contains(row.name));
        if is_equal(row.name, one, other) || is_unstated {
            return None;
        }
        let is_idle = [self, after].iter().any(|set| is_idle(row.name, |name| set.typed.get(name)));
        let text = |value: &Value| json_of(row.name, value).map(|json| json.to_string());
        Some(SettingDifference {
            member: row.name.to_owned(),
            title: row.title.to_owned(),
            before: text(one),
            after: text(other),
            direction: if is_idle { Direction::Idle } else { direction(row.name, one, other) },
        })
    }

    /// The differences in members that the schema does not have.
    fn other_differences(&self, after: &Self) -> Vec<SettingDifference> {
        let members: BTreeSet<&String> = self.others.keys().chain(after.others.keys()).collect();
        let members = members
            .into_iter()
            .filter(|member| self.others.get(*member) != after.others.get(*member));
        let found = members.map(|member| SettingDifference {
            member: member.clone(),
            title: member.clone(),
            before: self.others.get(member).cloned(),
            after: after.others.get(member).cloned(),
            direction: Direction::Incomparable,
        });
        found.collect()
    }
}
