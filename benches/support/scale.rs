//! Companies of growing size: many groups of people, many policies, apps that most of them share.
//!
//! Companies differ in how many policies could apply together, and so do the shapes here:
//! [`company`] is what large companies look like, [`overlap`] has policies that are independent of each
//! other, and [`wide`] has long lists of groups.

use std::fmt::Write as _;

use mam::{
    Account, Channel, DeviceRequest, DeviceState, EndpointRequest, Platform, Request, UserRequest,
};

use super::Random;

/// The apps that nearly every policy protects.
const CORE: usize = 20;
const RULES: usize = 5;
const EXPECTATIONS: usize = 200;
/// How many requests each user makes.
pub const OF_USER: usize = 50;
const CHANNELS: [&str; 6] = ["share", "copy", "link", "call", "message", "type"];

/// `n` groups of people and `n` policies over some apps. Every policy protects a core of 20 apps and 20
/// others, on some platforms and devices, with five rules; some yield to others. 200 expectations.
pub fn company(n: usize, apps: usize) -> String {
    let mut random = Random::new(11);
    let mut text = declarations(n, apps);
    for policy in 0..n {
        let devices = ["any", "any", "unmanaged", "enrolled"][policy % 4];
        let platforms = ["any", "ios", "any", "android", "any"][policy % 5];
        let _ = write!(text, "policy p{policy} {{\n  for team{policy}");
        if policy % 7 == 3 {
            let _ = write!(text, " except team{}", (policy + 1 + random.below(n - 1)) % n);
        }
        let _ = write!(text, "\n  on {platforms}\n  devices {devices}\n  protect core");
        for _ in 0..20 {
            let _ = write!(text, ", {}", protectable(&mut random, apps));
        }
        if policy % 5 == 4 {
            let _ = write!(text, "\n  yields to p{}", random.below(policy));
        }
        text.push('\n');
        for _ in 0..RULES {
            let _ = writeln!(text, "  {}", rule(&mut random, apps, "a0"));
        }
        text.push_str("}\n");
    }
    for _ in 0..EXPECTATIONS {
        let _ = writeln!(
            text,
            "expect {} {} from a{} to {} for team{}",
            ["allow", "block"][random.below(2)],
            CHANNELS[random.below(CHANNELS.len())],
            random.below(apps),
            target(&mut random, apps),
            random.below(n)
        );
    }
    text
}

/// Requests of some users of a company, each in so many groups and on one device. Two apps of five are of
/// the core, four accounts of five are work accounts.
pub fn requests(n: usize, apps: usize, groups: usize, users: usize) -> Vec<Request<'static>> {
    let mut random = Random::new(5);
    let mut requests = Vec::with_capacity(users * OF_USER);
    for _ in 0..users {
        let user = UserRequest::new((0..groups).map(|_| format!("team{}", random.below(n))));
        let platform = [Platform::Ios, Platform::Android][random.below(2)];
        let states = [DeviceState::Unmanaged, DeviceState::Intune, DeviceState::ThirdParty];
        let device = DeviceRequest::new(platform, states[random.below(states.len())]);
        let app = |random: &mut Random| {
            let bound = if random.below(5) < 2 { CORE } else { apps };
            let account = if random.below(5) == 0 { Account::Personal } else { Account::Work };
            let id = format!("{platform}:com.example.a{}", random.below(bound));
            EndpointRequest::app(id).with_account(account)
        };
        for _ in 0..OF_USER {
            let channel = Channel::from_word(CHANNELS[random.below(CHANNELS.len())]);
            let (source, target) = (app(&mut random), app(&mut random));
            let channel = channel.expect("a channel");
            requests.push(Request::new(channel, source, target, user.clone(), device.clone()));
        }
    }
    requests
}

/// `2n` policies for `n` independent groups of people, each with 20 of 150 apps.
pub fn overlap(n: usize) -> String {
    let mut random = Random::new(13);
    let mut text = declarations(n, 150);
    for policy in 0..2 * n {
        let own: Vec<_> = (0..20).map(|_| protectable(&mut random, 150)).collect();
        let _ = writeln!(
            text,
            "policy p{policy} {{\n  for team{}\n  protect {}",
            policy % n,
            own.join(", ")
        );
        for _ in 0..RULES {
            let _ = writeln!(text, "  {}", rule(&mut random, 150, &own[0]));
        }
        text.push_str("}\n");
    }
    text
}

/// 300 policies, each for 10 of 300 groups of people except 10 others.
pub fn wide() -> String {
    let mut random = Random::new(17);
    let mut text = declarations(300, 400);
    for policy in 0..300 {
        let mut teams = |first: usize| -> String {
            let teams = (0..10).map(|at| format!("team{}", first + 2 * at + random.below(2)));
            teams.collect::<Vec<_>>().join(", ")
        };
        let (of, except) = (teams(policy * 7 % 260), teams((policy * 7 + 20) % 260));
        let _ = writeln!(text, "policy p{policy} {{\n  for {of} except {except}\n  protect core");
        for _ in 0..RULES {
            let _ = writeln!(text, "  {}", rule(&mut random, 400, "a0"));
        }
        text.push_str("}\n");
    }
    text
}

fn declarations(groups: usize, apps: usize) -> String {
    let mut text = String::from("mam 1\n\nstorage drive corporate\nstorage locker personal\n");
    for app in 0..apps {
        let traits = ["  sdk", "  sdk  multi-identity"][app % 2];
        let traits = if app % 10 == 9 && app >= CORE { "" } else { traits };
        let _ = writeln!(
            text,
            "app a{app} {{ ios \"com.example.a{app}\"  android \"com.example.a{app}\"{traits} }}"
        );
    }
    let core: Vec<_> = (0..CORE).map(|app| format!("a{app}")).collect();
    let _ = writeln!(text, "group core = {}", core.join(", "));
    for group in 0..groups {
        let _ = writeln!(text, "users team{group}");
    }
    text
}

/// One of the apps behind the core that carry the SDK: nine of ten do.
fn protectable(random: &mut Random, apps: usize) -> String {
    let app = CORE + random.below(apps - CORE);
    format!("a{}", if app % 10 == 9 { app - 1 } else { app })
}

/// A rule of a policy that protects some app.
fn rule(random: &mut Random, apps: usize, protected: &str) -> String {
    let limit = 100 * (1 + random.below(5));
    match random.below(12) {
        0 => format!("allow save to {}", ["drive", "corporate-storage", "any"][random.below(3)]),
        1 => "allow print to printer".to_owned(),
        2 => format!("allow copy to any up to {limit} characters"),
        3 => format!("allow copy from {protected} to managed"),
        4 => format!("block share from {protected} to {}", target(random, apps)),
        _ => format!(
            "{} {} to {}",
            ["allow", "allow", "block"][random.below(3)],
            CHANNELS[random.below(CHANNELS.len())],
            target(random, apps)
        ),
    }
}

fn target(random: &mut Random, apps: usize) -> String {
    match random.below(5) {
        0 => format!("a{}", random.below(apps)),
        1 => "core".to_owned(),
        2 => "managed".to_owned(),
        3 => "unmanaged".to_owned(),
        _ => "unlisted".to_owned(),
    }
}
