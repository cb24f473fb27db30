//! Organisations to measure: policy sets of any size, and requests about them.
//!
//! Everything is drawn from a small generator with a fixed seed, so that every run measures the same.

#![allow(dead_code, reason = "each bench uses a part")]

pub mod access;
#[cfg(feature = "arrow")]
pub mod columns;
pub mod scale;

use std::fmt::Write as _;

use mam::{
    Account, Channel, DeviceRequest, DeviceState, EndpointRequest, Platform, Request, UserRequest,
};

/// How large an organisation is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub rules: usize,
    pub apps: usize,
}

/// The sizes that every bench is run at.
pub const SIZES: [Size; 4] = [
    Size { rules: 10, apps: 300 },
    Size { rules: 100, apps: 300 },
    Size { rules: 1_000, apps: 300 },
    Size { rules: 10_000, apps: 300 },
];

const GROUPS: usize = 24;
const STORAGES: usize = 7;
const RULES_PER_POLICY: usize = 25;
const USERS: [&str; 4] = ["staff", "contractors", "executives", "field"];

/// A linear congruential generator: good enough to spread, and the same everywhere.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound
    }

    fn one<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// Apps in groups, storages, users, and policies with rules about them.
pub fn organisation(size: Size) -> String {
    let mut random = Random::new(size.rules as u64);
    let mut text = String::from("mam 1\n\ntenant example \"example.com\"\n\n");
    for user in USERS {
        let _ = writeln!(text, "users {user}");
    }
    for app in 0..size.apps {
        let traits = if app.is_multiple_of(3) { "  sdk  multi-identity" } else { "" };
        let _ = writeln!(
            text,
            "app a{app} {{ ios \"com.example.a{app}\"  android \"com.example.a{app}\"{traits} }}"
        );
    }
    for storage in 0..STORAGES {
        let kind = if storage.is_multiple_of(2) { "corporate" } else { "personal" };
        let _ = writeln!(text, "storage s{storage} {kind}");
    }
    for group in 0..GROUPS {
        let members: Vec<_> = (0..size.apps).filter(|app| app % GROUPS == group).collect();
        let members: Vec<_> = members.iter().map(|app| format!("a{app}")).collect();
        let _ = writeln!(text, "group g{group} = {}", members.join(", "));
    }
    let protected: Vec<_> = (0..size.apps).step_by(3).map(|app| format!("a{app}")).collect();
    let _ = writeln!(text, "group protected = {}", protected.join(", "));
    for policy in 0..size.rules.div_ceil(RULES_PER_POLICY) {
        let left = size.rules - policy * RULES_PER_POLICY;
        write_policy(&mut text, &mut random, policy, left.min(RULES_PER_POLICY));
    }
    text
}

fn write_policy(text: &mut String, random: &mut Random, policy: usize, rules: usize) {
    let users = USERS[policy % USERS.len()];
    let devices = ["any", "unmanaged", "enrolled"][policy % 3];
    let otherwise = ["block", "allow"][policy % 2];
    let _ = writeln!(
        text,
        "policy p{policy} {{\n  for {users}\n  on ios, android\n  devices {devices}\n  protect protected\n  otherwise {otherwise}"
    );
    for _ in 0..rules {
        let channel =
            random.one(&["share", "copy", "save", "link", "type", "print", "call", "notify"]);
        let default = if policy.is_multiple_of(2) { "allow" } else { "block" };
        let effect = if random.below(4) == 0 { "block" } else { default };
        let target = match channel {
            "save" => format!(" to s{}", random.below(STORAGES)),
            "print" | "notify" => String::new(),
            _ => match random.below(4) {
                0 => " to managed".to_owned(),
                1 => format!(" to g{} except a{}", random.below(GROUPS), random.below(300)),
                2 => format!(" to a{}", random.below(300)),
                _ => format!(" to g{}, g{}", random.below(GROUPS), random.below(GROUPS)),
            },
        };
        let condition = random.one(&["", "", " on ios", " on android", " devices unmanaged"]);
        let condition = if devices == "enrolled" {
            condition.replace("unmanaged", "intune")
        } else {
            condition.to_owned()
        };
        let _ = writeln!(text, "  {effect} {channel}{target}{condition}");
    }
    text.push_str("}\n");
}

/// Requests about an organisation, the app ids as a host has them.
pub fn requests(size: Size, count: usize) -> Vec<Request<'static>> {
    let mut random = Random::new(7);
    (0..count)
        .map(|_| {
            let platform = [Platform::Ios, Platform::Android][random.below(2)];
            let app = |random: &mut Random| {
                let id = format!("{platform}:com.example.a{}", random.below(size.apps));
                let account = [Account::Work, Account::Work, Account::Personal][random.below(3)];
                EndpointRequest::app(id).with_account(account)
            };
            let channel =
                [Channel::Share, Channel::Copy, Channel::Link, Channel::Save][random.below(4)];
            let source = app(&mut random);
            let target = match channel {
                Channel::Save => EndpointRequest::storage(format!("s{}", random.below(STORAGES))),
                _ => app(&mut random),
            };
            let states = [DeviceState::Unmanaged, DeviceState::Intune, DeviceState::ThirdParty];
            let user = UserRequest::new([USERS[random.below(USERS.len())]]);
            let device = DeviceRequest::new(platform, states[random.below(states.len())]);
            Request::new(channel, source, target, user, device)
        })
        .collect()
}

/// What an organisation whose analysis is measured is made of.
#[derive(Debug, Clone, Copy)]
pub struct Company {
    pub apps: usize,
    pub groups: usize,
    pub policies: usize,
    pub rules: usize,
    pub expectations: usize,
}

impl Company {
    /// The one that others differ from in one number.
    pub const USUAL: Self =
        Self { apps: 300, groups: 20, policies: 40, rules: 1_000, expectations: 200 };
}

/// Channels between apps.
const CHANNELS: [&str; 7] = ["share", "copy", "link", "call", "message", "invoke", "type"];

/// Policies for independent groups of people, each protecting apps of its own, with expectations. Half of the
/// apps carry the SDK.
pub fn company(size: Company) -> String {
    let mut random = Random::new(7);
    let mut text = String::from("mam 1\n\nstorage drive corporate\nstorage locker personal\n");
    for app in 0..size.apps {
        let traits = if app.is_multiple_of(2) { "  sdk  multi-identity" } else { "" };
        let _ = writeln!(
            text,
            "app a{app} {{ ios \"com.example.a{app}\"  android \"com.example.a{app}\"{traits} }}"
        );
    }
    for group in 0..size.groups {
        let _ = writeln!(text, "users team{group}");
    }
    for pack in 0..GROUPS {
        let members: Vec<_> = (0..12).map(|_| format!("a{}", random.below(size.apps))).collect();
        let _ = writeln!(text, "group pack{pack} = {}", members.join(", "));
    }
    for policy in 0..size.policies {
        let own: Vec<_> = (0..4).map(|_| 2 * random.below(size.apps / 2)).collect();
        let names: Vec<_> = own.iter().map(|app| format!("a{app}")).collect();
        let devices = ["any", "any", "unmanaged, intune"][policy % 3];
        let platforms = ["any", "ios", "any", "ios, android"][policy % 4];
        let _ = writeln!(
            text,
            "policy p{policy} {{\n  for team{}\n  on {platforms}\n  devices {devices}\n  protect {}",
            policy % size.groups,
            names.join(", ")
        );
        let rules = size.rules / size.policies + usize::from(policy < size.rules % size.policies);
        for _ in 0..rules {
            let effect = if random.below(10) < 7 { "allow" } else { "block" };
            let rule = match random.below(20) {
                0..=2 => format!("save to {}", random.one(&["drive", "locker", "any"])),
                3 => "print".to_owned(),
                4 => {
                    let from = names[random.below(names.len())].clone();
                    format!(
                        "{} from {from} to {}",
                        random.one(&CHANNELS),
                        target(&mut random, size)
                    )
                }
                _ => format!("{} to {}", random.one(&CHANNELS), target(&mut random, size)),
            };
            let to = if rule == "print" && effect == "allow" { " to printer" } else { "" };
            let _ = writeln!(text, "  {effect} {rule}{to}");
        }
        text.push_str("}\n");
    }
    for _ in 0..size.expectations {
        let _ = writeln!(
            text,
            "expect {} {} from a{} to {} for team{}",
            random.one(&["allow", "block"]),
            random.one(&CHANNELS),
            random.below(size.apps),
            target(&mut random, size),
            random.below(size.groups)
        );
    }
    text
}

fn target(random: &mut Random, size: Company) -> String {
    match random.below(5) {
        0 => format!("a{}", random.below(size.apps)),
        1 => format!("pack{}", random.below(GROUPS)),
        2 => "managed".to_owned(),
        3 => "unmanaged".to_owned(),
        _ => "unlisted".to_owned(),
    }
}
