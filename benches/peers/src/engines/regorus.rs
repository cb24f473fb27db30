//! Regorus: the rules are data, sorted by channel, source and target, so that the policy looks up the few
//! that can match instead of going through all. The policy is compiled for its virtual machine, which is
//! kept; inputs are made before.

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::RegoVM;
use regorus::{Engine as Rego, Value};
use serde_json::{Map, json};

use super::{Engine, Load};
use crate::workload::{
    CHANNELS, PLATFORMS, Request, STATES, Workload, app_names, set_name, target_names,
};

const POLICY: &str = r#"
package peers
import rego.v1

effects contains rule.effect if {
    some source in input.sources
    some target in input.targets
    some rule in data.rules[input.channel][source][target]
    rule.platforms[input.platform]
    rule.states[input.state]
}

default allow := false

allow if {
    "allow" in effects
    not "block" in effects
}
"#;

const ALLOW: &str = "data.peers.allow";

struct Regorus {
    machine: RegoVM,
    requests: Vec<Value>,
}

fn flags<'n>(names: impl Iterator<Item = &'n str>) -> serde_json::Value {
    names.map(|name| (name.to_owned(), json!(true))).collect::<Map<_, _>>().into()
}

fn data(workload: &Workload) -> String {
    let mut rules = Map::new();
    for rule in &workload.rules {
        for channel in &rule.channels {
            let by_source = rules.entry(CHANNELS[*channel]).or_insert_with(|| json!({}));
            let by_source = by_source.as_object_mut().expect("it was made so");
            let by_target = by_source.entry(set_name(rule.source)).or_insert_with(|| json!({}));
            let by_target = by_target.as_object_mut().expect("it was made so");
            let list = by_target.entry(set_name(rule.target)).or_insert_with(|| json!([]));
            let platforms = PLATFORMS.iter().enumerate();
            let platforms = platforms.filter(|(at, _)| rule.platform.is_none_or(|one| one == *at));
            let states = STATES.iter().enumerate();
            let states =
                states.filter(|(at, _)| rule.states.is_empty() || rule.states.contains(at));
            list.as_array_mut().expect("it was made so").push(json!({
                "effect": if rule.blocks { "block" } else { "allow" },
                "platforms": flags(platforms.map(|(_, name)| *name)),
                "states": flags(states.map(|(_, name)| *name)),
            }));
        }
    }
    json!({ "rules": rules }).to_string()
}

pub fn load(workload: &Workload) -> Load {
    let data = data(workload);
    Box::new(move || {
        let mut engine = Rego::new();
        engine.add_policy("peers.rego".to_owned(), POLICY.to_owned()).expect("the policy is good");
        let policy = engine.compile_with_entrypoint(&ALLOW.into()).expect("the policy compiles");
        let program = Compiler::compile_from_policy(&policy, &[ALLOW]).expect("and so it does here");
        let mut machine = RegoVM::new();
        machine.load_program(program);
        let data = Value::from_json_str(&data).expect("the data is JSON");
        machine.set_data(data).expect("no rule is called like the data");
        Box::new(Regorus { machine, requests: Vec::new() })
    })
}

impl Engine for Regorus {
    fn prepare(&mut self, requests: &[Request]) {
        let inputs = requests.iter().map(|request| {
            let input = json!({
                "channel": CHANNELS[request.channel],
                "sources": app_names(request.source),
                "targets": target_names(request.target),
                "platform": PLATFORMS[request.platform],
                "state": STATES[request.state],
            });
            Value::from_json_str(&input.to_string()).expect("it is JSON")
        });
        self.requests = inputs.collect();
    }

    fn is_allowed(&mut self, request: usize) -> bool {
        self.machine.set_input(self.requests[request].clone());
        let answer = self.machine.execute().expect("the policy answers");
        *answer.as_bool().expect("it is true or false")
    }
}
