//! Cedar: a policy for each rule; apps and storages are entities, groups their parents, channels actions,
//! platform and state the context. Requests are made before.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::str::FromStr as _;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request as CedarRequest,
};
use serde_json::json;

use super::{Engine, Load};
use crate::workload::{
    CHANNELS, PLATFORMS, Request, Rule, STATES, STORAGES, Set, Target, Workload, app_name, group,
    group_name, storage_name,
};

struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    requests: Vec<CedarRequest>,
}

fn uid(kind: &str, name: &str) -> EntityUid {
    EntityUid::from_str(&format!("{kind}::\"{name}\"")).expect("names are plain")
}

fn constraint(role: &str, set: Set) -> String {
    match set {
        Set::Any => role.to_owned(),
        Set::Group(group) => format!("{role} in Group::\"{}\"", group_name(group)),
        Set::App(app) => format!("{role} == App::\"{}\"", app_name(app)),
        Set::Storage(storage) => format!("{role} == Storage::\"{}\"", storage_name(storage)),
        Set::Printer => format!("{role} == Place::\"printer\""),
    }
}

fn policy(rule: &Rule) -> String {
    let effect = if rule.blocks { "forbid" } else { "permit" };
    let actions: Vec<_> =
        rule.channels.iter().map(|one| format!("Action::\"{}\"", CHANNELS[*one])).collect();
    let mut text = format!(
        "{effect}({}, action in [{}], {})",
        constraint("principal", rule.source),
        actions.join(", "),
        constraint("resource", rule.target)
    );
    let mut when = Vec::new();
    if let Some(platform) = rule.platform {
        when.push(format!("context.platform == \"{}\"", PLATFORMS[platform]));
    }
    if !rule.states.is_empty() {
        let states: Vec<_> =
            rule.states.iter().map(|one| format!("\"{}\"", STATES[*one])).collect();
        when.push(format!("[{}].contains(context.state)", states.join(", ")));
    }
    if !when.is_empty() {
        let _ = write!(text, " when {{ {} }}", when.join(" && "));
    }
    text + ";\n"
}

pub fn load(workload: &Workload) -> Load {
    let text: String = workload.rules.iter().map(policy).collect();
    let apps = workload.apps;
    Box::new(move || {
        let parent = |app| HashSet::from([uid("Group", &group_name(group(app)))]);
        let of_apps =
            (0..apps).map(|app| Entity::new_no_attrs(uid("App", &app_name(app)), parent(app)));
        let storages = (0..STORAGES).map(|storage| {
            Entity::new_no_attrs(uid("Storage", &storage_name(storage)), HashSet::new())
        });
        let all = of_apps.chain(storages);
        Box::new(Cedar {
            authorizer: Authorizer::new(),
            policies: PolicySet::from_str(&text).expect("the policies are well formed"),
            entities: Entities::from_entities(all, None).expect("each entity is there once"),
            requests: Vec::new(),
        })
    })
}

impl Engine for Cedar {
    fn prepare(&mut self, requests: &[Request]) {
        self.requests = requests
            .iter()
            .map(|request| {
                let resource = match request.target {
                    Target::App(app) => uid("App", &app_name(app)),
                    Target::Storage(storage) => uid("Storage", &storage_name(storage)),
                    Target::Printer => uid("Place", "printer"),
                };
                let context = json!({
                    "platform": PLATFORMS[request.platform],
                    "state": STATES[request.state],
                });
                CedarRequest::new(
                    uid("App", &app_name(request.source)),
                    uid("Action", CHANNELS[request.channel]),
                    resource,
                    Context::from_json_value(context, None).expect("a plain record"),
                    None,
                )
                .expect("no schema is asked")
            })
            .collect();
    }

    fn is_allowed(&mut self, request: usize) -> bool {
        let request = &self.requests[request];
        let answer = self.authorizer.is_authorized(request, &self.policies, &self.entities);
        answer.decision() == Decision::Allow
    }
}
