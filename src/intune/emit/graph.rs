//! JSON of Graph for heads and typed values.
//!
//! Takes in heads and values, gives out JSON of their members. Rules are not known here.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::intune::duration;
use crate::intune::names::{AppRef, Names, UNASSIGNED, id_kind};
use crate::intune::read::apps::{ProtectedApps, id_member, id_type};
use crate::intune::read::assignments::{Assignee, Assignees, FilterUse};
use crate::intune::read::head::Head;
use crate::intune::value::Value;
use crate::vocabulary::Platform;

/// The JSON of a typed value; `None` if Graph leaves the member out.
pub(in crate::intune) fn json_of(name: &str, value: &Value) -> Option<Json> {
    Some(match value {
        Value::Unset if name.starts_with("period") => return None,
        Value::Unset => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Int(number) => json!(number),
        Value::Word(word) => json!(word),
        Value::Words(words) => json!(words),
        Value::Duration(minutes) => json!(duration::write(*minutes)),
        Value::Text(text) => json!(text),
        Value::Texts(texts) => json!(texts),
        Value::Pairs(pairs) => {
            let pair = |(name, value): &(String, String)| json!({ "name": name, "value": value });
            Json::Array(pairs.iter().map(pair).collect())
        }
        Value::Kept(kept) => serde_json::from_str(&crate::syntax::print::json(kept)).ok()?,
    })
}

impl Head {
    /// The members of the head.
    pub(in crate::intune) fn members(
        &self,
        platform: Platform,
        names: &Names,
    ) -> BTreeMap<&'static str, Json> {
        let mut members = BTreeMap::new();
        members.insert("displayName", json!(self.title));
        members.insert("description", json!(self.description));
        members.insert("roleScopeTagIds", json!(["0"]));
        if platform != Platform::Windows {
            let group = match self.apps {
                ProtectedApps::Core => Some("allCoreMicrosoftApps"),
                ProtectedApps::Microsoft => Some("allMicrosoftApps"),
                ProtectedApps::All => Some("allApps"),
                ProtectedApps::Selected(_) => Some("selectedPublicApps"),
                ProtectedApps::Unknown => None,
            };
            members.extend(group.map(|group| ("appGroupType", json!(group))));
            let levels = self.levels.flags_text(platform);
            members.insert("targetedAppManagementLevels", json!(levels));
        }
        let listed = match &self.apps {
            ProtectedApps::Selected(apps) => Some(apps),
            _ => Some(&self.beside).filter(|beside| !beside.is_empty()),
        };
        if let Some(apps) = listed {
            let apps: Vec<Json> =
                app_ids(apps, platform, names).iter().map(|id| app(id, platform)).collect();
            members.insert("apps", json!(apps));
        }
        if let Some(assignments) = assignments(&self.assignees, names) {
            members.insert("assignments", Json::Array(assignments));
        }
        members
    }
}

/// The ids of apps on a platform, sorted.
pub(in crate::intune) fn app_ids(
    apps: &BTreeSet<String>,
    platform: Platform,
    names: &Names,
) -> BTreeSet<String> {
    let ids = apps.iter().flat_map(|name| {
        let app = AppRef::Named(name.clone());
        let ids = names.ids(&app, id_kind(platform)).into_iter().map(str::to_lowercase);
        ids.collect::<Vec<_>>()
    });
    ids.collect()
}

/// The entry of an app in the list `apps`.
fn app(id: &str, platform: Platform) -> Json {
    let kind = id_type(platform);
    let member = id_member(platform);
    json!({ "mobileAppIdentifier": { "@odata.type": format!("#microsoft.graph.{kind}"), member: id } })
}

/// The assignments; `None` if they are not known.
fn assignments(people: &Assignees, names: &Names) -> Option<Vec<Json>> {
    let target = |kind: &str, group: Option<&String>, filter: Option<&FilterUse>| {
        let mut target = serde_json::Map::new();
        let kind = format!("#microsoft.graph.{kind}");
        target.insert("@odata.type".to_owned(), json!(kind));
        if let Some(name) = group {
            let id = names.group_id(name).unwrap_or(name);
            target.insert("groupId".to_owned(), json!(id));
        }
        if let Some(FilterUse { name, holds }) = filter {
            let id = names.filter_id(name).unwrap_or(name);
            let direction = if *holds { "include" } else { "exclude" };
            let mut add = |what: &str, value: &str| {
                let name = format!("deviceAndAppManagementAssignmentFilter{what}");
                target.insert(name, json!(value));
            };
            add("Id", id);
            add("Type", direction);
        }
        json!({ "target": target })
    };
    match people {
        Assignees::Unknown => None,
        Assignees::Nobody => Some(Vec::new()),
        Assignees::Some { of, except } => {
            let is_somebody = |one: &&Assignee| match &one.group {
                Some(name) => names.group_id(name).is_none_or(|title| title != UNASSIGNED),
                None => true,
            };
            let included = of.iter().filter(is_somebody).map(|one| {
                let group = one.group.as_ref();
                let kind = match group {
                    Some(_) => "groupAssignmentTarget",
                    None => "allLicensedUsersAssignmentTarget",
                };
                target(kind, group, one.filter.as_ref())
            });
            let left_out = except
                .iter()
                .map(|name| target("exclusionGroupAssignmentTarget", Some(name), None));
            Some(included.chain(left_out).collect())
        }
    }
}
