//! `mam`: one policy that protects every app, with the rules as they are.

use mam::{
    Account, Channel, DeviceRequest, DeviceState, EndpointRequest, Platform, Resolved, Session,
    ResolvedSource, Table, ResolvedTarget, UserRequest,
};

use super::{Engine, Load};
use crate::workload::{
    CHANNELS, PLATFORMS, PRINT, Request, Rule, SAVE, STATES, STORAGES, Set, Target, Workload,
    app_name, groups,
};
use std::fmt::Write as _;

/// The rules as policies.
pub fn text(workload: &Workload) -> String {
    let mut text = String::from("mam 1\nusers staff\n");
    for app in 0..workload.apps {
        let id = app_name(app);
        let _ = writeln!(
            text,
            "app a{app} {{ ios \"{id}\"  android \"{id}\"  windows \"{id}\"  sdk  multi-identity }}"
        );
    }
    for storage in 0..STORAGES {
        let _ = writeln!(text, "storage s{storage} personal");
    }
    for group in 0..groups(workload.apps) {
        let members = (0..workload.apps).filter(|app| crate::workload::group(*app) == group);
        let members: Vec<_> = members.map(|app| format!("a{app}")).collect();
        let _ = writeln!(text, "group g{group} = {}", members.join(", "));
    }
    text.push_str("policy p {\n  for staff  protect any\n");
    workload.rules.iter().for_each(|rule| write_rule(&mut text, rule));
    text.push_str("}\n");
    text
}

fn write_rule(text: &mut String, rule: &Rule) {
    let name = |set: Set| match set {
        Set::Any => "any".to_owned(),
        Set::Group(group) => format!("g{group}"),
        Set::App(app) => format!("a{app}"),
        Set::Storage(storage) => format!("s{storage}"),
        Set::Printer => "printer".to_owned(),
    };
    let channels: Vec<_> = rule.channels.iter().map(|channel| CHANNELS[*channel]).collect();
    let effect = if rule.blocks { "block" } else { "allow" };
    let _ = write!(text, "  {effect} {}", channels.join(", "));
    let _ = write!(text, " from {} to {}", name(rule.source), name(rule.target));
    if let Some(platform) = rule.platform {
        let _ = write!(text, " on {}", PLATFORMS[platform]);
    }
    if !rule.states.is_empty() {
        let states: Vec<_> = rule.states.iter().map(|state| STATES[*state]).collect();
        let _ = write!(text, " devices {}", states.join(", "));
    }
    text.push('\n');
}

fn compile(text: &str) -> Table {
    mam::compile("peers.mam", text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn channel(channel: usize) -> Channel {
    Channel::from_word(CHANNELS[channel]).expect("mam has these channels")
}

fn device(platform: usize, state: usize) -> DeviceRequest<'static> {
    let platform = Platform::from_word(PLATFORMS[platform]).expect("mam has these platforms");
    DeviceRequest::new(platform, DeviceState::from_word(STATES[state]).expect("mam has these states"))
}

/// A session for each device.
fn sessions(table: &Table) -> Vec<Option<Session>> {
    let user = UserRequest::new(["staff"]);
    let devices = (0..PLATFORMS.len()).flat_map(|one| (0..STATES.len()).map(move |two| (one, two)));
    devices.map(|(platform, state)| table.session(&user, &device(platform, state)).ok()).collect()
}

fn at(request: &Request) -> usize {
    request.platform * STATES.len() + request.state
}

fn source(request: &Request) -> String {
    format!("{}:{}", PLATFORMS[request.platform], app_name(request.source))
}

fn target(request: &Request) -> String {
    match request.target {
        Target::App(app) => format!("{}:{}", PLATFORMS[request.platform], app_name(app)),
        Target::Storage(storage) => format!("s{storage}"),
        Target::Printer => "printer".to_owned(),
    }
}

fn target_request(channel: usize, name: &str) -> EndpointRequest<'_> {
    match channel {
        SAVE | PRINT => EndpointRequest::storage(name),
        _ => EndpointRequest::app(name).with_account(Account::Work),
    }
}

fn ends(session: &Session, request: &Request) -> (Channel, ResolvedSource, ResolvedTarget) {
    let channel = channel(request.channel);
    let name = source(request);
    let from = session.source(channel, &EndpointRequest::app(&name).with_account(Account::Work));
    let name = target(request);
    let to = session.target(channel, &target_request(request.channel, &name));
    (channel, from.expect("it is declared"), to.expect("it is declared"))
}

// ---------------------------------------------------------------- everything resolved, from a compiled table

struct ByResolved {
    table: Table,
    requests: Vec<Resolved>,
}

pub fn resolved(workload: &Workload) -> Load {
    let bytes = compile(&text(workload)).to_bytes();
    Box::new(move || {
        let table = Table::from_bytes(&bytes).expect("it was written just now");
        Box::new(ByResolved { table, requests: Vec::new() })
    })
}

impl Engine for ByResolved {
    fn prepare(&mut self, requests: &[Request]) {
        let sessions = sessions(&self.table);
        self.requests = requests
            .iter()
            .map(|request| {
                let session = sessions[at(request)].as_ref().expect("the device exists");
                let (channel, from, to) = ends(session, request);
                session.resolve(channel, from, to)
            })
            .collect();
    }

    #[inline]
    fn is_allowed(&mut self, request: usize) -> bool {
        !self.table.decide(&self.requests[request]).is_blocked()
    }
}

// ---------------------------------------------------------------- from ids

struct ById {
    table: Table,
    sessions: Vec<Option<Session>>,
    requests: Vec<(usize, Channel, ResolvedSource, ResolvedTarget)>,
}

pub fn ids(workload: &Workload) -> Load {
    let text = text(workload);
    Box::new(move || {
        let table = compile(&text);
        Box::new(ById { sessions: sessions(&table), table, requests: Vec::new() })
    })
}

impl Engine for ById {
    fn prepare(&mut self, requests: &[Request]) {
        self.sessions = sessions(&self.table);
        self.requests = requests
            .iter()
            .map(|request| {
                let session = self.sessions[at(request)].as_ref().expect("the device exists");
                let (channel, from, to) = ends(session, request);
                (at(request), channel, from, to)
            })
            .collect();
    }

    #[inline]
    fn is_allowed(&mut self, request: usize) -> bool {
        let (at, channel, from, to) = self.requests[request];
        let session = self.sessions[at].as_ref().expect("the device exists");
        !session.decide(channel, from, to).is_blocked()
    }
}

// ---------------------------------------------------------------- from names

struct ByName {
    sessions: Vec<Option<Session>>,
    requests: Vec<(usize, usize, String, String)>,
}

pub fn names(workload: &Workload) -> Load {
    let text = text(workload);
    Box::new(move || Box::new(ByName { sessions: sessions(&compile(&text)), requests: Vec::new() }))
}

impl Engine for ByName {
    fn prepare(&mut self, requests: &[Request]) {
        let named =
            |request: &Request| (at(request), request.channel, source(request), target(request));
        self.requests = requests.iter().map(named).collect();
    }

    #[inline]
    fn is_allowed(&mut self, request: usize) -> bool {
        let (at, number, source, target) = &self.requests[request];
        let session = self.sessions[*at].as_ref().expect("the device exists");
        let channel = Channel::ALL[CHANNEL_NUMBERS[*number]];
        let from = session.source(channel, &EndpointRequest::app(source).with_account(Account::Work));
        let to = session.target(channel, &target_request(*number, target));
        match (from, to) {
            (Ok(from), Ok(to)) => !session.decide(channel, from, to).is_blocked(),
            _ => panic!("it is declared"),
        }
    }
}

/// The channels of the workload among those of `mam`.
const CHANNEL_NUMBERS: [usize; 8] = [
    Channel::Share.index(),
    Channel::Copy.index(),
    Channel::Link.index(),
    Channel::Call.index(),
    Channel::Message.index(),
    Channel::Type.index(),
    Channel::Save.index(),
    Channel::Print.index(),
];
