//! A linear scan over compact rules, those that block first.

use super::{Engine, Load};
use crate::workload::{PLATFORMS, Request, STATES, Set, Target, Workload, group};

/// A rule in a few words.
#[derive(Clone, Copy)]
struct Compact {
    blocks: bool,
    channels: u16,
    source: Set,
    target: Set,
    /// A bit for each platform and state.
    devices: u32,
}

struct Scan {
    rules: Vec<Compact>,
    requests: Vec<Request>,
}

pub fn load(workload: &Workload) -> Load {
    let rules = workload.rules.clone();
    Box::new(move || {
        let mut compact: Vec<_> = rules
            .iter()
            .map(|rule| {
                let mut devices = 0;
                for platform in 0..PLATFORMS.len() {
                    for state in 0..STATES.len() {
                        let is_there = rule.platform.is_none_or(|one| one == platform)
                            && (rule.states.is_empty() || rule.states.contains(&state));
                        devices |= u32::from(is_there) << (platform * STATES.len() + state);
                    }
                }
                Compact {
                    blocks: rule.blocks,
                    channels: rule.channels.iter().fold(0, |all, one| all | 1 << one),
                    source: rule.source,
                    target: rule.target,
                    devices,
                }
            })
            .collect();
        compact.sort_by_key(|rule| !rule.blocks);
        Box::new(Scan { rules: compact, requests: Vec::new() })
    })
}

impl Engine for Scan {
    fn prepare(&mut self, requests: &[Request]) {
        self.requests = requests.to_vec();
    }

    fn is_allowed(&mut self, request: usize) -> bool {
        let Request { channel, source, target, platform, state } = self.requests[request];
        let device = platform * STATES.len() + state;
        let own = group(source);
        let found = self.rules.iter().find(|rule| {
            rule.channels >> channel & 1 == 1
                && rule.devices >> device & 1 == 1
                && match rule.source {
                    Set::Any => true,
                    Set::Group(group) => group == own,
                    Set::App(app) => app == source,
                    _ => false,
                }
                && match (rule.target, target) {
                    (Set::Any, _) | (Set::Printer, Target::Printer) => true,
                    (Set::Group(one), Target::App(app)) => one == group(app),
                    (Set::App(one), Target::App(app)) => one == app,
                    (Set::Storage(one), Target::Storage(storage)) => one == storage,
                    _ => false,
                }
        });
        found.is_some_and(|rule| !rule.blocks)
    }
}
