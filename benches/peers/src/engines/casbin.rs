//! Casbin: a line for each rule; groups are roles, a set of words is a text that contains them.

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
p = channels, source, target, platforms, states, eft

[role_definition]
g = _, _
g2 = _, _

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = p.channels.contains(r.channel) && p.platforms.contains(r.platform) && p.states.contains(r.state) && g(r.source, p.source) && g2(r.target, p.target)
"#;

struct Casbin {
    enforcer: Enforcer,
    requests: Vec<[String; 5]>,
}

/// Words between bars, so that one is found only as a whole.
fn words<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let words: Vec<_> = words.collect();
    format!("|{}|", words.join("|"))
}

fn line(rule: &Rule) -> Vec<String> {
    let states: Vec<_> =
        if rule.states.is_empty() { (0..STATES.len()).collect() } else { rule.states.clone() };
    let platforms = PLATFORMS.iter().enumerate();
    let platforms = platforms.filter(|(at, _)| rule.platform.is_none_or(|one| one == *at));
    vec![
        words(rule.channels.iter().map(|one| CHANNELS[*one])),
        set_name(rule.source),
        set_name(rule.target),
        words(platforms.map(|(_, name)| *name)),
        words(states.iter().map(|one| STATES[*one])),
        if rule.blocks { "deny" } else { "allow" }.to_owned(),
    ]
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
    let mut lines: Vec<_> = workload.rules.iter().map(line).collect();
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
        let one = |word: &str| words([word].into_iter());
        let named = requests.iter().map(|request| {
            [
                one(CHANNELS[request.channel]),
                app_name(request.source),
                target_name(request.target),
                one(PLATFORMS[request.platform]),
                one(STATES[request.state]),
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
