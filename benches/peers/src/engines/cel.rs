//! CEL: an expression for each rule. The host sorts them by channel, asks those that block first and stops
//! at the first that holds. Contexts are made before.

use cel::{Context, Program, Value};

use super::{Engine, Load};
use crate::workload::{
    CHANNELS, PLATFORMS, Request, Rule, STATES, Set, Workload, app_names, set_name, target_names,
};

struct Cel {
    /// By channel: those that block, those that allow.
    programs: Vec<[Vec<Program>; 2]>,
    requests: Vec<(usize, Context<'static, 'static>)>,
}

fn expression(rule: &Rule) -> String {
    let mut terms = Vec::new();
    let mut side = |name: &str, set: Set| {
        if set != Set::Any {
            terms.push(format!("\"{}\" in {name}", set_name(set)));
        }
    };
    side("sources", rule.source);
    side("targets", rule.target);
    if let Some(platform) = rule.platform {
        terms.push(format!("platform == \"{}\"", PLATFORMS[platform]));
    }
    if !rule.states.is_empty() {
        let states: Vec<_> =
            rule.states.iter().map(|one| format!("\"{}\"", STATES[*one])).collect();
        terms.push(format!("state in [{}]", states.join(", ")));
    }
    if terms.is_empty() { "true".to_owned() } else { terms.join(" && ") }
}

pub fn load(workload: &Workload) -> Load {
    let rules: Vec<_> = workload
        .rules
        .iter()
        .map(|rule| (rule.channels.clone(), rule.blocks, expression(rule)))
        .collect();
    Box::new(move || {
        let mut programs: Vec<[Vec<Program>; 2]> = Vec::new();
        programs.resize_with(CHANNELS.len(), Default::default);
        for (channels, blocks, text) in &rules {
            for channel in channels {
                let program = Program::compile(text).expect("the expression is good");
                programs[*channel][usize::from(!blocks)].push(program);
            }
        }
        Box::new(Cel { programs, requests: Vec::new() })
    })
}

impl Engine for Cel {
    fn prepare(&mut self, requests: &[Request]) {
        let contexts = requests.iter().map(|request| {
            let mut context = Context::default();
            let mut add = |name: &'static str, value: Value| {
                context.add_variable_from_value(name, value);
            };
            add("sources", app_names(request.source).to_vec().into());
            add("targets", target_names(request.target).into());
            add("platform", PLATFORMS[request.platform].into());
            add("state", STATES[request.state].into());
            (request.channel, context)
        });
        self.requests = contexts.collect();
    }

    fn is_allowed(&mut self, request: usize) -> bool {
        let (channel, context) = &self.requests[request];
        let [blocking, allowing] = &self.programs[*channel];
        let holds = |program: &Program| {
            matches!(program.execute(context).expect("the expression answers"), Value::Bool(true))
        };
        !blocking.iter().any(holds) && allowing.iter().any(holds)
    }
}
