//! GoRules ZEN: a decision table of which the first row counts; rows that block come first. Inputs are
//! made before.

use std::sync::Arc;

use futures::executor::block_on;
use serde_json::{Value, json};
use zen_engine::model::GraphContent;
use zen_engine::{Decision, Variable};

use super::{Engine, Load};
use crate::workload::{
    CHANNELS, PLATFORMS, Request, Rule, STATES, Set, Target, Workload, app_name, group, group_name,
    set_name, target_name,
};

struct Zen {
    decision: Decision,
    requests: Vec<Variable>,
}

fn words<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let words: Vec<_> = words.map(|word| format!("'{word}'")).collect();
    words.join(", ")
}

fn row(number: usize, rule: &Rule) -> Value {
    let named = |set: Set| format!("'{}'", set_name(set));
    let split = |set: Set| match set {
        Set::Any => (String::new(), String::new()),
        Set::Group(_) => (String::new(), named(set)),
        Set::App(_) | Set::Storage(_) | Set::Printer => (named(set), String::new()),
    };
    let (source, source_group) = split(rule.source);
    let (target, target_group) = split(rule.target);
    json!({
        "_id": format!("r{number}"),
        "channel": words(rule.channels.iter().map(|one| CHANNELS[*one])),
        "source": source,
        "sourceGroup": source_group,
        "target": target,
        "targetGroup": target_group,
        "platform": words(rule.platform.iter().map(|one| PLATFORMS[*one])),
        "state": words(rule.states.iter().map(|one| STATES[*one])),
        "allow": (!rule.blocks).to_string(),
    })
}

const FIELDS: [&str; 7] =
    ["channel", "source", "sourceGroup", "target", "targetGroup", "platform", "state"];

pub fn load(workload: &Workload) -> Load {
    let mut rules: Vec<_> = workload.rules.iter().collect();
    rules.sort_by_key(|rule| !rule.blocks);
    let rows: Vec<_> = rules.iter().enumerate().map(|(number, rule)| row(number, rule)).collect();
    let inputs = FIELDS.map(|field| json!({ "id": field, "name": field, "field": field }));
    let graph = json!({
        "nodes": [
            { "id": "in", "name": "in", "type": "inputNode", "content": {} },
            {
                "id": "table", "name": "table", "type": "decisionTableNode",
                "content": {
                    "hitPolicy": "first",
                    "inputs": inputs,
                    "outputs": [{ "id": "allow", "name": "allow", "field": "allow" }],
                    "rules": rows,
                }
            },
            { "id": "out", "name": "out", "type": "outputNode", "content": {} }
        ],
        "edges": [
            { "id": "e1", "sourceId": "in", "targetId": "table" },
            { "id": "e2", "sourceId": "table", "targetId": "out" }
        ]
    });
    let text = graph.to_string();
    Box::new(move || {
        let content: GraphContent = serde_json::from_str(&text).expect("the graph is good");
        let mut decision = Decision::from(Arc::new(content));
        decision.compile();
        Box::new(Zen { decision, requests: Vec::new() })
    })
}

impl Engine for Zen {
    fn prepare(&mut self, requests: &[Request]) {
        let inputs = requests.iter().map(|request| {
            let target_group = match request.target {
                Target::App(app) => group_name(group(app)),
                Target::Storage(_) | Target::Printer => String::new(),
            };
            let input = json!({
                "channel": CHANNELS[request.channel],
                "source": app_name(request.source),
                "sourceGroup": group_name(group(request.source)),
                "target": target_name(request.target),
                "targetGroup": target_group,
                "platform": PLATFORMS[request.platform],
                "state": STATES[request.state],
            });
            Variable::from(input)
        });
        self.requests = inputs.collect();
    }

    fn is_allowed(&mut self, request: usize) -> bool {
        let input = self.requests[request].clone();
        let response = block_on(self.decision.evaluate(input)).expect("the table answers");
        response.result.dot("allow").and_then(|allow| allow.as_bool()).unwrap_or(false)
    }
}
