//! Mutants: rules with a small mistake in them.
//!
//! Takes in a rule with its AST, gives out the rules that a small edit makes of it: what an author may have
//! meant to write, or may write next. Whether an expectation notices is not known here.

use super::weakening;
use crate::analysis::engine::naming::names_of_users;
use crate::model::{FilterTest, Member, Model, People, Rule, RuleId, Scope, UsersId};
use crate::source::{Sources, Span};
use crate::syntax::ast;
use crate::vocabulary::{DeviceStates, Effect, Obligations, Platforms, RuleEffect};

/// The kind of an edit of a statement.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MutationKind {
    /// It takes the rule out.
    Removed,
    /// It blocks what the rule allows, or allows what it blocks.
    Inverted,
    /// It leaves out a clause, a filter, an exception or a limit, so that the rule says more.
    Widened,
    /// It leaves out a channel, a member of a list, a platform or an exception's filter, so that the rule says less.
    Narrowed,
    /// It gives a launch condition another action.
    Action,
    /// It moves the threshold of a launch condition by one step.
    Threshold,
}

impl MutationKind {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Inverted => "inverted",
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
            Self::Action => "action",
            Self::Threshold => "threshold",
        }
    }
}

/// A rule and an edit of it.
pub(in crate::analysis) struct Mutant {
    pub(in crate::analysis) rule: RuleId,
    pub(in crate::analysis) kind: MutationKind,
    /// The edit in words.
    pub(in crate::analysis) edit: String,
    /// The edited rule; `None` where it is taken out.
    pub(in crate::analysis) replacement: Option<Rule>,
}

/// Every mutant of a rule. Of a rule without AST, as exports of other systems give it, those that need
/// none.
pub(in crate::analysis) fn mutants(
    model: &Model,
    id: RuleId,
    statement: Option<&ast::Rule>,
    sources: &Sources,
) -> Vec<Mutant> {
    let rule = model.rule(id);
    let mut found = Mutants { model, id, found: Vec::new() };
    found.add(MutationKind::Removed, "taken out".to_owned(), None);
    let (effect, word) = inverted(rule.effect);
    let inverted = Rule { effect, obligations: Obligations::NONE, app_wide: false, ..rule.clone() };
    found.add(MutationKind::Inverted, format!("with `{word}`"), Some(inverted));
    found.wider(rule);
    let text = |span: Span| {
        let text = sources.get(span.source).map_or("", |source| source.text());
        text.get(span.start as usize..span.end as usize).unwrap_or("").to_owned()
    };
    for part in statement.map_or_else(Vec::new, |ast| weakening::parts(model, rule, ast)) {
        let what = text(part.span);
        let (kind, what) = if part.is_exception {
            (MutationKind::Widened, format!("without the exception `{what}`"))
        } else {
            (MutationKind::Narrowed, format!("without `{what}`"))
        };
        found.add(kind, what, Some(part.rule));
    }
    found.on_fewer_platforms(rule, statement);
    found.found
}

const fn inverted(effect: RuleEffect) -> (RuleEffect, &'static str) {
    match effect {
        RuleEffect::Allow => (RuleEffect::Block, "block"),
        RuleEffect::Block => (RuleEffect::Allow, "allow"),
        RuleEffect::Accept => (RuleEffect::Refuse, "refuse"),
        RuleEffect::Refuse => (RuleEffect::Accept, "accept"),
    }
}

/// The mutants of one rule while they are collected.
struct Mutants<'m> {
    model: &'m Model,
    id: RuleId,
    found: Vec<Mutant>,
}

impl Mutants<'_> {
    fn add(&mut self, kind: MutationKind, edit: String, replacement: Option<Rule>) {
        self.found.push(Mutant { rule: self.id, kind, edit, replacement });
    }

    /// The rule without each of its clauses and limits.
    fn wider(&mut self, rule: &Rule) {
        let Scope { from, to, people, platforms, devices, .. } = &rule.scope;
        let scope = || rule.scope.clone();
        let clauses = [
            ("from", from.is_some().then(|| Scope { from: None, ..scope() })),
            ("to", to.is_some().then(|| Scope { to: None, ..scope() })),
            ("for", people.is_some().then(|| Scope { people: None, ..scope() })),
            (
                "on",
                (*platforms != Platforms::all())
                    .then(|| Scope { platforms: Platforms::all(), ..scope() }),
            ),
            (
                "devices",
                (*devices != DeviceStates::all())
                    .then(|| Scope { devices: DeviceStates::all(), ..scope() }),
            ),
        ];
        for (word, scope) in clauses {
            if let Some(scope) = scope {
                let rule = Rule { scope, ..rule.clone() };
                self.add(MutationKind::Widened, format!("without `{word}`"), Some(rule));
            }
        }
        self.without_filters(rule);
        if rule.effect.effect() == Effect::Allow && !rule.obligations.is_none() {
            let rule = Rule { obligations: Obligations::NONE, ..rule.clone() };
            self.add(MutationKind::Widened, "without its limit".to_owned(), Some(rule));
        }
    }

    /// The rule without each test of a filter: for more people, or with an exception for more.
    fn without_filters(&mut self, rule: &Rule) {
        let Some(people) = &rule.scope.people else { return };
        let names = names_of_users(self.model);
        for (place, test, edited) in without_each_test(people) {
            let edit = without_test(&names, place, test);
            let kind = match place {
                TestPlace::Member(_, true) => MutationKind::Narrowed,
                TestPlace::Member(_, false) | TestPlace::Exactly => MutationKind::Widened,
            };
            let scope = Scope { people: Some(edited), ..rule.scope.clone() };
            self.add(kind, edit, Some(Rule { scope, ..rule.clone() }));
        }
    }

    /// The rule without each of its policy's platforms, where it names none.
    fn on_fewer_platforms(&mut self, rule: &Rule, statement: Option<&ast::Rule>) {
        if statement.is_none_or(|ast| ast.scope.platforms.is_some()) {
            return;
        }
        let platforms = self.model.policy(rule.policy).platforms;
        for platform in platforms.iter().filter(|_| platforms.len() > 1) {
            let one = [platform].into_iter().collect();
            let scope =
                Scope { platforms: rule.scope.platforms.without(one), ..rule.scope.clone() };
            let rule = Rule { scope, ..rule.clone() };
            self.add(MutationKind::Narrowed, format!("not on `{platform}`"), Some(rule));
        }
    }
}

/// The edit that takes a test of a filter out of a clause, in words.
pub(super) fn without_test(names: &[&str], place: TestPlace, test: FilterTest) -> String {
    let name = |id: UsersId| names.get(id.index()).copied().unwrap_or_default();
    let not = if test.holds { "" } else { "not " };
    let term = match place {
        TestPlace::Member(group, _) => format!(" behind `{}`", group.map_or("any", name)),
        TestPlace::Exactly => String::new(),
    };
    format!("without `{not}matching {}`{term}", name(test.filter))
}

/// The place of a test of a filter in a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TestPlace {
    /// Behind a group, or `any`, and whether behind `except`.
    Member(Option<UsersId>, bool),
    /// Behind `exactly`.
    Exactly,
}

/// A clause without each of its tests of filters.
pub(super) fn without_each_test(people: &People) -> Vec<(TestPlace, FilterTest, People)> {
    let mut found = Vec::new();
    let mut number = 0;
    loop {
        let mut edited = people.clone();
        let Some((place, test)) = take_test(&mut edited, number) else { return found };
        found.push((place, test, edited));
        number += 1;
    }
}

/// Takes a test of a filter, by its number, out of a clause.
fn take_test(people: &mut People, number: usize) -> Option<(TestPlace, FilterTest)> {
    let mut left = number;
    let mut take = |place: TestPlace, tests: &mut Vec<FilterTest>| {
        if left < tests.len() {
            return Some((place, tests.remove(left)));
        }
        left -= tests.len();
        None
    };
    let (of, except): (&mut [Member], _) = match people {
        People::Exactly { matching, .. } => return take(TestPlace::Exactly, matching),
        People::Some { of, except } => (of.as_deref_mut().unwrap_or_default(), except),
        People::All { of, except } => (of, except),
    };
    let of = of.iter_mut().map(|one| (false, one));
    let mut all = of.chain(except.iter_mut().map(|one| (true, one)));
    all.find_map(|(is_out, one)| take(TestPlace::Member(one.group, is_out), &mut one.matching))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_test_of_a_filter_is_taken_out_once() {
        let id = UsersId::new;
        let test = |filter, holds| FilterTest { filter: id(filter), holds };
        let member = |group, matching: &[FilterTest]| Member { group, matching: matching.to_vec() };
        let (own, old) = (test(7, true), test(8, false));
        let of = vec![member(Some(id(0)), &[own, old]), member(None, &[])];
        let people = People::Some { of: Some(of), except: vec![member(Some(id(1)), &[own])] };
        let found = without_each_test(&people);
        let places: Vec<_> = found.iter().map(|(place, test, _)| (*place, *test)).collect();
        assert_eq!(
            places,
            [
                (TestPlace::Member(Some(id(0)), false), own),
                (TestPlace::Member(Some(id(0)), false), old),
                (TestPlace::Member(Some(id(1)), true), own),
            ]
        );
        let of = vec![member(Some(id(0)), &[old]), member(None, &[])];
        let first = People::Some { of: Some(of), except: vec![member(Some(id(1)), &[own])] };
        assert_eq!(found[0].2, first);
        let exactly = People::Exactly { of: vec![id(0)], matching: vec![own] };
        let found = without_each_test(&exactly);
        let plain = People::Exactly { of: vec![id(0)], matching: Vec::new() };
        assert_eq!(found, [(TestPlace::Exactly, own, plain)]);
    }
}
