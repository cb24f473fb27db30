//! Random policy sets: apps with random traits, storages, groups, people, and policies of every kind.
//!
//! Takes in bytes, gives out a [`PolicySet`] and its text; every byte is one choice and the first
//! choice is the simplest, so that a set shrinks with its bytes. Property tests and fuzz targets
//! share it. A set is a value, so that tests can reorder it, rename it and add to it. Rules that the
//! checker refuses are taken out again ([`PolicySet::checked`]): the generator need not know what
//! makes sense, only what can be written.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use mam::vocabulary::{Channel, Kind, Platform, RuleEffect, Side};
use mam::{Checked, Compiler, Severity};

// ---------------------------------------------------------------- choices

/// Choices, a byte each. When the bytes run out, every choice is the first.
pub(crate) struct Choices<'b>(std::slice::Iter<'b, u8>);

impl<'b> Choices<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes.iter())
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let mut byte = || self.0.next().map_or(0, |byte| usize::from(*byte));
        let number = if bound > 256 { byte() * 256 + byte() } else { byte() };
        number % bound.max(1)
    }

    /// True about once in so many times.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    fn one<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// One to three of the items.
    fn few<T: Copy + PartialEq>(&mut self, items: &[T]) -> Vec<T> {
        let mut few = vec![self.one(items)];
        for _ in 0..self.below(3) {
            let next = self.one(items);
            if !few.contains(&next) {
                few.push(next);
            }
        }
        few
    }
}

// ---------------------------------------------------------------- what a set is made of

/// A policy set. Things refer to each other by position.
#[derive(Debug, Clone, Default)]
pub(crate) struct PolicySet {
    pub(crate) apps: Vec<App>,
    /// Whether each storage is the company's.
    pub(crate) storages: Vec<bool>,
    pub(crate) groups: Vec<Set>,
    /// How many groups of people there are.
    pub(crate) people: usize,
    /// How many filters there are.
    pub(crate) filters: usize,
    pub(crate) policies: Vec<Policy>,
    pub(crate) expectations: Vec<Expectation>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct App {
    /// Where it has an id; nowhere means that it exists everywhere.
    pub(crate) ids: Vec<Platform>,
    pub(crate) url: bool,
    pub(crate) traits: Vec<&'static str>,
}

impl App {
    pub(crate) fn has_sdk(&self) -> bool {
        self.traits.contains(&"sdk")
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Set {
    pub(crate) terms: Vec<Term>,
    pub(crate) except: Vec<Term>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Term {
    pub(crate) what: What,
    pub(crate) account: Option<&'static str>,
    pub(crate) deployed: bool,
}

impl From<What> for Term {
    fn from(what: What) -> Self {
        Self { what, account: None, deployed: false }
    }
}

impl From<What> for Set {
    fn from(what: What) -> Self {
        Self { terms: vec![what.into()], except: Vec::new() }
    }
}

/// What a term stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// A word of the language, or the name of what is always there.
    Word(&'static str),
    App(usize),
    /// An app, by its id on one platform.
    Id(usize, Platform),
    /// An app, by its url.
    Url(usize),
    /// An id that nothing declares.
    Nobody(usize, Platform),
    /// A url that nothing declares.
    Nowhere(usize),
    Storage(usize),
    Group(usize),
}

/// A term of a `for` clause: a group, or anybody, with filters that hold or do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) group: Option<usize>,
    pub(crate) tests: Vec<(usize, bool)>,
}

impl From<usize> for Member {
    fn from(group: usize) -> Self {
        Self { group: Some(group), tests: Vec::new() }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum People {
    Some {
        of: Vec<Member>,
        except: Vec<Member>,
    },
    /// In all of the first, which may repeat one, and in none of the last.
    Every {
        of: Vec<Member>,
        except: Vec<Member>,
    },
    Exactly(Vec<Member>),
}

/// Words of an `on` or `devices` clause; no words mean that it is left out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    pub(crate) of: Vec<&'static str>,
    pub(crate) except: Vec<&'static str>,
}

#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub(crate) report_only: bool,
    pub(crate) people: People,
    pub(crate) on: Words,
    pub(crate) devices: Words,
    pub(crate) protect: Set,
    pub(crate) unconfirmed: bool,
    pub(crate) yields: Yields,
    pub(crate) otherwise: Option<&'static str>,
    pub(crate) rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Yields {
    No,
    /// All but these.
    Any(Vec<usize>),
    To(Vec<usize>),
}

#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) effect: RuleEffect,
    pub(crate) scope: Scope,
}

impl Rule {
    /// A rule about everything on one channel.
    pub(crate) fn plain(effect: RuleEffect, channel: Channel) -> Self {
        Self { effect, scope: Scope { channels: vec![channel], ..Scope::default() } }
    }
}

/// An expectation.
#[derive(Debug, Clone)]
pub(crate) struct Expectation {
    /// The policy that it stands in.
    pub(crate) policy: Option<usize>,
    pub(crate) claim: Claim,
    pub(crate) scope: Scope,
}

/// What an expectation claims.
#[derive(Debug, Clone)]
pub(crate) enum Claim {
    Allow,
    Block,
    /// With what chains avoid.
    NoPath(Option<Set>),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// None stand for `any`.
    pub(crate) channels: Vec<Channel>,
    pub(crate) from: Option<Set>,
    pub(crate) to: Option<Set>,
    /// A limit, as it is written.
    pub(crate) limit: String,
    pub(crate) app_wide: bool,
    pub(crate) people: Option<People>,
    pub(crate) on: Words,
    pub(crate) devices: Words,
}

// ---------------------------------------------------------------- making one up

const STATES: &[&str] = &[
    "unmanaged",
    "enrolled",
    "intune",
    "configmgr",
    "third-party",
    "android-enterprise",
    "android-dedicated",
    "aosp",
    "aosp-userless",
];
const PLATFORMS: &[&str] = &["ios", "android", "windows"];
const LIMITS: &[u32] = &[10, 0, 25, 50, 25, 10, u32::MAX];

impl PolicySet {
    /// The set that the choices lead to. It can be written, but need not make sense.
    pub(crate) fn choose(choices: &mut Choices<'_>) -> Self {
        let (people, filters) = (choices.below(4), choices.one(&[0, 0, 1, 2]));
        let mut set = Self { people, filters, ..Self::default() };
        // Somebody must be there to be protected.
        set.apps.push(App { traits: vec!["sdk", "multi-identity"], ..App::default() });
        set.apps.extend((0..=choices.below(4)).map(|_| app(choices)));
        set.storages = (0..=choices.below(3)).map(|_| choices.once_in(2)).collect();
        for _ in 0..choices.below(3) {
            let group = set.group(choices);
            set.groups.push(group);
        }
        for _ in 0..=choices.below(4) {
            let policy = set.policy(choices);
            set.policies.push(policy);
        }
        set
    }

    /// A set of many policies for many groups of people, who are in several of them.
    pub(crate) fn choose_large(choices: &mut Choices<'_>) -> Self {
        let mut set = Self { people: 1 + choices.below(300), ..Self::choose(choices) };
        for _ in 0..choices.below(40) {
            let mut policy = set.policy(choices);
            if !set.policies.is_empty() && choices.once_in(3) {
                // Policies with one head are joined for good.
                let like = set.policies[choices.below(set.policies.len())].clone();
                policy = Policy { rules: policy.rules, otherwise: policy.otherwise, ..like };
            }
            set.policies.push(policy);
        }
        set
    }

    fn group(&self, choices: &mut Choices<'_>) -> Set {
        let mut what = |_| -> Term {
            match choices.below(8) {
                0..=3 => What::App(choices.below(self.apps.len())),
                4 => self.id(choices),
                5 => What::Storage(choices.below(self.storages.len())),
                6 if !self.groups.is_empty() => What::Group(choices.below(self.groups.len())),
                _ => What::Word(choices.one(&["browser", "photo-library", "printer", "widgets"])),
            }
            .into()
        };
        let terms: Vec<_> = (0..3).map(&mut what).collect();
        let except: Vec<_> = (0..1).map(&mut what).collect();
        let except = if choices.once_in(3) { except } else { Vec::new() };
        Set { terms, except }
    }

    /// An app by an id that it has, or an id that nothing declares.
    fn id(&self, choices: &mut Choices<'_>) -> What {
        let app = choices.below(self.apps.len());
        let platform = choices.one(Platform::ALL);
        match choices.below(4) {
            0 => What::Nobody(choices.below(2), platform),
            1 => What::Nowhere(0),
            2 if self.apps[app].url => What::Url(app),
            _ if self.apps[app].ids.contains(&platform) => What::Id(app, platform),
            _ => What::Nobody(choices.below(2), platform),
        }
    }

    pub(crate) fn policy(&self, choices: &mut Choices<'_>) -> Policy {
        let protect = match choices.below(3) {
            0 => What::Word("any").into(),
            1 => self.protected(choices),
            _ => Set { except: self.protected(choices).terms, ..What::Word("any").into() },
        };
        let yields = match choices.below(6) {
            4 if !self.policies.is_empty() => Yields::To(vec![choices.below(self.policies.len())]),
            5 if self.policies.len() > 1 && choices.once_in(2) => {
                Yields::Any(vec![choices.below(self.policies.len())])
            }
            5 => Yields::Any(Vec::new()),
            _ => Yields::No,
        };
        Policy {
            people: self.people(choices),
            on: words(choices, PLATFORMS, 2),
            devices: words(choices, STATES, 3),
            protect,
            unconfirmed: choices.once_in(5),
            yields,
            otherwise: choices.one(&[None, Some("block"), Some("allow"), Some("allow")]),
            rules: (0..choices.below(7)).map(|_| self.rule(choices)).collect(),
            report_only: choices.once_in(5),
        }
    }

    /// Some of the apps that can be protected; the first one can.
    fn protected(&self, choices: &mut Choices<'_>) -> Set {
        let can = |app: &usize| {
            self.apps[*app].has_sdk() && !self.apps[*app].traits.contains(&"container")
        };
        let apps: Vec<_> = (0..self.apps.len()).filter(can).collect();
        let terms = choices.few(&apps).into_iter().map(|app| What::App(app).into()).collect();
        Set { terms, except: Vec::new() }
    }

    fn people(&self, choices: &mut Choices<'_>) -> People {
        let all: Vec<_> = (0..self.people).collect();
        if all.is_empty() {
            let of = self.anybody(choices).into_iter().collect();
            return People::Some { of, except: Vec::new() };
        }
        match choices.below(8) {
            0 | 1 => {
                People::Some { of: self.anybody(choices).into_iter().collect(), except: Vec::new() }
            }
            2 | 3 => People::Some { of: self.members(choices, &all), except: Vec::new() },
            4 => {
                let (of, except) = (self.members(choices, &all), self.members(choices, &all));
                People::Some { of, except }
            }
            5 => {
                let of = self.anybody(choices).into_iter().collect();
                People::Some { of, except: self.members(choices, &all) }
            }
            6 => {
                let (mut of, mut except) =
                    (self.members(choices, &all), self.members(choices, &all));
                let is_new = |member: &Member| of.iter().all(|one| one.group != member.group);
                except.retain(|member| is_new(member) && of.len() % 2 == 0);
                of.extend((of.len() < 2).then(|| of[0].clone()));
                People::Every { of, except }
            }
            _ if choices.once_in(3) => People::Exactly(self.anybody(choices).into_iter().collect()),
            _ => People::Exactly(self.members(choices, &all)),
        }
    }

    /// Anybody on a device that a filter tells, if that is not everybody.
    fn anybody(&self, choices: &mut Choices<'_>) -> Option<Member> {
        let tests = self.tests(choices);
        (!tests.is_empty()).then_some(Member { group: None, tests })
    }

    /// One to three groups, now and then with filters.
    fn members(&self, choices: &mut Choices<'_>, all: &[usize]) -> Vec<Member> {
        let groups = choices.few(all).into_iter().map(Some);
        groups.map(|group| Member { group, tests: self.tests(choices) }).collect()
    }

    /// Filters that hold or do not, each at most once.
    fn tests(&self, choices: &mut Choices<'_>) -> Vec<(usize, bool)> {
        let mut tests = Vec::new();
        for filter in 0..self.filters {
            if choices.once_in(4) {
                tests.push((filter, choices.below(2) == 0));
            }
        }
        tests
    }

    pub(crate) fn rule(&self, choices: &mut Choices<'_>) -> Rule {
        let effect = choices.one(RuleEffect::ALL);
        let fitting: Vec<Channel> =
            Channel::ALL.iter().copied().filter(|one| one.judged_at(effect.side())).collect();
        let mut scope = self.scope(choices, &fitting);
        let permits = matches!(effect, RuleEffect::Allow | RuleEffect::Accept);
        // What permits must say where data comes from or goes to.
        let (needed, other) = match effect.side() {
            Side::Source => (&mut scope.to, &mut scope.from),
            Side::Target => (&mut scope.from, &mut scope.to),
        };
        if permits && needed.is_none() {
            *needed = Some(What::Word("any").into());
        }
        if !choices.once_in(4) {
            *other = None;
        }
        scope.limit = limit(choices, effect, &scope.channels);
        scope.app_wide = !permits && choices.once_in(3);
        Rule { effect, scope }
    }

    /// Adds a few expectations, in policies and outside.
    pub(crate) fn expect(&mut self, choices: &mut Choices<'_>) {
        for _ in 0..6 {
            let policy = choices.below(self.policies.len() + 1).checked_sub(1);
            let allow = choices.below(2) == 0;
            let mut scope = self.scope(choices, Channel::ALL);
            if policy.is_some() && choices.once_in(2) {
                scope.from = None;
            }
            if allow && choices.once_in(3) {
                scope.limit = limit(choices, RuleEffect::Allow, &scope.channels);
            }
            let claim = if allow { Claim::Allow } else { Claim::Block };
            self.expectations.push(Expectation { policy, claim, scope });
        }
    }

    /// Adds a few expectations about chains of movements.
    pub(crate) fn expect_no_path(&mut self, choices: &mut Choices<'_>) {
        for _ in 0..4 {
            let policy = choices.below(self.policies.len() + 1).checked_sub(1);
            let mut scope = self.scope(choices, Channel::ALL);
            let kinds = [(Kind::App, Channel::Share), (Kind::Storage, Channel::Open)];
            let side = |set: &Self, choices: &mut Choices<'_>| {
                let (kind, channel) = choices.one(&kinds);
                set.set(choices, kind, channel)
            };
            scope.channels = if choices.once_in(2) {
                Vec::new()
            } else {
                choices.few(&[Channel::Share, Channel::Save, Channel::Open, Channel::Copy])
            };
            scope.from = (policy.is_none() || choices.once_in(2)).then(|| side(self, choices));
            scope.to = Some(side(self, choices));
            let avoiding = choices.once_in(3).then(|| side(self, choices));
            let claim = Claim::NoPath(avoiding);
            self.expectations.push(Expectation { policy, claim, scope });
        }
    }

    /// A scope on some of the channels, without limits.
    pub(crate) fn scope(&self, choices: &mut Choices<'_>, fitting: &[Channel]) -> Scope {
        let first = choices.one(fitting);
        let ends = |one: Channel| (one.source_kind(), one.target_kind());
        let alike: Vec<_> =
            fitting.iter().copied().filter(|one| ends(*one) == ends(first)).collect();
        let channels = if choices.once_in(10) { Vec::new() } else { choices.few(&alike) };
        let mut end = |kind| (!choices.once_in(4)).then(|| self.set(choices, kind, first));
        let (from, to) = (end(first.source_kind()), end(first.target_kind()));
        let mut scope = Scope { channels, from, to, ..Scope::default() };
        scope.people = choices.once_in(6).then(|| self.people(choices));
        if choices.once_in(4) {
            scope.on = words(choices, PLATFORMS, 1);
        }
        if choices.once_in(4) {
            scope.devices = words(choices, STATES, 1);
        }
        scope
    }

    fn set(&self, choices: &mut Choices<'_>, kind: Kind, channel: Channel) -> Set {
        let many = 1 + choices.below(3);
        let terms = (0..many).map(|_| self.term(choices, kind, channel)).collect();
        let many = if choices.once_in(3) { 1 + choices.below(2) } else { 0 };
        Set { terms, except: (0..many).map(|_| self.term(choices, kind, channel)).collect() }
    }

    fn term(&self, choices: &mut Choices<'_>, kind: Kind, channel: Channel) -> Term {
        let group = |choices: &mut Choices<'_>| match self.groups.len() {
            0 => What::Word("any"),
            groups => What::Group(choices.below(groups)),
        };
        match kind {
            Kind::Place => match choices.below(4) {
                0 => What::Word("any").into(),
                1 => group(choices).into(),
                _ => What::Word(choices.one(channel.places()).word()).into(),
            },
            Kind::Storage => match choices.below(10) {
                0..=2 => What::Storage(choices.below(self.storages.len())).into(),
                3 => group(choices).into(),
                4 => What::Word(choices.one(&["camera", "photo-library", "device-storage"])).into(),
                at => What::Word(
                    ["any", "any-storage", "corporate-storage", "personal-storage", "unlisted"]
                        [at - 5],
                )
                .into(),
            },
            Kind::App => self.app_term(choices, group),
        }
    }

    fn app_term<'b>(
        &self,
        choices: &mut Choices<'b>,
        group: impl Fn(&mut Choices<'b>) -> What,
    ) -> Term {
        let what = match choices.below(14) {
            at @ 0..=4 => What::Word(["any", "managed", "unmanaged", "unlisted", "any-app"][at]),
            5..=9 => What::App(choices.below(self.apps.len())),
            10 => self.id(choices),
            11 | 12 => group(choices),
            _ => What::Word(choices.one(&["browser", "dialer", "messages"])),
        };
        let says_account = matches!(what, What::Word("managed" | "unmanaged"));
        let account = match choices.below(6) {
            5 if !says_account => Some(choices.one(&["work", "personal", "other", "any"])),
            _ => None,
        };
        Term { what, account, deployed: choices.once_in(10) }
    }
}

fn app(choices: &mut Choices<'_>) -> App {
    let traits = match choices.below(12) {
        0..=3 => vec!["sdk", "multi-identity"],
        4 | 5 => vec!["sdk"],
        6 => vec!["sdk", "multi-identity", "on-premises"],
        7 => vec!["sdk", "on-premises"],
        8 => vec!["container"],
        _ => Vec::new(),
    };
    let ids = match choices.below(4) {
        0 | 1 => Vec::new(),
        _ => choices.few(Platform::ALL),
    };
    App { url: !ids.is_empty() && choices.once_in(3), ids, traits }
}

fn words(choices: &mut Choices<'_>, known: &'static [&str], usually_none: usize) -> Words {
    if choices.below(usually_none + 1) < usually_none {
        return Words::default();
    }
    match choices.below(4) {
        3 => Words { of: vec!["any"], except: vec![choices.one(known)] },
        _ => Words { of: choices.few(known), except: Vec::new() },
    }
}

fn limit(choices: &mut Choices<'_>, effect: RuleEffect, channels: &[Channel]) -> String {
    if choices.below(3) == 0 {
        return String::new();
    }
    match (effect, channels) {
        (RuleEffect::Allow | RuleEffect::Accept, [Channel::Copy]) => {
            format!(" up to {} characters", choices.one(LIMITS))
        }
        (RuleEffect::Allow, [Channel::Notify]) => " without content".to_owned(),
        (RuleEffect::Accept, _) => " tagged work".to_owned(),
        _ => String::new(),
    }
}

// ---------------------------------------------------------------- its text

/// How things are called, and in which order they are declared.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Style {
    /// Names whose order is not the order of declaration.
    pub(crate) renamed: bool,
    /// Declarations, rules and terms from the last to the first.
    pub(crate) reversed: bool,
}

/// What stands on a line of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Other,
    Group(usize),
    Head(usize),
    Rule(usize, usize),
    Expectation(usize),
}

struct Writer<'s> {
    set: &'s PolicySet,
    style: Style,
    text: String,
    lines: Vec<Line>,
}

impl PolicySet {
    pub(crate) fn text(&self, style: Style) -> String {
        self.write(style).text
    }

    /// A scope as a question.
    pub(crate) fn question(&self, scope: &Scope) -> String {
        self.write(Style::default()).scope(scope)
    }

    fn write(&self, style: Style) -> Writer<'_> {
        let mut writer = Writer { set: self, style, text: String::new(), lines: Vec::new() };
        writer.line(Line::Other, "mam 1");
        let people = self.people + self.filters;
        let groups = people + self.apps.len() + self.storages.len() + self.groups.len();
        for at in writer.order(groups + self.policies.len()) {
            writer.declaration(at);
        }
        writer.expectations(None);
        writer
    }

    /// The set and its text, without the parts that the checker refuses.
    pub(crate) fn checked(mut self) -> (Self, Checked) {
        loop {
            let writer = self.write(Style::default());
            let checked = Compiler::new().check("set.mam", &writer.text);
            let errors = checked.diagnostics().iter().filter(|one| one.severity == Severity::Error);
            let lines: BTreeSet<Line> = errors
                .filter_map(|one| one.span())
                .filter_map(|span| writer.lines.get(checked.sources().position(span).line - 1))
                .copied()
                .collect();
            if !checked.has_errors() {
                return (self, checked);
            }
            assert!(
                lines.iter().any(|line| *line != Line::Other),
                "{:#?}\n{}",
                checked.reports(),
                writer.text
            );
            // From behind, so that positions stay right.
            lines.into_iter().rev().for_each(|line| self.take_out(line));
        }
    }

    fn take_out(&mut self, line: Line) {
        match line {
            Line::Other => {}
            Line::Expectation(at) => drop(self.expectations.remove(at)),
            Line::Group(at) => self.groups[at] = What::App(0).into(),
            Line::Rule(policy, at) => drop(self.policies[policy].rules.remove(at)),
            Line::Head(at) if self.policies[at].yields != Yields::No => {
                self.policies[at].yields = Yields::No;
            }
            Line::Head(at) => self.take_out_policy(at),
        }
    }

    pub(crate) fn take_out_policy(&mut self, gone: usize) {
        self.policies.remove(gone);
        self.expectations.retain(|one| one.policy != Some(gone));
        for at in self.expectations.iter_mut().filter_map(|one| one.policy.as_mut()) {
            *at -= usize::from(*at > gone);
        }
        for policy in &mut self.policies {
            let (Yields::To(others) | Yields::Any(others)) = &mut policy.yields else { continue };
            others.retain(|other| *other != gone);
            others.iter_mut().filter(|other| **other > gone).for_each(|other| *other -= 1);
            if policy.yields == Yields::To(Vec::new()) {
                policy.yields = Yields::No;
            }
        }
    }
}

impl Writer<'_> {
    /// The positions of a list in the order in which they are written.
    fn order(&self, length: usize) -> Vec<usize> {
        let forward = 0..length;
        if self.style.reversed { forward.rev().collect() } else { forward.collect() }
    }

    fn line(&mut self, line: Line, text: &str) {
        self.lines.push(line);
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn name(&self, kind: &str, at: usize) -> String {
        if self.style.renamed {
            let back: String = kind.chars().rev().collect();
            format!("{back}-{}-renamed", 99 - at)
        } else {
            format!("{kind}-{at}")
        }
    }

    fn declaration(&mut self, at: usize) {
        let set = self.set;
        let mut at = at;
        for (many, declare) in [
            (set.apps.len(), Self::app as fn(&mut Self, usize)),
            (set.storages.len(), Self::storage),
            (set.groups.len(), Self::group),
            (set.people, Self::users),
            (set.filters, Self::filter),
            (set.policies.len(), Self::policy),
        ] {
            if at < many {
                return declare(self, at);
            }
            at -= many;
        }
    }

    fn app(&mut self, at: usize) {
        let app = &self.set.apps[at];
        let mut text = format!("app {} {{", self.name("app", at));
        for platform in &app.ids {
            let _ = write!(text, " {platform} \"org.example.a{at}\"");
        }
        if app.url {
            let _ = write!(text, " url \"scheme{at}:\"");
        }
        let _ = write!(text, " {} }}", app.traits.join(" "));
        self.line(Line::Other, &text);
    }

    fn storage(&mut self, at: usize) {
        let kind = if self.set.storages[at] { "corporate" } else { "personal" };
        let text = format!("storage {} {kind}", self.name("storage", at));
        self.line(Line::Other, &text);
    }

    fn users(&mut self, at: usize) {
        let text = format!("users {}", self.name("users", at));
        self.line(Line::Other, &text);
    }

    fn filter(&mut self, at: usize) {
        let text = format!("filter {}", self.name("filter", at));
        self.line(Line::Other, &text);
    }

    fn group(&mut self, at: usize) {
        let text = format!("group {} = {}", self.name("group", at), self.set(&self.set.groups[at]));
        self.line(Line::Group(at), &text);
    }

    fn policy(&mut self, at: usize) {
        let policy = &self.set.policies[at];
        let head = Line::Head(at);
        let report_only = if policy.report_only { " report-only" } else { "" };
        self.line(head, &format!("policy {}{report_only} {{", self.name("policy", at)));
        let unconfirmed = if policy.unconfirmed { " unconfirmed" } else { "" };
        let mut clauses = vec![
            format!("  for {}", self.people(&policy.people)),
            format!("  protect {}{unconfirmed}", self.set(&policy.protect)),
        ];
        clauses.extend(clause("  on", &policy.on));
        clauses.extend(clause("  devices", &policy.devices));
        match &policy.yields {
            Yields::No => {}
            Yields::Any(others) if others.is_empty() => clauses.push("  yields to any".to_owned()),
            Yields::Any(others) | Yields::To(others) => {
                let is_any = matches!(policy.yields, Yields::Any(_));
                let others: Vec<_> = others.iter().map(|one| self.name("policy", *one)).collect();
                let any = if is_any { "any except " } else { "" };
                clauses.push(format!("  yields to {any}{}", others.join(", ")));
            }
        }
        clauses.extend(policy.otherwise.map(|effect| format!("  otherwise {effect}")));
        for clause in self.order(clauses.len()) {
            self.line(head, &clauses[clause]);
        }
        for rule in self.order(policy.rules.len()) {
            let text = self.rule(&policy.rules[rule]);
            self.line(Line::Rule(at, rule), &text);
        }
        self.expectations(Some(at));
        self.line(head, "}");
    }

    /// The expectations that stand in a policy or outside.
    fn expectations(&mut self, policy: Option<usize>) {
        let all = self.set.expectations.iter().enumerate();
        for (at, one) in all.filter(|(_, one)| one.policy == policy) {
            let scope = self.scope(&one.scope);
            let text = match &one.claim {
                Claim::Allow => format!("  expect allow {scope}"),
                Claim::Block => format!("  expect block {scope}"),
                Claim::NoPath(avoiding) => {
                    let avoiding =
                        avoiding.iter().map(|set| format!(" avoiding {}", self.set(set)));
                    format!("  expect no path by {scope}{}", avoiding.collect::<String>())
                }
            };
            self.line(Line::Expectation(at), &text);
        }
    }

    fn rule(&self, rule: &Rule) -> String {
        format!("  {} {}", rule.effect, self.scope(&rule.scope))
    }

    /// A scope, without the effect in front of it.
    fn scope(&self, scope: &Scope) -> String {
        let channels: Vec<_> = scope.channels.iter().map(|one| one.word()).collect();
        let channels = if channels.is_empty() { "any".to_owned() } else { channels.join(", ") };
        let mut clauses = Vec::new();
        clauses.extend(scope.from.as_ref().map(|set| format!(" from {}", self.set(set))));
        clauses.extend(scope.to.as_ref().map(|set| format!(" to {}", self.set(set))));
        clauses.push(scope.limit.clone());
        clauses.extend(scope.app_wide.then(|| " app-wide".to_owned()));
        clauses.extend(scope.people.as_ref().map(|people| format!(" for {}", self.people(people))));
        clauses.extend(clause(" on", &scope.on));
        clauses.extend(clause(" devices", &scope.devices));
        let clauses: String =
            self.order(clauses.len()).into_iter().map(|at| clauses[at].as_str()).collect();
        format!("{channels}{clauses}")
    }

    fn set(&self, set: &Set) -> String {
        let list = |terms: &[Term]| {
            let terms: Vec<_> =
                self.order(terms.len()).into_iter().map(|at| self.term(&terms[at])).collect();
            terms.join(", ")
        };
        let except = if set.except.is_empty() { "" } else { " except " };
        format!("{}{except}{}", list(&set.terms), list(&set.except))
    }

    fn term(&self, term: &Term) -> String {
        let mut text = match term.what {
            What::Word(word) => word.to_owned(),
            What::App(at) => self.name("app", at),
            What::Id(at, platform) => format!("\"{platform}:org.example.a{at}\""),
            What::Url(at) => format!("\"url:scheme{at}:\""),
            What::Nobody(at, platform) => format!("\"{platform}:org.nobody.n{at}\""),
            What::Nowhere(at) => format!("\"url:nowhere{at}:\""),
            What::Storage(at) => self.name("storage", at),
            What::Group(at) => self.name("group", at),
        };
        if let Some(account) = term.account {
            let _ = write!(text, " as {account}");
        }
        if term.deployed {
            text.push_str(" deployed");
        }
        text
    }

    fn people(&self, people: &People) -> String {
        let member = |member: &Member, nobody: &str| {
            let mut text = member.group.map_or(nobody.to_owned(), |at| self.name("users", at));
            for (filter, holds) in &member.tests {
                let not = if *holds { "" } else { " not" };
                let _ = write!(text, "{not} matching {}", self.name("filter", *filter));
            }
            text
        };
        let list = |members: &[Member], nobody: &str| {
            let names: Vec<_> = members.iter().map(|one| member(one, nobody)).collect();
            if names.is_empty() { nobody.to_owned() } else { names.join(", ") }
        };
        match people {
            People::Every { of, except } => {
                let names: Vec<_> = of.iter().map(|one| member(one, "any")).collect();
                let except = match except.as_slice() {
                    [] => String::new(),
                    except => format!(" except {}", list(except, "")),
                };
                format!("{}{except}", names.join(" and "))
            }
            People::Exactly(members) => format!("exactly {}", list(members, "none")),
            People::Some { of, except } if except.is_empty() => list(of, "any"),
            People::Some { of, except } => {
                format!("{} except {}", list(of, "any"), list(except, ""))
            }
        }
    }
}

fn clause(word: &str, words: &Words) -> Option<String> {
    if words.of.is_empty() {
        return None;
    }
    let except = if words.except.is_empty() { "" } else { " except " };
    Some(format!("{word} {}{except}{}", words.of.join(", "), words.except.join(", ")))
}
