//! Casbin: a line for each channel and state of a rule; groups are roles.

use casbin::{CoreApi as _, DefaultModel, Enforcer, MemoryAdapter, MgmtApi as _};
use futures::executor::block_on;

use super::{Engine, Load};
use crate::workload::{
    CHANNELS, PLATFORMS, Request, Rule, STATES, STORAGES, Target, Workload, app_name, app_names,
    set_name, target_name, target_names,
};

const MODEL: &str = r#"
[request_definition]
r = channel, source, target, platform, state

[policy_definition]
p = channel, source, target, platform, state, eft

[role_definition]
g = _, _
g2 = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = p.channel == r.channel && (p.platform == "any" || p.platform == r.platform) && (p.state == "any" || p.state == r.state) && g(r.source, p.source) && g2(r.target, p.target)
"#;

struct Casbin {
    enforcer: Enforcer,
    requests: Vec<[String; 5]>,
}

fn lines(rule: &Rule) -> impl Iterator<Item = Vec<String>> {
    let states: Vec<&str> = match rule.states.as_slice() {
        [] => vec!["any"],
        states => states.iter().map(|one| STATES[*one]).collect(),
    };
    let platform = rule.platform.map_or("any", |one| PLATFORMS[one]);
    let effect = if rule.blocks { "deny" } else { "allow" };
    let (source, target) = (set_name(rule.source), set_name(rule.target));
    rule.channels.iter().flat_map(move |channel| {
        let (source, target) = (source.clone(), target.clone());
        states.clone().into_iter().map(move |state| {
            let line = [CHANNELS[*channel], &source, &target, platform, state, effect];
            line.map(str::to_owned).to_vec()
        })
    })
}

/// Which names stand for others.
fn roles(apps: usize) -> [Vec<Vec<String>>; 2] {
    let links = |names: Vec<String>| {
        let (own, others) = names.split_first().expect("it has a name");
        others.iter().map(|other| vec![own.clone(), other.clone()]).collect::<Vec<_>>()
    };
    let sources = (0..apps).flat_map(|app| links(app_names(app).to_vec()));
    let targets = (0..apps).map(Target::App).chain((0..STORAGES).map(Target::Storage));
    let targets = targets.chain([Target::Printer]).flat_map(|one| links(target_names(one)));
    [sources.collect(), targets.collect()]
}

pub fn load(workload: &Workload) -> Load {
    let mut lines: Vec<_> = workload.rules.iter().flat_map(lines).collect();
    // A line that is there twice is refused.
    lines.sort();
    lines.dedup();
    let [sources, targets] = roles(workload.apps);
    Box::new(move || {
        block_on(async {
            let model = DefaultModel::from_str(MODEL).await.expect("the model is good");
            let enforcer = Enforcer::new(model, MemoryAdapter::default()).await;
            let mut enforcer = enforcer.expect("the enforcer starts");
            enforcer.add_policies(lines.clone()).await.expect("the lines are good");
            enforcer
                .add_named_grouping_policies("g", sources.clone())
                .await
                .expect("the roles are good");
            enforcer
                .add_named_grouping_policies("g2", targets.clone())
                .await
                .expect("the roles are good");
            Box::new(Casbin { enforcer, requests: Vec::new() }) as Box<dyn Engine>
        })
    })
}

impl Engine for Casbin {
    fn prepare(&mut self, requests: &[Request]) {
        let named = requests.iter().map(|request| {
            [
                CHANNELS[request.channel].to_owned(),
                app_name(request.source),
                target_name(request.target),
                PLATFORMS[request.platform].to_owned(),
                STATES[request.state].to_owned(),
            ]
        });
        self.requests = named.collect();
    }

    fn is_allowed(&mut self, request: usize) -> bool {
        let [channel, source, target, platform, state] = &self.requests[request];
        let answer = self.enforcer.enforce((
            channel.as_str(),
            source.as_str(),
            target.as_str(),
            platform.as_str(),
            state.as_str(),
        ));
        answer.expect("the enforcer answers")
    }
}
