//! The limit: a bit for every request. Its size is apps times targets, whatever the rules.

use super::{Engine, Load};
use crate::workload::{CHANNELS, PLATFORMS, Request, Rule, STATES, STORAGES, Target, Workload};

struct Dense {
    apps: usize,
    bits: Vec<u64>,
    requests: Vec<Request>,
}

pub fn load(workload: &Workload) -> Load {
    let (apps, rules) = (workload.apps, workload.rules.clone());
    Box::new(move || {
        let mut dense = Dense { apps, bits: Vec::new(), requests: Vec::new() };
        dense.bits = vec![0; dense.index(last(apps)).div_ceil(64) + 1];
        // Those that block come last, and take back.
        for blocks in [false, true] {
            for rule in rules.iter().filter(|rule| rule.blocks == blocks) {
                dense.apply(rule);
            }
        }
        Box::new(dense)
    })
}

fn last(apps: usize) -> Request {
    Request {
        channel: CHANNELS.len() - 1,
        source: apps - 1,
        target: Target::Printer,
        platform: PLATFORMS.len() - 1,
        state: STATES.len() - 1,
    }
}

impl Dense {
    #[inline]
    fn index(&self, request: Request) -> usize {
        let targets = self.apps + STORAGES + 1;
        let target = match request.target {
            Target::App(app) => app,
            Target::Storage(storage) => self.apps + storage,
            Target::Printer => self.apps + STORAGES,
        };
        let device = request.platform * STATES.len() + request.state;
        let place = request.channel * PLATFORMS.len() * STATES.len() + device;
        (place * self.apps + request.source) * targets + target
    }

    fn apply(&mut self, rule: &Rule) {
        let sources: Vec<_> = (0..self.apps).filter(|app| rule.source.holds_app(*app)).collect();
        let targets = (0..self.apps).map(Target::App);
        let targets = targets.chain((0..STORAGES).map(Target::Storage)).chain([Target::Printer]);
        let targets: Vec<_> = targets.filter(|target| rule.target.holds(*target)).collect();
        for &channel in &rule.channels {
            for platform in
                (0..PLATFORMS.len()).filter(|one| rule.platform.is_none_or(|p| p == *one))
            {
                let states = (0..STATES.len())
                    .filter(|one| rule.states.is_empty() || rule.states.contains(one));
                for state in states {
                    for &source in &sources {
                        for &target in &targets {
                            let at =
                                self.index(Request { channel, source, target, platform, state });
                            if rule.blocks {
                                self.bits[at / 64] &= !(1 << (at % 64));
                            } else {
                                self.bits[at / 64] |= 1 << (at % 64);
                            }
                        }
                    }
                }
            }
        }
    }
}

impl Engine for Dense {
    fn prepare(&mut self, requests: &[Request]) {
        self.requests = requests.to_vec();
    }

    #[inline]
    fn is_allowed(&mut self, request: usize) -> bool {
        let at = self.index(self.requests[request]);
        self.bits[at / 64] >> (at % 64) & 1 == 1
    }
}
