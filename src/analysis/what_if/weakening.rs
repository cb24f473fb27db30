//! Weakening: rules without one of their parts, and rules that differ in one part.
//!
//! Takes in a rule with its AST, gives out the rule without each of its parts, with the place of the part;
//! and of two rules the one that names what both name. Whether an edit changes a decision is not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "rules are numbered by the model that these lists belong to"
)]

use crate::model::{Member, Model, People, Rule, Scope};
use crate::source::Span;
use crate::syntax::ast::{self, ChannelWord};
use crate::syntax::print;
use crate::vocabulary::{Channels, DeviceState, Platform};

/// A part of a rule, and the rule without it.
pub(in crate::analysis) struct Part {
    pub(in crate::analysis) span: Span,
    pub(in crate::analysis) rule: Rule,
    /// Whether it stands behind `except`: without it the rule matches more.
    pub(in crate::analysis) is_exception: bool,
}

/// The most parts of a rule that is weakened: a longer rule is usually a list that is kept elsewhere.
const PARTS: usize = 64;

/// Every part of a rule that can be taken out by itself: a channel, a term, a group of people, a
/// platform, a device state. None of a rule with very many.
pub(in crate::analysis) fn parts(model: &Model, rule: &Rule, statement: &ast::Rule) -> Vec<Part> {
    if size(&statement.scope) > PARTS {
        return Vec::new();
    }
    let written = &statement.scope;
    let mut parts = Parts { rule, found: Vec::new() };
    let channels = written.channels.iter().filter(|_| written.channels.len() > 1);
    for channel in channels {
        if let ChannelWord::One(one) = channel.value {
            parts.add(channel.span, |scope| {
                let rest: Channels = scope.channels.iter().filter(|own| *own != one).collect();
                scope.channels = rest;
            });
        }
    }
    parts.of_sets(written);
    parts.of_people(model, written);
    let words = |words: &Option<ast::Words>| -> Vec<ast::Name> {
        let of = words.as_ref().and_then(|words| words.of.clone()).unwrap_or_default();
        if of.len() > 1 { of } else { Vec::new() }
    };
    for name in words(&written.platforms) {
        if let Some(platform) = Platform::from_word(&name.text) {
            let one = [platform].into_iter().collect();
            parts.add(name.span, |scope| scope.platforms = scope.platforms.without(one));
        }
    }
    for name in words(&written.devices) {
        if let Some(state) = DeviceState::from_word(&name.text) {
            let one = [state].into_iter().collect();
            parts.add(name.span, |scope| scope.devices = scope.devices.without(one));
        }
    }
    parts.found
}

/// How many things a scope names.
fn size(scope: &ast::Scope) -> usize {
    let sets = [&scope.from, &scope.to];
    let terms = sets.into_iter().flatten().map(|set| set.terms.len() + set.except.len());
    let people = match &scope.people {
        Some(ast::People::Some { of, except, .. }) => {
            of.as_ref().map_or(0, Vec::len) + except.len()
        }
        Some(ast::People::Every { of, except, .. }) => of.len() + except.len(),
        Some(ast::People::Exactly { of, .. }) => of.len(),
        None => 0,
    };
    scope.channels.len() + terms.sum::<usize>() + people
}

/// The parts of one rule while they are collected.
struct Parts<'r> {
    rule: &'r Rule,
    found: Vec<Part>,
}

impl Parts<'_> {
    fn add(&mut self, span: Span, change: impl FnOnce(&mut Scope)) {
        self.add_part(span, false, change);
    }

    fn add_part(&mut self, span: Span, is_exception: bool, change: impl FnOnce(&mut Scope)) {
        let mut rule = self.rule.clone();
        change(&mut rule.scope);
        if rule.scope != self.rule.scope {
            self.found.push(Part { span, rule, is_exception });
        }
    }

    /// Terms of which others are left, and exceptions.
    fn of_sets(&mut self, written: &ast::Scope) {
        for is_source in [true, false] {
            let set = if is_source { &written.from } else { &written.to };
            let Some(set) = set else { continue };
            let own = move |scope: &mut Scope| {
                if is_source { scope.from.take() } else { scope.to.take() }
            };
            let put = move |scope: &mut Scope, set| {
                if is_source { scope.from = set } else { scope.to = set }
            };
            let terms = set.terms.iter().enumerate().filter(|_| set.terms.len() > 1);
            let exceptions = set.except.iter().enumerate();
            let places = terms.map(|(at, term)| (false, at, term.span));
            for (is_exception, at, span) in
                places.chain(exceptions.map(|(at, term)| (true, at, term.span)))
            {
                self.add_part(span, is_exception, |scope| {
                    let set = own(scope).map(|mut set| {
                        let list = if is_exception { &mut set.except } else { &mut set.terms };
                        if at < list.len() {
                            list.remove(at);
                        }
                        set
                    });
                    put(scope, set);
                });
            }
        }
    }

    /// Groups of people of which others are left.
    fn of_people(&mut self, model: &Model, written: &ast::Scope) {
        let Some(ast::People::Some { of: Some(names), .. }) = &written.people else { return };
        for name in names.iter().filter_map(|member| member.group.as_ref()) {
            self.add(name.span, |scope| {
                if let Some(People::Some { of: Some(members), .. }) = &mut scope.people
                    && members.iter().any(|member| !is_called(model, member, &name.text))
                {
                    members.retain(|member| !is_called(model, member, &name.text));
                }
            });
        }
    }
}

/// Whether a term of a `for` clause is of the group with a name.
fn is_called(model: &Model, member: &Member, name: &str) -> bool {
    member.group.is_some_and(|group| model.directory().users(group) == name)
}

/// The one list in which two rules of a policy differ, if a single rule could name both lists.
pub(in crate::analysis) fn differ_in_one(one: &Rule, other: &Rule) -> Option<&'static str> {
    let alike = one.effect == other.effect
        && one.obligations == other.obligations
        && one.app_wide == other.app_wide
        && one.because == other.because
        && one.docs == other.docs;
    if !alike {
        return None;
    }
    let (a, b) = (&one.scope, &other.scope);
    let is_list = |set: &Option<crate::model::EndpointSet>| {
        set.as_ref().is_some_and(|set| set.except.is_empty())
    };
    let differences = [
        ("channels", a.channels != b.channels, true),
        ("sources", a.from != b.from, is_list(&a.from) && is_list(&b.from)),
        ("targets", a.to != b.to, is_list(&a.to) && is_list(&b.to)),
        ("people", a.people != b.people, false),
        ("platforms", a.platforms != b.platforms, true),
        ("device states", a.devices != b.devices, true),
    ];
    let mut differing = differences.into_iter().filter(|(_, differs, _)| *differs);
    match (differing.next(), differing.next()) {
        (Some((what, _, true)), None) => Some(what),
        _ => None,
    }
}

/// The rule that names both lists of two rules which differ in one list; `None` where a list is open (`any`)
/// or has exceptions.
pub(in crate::analysis) fn merged(one: &ast::Rule, other: &ast::Rule) -> Option<ast::Rule> {
    let mut rule = one.clone();
    let (a, b) = (&mut rule.scope, &other.scope);
    let values = |scope: &ast::Scope| -> Vec<ChannelWord> {
        scope.channels.iter().map(|channel| channel.value).collect()
    };
    if values(a).into_iter().chain(values(b)).any(|channel| channel == ChannelWord::Any) {
        return None;
    }
    let known = values(a);
    a.channels.extend(b.channels.iter().filter(|channel| !known.contains(&channel.value)));
    for (own, more) in [(&mut a.from, &b.from), (&mut a.to, &b.to)] {
        match (own, more) {
            (Some(own), Some(more)) => {
                let known: Vec<String> = own.terms.iter().map(term_text).collect();
                let new = more.terms.iter().filter(|term| !known.contains(&term_text(term)));
                own.terms.extend(new.cloned());
            }
            (None, None) => {}
            _ => return None,
        }
    }
    for (own, more) in [(&mut a.platforms, &b.platforms), (&mut a.devices, &b.devices)] {
        match (own, more) {
            (Some(own), Some(more)) if own.except.is_empty() && more.except.is_empty() => {
                let (of, more) = (own.of.as_mut()?, more.of.as_ref()?);
                let known: Vec<String> = of.iter().map(|name| name.text.clone()).collect();
                of.extend(more.iter().filter(|name| !known.contains(&name.text)).cloned());
            }
            (None, None) => {}
            _ => return None,
        }
    }
    Some(rule)
}

/// A term as it is written.
fn term_text(term: &ast::Term) -> String {
    let terms = vec![term.clone()];
    print::set(&ast::Set { terms, except: Vec::new(), span: term.span })
}
